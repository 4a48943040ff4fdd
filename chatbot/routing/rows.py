"""A file of terms -> its rows, as written: nothing is decided here but whether a row can be read."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.limits import MEANING_CHARACTERS
from chatbot.routing.forms import FORMS
from chatbot.routing.lexicon import KINDS, Term
from corpus.errors import InvalidInput
from index.analysis import words

LANGUAGES = frozenset(("da", "de", "en", "es", "fi", "fr", "it", "nl", "pt", "sv"))  # those index.analysis stems
PHRASE_CHARACTERS = 60  # of a name or a term that somebody types; longer ones are descriptions
_NAME = re.compile(r"[^\W_][\w\s.,'’®™+/()\[\]α-ω-]*")
_FORM = re.compile(  # of a medicine, behind its substance in public lists
    r"\s+(?:injection|rectal|topical|ophthalmic|otic|nasal(?: spray)?|oral(?: inhalation)?|vaginal|transdermal|buccal"
    r"|sublingual|inhalation|systemic|implant|patch|and .*kit)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One term of a file, and where it stands."""

    where: str
    language: str
    term: Term


def read_rows(path: Path, form: str, language: str, left_out: Counter[str]) -> list[Row]:
    """The rows of a file, and what is no name or term ``left_out``; raises ``InvalidInput``."""
    try:
        rows = list(_READERS[form](path, language, left_out))
    except (OSError, ValueError, RecursionError, csv.Error) as error:  # ValueError: no TOML, no UTF-8, a huge number
        raise InvalidInput(f"{path}: not readable as '{form}': {error}; write {FORMS[form]}") from error
    if not rows:
        raise InvalidInput(f"{path}: no terms; write {FORMS[form]}")
    for row in rows:
        if row.language not in LANGUAGES:
            raise InvalidInput(
                f"{row.where}: no language '{row.language}'; write one of {', '.join(sorted(LANGUAGES))}"
            )
    return rows


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
        for kind, terms in _table(kinds, f"{path}: {language}").items():
            for phrase, means in _table(terms, f"{path}: [{language}] {kind}").items():
                where = f"{path}: [{language}.{kind}] {phrase}"
                listed = means if isinstance(means, list) and all(isinstance(each, str) for each in means) else []
                yield Row(where, language, _own_term(phrase, listed, kind, where))


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{where}: stands in no table of a language and kind; write {FORMS['toml']}")
    return value


def _own_term(phrase: str, means: Iterable[str], kind: str, where: str) -> Term:
    """A term of the customer's own: nothing of it is left out, so everything must be right."""
    term = Term(" ".join(phrase.split()).casefold(), tuple(each.strip() for each in means if each.strip()), kind)
    if kind not in KINDS:
        raise InvalidInput(f"{where}: the kind '{kind}' is none of {', '.join(KINDS)}; write one of them")
    if not words(term.phrase) or len(term.phrase) > PHRASE_CHARACTERS:
        raise InvalidInput(f"{where}: the phrase must have 1 to {PHRASE_CHARACTERS} characters; shorten or mend it")
    if any(len(meaning) > MEANING_CHARACTERS for meaning in term.means):
        raise InvalidInput(f"{where}: a meaning has at most {MEANING_CHARACTERS} characters; shorten it")
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
            except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError
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
