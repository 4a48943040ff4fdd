"""What the viewer shows of a document version: a page picture or the text, with the cited characters marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chatbot.assistant import Assistant
from chatbot.errors import Gone
from corpus.boxes import Rectangle, rectangles
from corpus.model import Approval, Audience, Document, Span
from corpus.registry import Standing

_MARK = re.compile(r"(\d{1,9})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of a document without pages."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Everything one viewer page says."""

    approval: Approval
    document: Document
    pages: int  # 0 in formats without pages
    page: int
    width: float  # points
    height: float
    marks: tuple[Rectangle, ...]
    blocks: tuple[TextBlock, ...]


def find_version(
    assistant: Assistant, number: str, version: str, audience: Audience, instant: datetime, text: str
) -> tuple[Approval, Document, bool]:
    """The approval in force, its document, and whether that is the text ``text`` (a digest's start) that was cited.

    Raises ``Gone`` when this reader may not see the version now, whatever a link says.
    """
    registry = assistant.registry()
    key = (number, version, audience.country)
    standing = registry.standing(key, audience, instant)
    if standing is not Standing.IN_FORCE:
        raise Gone(str(standing))
    approval = registry.entries[key].approval
    if not assistant.may_show(approval):
        raise Gone(str(Standing.UNAPPROVED))
    stored = assistant.store.digests_of_source(approval.source_sha256)
    cited = [sha256 for sha256 in stored if text and sha256.startswith(text)]
    indexed = [d.sha256 for d in assistant.edition().documents if d.source_sha256 == approval.source_sha256]
    found = (cited or indexed or stored[::-1])[:1]  # the newest of those stored
    if not found:
        raise Gone("its text is not stored")
    return approval, assistant.document(found[0]), bool(cited)


def source_page(
    assistant: Assistant, approval: Approval, document: Document, page: int | None, spans: tuple[Span, ...]
) -> SourcePage:
    """The viewer's page; a page number outside the document shows the nearest one."""
    if not document.pages:
        return SourcePage(approval, document, 0, 0, 0.0, 0.0, (), _blocks(document, spans))
    boxes = assistant.store.boxes(document.sha256)
    count = len(boxes.page_sizes)
    number = min(max(page or 1, 1), count)
    on_page = tuple(span for span in spans if document.page_at(span.start) == number)
    width, height = (float(value) for value in boxes.page_sizes[number - 1])
    return SourcePage(approval, document, count, number, width, height, tuple(rectangles(boxes, on_page)), ())


def marked_spans(mark: str, document: Document) -> tuple[Span, ...]:
    """The spans of a ``mark`` parameter; nothing when they don't fit the text."""
    parts = [_MARK.fullmatch(part) for part in mark.split(",")] if mark else []
    spans = [Span(int(part[1]), int(part[2])) for part in parts if part is not None]
    fits = all(0 <= span.start < span.end <= len(document.text) for span in spans)
    return tuple(spans) if fits and len(spans) == len(parts) else ()


def _blocks(document: Document, spans: Sequence[Span]) -> tuple[TextBlock, ...]:
    return tuple(
        TextBlock(block.kind, tuple(_pieces(document.text, block.start, block.end, spans))) for block in document.blocks
    )


def _pieces(text: str, start: int, end: int, spans: Sequence[Span]) -> list[Piece]:
    pieces: list[Piece] = []
    for span in sorted(spans, key=lambda item: item.start):
        low, high = max(start, span.start), min(end, span.end)
        if low < high:
            pieces += [Piece(text[start:low], False), Piece(text[low:high], True)]
            start = high
    pieces.append(Piece(text[start:end], False))
    return [piece for piece in pieces if piece.text]
