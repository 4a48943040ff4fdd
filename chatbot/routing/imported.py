"""Lists of terms that a home brings along: public ones and a customer's own, checked row by row.

What a list can't say for sure is left out and counted: an abbreviation that stands for several things, a brand of
several substances, what is no name at all. What would turn one medicine's name into another's is refused.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.errors import Misconfigured
from chatbot.routing.forms import OWN
from chatbot.routing.lexicon import Lexicon, Term
from chatbot.routing.names import Names, exchanged, folded
from chatbot.routing.rows import Row, read_rows
from corpus.errors import InvalidInput

logger = logging.getLogger("signpost")


@dataclass(frozen=True, slots=True)
class TermList:
    """The terms of one file, as they are kept."""

    name: str  # the file's: importing one of the same name replaces it
    form: str  # of FORMS
    language: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class ListRead:
    """What became of a file."""

    lists: tuple[TermList, ...]  # one a language
    left_out: Mapping[str, int]  # by reason


def read_list(path: Path, form: str, language: str, names: Names) -> ListRead:
    """The terms of a file, beside the ``names`` of medicines that are known already.

    Raises ``InvalidInput`` for a row that can't be read, naming file and line, and for one that makes one medicine's
    name mean another's.
    """
    left_out: Counter[str] = Counter()
    kept = _unambiguous(read_rows(path, form, language, left_out), form, left_out)
    if form in OWN:
        _refuse_exchanges(kept, names.and_those_of((row.term for row in kept), sure=True))
    else:
        kept = _without_exchanges(kept, names, left_out)
    if not kept:
        why = ", ".join(f"{count} {reason}" for reason, count in left_out.items() if count)
        raise InvalidInput(f"{path}: nothing is left to keep ({why}); nothing was changed; mend or leave out the file")
    languages = sorted({row.language for row in kept})
    lists = (
        TermList(path.name, form, each, tuple(row.term for row in kept if row.language == each)) for each in languages
    )
    return ListRead(tuple(lists), dict(left_out))


def with_names(names: Names, lists: Iterable[TermList]) -> Names:
    """The known names with those of lists: the customer's own say first what is a name of what."""
    for each in sorted(lists, key=lambda each: (each.form not in OWN, each.name, each.language)):
        names = names.and_those_of(each.terms, sure=each.form in OWN)
    return names


def in_force(lists: Sequence[TermList], names: Names) -> tuple[TermList, ...]:
    """The kept lists without the terms that now make one medicine's name mean another's, which are logged.

    A list was checked against the names that were known when it was imported; since then a product may have come.
    """
    known = with_names(names, lists)
    found = []
    for each in lists:
        wrong = {term for term in each.terms if exchanged(term, each.language, known, own=each.form in OWN)}
        if wrong:
            logger.error(
                "%s: %d terms are not used, since names of medicines are never exchanged: %s",
                each.name,
                len(wrong),
                ", ".join(sorted(f"'{term.phrase}'" for term in wrong)),
            )
        found.append(replace(each, terms=tuple(term for term in each.terms if term not in wrong)))
    return tuple(found)


def with_imported(own: Mapping[str, Lexicon], lists: Iterable[TermList]) -> dict[str, Lexicon]:
    """The lexicons with imported terms: the customer's go before this release's, and these before public ones."""
    found: dict[str, dict[str, Term]] = {}
    ordered = sorted(lists, key=lambda each: (each.form in OWN, each.name))
    for public in (each for each in ordered if each.form not in OWN):
        found.setdefault(public.language, {}).update((term.phrase, term) for term in public.terms)
    for language, lexicon in own.items():
        found.setdefault(language, {}).update((term.phrase, term) for term in lexicon.terms)
    for customers in (each for each in ordered if each.form in OWN):
        found.setdefault(customers.language, {}).update((term.phrase, term) for term in customers.terms)
    for terms in found.values():
        brands = [term for term in terms.values() if term.kind == "brand"]
        for name in (meaning for term in brands for meaning in term.means):  # a known name, and nothing else is known
            terms.setdefault(name.casefold(), Term(name.casefold(), (), "brand", name))
    return {language: Lexicon(tuple(terms.values()), language) for language, terms in found.items()}


