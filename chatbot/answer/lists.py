"""Documents themselves, as an answer: which ones a question asks for, from approval metadata alone. Pure.

A list is given only to what asks for a document and for nothing in it. Every word of the question then has to be
known: the product's name, a document type, a language, a month, or a word of asking (``lists.toml``); any other word is
looked up in the titles, and when it stands in none of them either, passages have to answer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from chatbot.limits import LISTED, WHATS_NEW_DAYS
from chatbot.routing.lexicon import Query
from corpus.calendar import start_of_day
from corpus.model import Approval
from index.analysis import stop_words, words
from index.edition import Edition

LOOKUP = "document_lookup"
_LOOKUPS = (LOOKUP, "patient_material")  # intents that may mean a document
WHATS_NEW = "whats_new"
EVENTS = "education_event"
_EVENT = "event"  # the document type
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class ListWords:
    """The words of ``lists.toml``: folded phrases, one space between."""

    types: Mapping[str, str]  # phrase -> document type
    languages: Mapping[str, str]  # phrase -> ISO 639-1
    months: Mapping[str, int]
    asking: frozenset[str]
    recent: frozenset[str]
    details: frozenset[str]
    stop: frozenset[str]
    longest: int  # words of a phrase


@dataclass(frozen=True, slots=True)
class Request:
    """A question, and the documents that it may be about."""

    intent: str
    question: str  # with misspelt words as they are read
    names: frozenset[str]  # words of the names of the product it is about; empty when it is about none
    approvals: Sequence[Approval]  # of that product, else all; in force for the reader
    instant: datetime  # aware


@dataclass(frozen=True, slots=True)
class Listed:
    """What a question asked for, best first, at most LISTED."""

    approvals: tuple[Approval, ...]
    rule: str
    reason: str = ""  # why nothing is what was asked for, and these are only nearest to it

    @property
    def found(self) -> bool:
        """Whether these are what was asked for."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the words of a question ask for."""

    types: frozenset[str]
    language: str  # ISO 639-1; empty when it names none
    dates: tuple[str, ...]  # months and years, as typed
    rest: frozenset[str]  # words that ask for something else
    recent: bool  # asks for what has changed
    details: bool  # asks when, who or how


def list_words(table: Mapping[str, Mapping[str, Sequence[str]]]) -> ListWords:
    """``lists.toml`` as it is used."""
    types = _by_phrase(table["types"])
    languages, months = _by_phrase(table["languages"]), _by_phrase(table["months"])
    asking, recent, details = (_phrases(table[name].values()) for name in ("asking", "recent", "details"))
    every = (*types, *languages, *months, *asking, *recent, *details)
    return ListWords(
        types=types,
        languages=languages,
        months={phrase: int(number) for phrase, number in months.items()},
        asking=asking,
        recent=recent,
        details=details,
        stop=frozenset(word for language in table["asking"] for word in stop_words(language)),
        longest=max(phrase.count(" ") + 1 for phrase in every),
    )


def request_of(
    asked: tuple[str, Query, Sequence[str]], edition: Edition, approvals: Mapping[str, Approval], instant: datetime
) -> Request:
    """The request in a question: ``asked`` are its intent, its words, and the products that it is about.

    ``approvals`` are those in force for the reader, by source.
    """
    intent, query, products = asked
    numbers = [int(at) for product in products for at in edition.documents.of(product)]
    documents = [edition.documents[at] for at in numbers] if products else list(edition.documents)
    names = (word for document in documents for name in document.names for word in words(name)) if products else ()
    question = query.question
    for reading in query.readings:  # titles and lists are spelt right
        question = " ".join(reading.means[0] if word == reading.phrase else word for word in words(question))
    own = [approvals[each.source_sha256] for each in documents if each.source_sha256 in approvals]
    return Request(intent, question, frozenset(names), own, instant)


def listed(request: Request, known: ListWords, since: datetime | None = None) -> Listed | None:
    """The documents that answer ``request`` by themselves; ``None`` when passages have to.

    ``since`` is the reader's last visit, where it is known: without one, and without a date in the question, news are
    those of the last WHATS_NEW_DAYS.
    """
    wanted = read_request(request, known)
    numbered, titled = _numbered(request), _titled(request)
    if titled:
        return Listed(titled[:LISTED], "list.title")
    if numbered and not wanted.details:
        return Listed(numbered[:LISTED], "list.number")
    if request.intent == WHATS_NEW and not wanted.rest and not wanted.details:
        return _news(request, wanted, known, since)
    if request.intent == EVENTS and _EVENT in wanted.types and not wanted.details:
        return _events(request, wanted)
    if request.intent in _LOOKUPS:
        return _lookup(request, wanted, known)
    return None


def newest(approvals: Iterable[Approval], since: datetime, instant: datetime) -> list[Approval]:
    """The approvals that took effect after ``since`` and by ``instant`` (both aware), newest first."""
    starts = {approval.key: (start_of_day(approval.effective_on, approval.country), approval) for approval in approvals}
    new = [row for row in starts.values() if since < row[0] <= instant]
    new.sort(key=lambda row: row[1].key)
    new.sort(key=lambda row: row[0], reverse=True)
    return [approval for _, approval in new]


