"""PPTX by python-pptx: each slide's title as a heading, its text in reading order, tables, then the speaker's notes.

The reading order is that of PowerPoint's own pane, which screen readers follow too. Dates, footers, slide numbers, what
stands on the master, comments, pictures and charts are left out. A slide without a title stands under "Slide 3", and
notes under "Speaker notes": these two labels are ours. What doesn't show in the slide show is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pptx
from lxml import etree
from pptx.oxml.ns import qn
from pptx.slide import Slide

from ingest.errors import Quarantined
from ingest.flow import Cell, Kind, Merged, Row, block, heading, raised, squeezed, table
from ingest.lines import RawBlock
from ingest.office import POWERPOINT, check_package
from ingest.pptx_styles import has_bullet, placeholder
from ingest.symbols import readable

_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr", "sldImg"})
_TITLES = frozenset({"title", "ctrTitle"})
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_UNREADABLE = {
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath": "a formula; write it as text",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": "SmartArt; write it as text",
}


def read_pptx(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first slide's title as title, and the blocks; raises ``Quarantined``."""
    check_package(content, POWERPOINT)
    try:
        presentation = pptx.Presentation(io.BytesIO(content))
        slides = list(presentation.slides)
        size = (int(presentation.slide_width or 0), int(presentation.slide_height or 0))
    except MemoryError:  # a limit, and no fault of its form
        raise
    except Exception as error:
        raise Quarantined(
            f"its parts can't be read: {error}; save it in PowerPoint as {POWERPOINT.kind} again"
        ) from error
    merged = Merged()
    readers = [_Slide(slide, number, merged, size) for number, slide in enumerate(slides, 1)]
    blocks = [each for reader in readers for each in reader.blocks()]
    if all(each.kind == "heading" for each in blocks):
        raise Quarantined("its slides have no text; pictures aren't read, so write it as text")
    return readers[0].title, blocks


