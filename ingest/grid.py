"""A frame and the text inside it -> rows of cells.

Where upright borders part the columns, every band between two level borders is a row. Elsewhere the joints of the
borders, else the white between the words, tell the columns, and the order of the file tells the rows: cells are written
one after the other, so a row begins where the text goes back to the first column.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.boxes import UNIT
from ingest.borders import NEAR, Border, Frame
from ingest.lines import Line
from ingest.pieces import at_gaps, clusters, cut, height

CELL_GAP = 0.9  # in line heights: no space between two words inside a frame is wider
_CROSSING = 0.1  # share of the lines that may run over the white between two columns
_SLACK = UNIT  # how far a character may reach over a border


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in one column of a row, or over several."""

    column: int
    columns: int
    lines: tuple[Line, ...]  # never empty
    repeated: bool = False  # whether it began in a row above


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that have text, left to right."""

    cells: tuple[Cell, ...]
    band: int  # which pair of level borders it stands between


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it was drawn on one page."""

    frame: Frame
    edges: tuple[int, ...]  # x of the columns' borders, one more than columns
    rows: tuple[Row, ...]
    headed: int  # how many of the first rows stand above the border under the header; 0 where it isn't known


def grid_of(frame: Frame, lines: Sequence[Line]) -> Grid:
    """The rows that ``lines`` (all inside ``frame``, in the file's order) make."""
    real = clusters([line.at for line in frame.upright], NEAR)
    joints = [joint for line in frame.level for joint in (line.start, *line.joints, line.end)]
    drawn = [x for x in clusters(joints, NEAR) if all(abs(x - other) > NEAR for other in real)]
    edges = sorted([*real, *drawn])
    inner = [x for x in edges if frame.left + NEAR < x < frame.right - NEAR]
    if not real or len(inner) == 0:
        told = any(line.joints for line in frame.level)
        inner = inner if told else _white(lines, frame.left, frame.right) or inner
    edges = [frame.left, *inner, frame.right]
    bands = _bands(frame, lines)
    upright = [line for line in frame.upright if frame.left + NEAR < line.at < frame.right - NEAR]
    rows: list[Row] = []
    if upright and not _is_open(edges, bands, lines):
        rows = list(_ruled(frame, edges, bands, lines))
    else:
        for number, (top, bottom) in enumerate(pairwise(bands)):
            inside = [line for line in lines if top <= _middle(line) < bottom]
            found = _walked(_pieces(inside, edges, upright), edges, number)
            rows.extend(_spread(row, frame, bottom, edges) for row in found)
    return Grid(frame, tuple(edges), tuple(rows), _headed(frame, bands, rows))


def _middle(line: Line) -> int:
    return (line.top + line.bottom) // 2


