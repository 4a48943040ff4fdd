"""Lists of terms that a home brings along: public ones and a customer's own, checked row by row.

What a list can't say for sure is left out and counted: an abbreviation that stands for several things, a brand of
several substances, what is no name at all. What would turn one medicine's name into another's is refused.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.answer.spelling import LONG_ENOUGH, distance
from chatbot.routing.lexicon import KINDS, Lexicon, Term
from corpus.errors import InvalidInput
from index.analysis import words

FORMS = {
    "abbreviations": 'JSON lines: {"abbreviation": "CrCl", "expansion": "creatinine clearance"}',
    "brands": 'JSON lines: {"generic": "adalimumab", "brands": ["Humira"]}',
    "synonyms": 'JSON lines: {"canonical": "adalimumab", "variants": ["d2e7"], "brands": ["Humira"]}',
    "csv": "columns phrase, meanings (with ; between), kind, and if you like language",
    "toml": 'one table a language and kind: [en.lay] "hives" = ["urticaria"]',
}
OWN = ("csv", "toml")  # written by the customer: they go before the lexicon of this release, public lists behind it
PHRASE_CHARACTERS = 60  # of a name or a term that somebody types; longer ones are descriptions
LOOKALIKE = 2  # edits: names as near as this are told apart, not explained by each other
_NAME = re.compile(r"[^\W_][\w\s.,'’®™+/()\[\]α-ω-]*")
_FORM = re.compile(  # of a medicine, behind its substance in public lists
    r"\s+(?:injection|rectal|topical|ophthalmic|otic|nasal(?: spray)?|oral(?: inhalation)?|vaginal|transdermal|buccal"
    r"|sublingual|inhalation|systemic|implant|patch|and .*kit)$",
    re.IGNORECASE,
)


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


@dataclass(frozen=True, slots=True)
class Row:
    """One term of a file, and where it stands."""

    where: str
    language: str
    term: Term


def read_list(path: Path, form: str, language: str, brands: Collection[str], others: Collection[str] = ()) -> ListRead:
    """The terms of a file; ``brands`` and ``others`` are folded names of medicines that are known already.

    Raises ``InvalidInput`` for a row that can't be read, naming file and line, and for one that makes one medicine's
    name mean another's.
    """
    left_out: Counter[str] = Counter()
    try:
        rows = list(_READERS[form](path, language, left_out))
    except (OSError, UnicodeDecodeError, csv.Error, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: not readable as '{form}': {error}; write {FORMS[form]}") from error
    if not rows:
        raise InvalidInput(f"{path}: no terms; write {FORMS[form]}")
    kept = _unambiguous(rows, left_out)
    kept = _without_exchanges(kept, form, _Names.of(kept, brands, others), left_out)
    languages = sorted({row.language for row in kept})
    lists = (
        TermList(path.name, form, each, tuple(row.term for row in kept if row.language == each)) for each in languages
    )
    return ListRead(tuple(lists), dict(left_out))


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


def lists_from(content: bytes) -> tuple[TermList, ...]:
    """The lists that were kept; none of no bytes."""
    return tuple(
        TermList(
            row["name"],
            row["form"],
            row["language"],
            tuple(Term(phrase, tuple(means), kind, written) for phrase, means, kind, written in row["terms"]),
        )
        for row in (json.loads(content) if content else [])
    )


def _unambiguous(rows: Iterable[Row], left_out: Counter[str]) -> list[Row]:
    """One row a phrase; a phrase that different rows give other meanings is left out."""
    by_phrase: dict[tuple[str, str], dict[tuple[str, ...], Row]] = {}
    for row in rows:
        folded = tuple(" ".join(words(meaning)) for meaning in row.term.means)
        by_phrase.setdefault((row.language, row.term.phrase), {}).setdefault(folded, row)
    left_out["of several meanings"] += sum(len(found) > 1 for found in by_phrase.values())
    return [row for found in by_phrase.values() if len(found) == 1 for row in found.values()]


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of medicines, folded."""

    brands: frozenset[str]  # known before
    substances: frozenset[str]  # of the list's own brands
    all: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[Row], brands: Collection[str], others: Collection[str]) -> _Names:
        """With those of a list's own brands."""
        terms = [row.term for row in rows if row.term.kind == "brand"]
        substances = frozenset(meaning.casefold() for term in terms for meaning in term.means)
        every = frozenset((*brands, *others, *substances, *(term.phrase for term in terms)))
        return cls(frozenset(brands), substances, every)


def _without_exchanges(rows: Sequence[Row], form: str, names: _Names, left_out: Counter[str]) -> list[Row]:
    """The rows that make no medicine's name mean another's: of a public list the others are left out, a customer is
    told.
    """
    kept: list[Row] = []
    for row in rows:
        wrong = next((each for each in row.term.means if _exchanges(row.term, each.casefold(), names)), None)
        if wrong is None:
            kept.append(row)
        elif form not in OWN:
            left_out["would exchange two names"] += 1
        else:
            raise InvalidInput(
                f"{row.where}: '{row.term.phrase}' would be searched as '{wrong}', and names of medicines are never "
                "exchanged; take the row out, or write a brand with its substance as the meaning and the kind 'brand'"
            )
    return kept


