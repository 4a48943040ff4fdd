"""Tables of a PDF: found by their borders, one table over several pages, rows as blocks with their cells.

What a border surrounds is a table only when it has rows of several cells; a box around text is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from corpus.boxes import UNIT
from ingest.borders import NEAR, Frame, frames
from ingest.errors import Quarantined
from ingest.grid import CELL_GAP, Cell, Grid, Row, grid_of
from ingest.header_rows import header_rows, text_of
from ingest.limits import HEADING_WORDS, MAX_REPEATED_CHARACTERS, TABLE_CELL_WORDS
from ingest.lines import LEVEL_GROUP, LEVEL_TABLE, Line, RawBlock, RawCell
from ingest.marks import CAPTION, TERMINAL
from ingest.pieces import at_gaps, beside, joined
from ingest.rules import Rule

_PROSE_WORDS = 12  # on a line without a gap between two level borders: no cell has as many


@dataclass(frozen=True, slots=True)
class Table:
    """A table's part on one page."""

    page: int
    edges: tuple[int, ...]  # x of its columns' borders
    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    bottom: int  # its lower border, or that of its text
    goes_on: bool = False  # it continues the table before it

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its text, row by row."""
        return tuple(line for row in (*self.header, *self.rows) for cell in row.cells for line in cell.lines)


def with_tables(lines: Sequence[Line], rules: Sequence[Rule]) -> list[Line | Table]:
    """``lines`` in order, those of each table replaced by it where its first one stood."""
    drawn = {page: list(group) for page, group in groupby(rules, key=lambda rule: rule.page)}
    found: list[Line | Table] = []
    for page, group in groupby(lines, key=lambda line: line.page):
        on_page = list(group)
        found.extend(_on_page(on_page, drawn.get(page or 0, ())))
    return _continued(found)


class TableWriter:
    """Makes blocks of tables in reading order; what it knows of a table holds for its parts on the next pages."""

    def __init__(self) -> None:
        self._level = LEVEL_TABLE  # of the outermost headings that name groups of rows
        self._kinds: dict[tuple[bool, bool], int] = {}  # level of a group's heading, by its look

    def blocks(self, table: Table, *, captioned: bool) -> Iterator[RawBlock]:
        """The header as a heading, rows that name a group as headings below it, the others as rows."""
        level = LEVEL_GROUP if captioned else LEVEL_TABLE
        fresh = not table.goes_on and not captioned and not table.header
        if not table.goes_on:
            self._kinds = {}
            self._level = level + bool(table.header)
        if table.header:
            own = [cell for row in table.header for cell in row.cells if not cell.repeated]
            yield _block("heading", own, self._level - 1)
        grouped = False
        for index, row in enumerate(table.rows):
            if _names_group(row, table.rows[index + 1 : index + 3]):
                yield RawBlock("heading", tuple(joined(row.cells[0].lines)), self._group_level(row, nested=grouped))
                grouped = True
            else:
                yield _block("row", row.cells, LEVEL_TABLE if fresh and not grouped else 0)
                grouped = False
            fresh = False

    def _group_level(self, row: Row, *, nested: bool) -> int:
        text = text_of(row.cells[0])
        look = (row.cells[0].lines[0].style == "bold", text.isupper())
        return self._kinds.setdefault(look, self._level + (nested and bool(self._kinds)))


def _block(kind: str, cells: Sequence[Cell], level: int) -> RawBlock:
    lines: list[Line] = []
    raw = []
    for cell in cells:
        own = joined(cell.lines)
        lines.extend(own)
        raw.append(RawCell(len(own), cell.column, cell.columns))
    return RawBlock("heading" if kind == "heading" else "row", tuple(lines), level, cells=tuple(raw))


def _names_group(row: Row, after: Sequence[Row]) -> bool:
    """Whether a row's only cell is a heading for the rows below it."""
    if len(row.cells) != 1 or row.cells[0].column or row.cells[0].repeated:
        return False
    text = text_of(row.cells[0])
    fits = len(text.split()) <= HEADING_WORDS and not text.endswith((".", ";", ","))
    return fits and any(len(other.cells) > 1 for other in after)


# Finding


def _on_page(lines: list[Line], rules: Sequence[Rule]) -> Iterator[Line | Table]:
    place: dict[int, Table] = {}  # the index of a table's first line
    taken: set[int] = set()
    for frame in _tight(frames(rules, lines), lines) if rules else ():
        inside = [index for index, line in enumerate(lines) if index not in taken and frame.holds(line)]
        grid = grid_of(frame, [lines[index] for index in inside]) if len(inside) > 1 else None
        if grid is not None and _is_table(grid):
            taken.update(inside)
            place[inside[0]] = _table(grid, lines[inside[0]].page or 0)
    for index, line in enumerate(lines):
        if index in place:
            yield place[index]
        elif index not in taken:
            yield line