def _bands(frame: Frame, lines: Sequence[Line]) -> list[int]:
    """The heights that part rows: level borders, and joints of upright ones that run through no text."""
    level = [frame.top, *(line.at for line in frame.level), frame.bottom]
    joints = [joint for line in frame.upright for joint in line.joints]
    free = [
        y
        for y in clusters(joints, NEAR)
        if all(abs(y - other) > NEAR for other in level)
        and not any(line.top + height(line) // 4 < y < line.bottom - height(line) // 4 for line in lines)
    ]
    return clusters([*level, *free], NEAR)


def _headed(frame: Frame, bands: Sequence[int], rows: Sequence[Row]) -> int:
    """How many rows stand above the second of at least three borders over the whole width, where none is upright."""
    if frame.upright:
        return 0
    whole = [line.at for line in frame.level if line.end - line.start > 0.9 * (frame.right - frame.left)]
    if len(clusters(whole, NEAR)) < 3:
        return 0
    second = clusters(whole, NEAR)[1]
    return sum(bands[row.band] < second - NEAR for row in rows)


def _white(lines: Sequence[Line], left: int, right: int) -> list[int]:
    """The middle of each upright strip that hardly any line runs over."""
    if not lines:
        return []
    pieces = [piece for line in lines for piece in at_gaps(line, CELL_GAP)]
    widths = sorted(height(line) for line in lines)
    narrow = 0.6 * widths[len(widths) // 2]
    events = sorted([(piece.left, 1) for piece in pieces] + [(piece.right, -1) for piece in pieces])
    found, over, since = [], 0, left
    allowed = int(_CROSSING * len(lines))
    seen = False
    for x, step in events:
        if step > 0 and over <= allowed and seen and x - since > narrow:
            found.append((since + x) // 2)
        over += step
        seen = seen or over > allowed
        if step < 0 and over <= allowed:
            since = x if over == allowed or since < x else since
    return [x for x in found if left < x < right]


def _column(edges: Sequence[int], x: int) -> int:
    return min(max(bisect_right(edges, x) - 1, 0), len(edges) - 2)


def _pieces(lines: Iterable[Line], edges: Sequence[int], upright: Sequence[Border]) -> list[Line]:
    """``lines`` cut at the columns' edges; at one that isn't drawn only where there is a gap."""
    pieces: list[Line] = []
    for line in lines:
        wide = CELL_GAP / 2 * height(line)
        drawn = [border.at for border in upright if border.covers(line.top, line.bottom)]

        def parts(right: int, left: int, wide: float = wide, drawn: Sequence[int] = drawn) -> bool:
            over = [x for x in edges[1:-1] if right - _SLACK <= x <= left + _SLACK]
            return bool(over) and (left - right > wide or any(abs(x - other) <= NEAR for x in over for other in drawn))

        pieces.extend(cut(line, parts))
    return pieces


# Rows between drawn borders


def _is_open(edges: Sequence[int], bands: Sequence[int], lines: Sequence[Line]) -> bool:
    """Whether the rows under a header are not parted by borders: the file's order goes back in one tall band."""
    for top, bottom in pairwise(bands):
        inside = [line for line in lines if top <= _middle(line) < bottom]
        columns = [_column(edges, (line.left + line.right) // 2) for line in inside]
        back = sum(after == 0 and before > 0 for before, after in pairwise(columns))
        if back >= 3 and len(inside) > 0.6 * len(lines):
            return True
    return False


def _ruled(frame: Frame, edges: Sequence[int], bands: Sequence[int], lines: Sequence[Line]) -> Iterator[Row]:
    wide, high = len(edges) - 1, len(bands) - 1
    pieces = _pieces(lines, edges, frame.upright)
    places = [(max(0, min(bisect_right(bands, _middle(piece)) - 1, high - 1)), piece) for piece in pieces]
    owner = _merged(frame, edges, bands, places)
    texts: dict[int, list[Line]] = {}
    for band, piece in places:
        texts.setdefault(owner[band * wide + _column(edges, (piece.left + piece.right) // 2)], []).append(piece)
    above: set[int] = set()
    for band in range(high):
        columns: dict[int, list[int]] = {}
        for column in range(wide):
            columns.setdefault(owner[band * wide + column], []).append(column)
        cells = tuple(
            Cell(min(covered), max(covered) - min(covered) + 1, tuple(texts[name]), name in above)
            for name, covered in columns.items()
            if name in texts
        )
        above = set(columns)
        if any(not cell.repeated for cell in cells):
            yield Row(tuple(sorted(cells, key=lambda cell: cell.column)), band)


def _merged(frame: Frame, edges: Sequence[int], bands: Sequence[int], places: Sequence[tuple[int, Line]]) -> list[int]:
    """For each place of the grid, row by row, the first of those that no border parts from it."""
    wide, high = len(edges) - 1, len(bands) - 1
    owner = list(range(wide * high))

    def root(index: int) -> int:
        while owner[index] != index:
            index = owner[index]
        return index

    def merge(one: int, other: int) -> None:
        first, second = sorted((root(one), root(other)))
        owner[second] = first

    for band in range(high):
        for column in range(wide):
            here = band * wide + column
            drawn = [line for line in frame.upright if column + 1 < wide and abs(line.at - edges[column + 1]) <= NEAR]
            if drawn and not any(line.covers(bands[band], bands[band + 1]) for line in drawn):
                merge(here, here + 1)
            lying = [line for line in frame.level if band + 1 < high and abs(line.at - bands[band + 1]) <= NEAR]
            if lying and not any(line.covers(edges[column], edges[column + 1]) for line in lying):
                merge(here, here + wide)
    for band, piece in places:
        first, last = _column(edges, piece.left + _SLACK), _column(edges, piece.right - _SLACK)
        for column in range(first, last):
            if not any(abs(line.at - edges[column + 1]) <= NEAR for line in frame.upright):
                merge(band * wide + column, band * wide + column + 1)
    return [root(index) for index in range(wide * high)]


# Rows by the order of the file


def _walked(pieces: Sequence[Line], edges: Sequence[int], band: int) -> list[Row]:
    rows: list[list[tuple[int, int, Line]]] = []
    for piece in pieces:
        first = _column(edges, piece.left + _SLACK)
        last = max(first, _column(edges, piece.right - _SLACK))
        if rows and _is_under(rows[-1][-1], first, last, piece):
            first, last = rows[-1][-1][:2]
        if rows and not _begins(rows[-1], first, piece):
            rows[-1].append((first, last, piece))
        else:
            rows.append([(first, last, piece)])
    whole: list[list[tuple[int, int, Line]]] = []
    for row in rows:
        lowest = max((piece.bottom for *_, piece in whole[-1]), default=0) if whole else 0
        hangs = whole and all(first > 0 for first, *_ in row) and row[0][2].top - lowest < height(row[0][2])
        if hangs and len(whole[-1]) > 1:
            whole[-1].extend(row)
        else:
            whole.extend(_level_tops(row))
    return [Row(_cells(row), band) for row in whole]


def _is_under(before: tuple[int, int, Line], first: int, last: int, piece: Line) -> bool:
    """Whether ``piece`` is the next line of a cell over several columns."""
    start, end, line = before
    return start < first and last <= end and 0 <= piece.top - line.bottom < height(line)


def _begins(row: Sequence[tuple[int, int, Line]], first: int, piece: Line) -> bool:
    """Whether ``piece`` begins the next row: further left than the last one, and below the row's first line."""
    before, last = row[-1][0], row[-1][2]
    if first == before:  # its cell goes on, but for a heading in bold over the rows below it
        alone = all(column == first for column, *_ in row)
        return alone and last.style != piece.style and "bold" in (last.style, piece.style)
    top = min(line.top for *_, line in row)
    return first < before and piece.top > top + height(piece) // 2


def _level_tops(row: list[tuple[int, int, Line]]) -> Iterator[list[tuple[int, int, Line]]]:
    """The lines of the first column above the line that the other cells begin on are a row of their own.

    But not where the others stand at half the height of the first one.
    """
    stub = [each for each in row if each[0] == row[0][0]]
    others = [each for each in row if each[0] > row[0][0]]
    if others and len(stub) > 1:
        top = min(line.top for *_, line in others)
        middle = (top + max(line.bottom for *_, line in others)) / 2
        centred = abs((stub[0][2].top + stub[-1][2].bottom) / 2 - middle) < 0.3 * height(stub[0][2])
        above = [each for each in stub if each[2].bottom <= top + height(each[2]) // 2]
        if above and len(above) < len(stub) and not centred:
            yield above
            yield [each for each in row if each not in above]
            return
    yield row


def _cells(row: Iterable[tuple[int, int, Line]]) -> tuple[Cell, ...]:
    found: dict[int, list[tuple[int, Line]]] = {}
    for first, last, piece in row:
        found.setdefault(first, []).append((last, piece))
    return tuple(
        Cell(first, max(last for last, _ in found[first]) - first + 1, tuple(line for _, line in found[first]))
        for first in sorted(found)
    )


def _spread(row: Row, frame: Frame, bottom: int, edges: Sequence[int]) -> Row:
    """``row`` with each cell widened to the columns over a shorter border that it stands on alone."""
    under = [
        line
        for line in frame.level
        if abs(line.at - bottom) <= NEAR and line.end - line.start < 0.9 * (frame.right - frame.left)
    ]
    cells = []
    for cell in row.cells:
        for line in under:
            first, last = _column(edges, line.start + NEAR), _column(edges, line.end - NEAR)
            alone = not any(first <= other.column <= last for other in row.cells if other is not cell)
            if first <= cell.column <= last and last > first and alone:
                cell = Cell(first, last - first + 1, cell.lines)
                break
        cells.append(cell)
    return Row(tuple(cells), row.band)
