"""PDF: characters and their boxes by pdfium, in the order of the page's content, as lines.

pdfium ends its lines with a generated CR LF, or with U+0002 in place of a hyphen that ends a line inside a word.
The functions used are those of fpdf_text.h.
"""

from __future__ import annotations

import ctypes
import functools
import io
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray
from PIL import Image

from corpus.boxes import UNIT
from ingest.errors import Quarantined
from ingest.headings import Outline
from ingest.limits import MAX_PAGE_POINTS, MAX_PAGES, PICTURE_QUALITY, PICTURE_SCALE
from ingest.lines import Box, Line, Style
from ingest.outline import outline_of
from ingest.pieces import ROW_GAP
from ingest.rules import Rule, page_rules

Look = Callable[[pdfium.PdfPage, int, NDArray[np.uint8], float], None]  # takes a page, its number, pixels and scale
NO_BOX: Box = (0, 0, 0, 0)
_BOLD_WEIGHT = 600  # CSS's and pdfium's scale: 400 is regular, 700 bold
_BREAKING_HYPHEN = 0x2
_FAR = 10 * MAX_PAGE_POINTS  # a character there stands on no page, and its box doesn't fit what boxes are kept in


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says, before it is made into paragraphs."""

    title: str  # from the file's metadata; often empty or a file name
    page_sizes: tuple[tuple[float, float], ...]  # width and height in points
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...] = ()  # drawn on the pages, in page order
    outline: Outline = field(default_factory=dict)


def read_pdf(content: bytes, tick: Callable[[], None] = lambda: None) -> PdfText:
    """The lines of every page, ``tick`` called after each; raises ``Quarantined`` for what can't be read."""
    document = _open(content)
    try:
        sizes: list[tuple[float, float]] = []
        lines: list[Line] = []
        rules: list[Rule] = []
        for number, page in enumerate(document, 1):
            sizes.append(_size(page, number))
            lines.extend(_page_lines(page, number))
            rules.extend(page_rules(page, number))
            page.close()
            tick()
        title = str(document.get_metadata_value("Title") or "").strip()
        outline = outline_of(document)
    except pdfium.PdfiumError as error:
        raise Quarantined(f"a page can't be read: {error}; export the PDF again") from error
    finally:
        document.close()
    return PdfText(title, tuple(sizes), tuple(lines), tuple(rules), outline)


def render_pages(content: bytes, keep: Callable[[int, bytes], None], look: Look | None = None) -> None:
    """Hands each page's JPEG to ``keep`` with its 1-based number, once ``look`` saw it; raises ``Quarantined``."""
    document = _open(content)
    try:
        for number, page in enumerate(document, 1):
            keep(number, _picture(page, number, look))
            page.close()
    finally:
        document.close()


def pixels_of(bitmap: pdfium.PdfBitmap) -> NDArray[np.uint8]:
    """The pixels of a picture: (rows, columns, 4)."""
    pixels: NDArray[np.uint8] = bitmap.to_numpy()
    return pixels


def image_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """The pixels of :func:`pixels_of` as an image that can be kept."""
    rows, columns, _ = pixels.shape
    return Image.frombuffer("RGB", (columns, rows), pixels, "raw", "BGRX", 0, 1)


def _size(page: pdfium.PdfPage, number: int) -> tuple[float, float]:
    width, height = float(page.get_width()), float(page.get_height())
    if not 0 < max(width, height) <= MAX_PAGE_POINTS:
        raise Quarantined(
            f"page {number} measures {width:.0f} x {height:.0f} points, at most {MAX_PAGE_POINTS:,} are read; "
            "export the PDF with a common page size"
        )
    return width, height


def _picture(page: pdfium.PdfPage, number: int, look: Look | None) -> bytes:
    stream = io.BytesIO()
    try:
        bitmap = page.render(scale=PICTURE_SCALE, prefer_bgrx=True)
        pixels = pixels_of(bitmap)
        if look is not None:
            look(page, number, pixels, PICTURE_SCALE)
        image_of(pixels).save(stream, "JPEG", quality=PICTURE_QUALITY)
    except (pdfium.PdfiumError, MemoryError, OSError, ValueError) as error:
        size = f"{page.get_width():.0f} x {page.get_height():.0f} points"
        raise Quarantined(f"page {number} ({size}) can't be drawn; export the PDF with a common page size") from error
    return stream.getvalue()


