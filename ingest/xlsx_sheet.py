"""A sheet's cells as the tables and notes that a reader sees: parted by empty rows, headers told from rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.flow import Cell, Merged, Row

Place = tuple[int, int]  # row and column, 1-based


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows."""

    text: str
    is_text: bool  # else a number, which no header is
    bold: bool


@dataclass(frozen=True, slots=True)
class Region:
    """Rows of a sheet that belong together."""

    rows: tuple[Row, ...]
    is_table: bool


def regions(
    cells: Mapping[Place, Shown],
    spans: Mapping[Place, tuple[int, int]],
    heads: frozenset[int],
    merged: Merged,
    anchor: str,
) -> Iterator[Region]:
    """``cells`` from the first row to the last; ``spans`` are rows and columns of merged ones, by their first cell.

    ``heads`` are the rows that the sheet itself calls headers. Rows with one cell above or below a table are its
    caption and notes. Raises ``Quarantined`` for merged cells that repeat too much.
    """
    by_row: dict[int, list[Cell]] = {}
    for (row, column), shown in sorted(cells.items()):
        tall, wide = spans.get((row, column), (1, 1))
        by_row.setdefault(row, []).append(Cell(shown.text, wide, tall, column - 1))
    group: list[tuple[int, Row]] = []
    above: tuple[Cell, ...] = ()
    for number in sorted(by_row):
        gap = number - group[-1][0] - 1 if group else 0  # empty rows, but for cells that go on over them
        above = tuple(replace(cell, rows=cell.rows - gap) for cell in above if cell.rows > gap)
        if gap and not any(cell.rows > 1 for cell in above):
            yield from _parted(group, cells, heads)
            group, above = [], ()
        above = _row(by_row[number], above, merged)
        group.append((number, Row(above, header=False, anchor=anchor)))
    yield from _parted(group, cells, heads)


def _row(own: Sequence[Cell], above: Sequence[Cell], merged: Merged) -> tuple[Cell, ...]:
    going_on = (merged.repeat(cell) for cell in above if cell.rows > 1)
    return tuple(sorted((*own, *going_on), key=lambda cell: cell.column))


def _parted(group: list[tuple[int, Row]], cells: Mapping[Place, Shown], heads: frozenset[int]) -> Iterator[Region]:
    """What stands over a table, the table, what stands under it."""
    wide = [at for at, (_, row) in enumerate(group) if len(row.full) > 1]
    if not wide:
        yield Region(tuple(row for _, row in group), is_table=False)
        return
    first, last = wide[0], wide[-1] + 1
    yield from _notes(group[:first])
    headers = _headers(group[first:last], cells, heads)
    width = max(cell.column + cell.columns for _, row in group for cell in row.full)
    left = min(cell.column for _, row in group for cell in row.full)
    rows = []
    for at, (_, row) in enumerate(group[first:last]):
        names_group = len(row.full) == 1 and row.full[0].columns >= width - left
        rows.append(replace(row, header=at < headers or names_group))
    yield Region(tuple(rows), is_table=True)
    yield from _notes(group[last:])


def _notes(group: Sequence[tuple[int, Row]]) -> Iterator[Region]:
    if group:
        yield Region(tuple(row for _, row in group), is_table=False)


def _headers(group: Sequence[tuple[int, Row]], cells: Mapping[Place, Shown], heads: frozenset[int]) -> int:
    """How many of the first rows are the header: text, and called so, bold, or over numbers."""

    def of(at: int) -> list[Shown]:
        number, row = group[at]
        return [cells[number, cell.column + 1] for cell in row.own]

    count = 0
    while count < len(group) - 1 and all(shown.is_text for shown in of(count)):
        number, row = group[count]
        # Headers go on below cells over several columns, and beside those over several rows.
        goes_on = count > 0 and any(cell.columns > 1 or cell.rows > 1 for cell in group[count - 1][1].full)
        if count == 0:
            below = {number for number, _ in group[1:]}
            over_numbers = any(
                (place, cell.column + 1) in cells and not cells[place, cell.column + 1].is_text
                for place in below
                for cell in row.full
            )
            if not (number in heads or all(shown.bold for shown in of(0)) or over_numbers):
                return 0
        elif not goes_on:
            break
        count += 1
    return count
