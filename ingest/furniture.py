"""Running headers, footers and page numbers: lines that stand at the same height on many pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from corpus.boxes import UNIT
from ingest.limits import FURNITURE_SHARE
from ingest.lines import Line

_ZONE = 0.12  # furniture stands in the outer eighth of a page
_PAGE_NUMBER = re.compile(r"\W*\d{1,4}\W*|\D{0,8}\d{1,4}\s*(?:/|of|de|von|af|sur|di)\s*\d{1,4}\W*", re.IGNORECASE)
_NUMBERED_END = re.compile(r"\d{1,4}\s*(?:/|of|de|von|af|sur|di)\s*\d{1,4}\W*$", re.IGNORECASE)
_TERMINAL = (".", "!", "?", ":")
_MIN_LINES = 6  # of a single page: below, nothing is usual
_SMALL = 0.9  # of the usual line's height
_APART = 1.5  # times its height
_MIN_PAGES = 3  # fewer repetitions prove nothing, but for a document of two pages that has it on both


def without_furniture(
    lines: Sequence[Line], page_sizes: Sequence[tuple[float, float]]
) -> tuple[list[Line], list[Line]]:
    """The lines of the body, and those removed, both in order."""
    keys = [_key(line, page_sizes) for line in lines]
    pages = Counter(key for key, _ in {(key, line.page) for key, line in zip(keys, lines, strict=True)})
    needed = 2 if len(page_sizes) == 2 else max(_MIN_PAGES, FURNITURE_SHARE * len(page_sizes))
    lone = _outermost(lines, page_sizes) if len(page_sizes) == 1 else set()
    body: list[Line] = []
    removed: list[Line] = []
    for key, line in zip(keys, lines, strict=True):
        numbered = _PAGE_NUMBER.fullmatch(line.text.strip()) is not None
        furniture = key is not None and (numbered or pages[key] >= needed or id(line) in lone)
        (removed if furniture else body).append(line)
    return body, removed


def _outermost(lines: Sequence[Line], page_sizes: Sequence[tuple[float, float]]) -> set[int]:
    """The ids of a single page's header and footer: first and last line, in small print and well apart from the text.

    A sentence is none of them unless a page number follows it: the last line of a page may be a warning.
    """
    seen = sorted((line for line in lines if line.text), key=lambda line: line.top)
    if len(seen) < _MIN_LINES:
        return set()
    usual = median(line.bottom - line.top for line in seen)
    found: set[int] = set()
    for line, inner in ((seen[0], seen[1]), (seen[-1], seen[-2])):
        height = line.bottom - line.top
        apart = max(inner.top - line.bottom, line.top - inner.bottom) > _APART * height
        said = line.text.endswith(_TERMINAL) and not _NUMBERED_END.search(line.text)
        if _key(line, page_sizes) is not None and height < _SMALL * usual and apart and not said:
            found.add(id(line))
    return found


def _key(line: Line, page_sizes: Sequence[tuple[float, float]]) -> tuple[str, int] | None:
    """What makes two lines on two pages the same furniture; ``None`` in the middle of the page."""
    assert line.page is not None  # noqa: S101 - only readers with pages come here
    height = page_sizes[line.page - 1][1] * UNIT
    if _ZONE * height < line.top and line.bottom < (1 - _ZONE) * height:
        return None
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.top / (4 * UNIT))
