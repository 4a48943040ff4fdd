"""Is anyone shown what isn't for them? Random readers and instants, judged by what the raw events say.

The instants lie around every midnight at which something begins or ends, a second before, at and after it, and between.
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from chatbot.answer.wire import API
from corpus.errors import CorpusError
from corpus.model import Audience, Document
from corpus.store import Store
from eval.judging.addresses import parts_of
from eval.judging.judged import Fault, judged, shares
from eval.judging.oracle import Oracle, Right, turns_of_day
from eval.model import Case, Progress, Result
from eval.replies import Ask, Exchange, exchange_of
from eval.sets import Question

CITED, STEPS, CHOICES = "citations eligible", "next steps eligible", "choices eligible"
SUGGESTED = "suggestions eligible"
MEASURES = (CITED, STEPS, CHOICES, SUGGESTED)
DRAWS = 400
_ELSEWHERE = ("FR", "JP", "US")  # readers of markets that a home may lack; the United States have many midnights
_OTHER_ROLES = ("", "patient", "journalist")
_AROUND = timedelta(days=400)  # before the first and after the last change
_STEP = re.compile(re.escape(API) + r"/documents/([^/]+)/([^/]+)")


def eligibility(
    exchanges: Sequence[Exchange],
    questions: Sequence[Question],
    ask: Ask,
    store: Store,
    audience: Audience,
    *,
    trial: bool,
    dataset: str,
    data: Mapping[str, str],
    seed: int,
    progress: Progress,
    draws: int = DRAWS,
) -> Result:
    """Judges the exchanges given and ``draws`` more; a figure's n is the number of replies that showed such a thing.

    ``audience`` is the reader for what a draw doesn't vary; ``trial`` says whether assumed approvals count.
    """
    oracle = Oracle(store.history(), trial=trial)
    judge = _Judge(oracle, store)
    by_id = {question.id: question for question in questions}
    cases: list[Case] = []
    drawn = list(_draws(oracle.rights, questions, audience, draws, random.Random(seed)))  # noqa: S311 - no secret
    total = len(exchanges) + len(drawn)
    for exchange in exchanges:
        cases.append(_case(exchange, exchange.id, by_id, judge))
        progress(len(cases), total)
    for number, (question, reader, instant) in enumerate(drawn, 1):
        exchange = exchange_of(ask, question, reader, instant)
        cases.append(_case(exchange, f"{question.id} draw {number}", by_id, judge))
        progress(len(cases), total)
    silent = () if any(case.values for case in cases) else ("nothing was shown to anyone, so nothing could be checked",)
    return Result("eligibility", dataset, tuple(cases), shares(cases, MEASURES), data, invalid=silent)


def _case(exchange: Exchange, name: str, questions: Mapping[str, Question], judge: _Judge) -> Case:
    reply = exchange.reply
    shown = {CITED: "citations", STEPS: "next_steps", CHOICES: "choices", SUGGESTED: "suggestions"}
    counts = {key: len(reply[key]) for key in shown.values()}
    who = f"{_who(exchange.audience)} at {exchange.instant.isoformat()}"
    told = exchange.error or ", ".join(f"{count} {key}" for key, count in counts.items())
    got = f"{exchange.kind} for {who}: {told}"
    found = judged(
        exchange, [name for name, key in shown.items() if reply[key]], judge.faults(exchange, who), questions, got
    )
    return Case(name, found.text, found.values, found.failures, got=found.got, slices=found.slices)


class _Judge:
    """Knows what each reader may be shown."""

    def __init__(self, oracle: Oracle, store: Store) -> None:
        self._oracle = oracle
        self._store = store
        self._documents = functools.cache(self._read)
        self._topics = functools.cache(self._headings)

    def faults(self, exchange: Exchange, who: str) -> Iterator[Fault]:
        """Everything in a reply that its reader may not be shown."""
        reply, reader, instant = exchange.reply, exchange.audience, exchange.instant
        for row in reply["citations"]:
            reason = self._oracle.why_not(row["document"], row["version"], reader, instant)
            if reason:
                what = f"citation {row['number']} ({row['document']} version {row['version']})"
                yield Fault(CITED, f"{what} is not for {who}: {reason}")
        for row in reply["next_steps"]:
            parts = parts_of(row["url"])
            found = _STEP.fullmatch(parts.path) if parts else None
            if found is None:
                yield Fault(STEPS, f"next step '{row['title']}' leads to no document: {row['url']}")
                continue
            document, version = unquote(found[1]), unquote(found[2])
            reason = self._oracle.why_not(document, version, reader, instant)
            if reason:
                yield Fault(
                    STEPS, f"next step '{row['title']}' ({document} version {version}) is not for {who}: {reason}"
                )
        yield from self._named_faults(reply, self._oracle.eligible(reader, instant), who)

    def _named_faults(self, reply: Mapping[str, Any], eligible: Sequence[Right], who: str) -> Iterator[Fault]:
        """Products and topics are known to a reader by the documents that they may see."""
        if reply["choices"]:
            labels = [self._labels(right) for right in eligible]
            for row in reply["choices"]:
                behind = sum(str(row["label"]).casefold() in names for names in labels)
                behind = behind or sum(self._mentions(right, str(row["label"])) for right in eligible)
                if not behind or row["count"] > behind:
                    counted = f"{behind} documents are for {who}, it offers {row['count']}"
                    yield Fault(CHOICES, f"choice '{row['label']}': {counted}")
        if reply["suggestions"]:
            topics = frozenset().union(*(self._topics(right) for right in eligible))
            for text in reply["suggestions"]:
                if str(text).casefold() not in topics:
                    yield Fault(SUGGESTED, f"suggestion '{text}' is no heading of a document for {who}")

    def _labels(self, right: Right) -> frozenset[str]:
        """What a product may be called: as its approval says, else as its documents do."""
        if right.product:
            return frozenset({right.product.casefold()})
        documents = self._documents(right.source)
        return frozenset(name.casefold() for one in documents for name in (*one.names[:1], one.title))

    def _mentions(self, right: Right, name: str) -> bool:
        """Whether a document says a name that a misspelt one may have meant."""
        said = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        return any(said.search(one.text) for one in self._documents(right.source))

    def _headings(self, right: Right) -> frozenset[str]:
        """The questions that one document has headings for, without their numbers and without case."""
        headings = {
            re.sub(r"^[\d.]+\s+", "", heading).strip()
            for document in self._documents(right.source)
            for block in document.blocks
            for heading in block.path
        }
        return frozenset(f"{name}: {heading}".casefold() for name in self._labels(right) for heading in headings)

    def _read(self, source: str) -> tuple[Document, ...]:
        """The documents of a source; one that can't be read says no names, so what is called by them is a fault."""
        found = []
        for sha256 in self._store.digests_of_source(source):
            with contextlib.suppress(CorpusError):  # grounding says which one
                found.append(self._store.document(sha256))
        return tuple(found)


