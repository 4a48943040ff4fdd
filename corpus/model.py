"""The nouns of the corpus. Frozen values; text offsets are code points, end exclusive."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

BlockKind = Literal["heading", "paragraph", "item", "row"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it came in."""

    name: str  # file name without its folder
    sha256: str  # of the bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of one document's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters of the span."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Page:
    """Text that stands on one page. Pages follow the text's order and cut no word.

    A page has several parts where a table's row over a page end goes back and forth, cell by cell.
    """

    number: int  # 1-based, as in the source file
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest unit that is quoted: a sentence, a list item or a table row."""

    start: int
    end: int
    confirmed: bool  # a second reader found the same characters on the same page; else not quotable


@dataclass(frozen=True, slots=True)
class Cell:
    """A slice of a table row or of a table's header: what stands in one column, or over several."""

    start: int
    end: int
    column: int  # 0-based, the first that it covers
    columns: int = 1  # how many it covers


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table row or heading, with the headings it stands under."""

    start: int
    end: int
    kind: BlockKind
    path: tuple[str, ...]  # headings above, outermost first; a heading's own text is not in its path
    anchor: str | None  # fragment to open in formats without pages
    sentences: tuple[Sentence, ...]
    cells: tuple[Cell, ...] = ()  # of a table's row, or of the heading that is its header; empty where none were seen


@dataclass(frozen=True)
class Document:
    """One version of one work: canonical text and where it stands. It knows nothing of approval.

    Without slots, so that what is derived from a long text is derived once.
    """

    source: Source
    reader: str  # name and version of the reader that made the text
    title: str
    language: str  # ISO 639-1
    names: tuple[str, ...]  # product names found in the document itself, brand first
    text: str
    pages: tuple[Page, ...]  # empty in formats without pages
    blocks: tuple[Block, ...]

    @cached_property
    def sha256(self) -> str:
        """The identity: digest of the canonical form."""
        return hashlib.sha256(document_bytes(self)).hexdigest()

    @cached_property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @cached_property
    def _block_starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    def block_at(self, offset: int) -> Block:
        """The block that the character at ``offset`` is in, or that ends before it; raises ``IndexError``."""
        count = bisect_right(self._block_starts, offset)
        if not count:
            raise IndexError(f"no block starts at or before {offset}")
        return self.blocks[count - 1]

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that the character at ``offset`` is in."""
        found = (s for s in self.block_at(offset).sentences if s.start <= offset < s.end)
        return next(found, None)

    def sentences_in(self, span: Span) -> tuple[Sentence, ...]:
        """The sentences that share a character with ``span``, in text order."""
        first = max(0, bisect_right(self._block_starts, span.start) - 1)
        last = bisect_right(self._block_starts, span.end)
        blocks = self.blocks[first:last]
        return tuple(s for block in blocks for s in block.sentences if s.start < span.end and span.start < s.end)

    def page_at(self, offset: int) -> int | None:
        """The 1-based page on which the character at ``offset`` stands, ``None`` without pages."""
        return next((page.number for page in reversed(self.pages) if page.start <= offset), None)

    def spans_by_page(self, span: Span) -> tuple[Span, ...]:
        """``span`` cut at page ends; the slices joined by one space are the span's text."""
        if not self.pages:
            return (span,)
        cuts = [
            Span(max(span.start, page.start), min(span.end, page.end))
            for page in self.pages
            if page.start < span.end and page.end > span.start
        ]
        return tuple(cuts)

    def confirmed_share(self) -> float:
        """The share of sentences that the second reader confirmed (1.0 where there is none to confirm)."""
        marks = [sentence.confirmed for block in self.blocks for sentence in block.sentences]
        return sum(marks) / len(marks) if marks else 1.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A contiguous span of one document under its heading path: what is indexed and cited."""

    document: str  # Document.sha256
    start: int
    text: str  # always document.text[start : start + len(text)]
    path: tuple[str, ...]
    page: int | None  # of the first character
    anchor: str | None
    sentences: tuple[Sentence, ...]  # offsets in the document, all inside the passage

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Approval:
    """What the review gave one document version for one country: the payload of an approve or amend event."""

    document_number: str
    version: str
    country: str  # ISO 3166-1 alpha-2, upper case
    source_sha256: str  # the bytes that were reviewed
    title: str
    product: str  # brand, as in products.toml; empty when the document belongs to none
    indication: str
    document_type: str
    roles: tuple[str, ...]  # empty: every role
    specialties: tuple[str, ...]  # empty: every specialty
    language: str
    approval_id: str
    approved_on: date
    effective_on: date  # from the start of this local day
    expires_on: date | None  # to the end of this local day
    owner: str
    assumed: bool = False  # written by --assume-approved: no review stands behind it

    @property
    def key(self) -> tuple[str, str, str]:
        """Document number, version and country: one approval each."""
        return (self.document_number, self.version, self.country)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks. The country and role decide what may be cited; the specialty only ranks."""

    country: str
    role: str
    specialty: str
    language: str


def document_bytes(document: Document) -> bytes:
    """The canonical form: sorted JSON in UTF-8. The same document gives the same bytes anywhere."""
    value = {
        "source": [document.source.name, document.source.sha256, document.source.media_type],
        "reader": document.reader,
        "title": document.title,
        "language": document.language,
        "names": document.names,
        "text": document.text,
        "pages": [[page.number, page.start, page.end] for page in document.pages],
        "blocks": [
            [
                block.start,
                block.end,
                block.kind,
                block.path,
                block.anchor,
                _sentence_rows(block.sentences),
                *([_cell_rows(block.cells)] if block.cells else ()),  # absent in what was kept before cells were read
            ]
            for block in document.blocks
        ],
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def document_from_bytes(raw: bytes) -> Document:
    """The inverse of :func:`document_bytes`."""
    value = json.loads(raw)
    return Document(
        source=Source(*value["source"]),
        reader=value["reader"],
        title=value["title"],
        language=value["language"],
        names=tuple(value["names"]),
        text=value["text"],
        pages=tuple(Page(*row) for row in value["pages"]),
        blocks=tuple(
            Block(start, end, kind, tuple(path), anchor, _sentences(rows), _cells(*cells))
            for start, end, kind, path, anchor, rows, *cells in value["blocks"]
        ),
    )


def passage_row(passage: Passage) -> list[Any]:
    """A passage as a JSON value."""
    return [
        passage.document,
        passage.start,
        passage.text,
        list(passage.path),
        passage.page,
        passage.anchor,
        _sentence_rows(passage.sentences),
    ]


def passage_from_row(row: list[Any]) -> Passage:
    """The inverse of :func:`passage_row`."""
    document, start, text, path, page, anchor, rows = row
    return Passage(document, start, text, tuple(path), page, anchor, _sentences(rows))


def _sentence_rows(sentences: tuple[Sentence, ...]) -> list[list[int]]:
    return [[s.start, s.end, int(s.confirmed)] for s in sentences]


def _cell_rows(cells: tuple[Cell, ...]) -> list[list[int]]:
    return [[cell.start, cell.end, cell.column, cell.columns] for cell in cells]


def _cells(rows: Iterable[list[int]] = ()) -> tuple[Cell, ...]:
    return tuple(Cell(*row) for row in rows)


def _sentences(rows: list[list[int]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(start, end, bool(confirmed)) for start, end, confirmed in rows)
