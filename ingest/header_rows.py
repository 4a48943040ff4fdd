"""Which of a table's first rows head its columns: above a border, bold, with an empty corner, or words over figures."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.grid import Cell, Grid, Row
from ingest.limits import HEADING_WORDS

_MOST = 4


def header_rows(grid: Grid) -> int:
    """How many of the first rows of a table are its header; never all."""
    rows, most = grid.rows, min(len(grid.rows) - 1, _MOST)
    if 0 < grid.headed <= most + 1 and grid.headed < len(rows):
        return grid.headed
    first = rows[0]
    if len(first.cells) == 1 and first.cells[0].column == 0:
        return 0
    count = 0
    while count < most and _is_bold(rows[count]) and _is_wide(rows[count]):
        count += 1
    if count == 0 and not _looks_like_header(first, rows[1:]):
        return 0
    count = max(count, 1)
    while count < most and _heads(rows[count - 1], rows[count], blank=first.cells[0].column > 0):
        count += 1
    return count


def _is_bold(row: Row) -> bool:
    return all(line.style == "bold" for cell in row.cells for line in cell.lines if any(map(str.isalnum, line.text)))


def _is_wide(row: Row) -> bool:
    return len(row.cells) > 1 or row.cells[0].column > 0


def _looks_like_header(first: Row, body: Sequence[Row]) -> bool:
    """An empty corner, cells over several columns, or words over figures."""
    if first.cells[0].column > 0 or any(cell.columns > 1 for cell in first.cells):
        return True
    below = [text_of(cell) for row in body for cell in row.cells[1:]]
    figures = sum(any(map(str.isdigit, text)) for text in below)
    worded = not any(any(map(str.isdigit, text_of(cell))) for cell in first.cells)
    short = all(len(text_of(cell).split()) <= HEADING_WORDS // 2 for cell in first.cells)
    return worded and short and len(first.cells) > 1 and 2 * figures > len(below)


def _heads(above: Row, row: Row, *, blank: bool) -> bool:
    """Whether ``row``, below a header row, is one too: it divides its columns, or has the empty corner still."""
    if not _is_wide(row):
        return False
    carried = any(cell.repeated for cell in row.cells)
    divides = any(cell.columns > 1 for cell in above.cells)
    return carried or ((divides or blank) and row.cells[0].column > 0)


def text_of(cell: Cell) -> str:
    """The words of a cell."""
    return " ".join(line.text for line in cell.lines)
