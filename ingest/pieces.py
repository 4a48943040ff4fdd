"""Lines cut where a gap or a border parts them, and joined where they stand side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.lines import Box, Line

NO_BOX: Box = (0, 0, 0, 0)
PARAGRAPH_GAP = 0.8  # in line heights, between the lower edge of a line and the upper edge of the next
_FLAT = frozenset("acemnorsuvwxz")
ROW_GAP = 1.5  # in line heights: wider than any space of justified text


def height(line: Line) -> int:
    """From the upper to the lower edge, at least 1."""
    return max(1, line.bottom - line.top)


def size(line: Line) -> float:
    """How large it is set: the height of its letters without strokes up or down, else of all its characters."""
    flat = [box for char, box in zip(line.text, line.boxes, strict=True) if char in _FLAT]
    return median([box[3] - box[1] for box in flat or line.boxes if box[2] > box[0]] or [0])


def beside(first: Line, second: Line) -> bool:
    """Whether ``second`` stands to the right of ``first`` on the same line."""
    if first.page != second.page or not first.boxes or not second.boxes:
        return False
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    smaller = min(height(first), height(second))
    return overlap > 0.5 * smaller and second.left >= first.right - 0.3 * smaller


def joined(lines: Iterable[Line]) -> list[Line]:
    """``lines`` with those joined that stand beside each other (cells, superscripts) and were read as several."""
    merged: list[Line] = []
    for line in lines:
        if merged and beside(merged[-1], line):
            last = merged[-1]
            near = line.left - last.right < 0.15 * height(last)
            space = "" if near else " "
            boxes = (*last.boxes, *([] if near else [NO_BOX]), *line.boxes)
            merged[-1] = Line(f"{last.text}{space}{line.text}", last.page, boxes, last.style)
        else:
            merged.append(line)
    return merged


def cut(line: Line, parts: Callable[[int, int], bool]) -> list[Line]:
    """``line`` in pieces: cut where ``parts(right edge, left edge)`` holds of two neighbouring characters.

    The spaces at a cut belong to no piece; a character without a box stays with the one before it.
    """
    seen = [index for index, box in enumerate(line.boxes) if box[2] > box[0] and line.text[index] != " "]
    starts = [0, *(b for a, b in pairwise(seen) if parts(line.boxes[a][2], line.boxes[b][0])), len(line.text)]
    pieces = [_slice(line, start, end) for start, end in pairwise(starts)]
    return [piece for piece in pieces if piece.text]


def _slice(line: Line, start: int, end: int) -> Line:
    text = line.text[start:end]
    start += len(text) - len(text.lstrip(" "))
    end = max(start, end - (len(text) - len(text.rstrip(" "))))
    return replace(line, text=line.text[start:end], boxes=line.boxes[start:end])


def at_gaps(line: Line, limit: float) -> list[Line]:
    """``line`` cut at gaps wider than ``limit`` line heights."""
    widest = limit * height(line)
    return cut(line, lambda right, left: left - right > widest)


def clusters(values: Sequence[int], near: int) -> list[int]:
    """The middle of each group of values whose neighbours differ by at most ``near``, ascending."""
    groups: list[list[int]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= near:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [(group[0] + group[-1]) // 2 for group in groups]
