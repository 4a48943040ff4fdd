"""Lines -> blocks: paragraphs rejoined over lines and pages, list items, table rows, headings.

A rule is used only where the page shows it: a paragraph goes on when the next word would not have fitted on the
line before, or when a line starts in lower case; a line with wide gaps is a table row; a heading is numbered,
bold, or stands alone above text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from corpus.boxes import UNIT
from ingest.limits import HEADING_WORDS
from ingest.lines import LEVEL_ANNEX, LEVEL_BOLD, LEVEL_GROUP, LEVEL_MINOR, LEVEL_TABLE, Line, RawBlock

_BULLETS = "•‣◦▪■●○·–—-*\uf0b7\uf0a7\uf02d\uf0d8\uf0fc"
# A dash before a number is a minus, not a bullet.
_ITEM = re.compile(rf"(?:[{re.escape(_BULLETS)}](?<![–—-])|[–—-](?!\s+\d)|\(?[a-z0-9]{{1,2}}\)|[ivx]{{1,4}}\))\s+\S")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})(\.?)\s+(?=[^\W\d_])")
_LETTERED = re.compile(r"[A-Z]\.\s+[A-Z]{3}")
_CAPTION = re.compile(r"(?:Table|Tabelle|Tabla|Tableau|Tabella|Tabel|Tabell|Tabela)\s+\d{1,3}\b")
_TERMINAL = tuple(".!?:;。")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_ROW_GAP = 1.5  # in line heights: wider than any space of justified text
_PARAGRAPH_GAP = 0.8  # in line heights, between the lower edge of a line and the upper edge of the next
_NEARLY_FULL = 0.9
_COLUMN = 30 * UNIT  # lines whose left edges differ by less belong to one column


def blocks_of(lines: Sequence[Line]) -> list[RawBlock]:
    """The blocks in reading order; every character of every line is in exactly one."""
    merged = _merge_fragments([line for line in lines if line.text])
    margins = _margins(merged)
    groups: list[list[Line]] = []
    for line in merged:
        if groups and _goes_on(groups[-1], line, margins):
            groups[-1].append(line)
        else:
            groups.append([line])
    mostly_bold = sum(line.style == "bold" for line in merged) > 0.4 * len(merged)
    return [
        _classify(group, groups[i - 1] if i else None, groups[i + 1 : i + 3], mostly_bold)
        for i, group in enumerate(groups)
    ]


def strip_marker(text: str) -> int:
    """How many characters of a list item are its marker and the space after it."""
    match = _ITEM.match(text)
    return match.end() - 1 if match else 0


def is_cjk(char: str) -> bool:
    """Whether words around ``char`` are written without spaces."""
    return _CJK.match(char) is not None


def _merge_fragments(lines: list[Line]) -> list[Line]:
    """Joins what stands side by side on one line (cells, superscripts) and was read as several."""
    merged: list[Line] = []
    for line in lines:
        if merged and _beside(merged[-1], line):
            last = merged[-1]
            near = line.left - last.right < 0.15 * _height(last)
            space = "" if near else " "
            boxes = (*last.boxes, *([] if near else [(0, 0, 0, 0)]), *line.boxes)
            merged[-1] = Line(f"{last.text}{space}{line.text}", last.page, boxes, last.style)
        else:
            merged.append(line)
    return merged


def _beside(first: Line, second: Line) -> bool:
    if first.page != second.page or not first.boxes or not second.boxes:
        return False
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    smaller = min(_height(first), _height(second))
    return overlap > 0.5 * smaller and second.left >= first.right - 0.3 * smaller


def _height(line: Line) -> int:
    return max(1, line.bottom - line.top)


def _margins(lines: list[Line]) -> dict[tuple[int | None, int], int]:
    """The right margin of each column: the furthest right edge of its lines on its page."""
    margins: dict[tuple[int | None, int], int] = defaultdict(int)
    for line in lines:
        for column in _columns(line):
            margins[column] = max(margins[column], line.right)
    return margins


def _columns(line: Line) -> list[tuple[int | None, int]]:
    """The column of a line and its neighbours, so that an edge near a boundary falls in both."""
    column = line.left // _COLUMN
    return [(line.page, column + step) for step in (-1, 0, 1)]


def _goes_on(group: list[Line], line: Line, margins: dict[tuple[int | None, int], int]) -> bool:
    last = group[-1]
    if last.style != line.style and "bold" in (last.style, line.style) and not line.text[:1].islower():
        return False
    if _ITEM.match(line.text) or _is_row(line) or _numbered_level(line.text):
        return False
    if _is_row(group[0]):  # a cell goes on below only in the middle of its words
        return last.page == line.page and line.text[0].islower() and 0 <= line.top - last.bottom < _height(last)
    hyphen = last.text.endswith("-") and len(last.text) > 1 and last.text[-2].isalpha()
    lower = line.text[0].islower()
    if last.page != line.page or line.top < last.top:  # over the end of a page or column
        return hyphen or (not last.text.endswith(_TERMINAL) and (lower or _is_full(last, line, margins)))
    if line.top - last.bottom > _PARAGRAPH_GAP * _height(last):
        return False
    return hyphen or lower or _is_full(last, line, margins)


def _is_full(last: Line, line: Line, margins: dict[tuple[int | None, int], int]) -> bool:
    """Whether the first word of ``line`` would not have fitted behind ``last``."""
    word = len(line.text) if is_cjk(line.text[0]) else len(line.text.split(" ", 1)[0])
    width = line.boxes[min(word, len(line.boxes)) - 1][2] - line.left
    if is_cjk(line.text[0]):
        width = _height(line)
    margin = margins[(last.page, last.left // _COLUMN)]
    if not last.text.endswith(_TERMINAL) and last.right - last.left > _NEARLY_FULL * (margin - last.left):
        return True  # a non-breaking space may have kept more than one word together
    return last.right + width + 0.25 * _height(last) > margin


def _is_row(line: Line) -> bool:
    """Whether the line has a gap that only a table makes."""
    limit = _ROW_GAP * _height(line)
    start = strip_marker(line.text)
    number = _NUMBERED.match(line.text)
    start = max(start, number.end() if number else 0)
    right: int | None = None
    for left, _, edge, _ in line.boxes[start:]:
        if edge <= left:
            continue
        if right is not None and left - right > limit:
            return True
        right = edge if right is None else max(right, edge)
    return False


def _classify(group: list[Line], before: list[Line] | None, after: list[list[Line]], mostly_bold: bool) -> RawBlock:
    lines = tuple(group)
    if _is_row(lines[0]):
        if _is_header(group, before, after):
            captioned = before is not None and _CAPTION.match(before[0].text) is not None
            return RawBlock("heading", lines, LEVEL_GROUP if captioned else LEVEL_TABLE)
        return RawBlock("row", lines)
    if _CAPTION.match(lines[0].text) and after and _is_row(after[0][0]):
        return RawBlock("heading", lines, LEVEL_TABLE)
    if _ITEM.match(lines[0].text):
        return RawBlock("item", lines)
    level = _heading_level(group, before, after, mostly_bold)
    if level is not None:
        return RawBlock("heading", lines, level)
    return RawBlock("paragraph", lines)


def _is_header(group: list[Line], before: list[Line] | None, after: list[list[Line]]) -> bool:
    """Whether a row heads a table: the first of its page's rows, bold above a plain one."""
    opens = before is None or not _is_row(before[0]) or before[0].page != group[0].page
    above = bool(after) and _is_row(after[0][0]) and after[0][0].style != "bold"
    return group[0].style == "bold" and opens and above


