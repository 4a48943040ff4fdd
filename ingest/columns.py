"""Reading order of a page set in two columns: what stands over both, the left one, the right one, and so on downwards.

A file mostly has its text in reading order, and that order is kept. Only where lines left and right of a gutter take
turns, as programs write them that go down the page line by line, the columns are read one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ingest.lines import Line
from ingest.pieces import ROW_GAP, at_gaps, height

_LINES = 12  # in both columns together: fewer may be a table
_TURNS = 0.3  # of the lines: so often does the order change sides when it goes line by line
_WORDS = 4  # of the usual line of a column; cells have fewer
_FULL = 0.6  # of its column's width: prose fills its lines, cells don't


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page, in another order only where they take turns between two columns."""
    if len(lines) < _LINES // 2:
        return list(lines)
    pieces = [piece for line in lines for piece in at_gaps(line, ROW_GAP)]
    gutter = _gutter(pieces)
    if gutter is None:
        return list(lines)
    sides = [_side(piece, gutter) for piece in pieces]
    beside = [side for side in sides if side]
    turns = sum(one != other for one, other in pairwise(beside))
    if len(beside) < _LINES or turns < _TURNS * len(beside) or not _is_prose(pieces, sides):
        return list(lines)
    return _downwards(pieces, sides)


def _gutter(pieces: Sequence[Line]) -> int | None:
    """Where near the page's middle the fewest lines, and at most a fifth of them, run over."""
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    middle, reach = (left + right) // 2, (right - left) // 8
    step = max(1, reach // 16)
    over = [
        (sum(piece.left < x < piece.right for piece in pieces), abs(x - middle), x)
        for x in range(middle - reach, middle + reach + 1, step)
    ]
    fewest, _, x = min(over)
    return x if fewest <= 0.2 * len(pieces) else None


def _side(piece: Line, gutter: int) -> int:
    """-1 left of the gutter, 1 right of it, 0 over it."""
    if piece.right <= gutter:
        return -1
    return 1 if piece.left >= gutter else 0


def _is_prose(pieces: Sequence[Line], sides: Sequence[int]) -> bool:
    """Whether both columns are of full lines of words."""
    for side in (-1, 1):
        column = [piece for piece, where in zip(pieces, sides, strict=True) if where == side]
        if len(column) < _LINES // 3:
            return False
        width = max(piece.right for piece in column) - min(piece.left for piece in column)
        words = sorted(len(piece.text.split()) for piece in column)
        full = sum(piece.right - piece.left > _FULL * width for piece in column)
        if words[len(words) // 2] < _WORDS or full < _FULL * len(column):
            return False
    return True


def _downwards(pieces: Sequence[Line], sides: Sequence[int]) -> list[Line]:
    """Each stretch between lines over both columns: first its left lines, then its right ones, from top to bottom."""
    placed = sorted(zip(pieces, sides, strict=True), key=lambda each: (each[0].top, each[0].left))
    ordered: list[Line] = []
    stretch: list[tuple[Line, int]] = []
    for piece, side in placed:
        if side:
            stretch.append((piece, side))
            continue
        ordered.extend(_columns(stretch))
        stretch = []
        ordered.append(piece)
    return [*ordered, *_columns(stretch)]


def _columns(stretch: Sequence[tuple[Line, int]]) -> list[Line]:
    """Left before right; what stands beside each other on one line of a column stays in its order."""
    ordered = []
    for side in (-1, 1):
        column = [piece for piece, where in stretch if where == side]
        column.sort(key=lambda piece: (piece.bottom // max(1, height(piece) // 2), piece.left))
        ordered.extend(column)
    return ordered
