"""Blocks -> Document: one canonical text, with the page, the box and the headings of every character."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from corpus.boxes import NO_BOXES, Boxes
from corpus.model import Block, Cell, Page, Sentence
from ingest.lines import LEVEL_TABLE, Box, Line, RawBlock, RawCell
from ingest.marks import is_cjk, strip_marker
from ingest.sentences import sentence_spans

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NO_BOX: Box = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Canonical:
    """The text of a document and everything that is aligned with it. No sentence is confirmed yet."""

    text: str
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...]
    boxes: Boxes


def canonical(raw_blocks: Sequence[RawBlock], page_sizes: Sequence[tuple[float, float]], language: str) -> Canonical:
    """Joins lines by one space (none after a hyphen or between ideographs) and blocks by a line feed."""
    vocabulary = _vocabulary(line for block in raw_blocks for line in block.lines)
    characters: list[str] = []
    boxes: list[Box] = []
    pages: list[int | None] = []
    blocks: list[Block] = []
    path: list[tuple[int, str]] = []
    for raw in raw_blocks:
        if characters:
            _append(characters, boxes, pages, "\n", [_NO_BOX], [pages[-1]])
        start = len(characters)
        cells = []
        for cell, lines in _by_cell(raw):
            if len(characters) > start:
                _append(characters, boxes, pages, " ", [_NO_BOX], [pages[-1]])
            begin = len(characters)
            for line in lines:
                _join(characters, boxes, pages, line, begin, vocabulary)
            if cell is not None:
                cells.append(Cell(begin, len(characters), cell.column, cell.columns))
        text = "".join(characters[start:])
        repeated = bool(raw.cells) and (raw.level, text) in path  # a table's header, again on its next page
        ends = _ends(raw)
        outside = [(level, name) for level, name in path if level < ends]
        path = path if repeated else outside
        names = tuple(name for _, name in outside)
        sentences = () if raw.kind == "heading" else _sentences(text, start, raw.kind, language)
        blocks.append(Block(start, len(characters), raw.kind, names, raw.anchor, sentences, tuple(cells)))
        if raw.kind == "heading" and not repeated:
            path.append((raw.level, text))
    if not page_sizes:
        return Canonical("".join(characters), (), tuple(blocks), NO_BOXES)
    packed = Boxes(np.array(page_sizes, np.float32), np.array(boxes, np.int32).reshape(-1, 4))
    return Canonical("".join(characters), _pages(characters, pages), tuple(blocks), packed)


def _ends(raw: RawBlock) -> int:
    """The level from which on headings end at a block."""
    if raw.kind == "heading":
        return raw.level
    if raw.kind == "row":
        return LEVEL_TABLE if raw.level == LEVEL_TABLE else sys.maxsize
    return raw.level + 1 if raw.level else LEVEL_TABLE  # a note stays under its table's caption


def _by_cell(raw: RawBlock) -> Iterator[tuple[RawCell | None, Sequence[Line]]]:
    """The lines of each cell; all of them, and no cell, where the reader saw none."""
    if not raw.cells:
        yield None, raw.lines
        return
    lines = iter(raw.lines)
    yield from ((cell, tuple(islice(lines, cell.lines))) for cell in raw.cells)


def _join(
    characters: list[str],
    boxes: list[Box],
    pages: list[int | None],
    line: Line,
    start: int,
    vocabulary: Counter[str],
) -> None:
    if len(characters) > start:
        last = characters[-1]
        hyphen = last == "-" and len(characters) > start + 1 and not characters[-2].isspace()  # else it is a dash
        if hyphen and line.text[0].isalnum():
            if line.text[0].isalpha() and not _keeps_hyphen("".join(characters[start:]), line.text, vocabulary):
                for stack in (characters, boxes, pages):
                    stack.pop()
        elif not (is_cjk(last) and is_cjk(line.text[0])):
            _append(characters, boxes, pages, " ", [_NO_BOX], [line.page])
    line_boxes = line.boxes or (_NO_BOX,) * len(line.text)
    _append(characters, boxes, pages, line.text, line_boxes, [line.page] * len(line.text))


def _append(
    characters: list[str],
    boxes: list[Box],
    pages: list[int | None],
    text: str,
    new_boxes: Sequence[Box],
    new_pages: Sequence[int | None],
) -> None:
    characters.extend(text)
    boxes.extend(new_boxes)
    pages.extend(new_pages)


def _vocabulary(lines: Iterable[Line]) -> Counter[str]:
    return Counter(word for line in lines for word in _WORD.findall(line.text.casefold()))


def _keeps_hyphen(before: str, after: str, vocabulary: Counter[str]) -> bool:
    """Whether a hyphen at a line's end belongs to the word: the document's other places decide, then case."""
    left = before[:-1].split(" ")[-1]
    first = _WORD.match(after)
    right = first.group() if first else after
    with_hyphen = vocabulary[f"{left}-{right}".casefold()]
    without = vocabulary[f"{left}{right}".casefold()]
    if with_hyphen != without:
        return with_hyphen > without
    return not (left.islower() and right.islower())


def _sentences(text: str, offset: int, kind: str, language: str) -> tuple[Sentence, ...]:
    if kind == "row":
        return (Sentence(offset, offset + len(text), False),)
    marker = strip_marker(text) if kind == "item" else 0
    spans = sentence_spans(text[marker:], language)
    return tuple(Sentence(offset + marker + start, offset + marker + end, False) for start, end in spans)


def _pages(characters: list[str], pages: list[int | None]) -> tuple[Page, ...]:
    """Tiles the text; a word that runs over a page's end belongs to the page it starts on."""
    found: list[Page] = []
    index = 0
    while index < len(characters):
        number = pages[index]
        end = index
        while end < len(characters) and pages[end] == number:
            end += 1
        if end < len(characters) and not (characters[end - 1].isspace() or characters[end].isspace()):
            while end < len(characters) and not characters[end].isspace():
                end += 1
        stop = end
        while stop > index and characters[stop - 1].isspace():
            stop -= 1
        begin = index
        while begin < stop and characters[begin].isspace():
            begin += 1
        if number is not None and stop > begin:
            found.append(Page(number, begin, stop))
        index = max(end, index + 1)
    return tuple(found)
