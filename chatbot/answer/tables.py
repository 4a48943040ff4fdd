"""Quoted rows of a table, cell by cell, with the header they stand under. Every cell is a slice of the document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chatbot.errors import Ungrounded
from corpus.model import Block, Cell, Document, Span


@dataclass(frozen=True, slots=True)
class TableCell:
    """What stands in one column, or over several."""

    text: str
    span: Span
    column: int  # 0-based, the first that it covers
    columns: int

    @property
    def end(self) -> int:
        """The column after the last that it covers."""
        return self.column + self.columns


TableLine = tuple[TableCell, ...]  # left to right; no two cover a column


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table, with its header."""

    document: Document = field(repr=False)
    caption: tuple[str, ...]  # the headings above the rows, without the one that is the header
    header: tuple[TableLine, ...]  # the upper row first; empty where the rows have none
    rows: tuple[TableLine, ...]

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` unless every cell is the document's text at its span and in a place of its own."""
        if not self.rows:
            raise Ungrounded("a table needs at least one row")
        for line in (*self.header, *self.rows):
            for cell in line:
                if not cell.text or cell.text != cell.span.of(self.document.text):
                    raise Ungrounded(f"the cell '{cell.text[:40]}' is not the document's text at its span")
            if any(left.end > right.column for left, right in pairwise(line)):
                raise Ungrounded("two cells of a row stand in one column")

    @property
    def heading(self) -> str:
        """The header as its heading has it; empty where there is none."""
        return _text(self.header)

    @property
    def text(self) -> str:
        """The rows as they are quoted."""
        return _text(self.rows)


def table_of(document: Document, spans: Sequence[Span]) -> Table | None:
    """The table that quoted ``spans`` are rows of; ``None`` for other text, and where its cells weren't read.

    A document that was kept before cells were read has none.
    """
    starts = [block.start for block in document.blocks]
    found = sorted({bisect_right(starts, span.start) - 1 for span in spans})
    rows = [document.blocks[at] for at in found]
    headers = {_header_above(document, at) for at in found}
    if len(headers) > 1 or any(row.kind != "row" or not row.cells for row in rows):
        return None
    header = document.blocks[at] if (at := headers.pop()) is not None else None
    lines = [_lines(document, row.cells) for row in rows]
    if any(len(line) != 1 for line in lines) or (header is None and all(len(row.cells) == 1 for row in rows)):
        return None
    name = _text_of(document, header) if header else None
    caption = tuple(part for part in rows[0].path if part != name)
    table = Table(document, caption, _lines(document, header.cells) if header else (), tuple(row for (row,) in lines))
    whole = table.text == " ".join(span.of(document.text) for span in spans) and table.heading == (name or "")
    return table if whole else None


def _header_above(document: Document, at: int) -> int | None:
    """The heading with cells that the row at ``at`` stands under: no text stands between them."""
    path = document.blocks[at].path
    for before in range(at - 1, -1, -1):
        block = document.blocks[before]
        if block.kind == "heading" and block.cells:
            under = (*block.path, _text_of(document, block))
            return before if path[: len(under)] == under else None
        if block.kind in ("paragraph", "item"):
            return None
    return None


def _lines(document: Document, cells: Sequence[Cell]) -> tuple[TableLine, ...]:
    """The cells by row: one that doesn't stand on the right of the one before begins another row."""
    lines: list[list[TableCell]] = []
    for cell in cells:
        if cell.start == cell.end:
            continue
        span = Span(cell.start, cell.end)
        shown = TableCell(span.of(document.text), span, cell.column, cell.columns)
        if lines and lines[-1][-1].end <= shown.column:
            lines[-1].append(shown)
        else:
            lines.append([shown])
    return tuple(map(tuple, lines))


def _text_of(document: Document, block: Block) -> str:
    return document.text[block.start : block.end]


def _text(lines: Sequence[TableLine]) -> str:
    return " ".join(cell.text for line in lines for cell in line)
