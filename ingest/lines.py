"""What every reader hands on: lines of text with their place, then blocks of lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Style = Literal["plain", "italic", "bold"]
Box = tuple[int, int, int, int]  # left, top, right, bottom in corpus.boxes.UNIT, from the page's top left


@dataclass(frozen=True)
class Line:
    """One line as the reader found it. ``boxes`` has one box a character, or is empty without pages.

    Without slots, so that its edges are found once.
    """

    text: str
    page: int | None
    boxes: tuple[Box, ...]
    style: Style

    @cached_property
    def _edges(self) -> Box:
        """Those of the characters that have an extent."""
        seen = [box for box in self.boxes if box[2] > box[0]]
        if not seen:
            return (0, 0, 0, 0)
        lefts, tops, rights, bottoms = zip(*seen, strict=True)
        return (min(lefts), min(tops), max(rights), max(bottoms))

    @property
    def left(self) -> int:
        """The left edge."""
        return self._edges[0]

    @property
    def top(self) -> int:
        """The upper edge."""
        return self._edges[1]

    @property
    def right(self) -> int:
        """The right edge."""
        return self._edges[2]

    @property
    def bottom(self) -> int:
        """The lower edge."""
        return self._edges[3]


@dataclass(frozen=True, slots=True)
class RawCell:
    """How many of its block's lines stand in one cell of a table, and where."""

    lines: int
    column: int  # 0-based, the first that it covers
    columns: int = 1  # how many it covers


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Lines that belong together, before they become canonical text."""

    kind: Literal["heading", "paragraph", "item", "row"]
    lines: tuple[Line, ...]
    # of a heading: smaller is further out; of a row: LEVEL_TABLE where a table without header begins; of a paragraph:
    # LEVEL_TABLE where it is a note under a table with a caption
    level: int = 0
    anchor: str | None = None
    cells: tuple[RawCell, ...] = ()  # of a row or a table's header, row by row, left to right: they share ``lines`` out


# Heading levels: a numbered heading has the depth of its number, the unnumbered ones lie below every number.
LEVEL_ANNEX = 0
LEVEL_BOLD = 10
LEVEL_MINOR = 11
LEVEL_TITLE = 12  # the work's own title: above the text before the first section, and in no section's path
LEVEL_TABLE = 13  # a table's header row: a heading for its rows and for nothing after them
LEVEL_GROUP = 14  # a header row inside a table: a heading for the rows after it, below the table's header
