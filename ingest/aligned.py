"""Rows without borders: a wide gap in a line parts its cells, and cells below each other are a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from corpus.boxes import UNIT
from ingest.lines import Line, RawBlock, RawCell
from ingest.marks import NUMBERED, strip_marker
from ingest.pieces import PARAGRAPH_GAP, ROW_GAP, at_gaps, cut, height

_ALIGNED = 6 * UNIT  # left edges that differ by less are below each other


def is_row(line: Line) -> bool:
    """Whether the line has a gap that only a table makes."""
    return len(pieces_of(line)) > 1


def pieces_of(line: Line) -> list[Line]:
    """The cells of a line; the marker of a list item or a section's number stands in no cell of its own."""
    number = NUMBERED.match(line.text)
    start = max(strip_marker(line.text), number.end() if number else 0)
    if not start:
        return at_gaps(line, ROW_GAP)
    edge = max((box[2] for box in line.boxes[:start]), default=0)
    widest = ROW_GAP * height(line)
    return cut(line, lambda right, left: left - right > widest and right > edge)


def hangs(row: Sequence[Line], line: Line) -> bool:
    """Whether ``line`` goes on below a cell of ``row``: it begins in lower case, or below a later cell's beginning."""
    last = row[-1]
    if last.page != line.page or not 0 <= line.top - last.bottom < height(last):
        return False
    if line.text[0].islower():
        return True
    below = any(abs(piece.left - line.left) < _ALIGNED for piece in pieces_of(row[0])[1:])
    return below and line.top - last.bottom < PARAGRAPH_GAP * height(last)


def with_cells(blocks: Sequence[RawBlock]) -> Iterator[RawBlock]:
    """``blocks``, in which those that are rows, or a header over rows, know their cells."""
    known = [_as_row(block, blocks[max(0, index - 1) : index + 2]) for index, block in enumerate(blocks)]
    for lacking, group in groupby(known, key=_lacks_cells):
        run = list(group)
        yield from _celled(run) if lacking else run


def _lacks_cells(block: RawBlock) -> bool:
    return not block.cells and (block.kind == "row" or (block.kind == "heading" and is_row(block.lines[0])))


def _as_row(block: RawBlock, around: Sequence[RawBlock]) -> RawBlock:
    """A paragraph beside a row is one too when its label fills the first column: "Very common: headache"."""
    rows = [other for other in around if other.kind == "row" and not other.cells and _page(other) == _page(block)]
    if block.kind != "paragraph" or not rows:
        return block
    second = pieces_of(rows[0].lines[0])[1].left
    first, *others = block.lines
    label, value = _cut_at(first, second)
    fits = label is not None and label.text.endswith(":") and all(abs(line.left - second) < _ALIGNED for line in others)
    if label is None or not fits:
        return block
    cells = (RawCell(1, 0), RawCell(1 + len(others), 1))
    return replace(block, kind="row", lines=(label, value, *others), cells=cells)


def _page(block: RawBlock) -> int | None:
    return block.lines[0].page


def _cut_at(line: Line, left: int) -> tuple[Line | None, Line]:
    """``line`` in two where a word begins at ``left``; ``None`` and the line where none does."""
    pieces = cut(line, lambda right, edge: abs(edge - left) < _ALIGNED // 2 and edge - right > height(line) // 8)
    return (pieces[0], pieces[1]) if len(pieces) == 2 else (None, line)


def _celled(run: Sequence[RawBlock]) -> Iterator[RawBlock]:
    columns = _extents([piece for block in run for piece in pieces_of(block.lines[0])])
    rows = [[_place(columns, piece) for piece in pieces_of(block.lines[0])] for block in run]
    if any(len(set(row)) < len(row) for row in rows):  # the cells overlap: count them
        columns = []
    for block in run:
        yield _one(block, columns)


def _extents(pieces: Sequence[Line]) -> list[tuple[int, int]]:
    """The extents of pieces that overlap, left to right."""
    found: list[tuple[int, int]] = []
    for left, right in sorted((piece.left, piece.right) for piece in pieces):
        if found and left < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _place(columns: Sequence[tuple[int, int]], piece: Line) -> int:
    return next(index for index, (left, right) in enumerate(columns) if left <= piece.left <= right)


def _one(block: RawBlock, columns: Sequence[tuple[int, int]]) -> RawBlock:
    first = pieces_of(block.lines[0])
    cells = [(_place(columns, piece) if columns else index, [piece]) for index, piece in enumerate(first)]
    for line in block.lines[1:]:
        cells[_under(first, line)][1].append(line)
    lines = tuple(line for _, own in cells for line in own)
    return replace(block, lines=lines, cells=tuple(RawCell(len(own), column) for column, own in cells))


def _under(first: Sequence[Line], line: Line) -> int:
    """The cell that ``line`` goes on in: the one it stands under; back at the margin, the one it was written after."""
    return sum(piece.left - _ALIGNED <= line.left for piece in first[1:]) or len(first) - 1