def read_request(request: Request, known: ListWords) -> Wanted:
    """What the words of a question ask for; longer phrases are read before the words they are made of."""
    asked = words(request.question)
    types: set[str] = set()
    language, dates, rest, recent, details = "", [], set(), False, False
    at = 0
    while at < len(asked):
        phrase, size = _phrase_at(asked, at, known)
        at += size
        details |= phrase in known.details
        recent |= phrase in known.recent
        if phrase in known.types:
            types.add(known.types[phrase])
        elif phrase in known.languages:
            language = known.languages[phrase]
        elif phrase in known.months or _YEAR.fullmatch(phrase):
            dates.append(phrase)
        elif not _is_asking(phrase, known) and phrase not in request.names:
            rest.add(phrase)
    return Wanted(frozenset(types), language, tuple(dates), frozenset(rest), recent, details)


def _lookup(request: Request, wanted: Wanted, known: ListWords) -> Listed | None:
    said = wanted.rest | {each for each in wanted.dates if each not in known.months}
    if wanted.details or not (wanted.types or said or (request.names and request.intent == LOOKUP)):
        return None
    found = [
        approval
        for approval in request.approvals
        if (not wanted.types or approval.document_type in wanted.types) and said <= _title_words(approval)
    ]
    speaking = [approval for approval in found if wanted.language in ("", approval.language)]
    if speaking:
        return Listed(_ordered(speaking, wanted)[:LISTED], "list.lookup")
    return Listed(_ordered(found, wanted)[:LISTED], "list.other_language", "not_supported") if found else None


def _news(request: Request, wanted: Wanted, known: ListWords, visit: datetime | None) -> Listed:
    today = request.instant.astimezone(UTC).date()
    day = _since(wanted.dates, known, today)
    of_type = [each for each in request.approvals if not wanted.types or each.document_type in wanted.types]
    ever = newest(of_type, datetime.min.replace(tzinfo=UTC), request.instant)
    if day is not None:
        new = [each for each in ever if each.effective_on >= day]
    else:
        new = newest(of_type, visit or request.instant - timedelta(days=WHATS_NEW_DAYS), request.instant)
    if new:
        return Listed(tuple(new[:LISTED]), "list.whats_new")
    if ever and wanted.types and day is None:  # the latest label is the one in force
        return Listed(tuple(ever[:LISTED]), "list.lookup")
    return Listed(tuple(ever[:LISTED]), "list.nothing_new", "nothing_new")


def _events(request: Request, wanted: Wanted) -> Listed | None:
    """Those that end soonest first, as far as their approvals say when; then the newest."""
    events = [
        approval
        for approval in request.approvals
        if approval.document_type == _EVENT and wanted.rest <= _title_words(approval)
    ]
    events.sort(key=lambda each: (each.expires_on or date.max, -each.effective_on.toordinal(), each.key))
    return Listed(tuple(events[:LISTED]), "list.events") if events else None


def _ordered(approvals: Iterable[Approval], wanted: Wanted) -> tuple[Approval, ...]:
    def order(approval: Approval) -> tuple[object, ...]:
        return approval.document_type not in wanted.types, -approval.effective_on.toordinal(), approval.key

    return tuple(sorted(approvals, key=order))


def _numbered(request: Request) -> tuple[Approval, ...]:
    """The documents whose whole number stands in the question."""
    asked = f" {' '.join(words(request.question))} "
    return tuple(
        each
        for each in request.approvals
        if f" {_folded(each.document_number)} " in asked and any(sign.isdigit() for sign in each.document_number)
    )


def _titled(request: Request) -> tuple[Approval, ...]:
    """The documents of exactly this title, as a suggestion has it, whatever its words mean; a name alone is none."""
    if set(words(request.question)) <= request.names:
        return ()
    asked = request.question.strip().casefold()
    return tuple(each for each in request.approvals if each.title.casefold() == asked)


def _since(dates: Sequence[str], known: ListWords, today: date) -> date | None:
    """The first day of the month or year that a question names; a month without a year is the last one that began."""
    years = [int(each) for each in dates if each not in known.months]
    months = [known.months[each] for each in dates if each in known.months]
    if not years and not months:
        return None
    month = min(months, default=1)
    year = min(years) if years else today.year - (month > today.month)
    return date(year, month, 1)


def _title_words(approval: Approval) -> frozenset[str]:
    told = (approval.title, approval.document_number, approval.indication, *approval.specialties)
    return frozenset(word for text in told for word in _folded(text).split())


@functools.lru_cache(maxsize=100_000)
def _folded(text: str) -> str:
    """Its words, folded, one space between: titles are compared with every question, and hardly ever change."""
    return " ".join(words(text))


def _phrase_at(asked: Sequence[str], at: int, known: ListWords) -> tuple[str, int]:
    """The longest known phrase that starts at a word, and its size; the word itself when none does."""
    for size in range(min(known.longest, len(asked) - at), 1, -1):
        phrase = " ".join(asked[at : at + size])
        if any(phrase in table for table in (known.types, known.languages, known.months, known.recent, known.details)):
            return phrase, size
    return asked[at], 1


def _is_asking(word: str, known: ListWords) -> bool:
    return word in known.asking or word in known.recent or word in known.details or word in known.stop


def _by_phrase(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {" ".join(words(phrase)): name for name, phrases in table.items() for phrase in phrases}


def _phrases(tables: Iterable[Sequence[str]]) -> frozenset[str]:
    return frozenset(" ".join(words(phrase)) for phrases in tables for phrase in phrases)
