"""The bookmarks of a PDF: titles of sections, with their page and how deep they stand."""

from __future__ import annotations

from itertools import islice

import pypdfium2 as pdfium

from ingest.headings import folded
from ingest.limits import MAX_BOOKMARK_DEPTH, MAX_BOOKMARKS


def outline_of(document: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """Depth from 0 by 1-based page and folded title; the first ``MAX_BOOKMARKS``, without those that lead nowhere."""
    found: dict[tuple[int, str], int] = {}
    for mark in islice(document.get_toc(max_depth=MAX_BOOKMARK_DEPTH), MAX_BOOKMARKS):
        target = mark.get_dest()
        page = target.get_index() if target else None
        title = folded(mark.get_title())
        if page is not None and title:
            found.setdefault((page + 1, title), mark.level)
    return found
