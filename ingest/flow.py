"""What the readers of formats without pages share: text without its dress, headings, table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from ingest.lines import LEVEL_GROUP, LEVEL_TABLE, LEVEL_TITLE, Line, RawBlock

Kind = Literal["paragraph", "item"]

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # soft hyphen, zero-width space, joiner, byte order mark
_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table as it was read."""

    cells: tuple[str, ...]
    header: bool
    anchor: str | None = None


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


def table(rows: Sequence[Row]) -> Iterator[RawBlock]:
    """The header as one heading, then the rows under it; empty rows are left out.

    Header rows in between are headings too: one with a single cell names a group of the rows that follow and stands
    under the table's header, one with more cells replaces it. A header row with nothing under it is a row.
    """
    full = [row for row in rows if any(row.cells)]
    last = max((index for index, row in enumerate(full) if not row.header), default=-1)
    header = list(takewhile(lambda row: row.header, full[: last + 1]))
    if header:
        yield RawBlock("heading", (_line(_joined(header)),), LEVEL_TABLE, header[0].anchor)
    for index, row in enumerate(full[len(header) :], len(header)):
        line = (_line(_joined([row])),)
        if row.header and index < last:
            names_group = header and sum(map(bool, row.cells)) == 1
            yield RawBlock("heading", line, LEVEL_GROUP if names_group else LEVEL_TABLE, row.anchor)
        else:
            yield RawBlock("row", line, 0 if index else LEVEL_TABLE, row.anchor)


def _joined(rows: Sequence[Row]) -> str:
    return " ".join(cell for row in rows for cell in row.cells if cell)


def _line(text: str) -> Line:
    return Line(text, None, (), "plain")