def _exchanges(term: Term, meaning: str, names: _Names) -> bool:
    """Whether a term takes one name for another: only a brand has a name for its meaning, its substance."""
    lookalike = len(term.phrase) >= LONG_ENOUGH and 0 < distance(term.phrase, meaning, LOOKALIKE) <= LOOKALIKE
    if term.kind == "brand":
        return term.phrase in names.substances or meaning in names.brands
    both = term.phrase in names.all and meaning in names.all and term.phrase != meaning
    return both or (lookalike and term.kind in ("lay", "class"))


def _abbreviations(path: Path, language: str, left_out: Counter[str]) -> Iterator[Row]:
    for where, row in _json_lines(path):
        written, expansion = _text(row, "abbreviation", where), _text(row, "expansion", where)
        if _typed(written, left_out) and _typed(expansion, left_out):
            yield Row(where, language, Term(written.casefold(), (expansion,), "abbreviation", written))


def _brands(path: Path, language: str, left_out: Counter[str]) -> Iterator[Row]:
    for where, row in _json_lines(path):
        substance = _FORM.sub("", _text(row, "generic", where))
        yield from _named(where, language, substance, _texts(row, "brands", where), left_out)


def _synonyms(path: Path, language: str, left_out: Counter[str]) -> Iterator[Row]:
    for where, row in _json_lines(path):
        names = (*_texts(row, "variants", where), *_texts(row, "brands", where))
        yield from _named(where, language, _text(row, "canonical", where), names, left_out)


def _named(where: str, language: str, substance: str, names: Iterable[str], left_out: Counter[str]) -> Iterator[Row]:
    for name in dict.fromkeys(name.strip() for name in names):
        if name.casefold() != substance.casefold() and _typed(name, left_out) and _typed(substance, left_out):
            yield Row(where, language, Term(name.casefold(), (substance,), "brand", name))


def _csv(path: Path, language: str, _left_out: Counter[str]) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        missing = {"phrase", "meanings", "kind"} - set(reader.fieldnames or ())
        if missing:
            raise InvalidInput(f"{path}: line 1: no column {', '.join(sorted(missing))}; write {FORMS['csv']}")
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            means = [part.strip() for part in (row["meanings"] or "").split(";") if part.strip()]
            spoken = (row.get("language") or language).strip().casefold()
            yield Row(where, spoken, _own_term(row["phrase"] or "", means, (row["kind"] or "").strip(), where))


def _toml(path: Path, _language: str, _left_out: Counter[str]) -> Iterator[Row]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for language, kinds in table.items():
        for kind, terms in kinds.items() if isinstance(kinds, dict) else ():
            for phrase, means in terms.items() if isinstance(terms, dict) else ():
                where = f"{path}: [{language}.{kind}] {phrase}"
                listed = means if isinstance(means, list) and all(isinstance(each, str) for each in means) else []
                yield Row(where, language, _own_term(phrase, listed, kind, where))


def _own_term(phrase: str, means: Iterable[str], kind: str, where: str) -> Term:
    """A term of the customer's own: nothing of it is left out, so everything must be right."""
    term = Term(" ".join(phrase.split()).casefold(), tuple(each.strip() for each in means if each.strip()), kind)
    if kind not in KINDS:
        raise InvalidInput(f"{where}: the kind '{kind}' is none of {', '.join(KINDS)}; write one of them")
    if not words(term.phrase) or len(term.phrase) > PHRASE_CHARACTERS:
        raise InvalidInput(f"{where}: the phrase must have 1 to {PHRASE_CHARACTERS} characters; shorten or mend it")
    if not term.means or not all(map(words, term.means)):
        raise InvalidInput(f"{where}: {phrase!r} has no meaning; write what documents say for it, or take the row out")
    return term


def _typed(text: str, left_out: Counter[str]) -> bool:
    """Whether a text of a public list is something that readers type; lists carry markup and descriptions."""
    good = len(text) <= PHRASE_CHARACTERS and bool(_NAME.fullmatch(text)) and bool(words(text))
    left_out["no name or term"] += not good
    return good


def _json_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            where = f"{path}: line {number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InvalidInput(f"{where}: {error}; write one JSON object a line, or name another --form") from error
            if not isinstance(row, dict):
                raise InvalidInput(f"{where}: no JSON object; write one a line, or name another --form")
            yield where, row


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{where}: no text '{key}'; mend the row, or name another --form")
    return value.strip()


def _texts(row: Mapping[str, Any], key: str, where: str) -> list[str]:
    value = row.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"{where}: '{key}' is no list of texts; mend the row, or name another --form")
    return value


_READERS: Mapping[str, Callable[[Path, str, Counter[str]], Iterator[Row]]] = {
    "abbreviations": _abbreviations,
    "brands": _brands,
    "synonyms": _synonyms,
    "csv": _csv,
    "toml": _toml,
}
