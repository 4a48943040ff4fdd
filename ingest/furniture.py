"""Running headers, footers and page numbers: lines that stand at the same height on many pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from corpus.boxes import UNIT
from ingest.limits import FURNITURE_SHARE
from ingest.lines import Line

_ZONE = 0.12  # furniture stands in the outer eighth of a page
_PAGE_NUMBER = re.compile(r"\W*\d{1,4}\W*|\D{0,8}\d{1,4}\s*(?:/|of|de|von|af|sur|di)\s*\d{1,4}\W*", re.IGNORECASE)
_MIN_PAGES = 3  # fewer repetitions prove nothing, but for a document of two pages that has it on both


def without_furniture(
    lines: Sequence[Line], page_sizes: Sequence[tuple[float, float]]
) -> tuple[list[Line], list[Line]]:
    """The lines of the body, and those removed, both in order."""
    keys = [_key(line, page_sizes) for line in lines]
    pages = Counter(key for key, _ in {(key, line.page) for key, line in zip(keys, lines, strict=True)})
    needed = 2 if len(page_sizes) == 2 else max(_MIN_PAGES, FURNITURE_SHARE * len(page_sizes))
    body: list[Line] = []
    removed: list[Line] = []
    for key, line in zip(keys, lines, strict=True):
        numbered = _PAGE_NUMBER.fullmatch(line.text.strip()) is not None
        furniture = key is not None and (numbered or pages[key] >= needed)
        (removed if furniture else body).append(line)
    return body, removed


def _key(line: Line, page_sizes: Sequence[tuple[float, float]]) -> tuple[str, int] | None:
    """What makes two lines on two pages the same furniture; ``None`` in the middle of the page."""
    assert line.page is not None  # noqa: S101 - only readers with pages come here
    height = page_sizes[line.page - 1][1] * UNIT
    if _ZONE * height < line.top and line.bottom < (1 - _ZONE) * height:
        return None
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.top / (4 * UNIT))