Draw = tuple[Question, Audience, datetime]


def _draws(
    rights: Sequence[Right], questions: Sequence[Question], audience: Audience, count: int, chance: random.Random
) -> Iterator[Draw]:
    """Two of three draws stand at a change and ask about the product that changes; none comes twice before all came."""
    changes = _changes(rights)
    if not changes or not questions:
        return
    roles = [*sorted({role for right in rights for role in right.roles}), *_OTHER_ROLES, audience.role]
    countries = sorted({right.country for right in rights}.union(_ELSEWHERE))
    specialties = sorted({name for right in rights for name in right.specialties}) or [audience.specialty]
    chance.shuffle(changes)
    moments = [moment for moment, _ in changes]
    first, last = min(moments) - _AROUND, max(moments) + _AROUND
    for number in range(count):
        if number % 3 < 2:
            instant, right = changes[(number - number // 3) % len(changes)]
            country = right.country if chance.random() < 0.8 else chance.choice(countries)
            about = [question for question in questions if right.product in question.slices.get("product", ())]
        else:
            instant, about = first + chance.random() * (last - first), []
            country = chance.choice(countries)
        question = chance.choice(about or list(questions))
        language = question.reader.get("language", audience.language)
        yield question, Audience(country, chance.choice(roles), chance.choice(specialties), language), instant


def _changes(rights: Sequence[Right]) -> list[tuple[datetime, Right]]:
    """A second before, at and after each midnight that matters, with the approval that changes then."""
    found: dict[tuple[datetime, str, str], Right] = {}
    for right in rights:
        for midnight in turns_of_day(right):
            found.setdefault((midnight, right.country, right.product), right)
    second = timedelta(seconds=1)
    rows = sorted(found.items(), key=lambda item: item[0])
    return [(midnight + step, right) for (midnight, _, _), right in rows for step in (-second, 0 * second, second)]


def _who(reader: Audience) -> str:
    return f"{reader.role or 'a reader without a role'} in {reader.country}"
