"""Question sets: JSON lines, read strictly. Their forms are described in eval/questions/README.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from corpus.calendar import zones
from corpus.errors import InvalidInput
from corpus.model import Audience
from eval.lines import read_lines
from eval.shape import misfit

KINDS = ("answerable", "unanswerable", "ambiguous")
_Row = TypeVar("_Row")
_WORDS = ([str], None)
_PLACE = {"document": str, "page?": (int, [int], None), "quote": str}
_SAID = {  # of any row: what it is sliced by, and of its reader
    **dict.fromkeys(("intent?", "product?", "specialty?", "lang?", "country?", "role?"), (str, None)),
    "products?": _WORDS,
}
_QUESTION = {**_SAID, "kind": str, "style": [str], "candidates?": _WORDS}
_ANSWERABLE = {**_PLACE, "page": _PLACE["page?"], "alt?": ([_PLACE], None)}
_UTTERANCE = {
    **_SAID,
    "must": [str],
    "must_not": [str],
    **dict.fromkeys(("sub?", "topic?"), (str, None)),
    "label": str,
    "also?": _WORDS,
    "context?": (str, [str], None),
    "spans?": ([[(int, str)]], None),
}
_FORMS = "the forms are in eval/questions/README.md"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence that answers stands."""

    document: str  # file name
    pages: tuple[int, ...]  # 1-based; empty in formats without pages
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question whose answer is known, or of which it is known that there is none."""

    id: str
    text: str
    kind: str  # one of KINDS
    places: tuple[Place, ...]  # all that count as right; empty unless answerable
    candidates: tuple[str, ...]  # products that a question back offers, of an ambiguous one
    reader: Mapping[str, str]  # what the set says of its reader: country, role, language
    slices: Mapping[str, tuple[str, ...]]

    def audience(self, given: Audience) -> Audience:
        """Who asks: ``given``, for what the set doesn't say itself."""
        return replace(given, **self.reader)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One text with what it must lead to, and what it must not."""

    id: str
    text: str
    label: str
    also: tuple[str, ...]  # other labels that hold beside it
    must: tuple[str, ...]  # actions
    must_not: tuple[str, ...]
    context: tuple[str, ...]  # earlier questions of its conversation
    spans: tuple[tuple[int, int, str], ...]  # personal data: start, end, type; code points
    slices: Mapping[str, tuple[str, ...]]

    @property
    def labels(self) -> frozenset[str]:
        """Every label that holds."""
        return frozenset({self.label, *self.also})


def read_questions(path: Path) -> tuple[Question, ...]:
    """The label questions of a file; raises ``InvalidInput`` with the line that is wrong."""
    return _read(path, _question)


def read_utterances(path: Path) -> tuple[Utterance, ...]:
    """The routing utterances of a file, without contested ones; raises ``InvalidInput``."""
    return tuple(row for row in _read(path, _utterance) if row is not None)


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _read(path: Path, make: Callable[[dict[str, Any], str], _Row]) -> tuple[_Row, ...]:
    rows: list[_Row] = []
    seen: dict[str, int] = {}
    for number, line in read_lines(path, "give JSON lines in UTF-8"):
        row = _object(line, f"{path}: line {number}")
        first = seen.setdefault(str(row["_id"]), number)
        if first != number:
            raise InvalidInput(f"{path}: line {number}: '{row['_id']}' stands on line {first} already; ids differ")
        rows.append(make(row, f"{path}: line {number}"))
    if not rows:
        raise InvalidInput(f"{path}: no question in it; write one JSON object a line")
    return tuple(rows)


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where}: no JSON: {error}; write {{...}}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{where}: no JSON object; write {{...}}")
    _need(row, where, {"_id": (str, int), "text": str})
    if not row["text"].strip():
        raise InvalidInput(f"{where}: 'text' is no text; write the question as it is typed")
    return row


def _question(row: dict[str, Any], where: str) -> Question:
    _need(row, where, _QUESTION)
    if row["kind"] not in KINDS:
        raise InvalidInput(f"{where}: 'kind' is {row['kind']!r}; it is one of {', '.join(KINDS)}")
    answerable = row["kind"] == "answerable"
    return Question(
        id=str(row["_id"]),
        text=row["text"],
        kind=row["kind"],
        places=tuple(_places(row, where)) if answerable else (),
        candidates=tuple(row.get("candidates") or ()),
        reader=_reader(row, where),
        slices=_slices(row, row["style"]),
    )


def _places(row: dict[str, Any], where: str) -> Iterator[Place]:
    """Every place with its sentence: without one, nothing that is shown could be right."""
    _need(row, where, _ANSWERABLE)
    for place in (row, *(row.get("alt") or [])):
        if not place["quote"].strip():
            raise InvalidInput(f"{where}: a 'quote' is empty; copy the sentence that answers from its document")
        page = place.get("page")
        pages = [] if page is None else page if isinstance(page, list) else [page]
        yield Place(place["document"], tuple(pages), place["quote"])


def _reader(row: dict[str, Any], where: str) -> dict[str, str]:
    named = {"role": str(row["role"]).casefold()} if row.get("role") else {}
    if row.get("country"):
        named["country"] = str(row["country"]).upper()
        try:
            zones(named["country"])
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from error
        if row.get("lang"):  # a set that names its readers names their language too
            named["language"] = str(row["lang"]).casefold()
    return named


def _utterance(row: dict[str, Any], where: str) -> Utterance | None:
    _need(row, where, _UTTERANCE)
    if row.get("contested"):
        return None
    styles = [row.get("sub"), *(["typo"] if row.get("typo") else []), *(["follow_up"] if row.get("context") else [])]
    return Utterance(
        id=str(row["_id"]),
        text=row["text"],
        label=row["label"],
        also=tuple(row.get("also") or ()),
        must=tuple(row["must"]),
        must_not=tuple(row["must_not"]),
        context=_texts(row.get("context")),
        spans=tuple(_spans(row, where)),
        slices=_slices({**row, "intent": row.get("intent") or row.get("topic")}, [style for style in styles if style]),
    )


def _spans(row: Mapping[str, Any], where: str) -> Iterator[tuple[int, int, str]]:
    said = "spans are [start, end, type] in code points"
    for span in row.get("spans") or ():
        if [type(value) for value in span] != [int, int, str]:
            raise InvalidInput(f"{where}: a span is {span}; {said}")
        start, end, kind = span
        if not 0 <= start < end <= len(row["text"]):
            raise InvalidInput(f"{where}: a span leaves the text; {said}")
        yield start, end, kind


def _slices(row: Mapping[str, Any], styles: list[str]) -> dict[str, tuple[str, ...]]:
    """By dimension, what a row says of itself; a dimension it says nothing of is absent."""
    products = row.get("products") or ([row["product"]] if row.get("product") else [])
    found = {
        "intent": [row["intent"]] if row.get("intent") else [],
        "product": products,
        "specialty": [row["specialty"]] if row.get("specialty") else [],
        "language": [row["lang"]] if row.get("lang") else [],
        "style": styles,
    }
    return {name: tuple(str(value) for value in values) for name, values in found.items() if values}


def _texts(value: Any) -> tuple[str, ...]:
    """One text, several, or none."""
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))


def _need(row: Mapping[str, Any], where: str, shape: Mapping[str, Any]) -> None:
    """Raises ``InvalidInput`` unless a row has every key that it needs, each of its form."""
    missing = sorted(key for key in shape if not key.endswith("?") and key not in row)
    if missing:
        raise InvalidInput(f"{where}: lacks {', '.join(missing)}; {_FORMS}")
    wrong = misfit(row, shape)
    if wrong:
        raise InvalidInput(f"{where}: {wrong}; {_FORMS}")
