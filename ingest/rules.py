"""The straight lines drawn on a page: borders of tables, as pdfium's path objects have them (fpdf_edit.h).

Only what is thin or stroked is a line: the edge of a filled area (a shaded cell, white behind a line of text) is none.
Paths inside form objects are not looked at.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from corpus.boxes import UNIT
from ingest.limits import MAX_PAGE_OBJECTS

_THIN = 2.5  # points: thicker is a bar, not a line
_LONG = 3  # times its thickness: shorter is a dot, or the corner between two lines
_SEGMENTS = 24  # of one path: more is a drawing
_STRAIGHT = 0.5  # points that the ends of a level or upright line may differ by
_DRAWN = (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE)  # Word writes a dotted border as a row of tiny pictures


@dataclass(frozen=True, slots=True)
class Rule:
    """A level or upright line, its extent in UNIT from the page's top left."""

    page: int  # 1-based
    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_level(self) -> bool:
        """Whether it runs from left to right."""
        return self.right - self.left >= self.bottom - self.top


def page_rules(page: pdfium.PdfPage, number: int) -> list[Rule]:
    """The lines of a page; none on a page of more than ``MAX_PAGE_OBJECTS``, which is a drawing."""
    count = raw.FPDFPage_CountObjects(page)
    if count > MAX_PAGE_OBJECTS:
        return []
    height = float(page.get_height())
    found = []
    for index in range(count):
        item = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(item) in _DRAWN:
            for left, bottom, right, top in _lines(item):
                edges = (left, height - top, right, height - bottom)
                found.append(Rule(number, *(round(edge * UNIT) for edge in edges)))
    return found


def _lines(item: ctypes.c_void_p) -> Iterator[tuple[float, float, float, float]]:
    """Left, bottom, right and top of each line of a path object, in the page's own coordinates."""
    edges = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(item, *edges):
        return
    left, bottom, right, top = (edge.value for edge in edges)
    thin = min(right - left, top - bottom)
    if thin <= _THIN:
        if max(right - left, top - bottom) > _LONG * thin:
            yield left, bottom, right, top
        return
    if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_PATH:
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, fill, stroke)
    if stroke.value and raw.FPDFPath_CountSegments(item) <= _SEGMENTS:
        yield from _strokes(item)


def _strokes(item: ctypes.c_void_p) -> Iterator[tuple[float, float, float, float]]:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    begin = here = (0.0, 0.0)
    for index in range(raw.FPDFPath_CountSegments(item)):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        last = here
        here = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            begin = here
            continue
        ends = [(last, here)] if kind == raw.FPDF_SEGMENT_LINETO else []
        if raw.FPDFPathSegment_GetClose(segment):
            ends.append((here, begin))
        for (x0, y0), (x1, y1) in ends:
            if min(abs(x1 - x0), abs(y1 - y0)) <= _STRAIGHT and max(abs(x1 - x0), abs(y1 - y0)) > _THIN:
                yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
