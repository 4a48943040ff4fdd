"""The text objects of one PDF page: drawn or left out, and why one of them isn't seen."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from corpus.boxes import UNIT
from corpus.findings import Kind
from ingest.ink import Pixels, is_ground
from ingest.limits import INK_CONTRAST
from ingest.lines import Box
from ingest.pdf import char_box, pixels_of

_MOST_DEPTH = 15  # of forms in forms
_FINE = 1_000  # PageToDevice gives whole numbers
_SPAN = 100  # points between those that it is asked for
_LATIN = 0x24F  # the last letter for which pdfium brings fonts of its own
_INVISIBLE = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
_STROKED = (raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE_CLIP)

Handle = Any  # of a page object: pypdfium2 has no types


@dataclass(frozen=True, slots=True)
class Text:
    """How one text object is drawn."""

    address: int
    mode: int
    colour: tuple[int, int, int]  # red, green, blue
    alpha: int
    embedded: bool  # its font is in the file

    def is_suspect(self) -> bool:
        """Whether it can't be seen whatever is below it."""
        return self.mode in _INVISIBLE or self.alpha < INK_CONTRAST

    def kind(self, char: str, ground: tuple[int, int, int]) -> Kind:
        """Why ``char`` of it isn't seen on this ground."""
        if self.mode in _INVISIBLE:
            return "invisible"
        if self.alpha < INK_CONTRAST:
            return "transparent"
        if all(abs(one - other) < INK_CONTRAST for one, other in zip(self.colour, ground, strict=True)):
            return "colour"
        return "covered" if self.embedded or ord(char) <= _LATIN else "font"


class Texts:
    """The text objects of a page, also those in forms."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._objects = {_address(each): each for each in _text_objects(page)}
        self.all = frozenset(self._objects)

    def picture_without(self, addresses: Collection[int], scale: float) -> Pixels:
        """The page as it looks without these objects."""
        for address in addresses:
            raw.FPDFPageObj_SetIsActive(self._objects[address], False)
        try:
            return pixels_of(self._page.render(scale=scale, prefer_bgrx=True))
        finally:
            for address in addresses:
                raw.FPDFPageObj_SetIsActive(self._objects[address], True)

    def suspects(self, ground: Pixels) -> frozenset[int]:
        """Objects that may not be seen though there is ink where they stand: it may be another's."""
        looks = {address: _look(each) for address, each in self._objects.items()}
        grounds = {colour: is_ground(colour, ground) for colour in {look.colour for look in looks.values()}}
        return frozenset(at for at, look in looks.items() if look.is_suspect() or grounds[look.colour])

    def has_sizeless(self) -> bool:
        """Whether any text is set in a size of 0: pdfium hands out no character of it."""
        size = ctypes.c_float()
        return any(raw.FPDFTextObj_GetFontSize(each, size) and size.value == 0 for each in self._objects.values())

    def drawn(self, characters: Sequence[tuple[str, Box]]) -> list[Text | None]:
        """The object of each character in its box, ``None`` where it isn't known."""
        textpage = self._page.get_textpage()
        height, edges = self._page.get_height(), [ctypes.c_double() for _ in range(4)]
        found = {
            (raw.FPDFText_GetUnicode(textpage, index), char_box(textpage, index, height, edges)): index
            for index in range(raw.FPDFText_CountChars(textpage))
        }
        looks: dict[int, Text] = {}
        drawn: list[Text | None] = []
        for char, box in characters:
            index = found.get((ord(char), box))
            handle = None if index is None else raw.FPDFText_GetTextObject(textpage, index)
            if handle and _address(handle) not in looks:
                looks[_address(handle)] = _look(handle)
            drawn.append(looks[_address(handle)] if handle else None)
        textpage.close()
        return drawn


def picture_share(page: pdfium.PdfPage) -> float:
    """The part of the page that its largest picture covers; of one in a form, what the form covers."""
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    covered = 0.0
    for each in page.get_objects(max_depth=1):
        if each.type == raw.FPDF_PAGEOBJ_IMAGE or (each.type == raw.FPDF_PAGEOBJ_FORM and _has_picture(each.raw)):
            first, low, last, high = each.get_bounds()
            width, height = min(last, right) - max(first, left), min(high, top) - max(low, bottom)
            covered = max(covered, max(0.0, width) * max(0.0, height))
    return float(covered / area)


def to_pixels(page: pdfium.PdfPage, boxes: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Boxes of :func:`ingest.pdf.char_box` (n, 4) as pixels of a picture of ``shape``: left, top, right, bottom."""
    rows, columns = shape[:2]
    height = page.get_height()
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for point in ((0, 0), (_SPAN, 0), (0, _SPAN)):
        raw.FPDF_PageToDevice(page, 0, 0, columns * _FINE, rows * _FINE, 0, *point, x, y)
        corners.append((x.value / _FINE, y.value / _FINE))
    origin = np.array(corners[0])
    turn = (np.array(corners[1:]) - origin) / _SPAN  # rows: where one point to the right and one upwards lead
    points = boxes.reshape(-1, 2, 2) / UNIT
    points[..., 1] = height - points[..., 1]
    placed = points @ turn + origin
    return np.hstack((np.floor(placed.min(1)), np.ceil(placed.max(1)))).astype(np.int64)


def _text_objects(page: pdfium.PdfPage) -> Iterator[Handle]:
    for index in range(raw.FPDFPage_CountObjects(page)):
        yield from _within(raw.FPDFPage_GetObject(page, index), 0)


def _within(each: Handle, depth: int) -> Iterator[Handle]:
    kind = raw.FPDFPageObj_GetType(each)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        yield each
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _MOST_DEPTH:
        for index in range(raw.FPDFFormObj_CountObjects(each)):
            yield from _within(raw.FPDFFormObj_GetObject(each, index), depth + 1)


def _has_picture(form: Handle, depth: int = 0) -> bool:
    for index in range(raw.FPDFFormObj_CountObjects(form)):
        each = raw.FPDFFormObj_GetObject(form, index)
        kind = raw.FPDFPageObj_GetType(each)
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            return True
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < _MOST_DEPTH and _has_picture(each, depth + 1):
            return True
    return False


def _address(handle: Handle) -> int:
    return ctypes.addressof(handle.contents)


def _look(handle: Handle) -> Text:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    mode = raw.FPDFTextObj_GetTextRenderMode(handle)
    read = raw.FPDFPageObj_GetStrokeColor if mode in _STROKED else raw.FPDFPageObj_GetFillColor
    read(handle, red, green, blue, alpha)
    embedded = raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(handle)) != 0
    return Text(_address(handle), mode, (red.value, green.value, blue.value), alpha.value, embedded)
