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

KINDS = ("answerable", "unanswerable", "ambiguous")
_Row = TypeVar("_Row")


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
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # alone: a text may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not readable: {error}; give JSON lines in UTF-8") from error
    rows: list[_Row] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
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
    except ValueError as error:
        raise InvalidInput(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{where}: no JSON object; write {{...}}")
    _need(row, where, "_id", "text")
    if not isinstance(row["text"], str) or not row["text"].strip():
        raise InvalidInput(f"{where}: 'text' is no text; write the question as it is typed")
    return row


def _question(row: dict[str, Any], where: str) -> Question:
    _need(row, where, "kind", "style")
    if row["kind"] not in KINDS:
        raise InvalidInput(f"{where}: 'kind' is {row['kind']!r}; it is one of {', '.join(KINDS)}")
    answerable = row["kind"] == "answerable"
    if answerable:
        _need(row, where, "document", "page")
    if not isinstance(row["style"], list):
        raise InvalidInput(f"{where}: 'style' is a list of words")
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
    for place in (row, *(row.get("alt") or [])):
        page = place.get("page")
        pages = [] if page is None else page if isinstance(page, list) else [page]
        if not all(isinstance(number, int) for number in pages):
            raise InvalidInput(f"{where}: 'page' is a number, a list of numbers or null")
        yield Place(str(place.get("document") or row["document"]), tuple(pages), str(place.get("quote") or ""))


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
    _need(row, where, "label", "must", "must_not")
    if row.get("contested"):
        return None
    spans = tuple((int(start), int(end), str(kind)) for start, end, kind in row.get("spans") or ())
    if any(not 0 <= start < end <= len(row["text"]) for start, end, _ in spans):
        raise InvalidInput(f"{where}: a span leaves the text; spans are [start, end, type] in code points")
    styles = [row.get("sub"), *(["typo"] if row.get("typo") else []), *(["follow_up"] if row.get("context") else [])]
    return Utterance(
        id=str(row["_id"]),
        text=row["text"],
        label=str(row["label"]),
        also=tuple(row.get("also") or ()),
        must=tuple(row["must"]),
        must_not=tuple(row["must_not"]),
        context=_texts(row.get("context")),
        spans=spans,
        slices=_slices({**row, "intent": row.get("intent") or row.get("topic")}, [style for style in styles if style]),
    )


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


def _need(row: Mapping[str, Any], where: str, *names: str) -> None:
    missing = sorted(set(names) - set(row))
    if missing:
        raise InvalidInput(f"{where}: lacks {', '.join(missing)}")