class _Slide:
    """One slide and its notes."""

    def __init__(self, slide: Slide, number: int, merged: Merged, size: tuple[int, int]) -> None:
        self._slide, self._number, self._merged, self._size = slide, number, merged, size
        self._anchor = f"slide-{number}"
        self._shapes = list(_shapes(slide.element.cSld.spTree))
        titles = (shape for shape in self._shapes if placeholder(shape)[0] in _TITLES)
        self._titled = next((shape for shape in titles if self._joined(shape)), None)
        self.title = self._joined(self._titled) if self._titled is not None else ""

    def blocks(self) -> Iterator[RawBlock]:
        """The heading, then what stands under it; nothing of an empty slide. Raises ``Quarantined``."""
        self._check_shown()
        text = [each for shape in self._shapes if shape is not self._titled for each in self._of_shape(shape)]
        notes = list(self._notes())
        if not (text or notes or self.title):
            return
        yield heading(self.title or f"Slide {self._number}", 2, self._anchor)
        yield from text
        if notes:
            yield heading("Speaker notes", 3, self._anchor)
            yield from notes

    def _refuse(self, reason: str) -> Quarantined:
        return Quarantined(f"slide {self._number}: {reason}")

    def _check_shown(self) -> None:
        if self._slide.element.get("show") in ("0", "false"):
            raise self._refuse("it is hidden; show it or delete it")
        for tag, said in _UNREADABLE.items():
            if next(self._slide.element.iter(tag), None) is not None:
                raise self._refuse(said)
        for shape in self._shapes:
            text = squeezed(" ".join(each.text or "" for each in shape.iter(qn("a:t"))))
            hidden = _is_hidden(shape) or any(map(_is_hidden, shape.iterancestors(qn("p:grpSp"))))
            if text and (hidden or self._is_off(shape)):
                why = "is hidden" if hidden else "lies beside the slide"
                raise self._refuse(f"the text '{text[:40]}' {why}; show it or delete it")

    def _is_off(self, shape: etree._Element) -> bool:
        """Whether a shape that isn't in a group lies outside of the slide."""
        frame = shape.find(f"{qn('p:spPr')}/{qn('a:xfrm')}")
        frame = shape.find(qn("p:xfrm")) if frame is None else frame
        if frame is None or next(shape.iterancestors(qn("p:grpSp")), None) is not None:
            return False
        place, extent = frame.find(qn("a:off")), frame.find(qn("a:ext"))
        if place is None or extent is None:
            return False
        x, y, width, height = (int(found.get(name, 0)) for found, name in _places(place, extent))
        return x >= self._size[0] or y >= self._size[1] or x + width <= 0 or y + height <= 0

    def _of_shape(self, shape: etree._Element) -> Iterator[RawBlock]:
        if placeholder(shape)[0] in _FURNITURE:
            return
        if shape.tag == qn("p:graphicFrame"):
            for found in shape.iter(qn("a:tbl")):
                yield from table(list(self._rows(found)))
            return
        for paragraph in shape.iterfind(f"{qn('p:txBody')}/{qn('a:p')}"):
            text = self._text(paragraph)
            kind: Kind = "item" if has_bullet(paragraph, shape, self._slide) else "paragraph"
            if text:
                yield block(kind, text, self._anchor)

    def _notes(self) -> Iterator[RawBlock]:
        if not self._slide.has_notes_slide:
            return
        for shape in _shapes(self._slide.notes_slide.element.cSld.spTree):
            if placeholder(shape)[0] not in _FURNITURE:
                for paragraph in shape.iterfind(f"{qn('p:txBody')}/{qn('a:p')}"):
                    text = self._text(paragraph)
                    if text:
                        yield block("paragraph", text, self._anchor)

    def _rows(self, found: etree._Element) -> Iterator[Row]:
        properties = found.find(qn("a:tblPr"))
        headed = properties is not None and properties.get("firstRow") in ("1", "true")
        above: dict[int, Cell] = {}
        for at, row in enumerate(found.iterfind(qn("a:tr"))):
            cells: dict[int, Cell] = {}
            for column, cell in enumerate(row.iterfind(qn("a:tc"))):
                if cell.get("hMerge") in ("1", "true"):
                    continue
                if cell.get("vMerge") in ("1", "true"):
                    if column in above:
                        cells[column] = self._merged.repeat(above[column])
                else:
                    cells[column] = Cell(self._joined(cell), int(cell.get("gridSpan", 1)), column=column)
            yield Row(tuple(cells.values()), headed and at == 0, self._anchor)
            above = cells

    def _joined(self, element: etree._Element) -> str:
        return squeezed(" ".join(self._text(paragraph) for paragraph in element.iter(qn("a:p"))))

    def _text(self, paragraph: etree._Element) -> str:
        return squeezed("".join(self._run(run) for run in paragraph.iterchildren(etree.Element)))

    def _run(self, run: etree._Element) -> str:
        if run.tag == qn("a:br"):
            return " "
        text = run.findtext(qn("a:t")) or ""
        properties = run.find(qn("a:rPr"))
        if properties is None or not text.strip():
            return text
        if properties.get("strike", "noStrike") != "noStrike":
            raise self._refuse(f"struck-out text can't be quoted: '{squeezed(text)[:40]}'; remove it")
        fonts = (properties.find(qn(name)) for name in ("a:sym", "a:latin"))
        text = readable(text, next((font.get("typeface", "") for font in fonts if font is not None), ""))
        return raised(text) if float(properties.get("baseline", "0").rstrip("%")) > 0 else text


def _places(place: etree._Element, extent: etree._Element) -> tuple[tuple[etree._Element, str], ...]:
    return (place, "x"), (place, "y"), (extent, "cx"), (extent, "cy")


def _is_hidden(shape: etree._Element) -> bool:
    """By its own first property, which is its name and whether it is shown."""
    return next(iter(shape[0]), shape).get("hidden") in ("1", "true") if len(shape) else False


def _shapes(parent: etree._Element) -> Iterator[etree._Element]:
    """The shapes in order, those in groups too; of alternatives the first, which a current PowerPoint shows."""
    for child in parent.iterchildren(etree.Element):
        if child.tag == f"{_COMPATIBILITY}AlternateContent":
            yield from _shapes(next(child.iterchildren(f"{_COMPATIBILITY}Choice", f"{_COMPATIBILITY}Fallback"), child))
        elif child.tag == qn("p:grpSp"):
            yield from _shapes(child)
        elif child.tag in (qn("p:sp"), qn("p:graphicFrame")):
            yield child