def _open(content: bytes) -> pdfium.PdfDocument:
    if not content:
        raise Quarantined("the file is empty; provide it again")
    if b"%PDF-" not in content[:1024]:
        raise Quarantined("the file is no PDF (no %PDF- at its start); provide it again")
    try:
        document = pdfium.PdfDocument(content)
        pages = len(document)
    except pdfium.PdfiumError as error:
        if "password" in str(error).casefold():
            raise Quarantined("the PDF is encrypted; provide it without a password") from error
        raise Quarantined(f"the PDF is damaged: {error}; export it again") from error
    if pages > MAX_PAGES:
        document.close()
        raise Quarantined(f"the PDF has {pages} pages, more than {MAX_PAGES}; split it")
    return document


@dataclass(slots=True)
class _Run:
    """The characters of one line while it is read."""

    text: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    style: Style | None = None

    def parts_from(self, box: Box) -> bool:
        """Whether a gap that only a table makes is before ``box``."""
        if box[2] <= box[0]:
            return False
        for last in self.boxes[:-4:-1]:  # the last character that has room: spaces may have none
            if last[2] > last[0]:
                return box[0] - last[2] > ROW_GAP * max(box[3] - box[1], last[3] - last[1])
        return False


def _page_lines(page: pdfium.PdfPage, number: int) -> Iterator[Line]:
    textpage = page.get_textpage()
    height = page.get_height()
    edges = [ctypes.c_double() for _ in range(4)]
    run = _Run()
    for index in range(raw.FPDFText_CountChars(textpage)):
        code = raw.FPDFText_GetUnicode(textpage, index)
        char = "-" if code == _BREAKING_HYPHEN else _character(code)
        if char is not None:
            box = char_box(textpage, index, height, edges)
            if run.parts_from(box):  # the next cell of a row: it may be set in another style
                yield _line(run, number)
                run = _Run()
            run.text.append(char)
            run.boxes.append(box)
            if run.style is None and char.isalnum():
                run.style = _style(textpage, index)
        if run.text and code in (0x0A, 0x0D, _BREAKING_HYPHEN):
            yield _line(run, number)
            run = _Run()
    if run.text:
        yield _line(run, number)
    textpage.close()


@functools.cache
def _character(code: int) -> str | None:
    if code == 0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code > sys.maxunicode:
        return None
    if code in (0x0A, 0x0D):
        return None
    char = chr(code)
    if char.isspace():
        return " "
    return None if unicodedata.category(char) in ("Cc", "Cf") else char


def char_box(textpage: pdfium.PdfTextPage, index: int, height: float, edges: Sequence[ctypes.c_double]) -> Box:
    """The box of a character, ``NO_BOX`` where pdfium has none.

    ``height`` is the page's in points; ``edges`` are four numbers to write into, made once a page.
    """
    if not raw.FPDFText_GetCharBox(textpage, index, *edges):
        return NO_BOX
    left, right, bottom, top = (edge.value for edge in edges)
    if not (abs(left) <= _FAR and abs(right) <= _FAR and abs(bottom) <= _FAR and abs(top) <= _FAR):  # nor is NaN
        return NO_BOX
    return round(left * UNIT), round((height - top) * UNIT), round(right * UNIT), round((height - bottom) * UNIT)


def _style(textpage: pdfium.PdfTextPage, index: int) -> Style:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(textpage, index, name, 128, ctypes.byref(flags))
    label = name.value.decode("utf-8", "replace").casefold()
    if "bold" in label or raw.FPDFText_GetFontWeight(textpage, index) >= _BOLD_WEIGHT:
        return "bold"
    return "italic" if "italic" in label or "oblique" in label else "plain"


def _line(run: _Run, number: int) -> Line:
    """Trims the line and folds runs of spaces, so that text and boxes stay aligned."""
    text: list[str] = []
    boxes: list[Box] = []
    for char, box in zip(run.text, run.boxes, strict=True):
        if char == " " and (not text or text[-1] == " "):
            continue
        text.append(char)
        boxes.append(box if char != " " else NO_BOX)
    if text and text[-1] == " ":
        text.pop()
        boxes.pop()
    return Line("".join(text), number, tuple(boxes), run.style or "plain")
