"""What the readers of formats without pages share: text without its dress, headings, table rows."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile, zip_longest
from typing import Literal

from ingest.errors import Quarantined
from ingest.limits import MAX_REPEATED_CHARACTERS
from ingest.lines import LEVEL_GROUP, LEVEL_TABLE, LEVEL_TITLE, Line, RawBlock, RawCell

Kind = Literal["paragraph", "item"]

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # soft hyphen, zero-width space, joiner, byte order mark
_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table as it stands in one row."""

    text: str
    columns: int = 1  # that it covers
    rows: int = 1  # that it covers, from this one on; may be more than there are
    column: int = 0  # where it begins
    repeated: bool = False  # whether it began in a row above


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table as it was read: the cells that began in it, and those that reach into it from above."""

    cells: tuple[Cell, ...]
    header: bool
    anchor: str | None = None

    @property
    def own(self) -> list[Cell]:
        """The cells with text that began in this row."""
        return [cell for cell in self.cells if not cell.repeated and cell.text]

    @property
    def full(self) -> list[Cell]:
        """The cells with text that stand in this row."""
        return [cell for cell in self.cells if cell.text]


class Merged:
    """The merged cells of one document: each stands in every row that it covers, so that a row is whole when quoted.

    A cell over several columns stands once in a row. What is repeated is bounded, as few bytes can ask for much.
    """

    def __init__(self) -> None:
        self._left = MAX_REPEATED_CHARACTERS

    def row(self, own: Sequence[Cell], above: Sequence[Cell]) -> tuple[Cell, ...]:
        """The cells of a row: ``own`` fill the columns that those of the row ``above`` leave (HTML Standard, 4.9.12).

        Raises ``Quarantined``.
        """
        waiting = deque(self.repeat(cell) for cell in above if cell.rows > 1)
        row: list[Cell] = []
        column = 0
        for cell in own:
            while waiting and waiting[0].column <= column:
                row.append(waiting.popleft())
                column = max(column, row[-1].column + row[-1].columns)
            row.append(replace(cell, column=column))
            column += cell.columns
        return (*row, *waiting)

    def repeat(self, cell: Cell) -> Cell:
        """``cell`` in the row below; raises ``Quarantined``."""
        self._left -= len(cell.text) + 1
        if self._left < 0:
            raise Quarantined(f"its merged cells repeat more than {MAX_REPEATED_CHARACTERS:,} characters; divide them")
        return replace(cell, rows=cell.rows - 1, repeated=True)


def squeezed(text: str) -> str:
    """``text`` as it is seen: runs of white space are one space, characters without a shape are gone."""
    return re.sub(r"\s+", " ", text.translate(_UNSEEN)).strip()


def raised(text: str) -> str:
    """Superscript digits and signs as such: without them 10⁹ would be quoted as 109."""
    return text.translate(_RAISED)


def block(kind: Kind, text: str, anchor: str | None) -> RawBlock:
    """A paragraph or list item of squeezed ``text``."""
    return RawBlock(kind, (_line(text),), anchor=anchor)


def heading(text: str, depth: int, anchor: str | None) -> RawBlock:
    """A heading; that of depth 1 is the work's own title."""
    return RawBlock("heading", (_line(text),), LEVEL_TITLE if depth == 1 else depth, anchor)


def slug(text: str) -> str:
    """The anchor that renderers of Markdown give a heading: lower case, words joined by hyphens."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")


def first_heading(blocks: Iterable[RawBlock]) -> str:
    """The text of the first heading, a work's title where none says that it is one; empty without a heading."""
    lines = next((block.lines for block in blocks if block.kind == "heading"), ())
    return " ".join(line.text for line in lines)


def table(rows: Sequence[Row]) -> Iterator[RawBlock]:
    """The header as one heading, then the rows under it; rows in which no text begins are left out.

    Header rows in between are headings too: one with a single cell names a group of the rows that follow and stands
    under the table's header, one with more cells replaces it. A header row with nothing under it is a row. Headers and
    rows know their cells; a header of several rows has those of the upper row first.
    """
    full = [row for row in rows if row.own]
    starts = sorted({cell.column for row in full for cell in row.full})
    last = max((index for index, row in enumerate(full) if not row.header), default=-1)
    header = _header(full[: last + 1])
    if header:
        yield _celled("heading", [row.own for row in header], starts, LEVEL_TABLE, header[0].anchor)
    for index, row in enumerate(full[len(header) :], len(header)):
        if row.header and index < last and header and len(row.own) == 1:
            yield RawBlock("heading", (_line(row.own[0].text),), LEVEL_GROUP, row.anchor)
        elif row.header and index < last:
            yield _celled("heading", [row.own], starts, LEVEL_TABLE, row.anchor)
        else:
            yield _celled("row", [row.full], starts, 0 if index else LEVEL_TABLE, row.anchor)


def _header(rows: Sequence[Row]) -> list[Row]:
    """The first rows that are marked as header, as far as the first of them that names a group of those after it."""
    header: list[Row] = []
    for row in takewhile(lambda row: row.header, rows):
        over = next((above for above in header if len(above.full) > 1), None)
        if over and len(row.full) == 1 and row.full[0].column <= over.full[0].column:  # elsewhere it is a unit
            break
        header.append(row)
    return header


def _celled(
    kind: Literal["heading", "row"],
    rows: Sequence[Sequence[Cell]],
    starts: Sequence[int],
    level: int,
    anchor: str | None,
) -> RawBlock:
    """A block of one line a cell. A column is where a cell with text begins anywhere in the table: ``starts``."""
    cells = [raw for row in rows for raw in _placed(row, starts)]
    return RawBlock(kind, tuple(_line(cell.text) for row in rows for cell in row), level, anchor, tuple(cells))


def _placed(row: Sequence[Cell], starts: Sequence[int]) -> Iterator[RawCell]:
    for cell, right in zip_longest(row, row[1:]):
        end = cell.column + cell.columns if right is None else min(cell.column + cell.columns, right.column)
        column = bisect_left(starts, cell.column)
        yield RawCell(1, column, max(1, bisect_left(starts, end) - column))


def _line(text: str) -> Line:
    return Line(text, None, (), "plain")
