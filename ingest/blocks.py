"""Lines -> blocks: paragraphs rejoined over lines and pages, list items, table rows, headings.

A rule is used only where the page shows it: a paragraph goes on when the next word would not have fitted on the
line before, or when a line starts in lower case; what stands inside a table's borders, or has wide gaps, is a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from corpus.boxes import UNIT
from ingest.aligned import hangs, is_row, with_cells
from ingest.columns import in_reading_order
from ingest.headings import Group, Headings, Outline
from ingest.lines import LEVEL_GROUP, LEVEL_TABLE, Line, RawBlock
from ingest.marks import CAPTION, ITEM, NOTE, TERMINAL, is_caption, is_cjk, numbered_level
from ingest.pdf_tables import Table, TableWriter, with_tables
from ingest.pieces import PARAGRAPH_GAP, height, joined, size
from ingest.rules import Rule

_NEARLY_FULL = 0.9
_SMALL = 0.9  # of the usual size: small print
_SAMPLED = 7  # every seventh line tells what is usual
_PROSE = 40  # characters: such lines tell it
_EDGE = 2 * UNIT  # justified lines end that near to each other
_COLUMN = 30 * UNIT  # lines whose left edges differ by less belong to one column
Margins = Mapping[tuple[int | None, int], int]  # the right edge of each page and column


@dataclass(frozen=True, slots=True)
class _Part(Group):
    table: Table | None = None
    is_note: bool = False  # under a table


def blocks_of(lines: Sequence[Line], rules: Sequence[Rule] = (), outline: Outline | None = None) -> list[RawBlock]:
    """The blocks in reading order; every character of every line is in one, and in more only in a merged cell.

    ``rules`` are the lines drawn on the pages, in page order.
    """
    parts = _parts(with_tables([line for line in lines if line.text], rules))
    texts = [line for part in parts if part.table is None for line in part.lines]
    mostly_bold = sum(line.style == "bold" for line in texts) > 0.4 * len(texts)
    headings = Headings(mostly_bold, outline or {})
    return list(with_cells(list(_blocks(parts, headings))))


def _blocks(parts: Sequence[_Part], headings: Headings) -> Iterator[RawBlock]:
    tables = TableWriter()
    captioned = False  # the last table
    for index, part in enumerate(parts):
        before, after = parts[index - 1] if index else None, parts[index + 1 : index + 3]
        above = before is not None and before.table is None and is_caption(before.lines[0].text)
        if part.table is not None:
            captioned = above or (captioned and part.table.goes_on)
            yield from tables.blocks(part.table, captioned=captioned)
        elif part.is_note:
            yield RawBlock("paragraph", part.lines, LEVEL_TABLE if captioned else 0)
        elif part.is_row:
            header = _is_header(part, before, after)
            level = LEVEL_GROUP if above else LEVEL_TABLE
            yield RawBlock("heading", part.lines, level) if header else RawBlock("row", part.lines)
        elif is_caption(part.lines[0].text) and after and after[0].is_row:
            yield RawBlock("heading", part.lines, LEVEL_TABLE)
        elif ITEM.match(part.lines[0].text):
            yield RawBlock("item", part.lines)
        else:
            depth = headings.level(part, before, after)
            yield RawBlock("paragraph" if depth is None else "heading", part.lines, depth or 0)


def _is_header(part: Group, before: Group | None, after: Sequence[Group]) -> bool:
    """Whether a row heads a table: the first of its page's rows, bold above a plain one."""
    first = part.lines[0]
    opens = before is None or not before.is_row or before.lines[0].page != first.page
    above = bool(after) and after[0].is_row and after[0].lines[0].style != "bold"
    return first.style == "bold" and opens and above


# Grouping


def _parts(found: Sequence[Line | Table]) -> list[_Part]:
    texts = [line for item in found if isinstance(item, Line) for line in (item,)]
    sizes = [size(line) for line in texts[::_SAMPLED] if len(line.text) > _PROSE]
    usual = median(sizes) if sizes else 0.0
    runs = [(table, list(run)) for table, run in groupby(found, key=lambda item: isinstance(item, Table))]
    merged = [_ordered(item for item in run if isinstance(item, Line)) for table, run in runs if not table]
    margins = _margins([line for lines in merged for line in lines])
    parts: list[_Part] = []
    waiting = iter(merged)
    for is_table, run in runs:
        if is_table:
            parts.extend(_Part(item.lines, True, item) for item in run if isinstance(item, Table))
            continue
        lines = next(waiting)
        notes = _notes(parts[-1].table, lines, usual) if parts and parts[-1].table else []
        parts.extend(notes)
        groups: list[list[Line]] = []
        for line in lines[sum(len(note.lines) for note in notes) :]:
            if groups and _goes_on(groups[-1], line, margins):
                groups[-1].append(line)
            else:
                groups.append([line])
        parts.extend(_Part(tuple(group), is_row(group[0])) for group in groups)
    return _with_titles(parts)