def _tight(found: Sequence[Frame], lines: Sequence[Line]) -> Iterator[Frame]:
    """Frames without upright borders are cut where prose stands between two level ones."""
    for frame in found:
        if frame.upright:
            yield frame
            continue
        level = sorted(frame.level, key=lambda line: line.at)
        run = [level[0]]
        for border, below in pairwise(level):
            inside = [line for line in lines if border.at <= (line.top + line.bottom) // 2 < below.at]
            inside = [line for line in inside if frame.holds(line)]
            if below.at - border.at > NEAR and _is_prose(inside):
                yield from _frame(run)
                run = []
            run.append(below)
        yield from _frame(run)


def _frame(run: Sequence[object]) -> Iterator[Frame]:
    frame = Frame(tuple(run), ())  # type: ignore[arg-type]
    if len(run) > 1 and frame.bottom - frame.top > 2 * NEAR:
        yield frame


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether lines between two level borders are no rows: long, or most of them with nothing beside them."""
    alone = [
        line
        for line in lines
        if len(at_gaps(line, CELL_GAP)) == 1
        and not any(other is not line and (beside(line, other) or beside(other, line)) for other in lines)
    ]
    if any(CAPTION.match(line.text) for line in lines):
        return True
    if len(lines) > 2 and len(alone) > 0.7 * len(lines):
        return True
    return any(len(line.text.split()) > _PROSE_WORDS for line in alone) and len(alone) > 0.5 * len(lines)


def _is_table(grid: Grid) -> bool:
    """Whether there are rows of several cells, and none with the text of a page in it."""
    several = sum(len(row.cells) > 1 for row in grid.rows)
    if len(grid.edges) < 3 or not several or len(grid.rows) < 2:
        return False
    if not any(cell.columns == 1 for row in grid.rows for cell in row.cells):
        return False
    sizes = [_words(text_of(cell)) for row in grid.rows for cell in row.cells]
    limit = TABLE_CELL_WORDS if grid.frame.upright else TABLE_CELL_WORDS // 2
    return max(sizes) <= limit


def _words(text: str) -> int:
    return max(len(text.split()), len(text) // 10)


def _table(grid: Grid, page: int) -> Table:
    count = header_rows(grid)
    edges, rows = _without_empty_columns(grid)
    foot = max(line.bottom for row in rows for cell in row.cells for line in cell.lines)
    return Table(page, edges, rows[:count], rows[count:], max(grid.frame.bottom, foot))


def _without_empty_columns(grid: Grid) -> tuple[tuple[int, ...], tuple[Row, ...]]:
    """A column in which no cell stands alone is none: it belongs to the one after it."""
    kept = sorted({cell.column for row in grid.rows for cell in row.cells if cell.columns == 1})
    edges = (grid.edges[0], *(grid.edges[column + 1] for column in kept[:-1]), grid.edges[-1])

    def moved(cell: Cell) -> Cell:
        first = sum(column < cell.column for column in kept)
        covered = sum(cell.column <= column < cell.column + cell.columns for column in kept)
        return replace(cell, column=min(first, len(kept) - 1), columns=max(1, covered))

    return edges, tuple(replace(row, cells=tuple(map(moved, row.cells))) for row in grid.rows)


# Over page ends


def _continued(found: list[Line | Table]) -> list[Line | Table]:
    """Tables that go on over a page's end know it; a row cut in two there is one; a repeated header is a header."""
    made: list[Line | Table] = []
    for item in found:
        last = made[-1] if made else None
        if isinstance(item, Table) and isinstance(last, Table) and _goes_on(last, item):
            made[-1], item = _mended(last, item)
        made.append(item)
    _check_repeats(made)
    return made


def _goes_on(last: Table, table: Table) -> bool:
    alike = len(last.edges) == len(table.edges) and all(
        abs(one - other) < 6 * UNIT for one, other in zip(_columns(last), _columns(table), strict=True)
    )
    return table.page == last.page + 1 and alike


def _columns(table: Table) -> list[int]:
    """The widths: the same table may stand elsewhere on a left and on a right page."""
    return [right - left for left, right in pairwise(table.edges)]


def _mended(last: Table, table: Table) -> tuple[Table, Table]:
    rows = (*table.header, *table.rows)
    heads = [_words_of(row) for row in last.header]
    count = len(heads) if heads and [_words_of(row) for row in rows[: len(heads)]] == heads else 0
    header, rows = rows[:count], rows[count:]
    if last.rows and rows and _cut_in_two(last.rows[-1], rows[0]):
        last = replace(last, rows=(*last.rows[:-1], _whole(last.rows[-1], rows[0])))
        rows = rows[1:]
    # What stood in no header of this page is still under that of the first one.
    return last, replace(table, header=header, rows=rows, goes_on=True)


def _words_of(row: Row) -> list[str]:
    return [text_of(cell) for cell in row.cells]


def _cut_in_two(row: Row, below: Row) -> bool:
    """Whether ``below``, the first row of a page, is the end of ``row``: it goes on in the middle of a sentence."""
    texts = {cell.column: text_of(cell) for cell in row.cells}
    if len(row.cells) < 2 or not all(cell.column in texts for cell in below.cells):
        return False
    lower = [cell for cell in below.cells if text_of(cell)[0].islower()]
    partly = len(below.cells) < len(row.cells) or len(lower) == len(below.cells)
    return bool(lower) and partly and all(not texts[cell.column].endswith(TERMINAL) for cell in lower)


def _whole(row: Row, below: Row) -> Row:
    rest = {cell.column: cell.lines for cell in below.cells}
    return replace(
        row, cells=tuple(replace(cell, lines=(*cell.lines, *rest.get(cell.column, ()))) for cell in row.cells)
    )


def _check_repeats(found: Sequence[Line | Table]) -> None:
    repeated = sum(
        len(text_of(cell))
        for table in found
        if isinstance(table, Table)
        for row in table.rows
        for cell in row.cells
        if cell.repeated
    )
    if repeated > MAX_REPEATED_CHARACTERS:
        raise Quarantined(f"its merged cells repeat more than {MAX_REPEATED_CHARACTERS:,} characters; divide them")