def _heading_level(
    group: list[Line], before: list[Line] | None, after: list[list[Line]], mostly_bold: bool
) -> int | None:
    text = " ".join(line.text for line in group)
    if len(text.split()) > HEADING_WORDS or len(text) > 150 or not any(char.isalpha() for char in text):
        return None
    bold = group[0].style == "bold" and not mostly_bold
    depth = _numbered_level(text)
    if depth and (bold or not text.endswith(tuple(".;,:"))):
        return depth
    if text.endswith(tuple(".;,")) or not after:
        return None
    if bold and text.isupper() and sum(word.isalpha() for word in text.split()) > 1:
        return 1 if _LETTERED.match(text) else LEVEL_ANNEX
    if bold and (text[0].isupper() or text[0].isdigit() or is_cjk(text[0])):
        return LEVEL_BOLD
    return LEVEL_MINOR if _is_minor(group, before, after) else None


def _numbered_level(text: str) -> int | None:
    """The depth of a section number: 1 for "4. Clinical", 2 for "4.2 Posology"; ``None`` for "75 mg"."""
    match = _NUMBERED.match(text)
    if match is None or not text[match.end()].isupper():
        return None
    number, dot = match.groups()
    return number.count(".") + 1 if dot or "." in number else None


def _is_minor(group: list[Line], before: list[Line] | None, after: list[list[Line]]) -> bool:
    """Whether a short line alone above text is a heading, though nothing but its place says so."""
    if not _could_be_minor(group):
        return False
    if _is_row(after[0][0]):  # the stub of the rows below it
        return True
    if all(_could_be_minor(item) for item in after):
        return False
    if group[0].style == "italic":
        return True
    if before is None or before[-1].page != group[0].page:
        return True
    return group[0].top - before[-1].bottom > _PARAGRAPH_GAP * _height(group[0])


def _could_be_minor(group: list[Line]) -> bool:
    line = group[0]
    return (
        len(group) == 1
        and line.text[0].isupper()
        and len(line.text.split()) <= 10
        and not line.text.endswith((".", ";", ",", ":"))
        and ": " not in line.text
        and not _ITEM.match(line.text)
        and not _is_row(line)
    )