def _ordered(lines: Iterable[Line]) -> list[Line]:
    """``lines`` in the order they are read in, those side by side joined."""
    pages = groupby(lines, key=lambda line: line.page)
    return joined(line for _, page in pages for line in in_reading_order(list(page)))


def _notes(table: Table, lines: Sequence[Line], usual: float) -> list[_Part]:
    """The lines right under a table, or in small print on top of the page after it: one part a note."""
    notes: list[list[Line]] = []
    bottom = table.bottom
    page: int | None = table.page
    for line in lines:
        turned = line.page == (page or 0) + 1 and size(line) < _SMALL * usual
        below = line.page == page and -height(line) < line.top - bottom < PARAGRAPH_GAP * height(line)
        if not (turned or below) or line.style == "bold" or numbered_level(line.text):
            break
        if notes and not NOTE.match(line.text):
            notes[-1].append(line)
        else:
            notes.append([line])
        bottom, page = line.bottom, line.page
    return [_Part(tuple(note), False, is_note=True) for note in notes]


def _with_titles(parts: Sequence[_Part]) -> list[_Part]:
    """A caption's number alone on a line belongs to the title under it."""
    made: list[_Part] = []
    for index, part in enumerate(parts):
        text = made[-1].lines[0].text if made else ""
        number = CAPTION.match(text)
        alone = number is not None and not text[number.end() :].strip(".: ") and len(made[-1].lines) == 1
        follows = index + 1 < len(parts) and parts[index + 1].is_row
        if alone and follows and not part.is_row and part.lines[0].page == made[-1].lines[0].page:
            made[-1] = _Part((*made[-1].lines, *part.lines), False)
        else:
            made.append(part)
    return made


def _margins(lines: Sequence[Line]) -> Margins:
    """The right margin of each column: the furthest right edge of its lines on its page."""
    margins: dict[tuple[int | None, int], int] = defaultdict(int)
    for line in lines:
        column = line.left // _COLUMN
        for step in (-1, 0, 1):  # and of its neighbours, so that an edge near a boundary falls in both
            margins[line.page, column + step] = max(margins[line.page, column + step], line.right)
    return margins


def _goes_on(group: list[Line], line: Line, margins: Margins) -> bool:
    last = group[-1]
    if last.style != line.style and "bold" in (last.style, line.style) and not line.text[:1].islower():
        return False
    caption = is_caption(line.text) and CAPTION.sub("", line.text).startswith(":")
    row = is_row(line) and not _is_justified(last, line)
    if ITEM.match(line.text) or row or caption or numbered_level(line.text):
        return False
    if is_row(group[0]):
        return hangs(group, line)
    hyphen = last.text.endswith("-") and len(last.text) > 1 and last.text[-2].isalpha()
    lower = line.text[0].islower()
    if last.page != line.page or line.top < last.top:  # over the end of a page or column
        return hyphen or (not last.text.endswith(TERMINAL) and (lower or _is_full(last, line, margins)))
    if line.top - last.bottom > PARAGRAPH_GAP * height(last):
        return False
    return hyphen or lower or _is_full(last, line, margins)


def _is_justified(last: Line, line: Line) -> bool:
    """Whether the gaps of ``line`` only fill it: it has the edges of the line of prose above it."""
    edges = abs(last.left - line.left) < _EDGE and abs(last.right - line.right) < _EDGE
    near = last.page == line.page and 0 <= line.top - last.bottom < PARAGRAPH_GAP * height(last)
    return edges and near and not is_row(last) and not last.text.endswith(TERMINAL)


def _is_full(last: Line, line: Line, margins: Margins) -> bool:
    """Whether the first word of ``line`` would not have fitted behind ``last``."""
    word = len(line.text) if is_cjk(line.text[0]) else len(line.text.split(" ", 1)[0])
    width = line.boxes[min(word, len(line.boxes)) - 1][2] - line.left
    if is_cjk(line.text[0]):
        width = height(line)
    margin = margins[(last.page, last.left // _COLUMN)]
    if not last.text.endswith(TERMINAL) and last.right - last.left > _NEARLY_FULL * (margin - last.left):
        return True  # a non-breaking space may have kept more than one word together
    return last.right + width + 0.25 * height(last) > margin
