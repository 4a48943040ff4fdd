"""Rules -> the frames of tables: which lines belong together, and where borders begin and end.

Word draws a border cell by cell, so the joints of its segments tell columns and rows even where no line is drawn
between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.boxes import UNIT
from ingest.lines import Line
from ingest.pieces import clusters, height
from ingest.rules import Rule

NEAR = round(2.5 * UNIT)  # borders that differ by less are one
_TOUCH = round(1.5 * UNIT)  # segments that are parted by less are one line
_DASH = 8 * UNIT  # a line whose segments are shorter is a dashed one: its joints say nothing


@dataclass(frozen=True, slots=True)
class Border:
    """A line of a table, made of the segments that touch each other."""

    at: int  # y of a level one, x of an upright one
    start: int
    end: int
    joints: tuple[int, ...]  # where one segment ends and the next begins

    def covers(self, start: int, end: int) -> bool:
        """Whether it runs along more than half of the stretch."""
        return min(self.end, end) - max(self.start, start) > 0.5 * (end - start)


@dataclass(frozen=True, slots=True)
class Frame:
    """The borders of one table, or of one box."""

    level: tuple[Border, ...]
    upright: tuple[Border, ...]

    @property
    def left(self) -> int:
        """The left edge."""
        return min([*(line.start for line in self.level), *(line.at for line in self.upright)])

    @property
    def right(self) -> int:
        """The right edge."""
        return max([*(line.end for line in self.level), *(line.at for line in self.upright)])

    @property
    def top(self) -> int:
        """The upper edge."""
        return min([*(line.at for line in self.level), *(line.start for line in self.upright)])

    @property
    def bottom(self) -> int:
        """The lower edge."""
        return max([*(line.at for line in self.level), *(line.end for line in self.upright)])

    def holds(self, line: Line) -> bool:
        """Whether the middle of a line of text is inside."""
        middle, centre = (line.top + line.bottom) // 2, (line.left + line.right) // 2
        return self.top < middle < self.bottom and self.left - NEAR < centre < self.right + NEAR


def frames(rules: Sequence[Rule], lines: Sequence[Line]) -> list[Frame]:
    """The frames of one page, those with upright borders first; ``lines`` are its text."""
    level = _borders(((rule.top + rule.bottom) // 2, rule.left, rule.right) for rule in rules if rule.is_level)
    upright = _borders(((rule.left + rule.right) // 2, rule.top, rule.bottom) for rule in rules if not rule.is_level)
    boxes = _connected(level, upright)
    framed = {id(line) for box in boxes for line in box.level}
    free = [line for line in level if id(line) not in framed and not _underlines(line, lines)]
    return [*boxes, *_stacked(free)]


def _borders(segments: Iterable[tuple[int, int, int]]) -> list[Border]:
    """Segments on one line that touch, as one border each."""
    found: list[Border] = []
    lanes: list[list[tuple[int, int, int]]] = []
    for segment in sorted(segments):
        if lanes and segment[0] - lanes[-1][0][0] <= _TOUCH:
            lanes[-1].append(segment)
        else:
            lanes.append([segment])
    for lane in lanes:
        at = sum(segment[0] for segment in lane) // len(lane)
        run: list[tuple[int, int]] = []
        for _, start, end in sorted(lane, key=lambda segment: segment[1:]):
            if run and start - max(stop for _, stop in run) > _TOUCH:
                found.append(_border(at, run))
                run = []
            run.append((start, end))
        found.append(_border(at, run))
    return found


def _border(at: int, run: Sequence[tuple[int, int]]) -> Border:
    start, end = run[0][0], max(stop for _, stop in run)
    inner = [edge for part in run for edge in part if start + NEAR < edge < end - NEAR]
    joints = clusters(inner, NEAR // 2)
    return Border(at, start, end, tuple(joints) if len(joints) * _DASH <= end - start else ())


def _connected(level: Sequence[Border], upright: Sequence[Border]) -> list[Frame]:
    """Lines that touch or cross each other, directly or through others."""
    owner = list(range(len(level) + len(upright)))

    def root(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    for i, across in enumerate(level):
        for j, down in enumerate(upright, len(level)):
            meets = across.start - NEAR <= down.at <= across.end + NEAR
            if meets and down.start - NEAR <= across.at <= down.end + NEAR:
                owner[root(i)] = root(j)
    together: dict[int, tuple[list[Border], list[Border]]] = {}
    for index in range(len(owner)):
        group = together.setdefault(root(index), ([], []))
        if index < len(level):
            group[0].append(level[index])
        else:
            group[1].append(upright[index - len(level)])
    return [Frame(tuple(lying), tuple(standing)) for lying, standing in together.values() if lying and standing]


def _underlines(border: Border, lines: Sequence[Line]) -> bool:
    return any(
        abs(border.at - line.bottom) < 0.6 * height(line)
        and line.left - NEAR <= border.start
        and border.end <= line.right + NEAR
        for line in lines
    )


def _stacked(level: Sequence[Border]) -> list[Frame]:
    """Each two level lines above each other with about the same extent, with the shorter ones between them."""
    found: list[Frame] = []
    group: list[Border] = []
    for line in sorted(level, key=lambda line: line.at):
        if group and not _shares(group, line):
            found.append(Frame(tuple(group), ()))
            group = []
        group.append(line)
    if group:
        found.append(Frame(tuple(group), ()))
    return [frame for frame in found if len({line.at for line in frame.level}) > 1]


def _shares(group: Sequence[Border], line: Border) -> bool:
    start, end = min(each.start for each in group), max(each.end for each in group)
    return min(end, line.end) - max(start, line.start) > 0.9 * min(end - start, line.end - line.start)
