"""A document as it was read, page by page: passages, tables, and what to look at twice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from chatbot.limits import LANGUAGE_SHARE
from corpus.boxes import Boxes, Rectangle, rectangles
from corpus.coverage import Coverage, PageCoverage
from corpus.model import Block, BlockKind, Document, Span
from corpus.signoff import Mark, SignOff, meet


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, item or row, as it may be quoted; a heading has no end of its own to quote."""

    start: int
    end: int
    text: str
    confirmed: bool
    marks: tuple[Mark, ...]  # that are set on it

    @property
    def name(self) -> str:
        """What an address calls it."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """What stands in one column, or over several."""

    text: str
    column: int  # 0-based
    columns: int


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of a table: its cells, and the passages that it is quoted as."""

    cells: tuple[PreviewCell, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, paragraph or item with its passages, or a table with its rows."""

    kind: BlockKind
    start: int
    end: int
    text: str
    path: tuple[str, ...]
    anchor: str | None
    passages: tuple[Passage, ...]
    header: tuple[PreviewCell, ...] = ()
    rows: tuple[PreviewRow, ...] = ()  # of a table, whose kind is row


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One page, or the whole text in formats without pages."""

    number: int | None
    width: float  # points; 0 without pages
    height: float
    parts: tuple[Part, ...]
    coverage: PageCoverage | None
    removed: str  # header, footer, hidden text
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """The picture of a page, with what is marked on it."""

    page: int
    width: float  # points
    height: float
    marks: tuple[Rectangle, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A document with what a person should know of it before they sign it off."""

    document: Document
    boxes: Boxes
    coverage: Coverage | None
    signoff: SignOff
    waits: str  # why it isn't published yet; empty when it doesn't wait

    @property
    def warnings(self) -> tuple[str, ...]:
        """What holds for the whole document."""
        return tuple(_document_warnings(self))

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """Its pages in order, also those without text; ``None`` alone in formats without pages."""
        return tuple(range(1, len(self.boxes.page_sizes) + 1)) if self.document.pages else (None,)

    def page(self, number: int | None) -> PreviewPage:
        """A page; one outside the document shows the nearest."""
        if not self.document.pages:
            parts = tuple(_parts(self, self.document.blocks))
            return PreviewPage(None, 0.0, 0.0, parts, None, "", tuple(_unconfirmed(parts)))
        number = min(max(number or 1, 1), len(self.boxes.page_sizes))
        width, height = (float(value) for value in self.boxes.page_sizes[number - 1])
        parts = tuple(_parts(self, _blocks_on(self.document, number)))
        covered = next((page for page in self.coverage.pages if page.page == number), None) if self.coverage else None
        removed = self.coverage.removed.get(number, "") if self.coverage else ""
        return PreviewPage(number, width, height, parts, covered, removed, tuple(_page_warnings(parts, covered)))

    def near(self, page: PreviewPage) -> tuple[tuple[str, tuple[Passage, ...]], ...]:
        """What a passage of ``page`` may be kept with: confirmed passages of it and of the pages beside it."""
        if page.number is None:
            return (("This document", _confirmed(page)),)
        beside = (("This page", page.number), ("The page before", page.number - 1), ("The next page", page.number + 1))
        return tuple((name, _confirmed(self.page(number))) for name, number in beside if number in self.numbers)

    def rectangles(self, place: Span, number: int) -> tuple[Rectangle, ...]:
        """Where ``place`` stands on a page."""
        on_page = (span for span in self.document.spans_by_page(place) if self.document.page_at(span.start) == number)
        return tuple(rectangles(self.boxes, tuple(on_page)))

    def figure(self, page: PreviewPage, place: Span | None) -> Figure | None:
        """The picture of a page with ``place`` marked; ``None`` in formats without pages."""
        if page.number is None:
            return None
        marks = self.rectangles(place, page.number) if place else ()
        return Figure(page.number, page.width, page.height, marks)

    def marks(self) -> tuple[Mark, ...]:
        """All that are set on it, oldest first."""
        return self.signoff.marks.get(self.document.sha256, ())

    def text_of(self, place: Span) -> str:
        """The words of a place."""
        return place.of(self.document.text)


def _confirmed(page: PreviewPage) -> tuple[Passage, ...]:
    return tuple(passage for part in page.parts for passage in part.passages if passage.confirmed)


def _blocks_on(document: Document, number: int) -> list[Block]:
    """The blocks that stand on a page, also in part."""
    page = next((page for page in document.pages if page.number == number), None)
    if page is None:
        return []
    return [block for block in document.blocks if block.start < page.end and page.start < block.end]


def _parts(preview: Preview, blocks: Sequence[Block]) -> Iterator[Part]:
    """Rows that stand together, with the header right above them, are one table."""
    header: Block | None = None
    for is_row, group in groupby(blocks, key=lambda block: block.kind == "row"):
        found = list(group)
        if is_row:
            yield _table(preview, header, found)
            header = None
            continue
        header = found[-1] if found[-1].kind == "heading" and found[-1].cells else None
        yield from (_part(preview, block) for block in (found[:-1] if header else found))
        if header is not None and blocks[-1] is header:  # its rows stand on the next page
            yield _part(preview, header)


def _part(preview: Preview, block: Block) -> Part:
    text = preview.document.text[block.start : block.end]
    return Part(block.kind, block.start, block.end, text, block.path, block.anchor, tuple(_passages(preview, block)))


def _table(preview: Preview, header: Block | None, rows: Sequence[Block]) -> Part:
    first = header or rows[0]
    made = tuple(PreviewRow(_cells(preview.document, row), tuple(_passages(preview, row))) for row in rows)
    return Part(
        kind="row",
        start=first.start,
        end=rows[-1].end,
        text=preview.document.text[first.start : rows[-1].end],
        path=rows[0].path[:-1] if header else rows[0].path,
        anchor=rows[0].anchor,
        passages=tuple(passage for row in made for passage in row.passages),
        header=_cells(preview.document, header) if header else (),
        rows=made,
    )


def _cells(document: Document, block: Block) -> tuple[PreviewCell, ...]:
    """The cells of a row; one for all of it where none were seen."""
    if not block.cells:
        return (PreviewCell(document.text[block.start : block.end], 0, 1),)
    return tuple(PreviewCell(document.text[c.start : c.end], c.column, c.columns) for c in block.cells)


def _passages(preview: Preview, block: Block) -> Iterator[Passage]:
    marks = preview.marks()
    for sentence in block.sentences:
        place = Span(sentence.start, sentence.end)
        own = tuple(mark for mark in marks if meet(mark.place, place))
        yield Passage(place.start, place.end, preview.text_of(place), sentence.confirmed, own)


def _page_warnings(parts: Sequence[Part], covered: PageCoverage | None) -> Iterator[str]:
    if covered is not None and covered.missed:
        count = f"{len(covered.missed)} of {covered.words} words"
        yield f"{count} that the second reader (pypdf) sees are in no passage: {' '.join(covered.missed)}"
    yield from _unconfirmed(parts)


def _unconfirmed(parts: Sequence[Part]) -> Iterator[str]:
    doubtful = sum(not passage.confirmed for part in parts for passage in part.passages)
    if doubtful:
        what = "sentence isn't" if doubtful == 1 else "sentences aren't"
        yield f"{doubtful} {what} confirmed by the second reader and never quoted"


def _document_warnings(preview: Preview) -> Iterator[str]:
    document, covered = preview.document, preview.coverage
    if covered is None:
        yield "how well it was read was not measured yet; ingest its file again"
    elif covered.language < LANGUAGE_SHARE:
        share = f"{covered.language:.0%} of the samples"
        yield f"its language is doubtful: only {share} of its text are in '{document.language}'"
    if not any(block.kind == "heading" for block in document.blocks):
        yield "no headings were found, so answers can't say what a sentence stands under"
    confirmed = document.confirmed_share()
    if confirmed < 1:
        yield f"{1 - confirmed:.1%} of its sentences aren't confirmed by the second reader and never quoted"
    if covered is not None and covered.short:
        pages = ", ".join(map(str, covered.short))
        yield f"words are missing on {'page' if len(covered.short) == 1 else 'pages'} {pages}"