def lists_bytes(lists: Iterable[TermList]) -> bytes:
    """How they are kept: the same lists give the same bytes."""
    value = [
        {
            "name": each.name,
            "form": each.form,
            "language": each.language,
            "terms": [[term.phrase, list(term.means), term.kind, term.written] for term in each.terms],
        }
        for each in sorted(lists, key=lambda each: (each.name, each.language))
    ]
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def kept_lists(file: Path) -> tuple[TermList, ...]:
    """The lists in a home's file; none where there is none. Raises ``Misconfigured``, for an empty file too."""
    return lists_from(file.read_bytes() or b"empty", str(file)) if file.exists() else ()


def lists_from(content: bytes, where: str = "lexicon.json") -> tuple[TermList, ...]:
    """The lists that were kept; none of no bytes. Raises ``Misconfigured`` for what no import wrote."""
    try:
        return tuple(
            TermList(
                _told(row["name"]),
                _told(row["form"]),
                _told(row["language"]),
                tuple(
                    Term(_told(phrase), tuple(map(_told, means)), _told(kind), _told(written))
                    for phrase, means, kind, written in row["terms"]
                ),
            )
            for row in (json.loads(content) if content else [])
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:  # ValueError: no JSON, no UTF-8
        raise Misconfigured(
            f"{where}: the imported terms can't be read ({type(error).__name__}); delete the file, or run `signpost "
            "lexicon remove` with any name, then import your lists again"
        ) from error


def _told(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _unambiguous(rows: Iterable[Row], form: str, left_out: Counter[str]) -> list[Row]:
    """One row a phrase; one of several meanings is left out of a public list, and a customer is told."""
    by_phrase: dict[tuple[str, str], dict[tuple[str, ...], Row]] = {}
    for row in rows:
        found = by_phrase.setdefault((row.language, row.term.phrase), {})
        found.setdefault((row.term.kind, *map(folded, row.term.means)), row)
        if form in OWN and len(found) > 1:
            raise InvalidInput(
                f"{row.where}: '{row.term.phrase}' has another meaning or kind in an earlier row; write one row, with "
                "all its meanings"
            )
    left_out["of several meanings"] += sum(len(found) > 1 for found in by_phrase.values())
    return [row for found in by_phrase.values() if len(found) == 1 for row in found.values()]


def _refuse_exchanges(rows: Iterable[Row], names: Names) -> None:
    """Raises ``InvalidInput`` for a customer's row that makes a medicine's name mean another's."""
    for row in rows:
        wrong = exchanged(row.term, row.language, names, own=True)
        if wrong is not None:
            raise InvalidInput(
                f"{row.where}: '{row.term.phrase}' would be searched as '{wrong}', and names of medicines are never "
                "exchanged; take the row out, or write a brand with its substance as the meaning and the kind 'brand'"
            )


def _without_exchanges(rows: Iterable[Row], names: Names, left_out: Counter[str]) -> list[Row]:
    """The rows of a public list that make no name mean another: not its own ones either."""
    rows = list(rows)
    substances = {folded(meaning) for row in rows if row.term.kind == "brand" for meaning in row.term.means}
    listed = substances | {folded(row.term.phrase) for row in rows if row.term.kind == "brand"}

    def wrong(row: Row) -> bool:
        phrase, means = folded(row.term.phrase), [folded(meaning) for meaning in row.term.means]
        if exchanged(row.term, row.language, names, own=False) is not None:
            return True
        if row.term.kind == "brand":
            return phrase in substances or any(meaning in names.brands for meaning in means)
        every = (listed, names.substances)
        return any(phrase in known for known in every) and any(
            meaning != phrase and meaning in known and not names.same(phrase, meaning)
            for meaning in means
            for known in every
        )

    kept = [row for row in rows if not wrong(row)]
    left_out["would exchange two names"] += len(rows) - len(kept)
    return kept
