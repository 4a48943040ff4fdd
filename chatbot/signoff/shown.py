"""A preview outside the console: as a value for programs, and as one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.limits import PREVIEW_PAGES
from chatbot.review.drawn import drawn
from chatbot.signoff.preview import Part, Passage, Preview, PreviewPage
from corpus.boxes import Rectangle
from corpus.errors import InvalidInput, NotFound
from corpus.model import Span
from corpus.signoff import Mark


@dataclass(frozen=True, slots=True)
class FilePage:
    """A page of the file: its picture, and where each passage stands on it."""

    page: PreviewPage
    picture: str  # a data URL; empty in formats without pages
    places: tuple[tuple[Passage, tuple[Rectangle, ...]], ...]


def chosen_pages(preview: Preview, number: int | None) -> tuple[PreviewPage, ...]:
    """The page that is asked for, or all; raises ``NotFound`` for one that the document doesn't have."""
    if number is not None and number not in preview.numbers:
        count = len(preview.numbers)
        has = "has no pages" if preview.numbers == (None,) else f"has pages 1 to {count}"
        raise NotFound(f"{preview.document.source.name} {has}; there is no page {number}")
    return tuple(preview.page(each) for each in (preview.numbers if number is None else (number,)))


def preview_value(preview: Preview, pages: Sequence[PreviewPage]) -> dict[str, Any]:
    """What a preview shows, as a JSON value; places count in the canonical text."""
    document = preview.document
    return {
        "document": document.sha256,
        "source_sha256": document.source.sha256,
        "file": document.source.name,
        "title": document.title,
        "language": document.language,
        "waits": preview.waits or None,
        "warnings": list(preview.warnings),
        "confirmed": round(document.confirmed_share(), 4),
        "marks": [mark_value(mark) for mark in preview.marks()],
        "pages": [_page_value(page) for page in pages],
    }


def mark_value(mark: Mark) -> dict[str, Any]:
    """A mark as a JSON value."""
    return {
        "mark": mark.sequence,
        "kind": mark.kind,
        "place": [mark.place.start, mark.place.end],
        "beside": [mark.beside.start, mark.beside.end] if mark.beside else None,
        "actor": mark.actor,
        "at": mark.at,
        "reason": mark.reason,
    }


def preview_file(preview: Preview, pages: Sequence[PreviewPage], picture: Callable[[int], Path]) -> str:
    """One HTML file with its pictures in it; a passage that is clicked is marked on its page.

    ``picture`` gives the JPEG of a page. Raises ``InvalidInput`` for more than PREVIEW_PAGES.
    """
    if len(pages) > PREVIEW_PAGES:
        raise InvalidInput(f"{len(pages)} pages are more than {PREVIEW_PAGES} in one file; choose one with --page")
    made = [FilePage(page, _data_url(page, picture), tuple(_places(preview, page))) for page in pages]
    return drawn("preview_file.html", preview=preview, pages=made)


def _data_url(page: PreviewPage, picture: Callable[[int], Path]) -> str:
    if page.number is None:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(picture(page.number).read_bytes()).decode()}"


def _places(preview: Preview, page: PreviewPage) -> list[tuple[Passage, tuple[Rectangle, ...]]]:
    if page.number is None:
        return []
    passages = [passage for part in page.parts for passage in part.passages]
    return [(each, preview.rectangles(Span(each.start, each.end), page.number)) for each in passages]


def _page_value(page: PreviewPage) -> dict[str, Any]:
    covered = page.coverage
    return {
        "page": page.number,
        "words": covered.words if covered else None,
        "share": round(covered.share, 4) if covered else None,
        "missed": list(covered.missed) if covered else [],
        "removed": page.removed,
        "warnings": list(page.warnings),
        "parts": [_part_value(part) for part in page.parts],
    }


def _part_value(part: Part) -> dict[str, Any]:
    value: dict[str, Any] = {
        "kind": "table" if part.rows else part.kind,
        "start": part.start,
        "end": part.end,
        "path": list(part.path),
        "anchor": part.anchor,
    }
    if part.rows:
        value["header"] = [[cell.column, cell.columns, cell.text] for cell in part.header]
        value["rows"] = [[[cell.column, cell.columns, cell.text] for cell in row.cells] for row in part.rows]
    else:
        value["text"] = part.text
    value["passages"] = [
        {"start": p.start, "end": p.end, "confirmed": p.confirmed, "marks": [mark.sequence for mark in p.marks]}
        for p in part.passages
    ]
    return value
