"""Where each character of a document's text stands on its page, packed for the viewer."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.model import Span

UNIT = 20  # boxes are kept in twentieths of a point, a PDF's user unit (1/72 inch)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Page sizes and character boxes of one document; both empty in formats without pages."""

    page_sizes: NDArray[np.float32]  # (pages, 2): width and height in points
    characters: NDArray[np.int32]  # (characters, 4): left, top, right, bottom from the page's top left, in UNIT


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of one line of a page, in points from the page's top left."""

    left: float
    top: float
    width: float
    height: float


NO_BOXES = Boxes(np.zeros((0, 2), np.float32), np.zeros((0, 4), np.int32))


_LEVEL = 3  # of zlib: a quarter of the time that its usual 6 takes, and an eighth more room


def pack(boxes: Boxes) -> bytes:
    """The boxes as bytes, the same for the same boxes."""
    stream = io.BytesIO()
    np.save(stream, boxes.page_sizes, allow_pickle=False)
    # Neighbouring characters are near each other: differences compress three times better than values.
    np.save(stream, np.diff(boxes.characters, axis=0, prepend=0).astype(np.int32), allow_pickle=False)
    return zlib.compress(stream.getvalue(), _LEVEL)


def unpack(raw: bytes) -> Boxes:
    """The inverse of :func:`pack`."""
    stream = io.BytesIO(zlib.decompress(raw))
    sizes = np.load(stream, allow_pickle=False)
    return Boxes(sizes, np.cumsum(np.load(stream, allow_pickle=False), axis=0, dtype=np.int32))


def rectangles(boxes: Boxes, spans: tuple[Span, ...]) -> list[Rectangle]:
    """One rectangle a line for the characters of ``spans`` (all on one page)."""
    found: list[list[int]] = []
    for span in spans:
        line: list[int] | None = None
        for left, top, right, bottom in boxes.characters[span.start : span.end].tolist():
            if right <= left:  # a space that joins two lines has no box
                continue
            middle = (top + bottom) / 2
            if line is not None and line[1] <= middle <= line[3] and left >= line[0]:
                line[:] = [line[0], min(line[1], top), max(line[2], right), max(line[3], bottom)]
            else:
                line = [left, top, right, bottom]
                found.append(line)
    return [
        Rectangle(left / UNIT, top / UNIT, (right - left) / UNIT, (bottom - top) / UNIT)
        for left, top, right, bottom in found
    ]
