"""What a DOCX paragraph or run is by its own properties and by the styles it inherits from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from docx.oxml import ns
from lxml import etree

from corpus.findings import Kind
from ingest.limits import INK_CONTRAST

qn = cache(ns.qn)  # asked for each run

TITLE = 0  # the depth of a Title paragraph, above Heading 1

_VALUE = qn("w:val")
_TINY = 4  # half points
_WHITE = (255, 255, 255)
_HEX = re.compile(r"[0-9A-Fa-f]{6}")
_HEADING = re.compile(r"heading ?([1-9])")
_CONTENTS = re.compile(r"toc (?:\d|heading)|table of figures")
_BODY_LEVEL = 9  # w:outlineLvl of what is no heading


class Styles:
    """The styles of one document; Word writes their English names whatever its language."""

    def __init__(self, root: etree._Element) -> None:
        styles = list(root.iterchildren(qn("w:style")))
        self._by_id = {style.get(qn("w:styleId"), ""): style for style in styles}
        self._default = next(
            (s for s in styles if s.get(qn("w:type")) == "paragraph" and _on(s.get(qn("w:default"), "0"))), None
        )
        self._inherited: dict[tuple[str, str], etree._Element | None] = {}

    def depth(self, paragraph: etree._Element) -> int | None:
        """``TITLE``, the level of a heading (1 to 9), or ``None`` for text."""
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if own is not None:
            return _outline(own)
        for style in self._of(paragraph):
            level = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
            names = (_name(style), style.get(qn("w:styleId"), "").casefold())
            if "title" in names:
                return TITLE
            if level is not None:
                return _outline(level)
            found = next(filter(None, map(_HEADING.fullmatch, names)), None)
            if found:
                return int(found.group(1))
        return None

    def is_item(self, paragraph: etree._Element) -> bool:
        """Whether it is numbered, has a bullet or a list style."""
        number = f"{qn('w:pPr')}/{qn('w:numPr')}/{qn('w:numId')}"
        for element in (paragraph, *self._of(paragraph)):
            own = element.find(number)
            if own is not None:
                return own.get(_VALUE) != "0"  # 0 takes an inherited number away
            if element is not paragraph and _name(element).startswith("list "):
                return True
        return False

    def is_contents(self, paragraph: etree._Element) -> bool:
        """Whether it is a line of a generated table of contents, which only repeats headings."""
        return any(_CONTENTS.fullmatch(_name(style)) for style in self._of(paragraph))

    def is_on(self, name: str, run: etree._Element, paragraph: etree._Element) -> bool:
        """Whether a property like w:vanish holds for ``run``."""
        found = self._property(name, run, paragraph)
        return found is not None and _on(found.get(_VALUE, "1"))

    def how_hidden(self, run: etree._Element, paragraph: etree._Element) -> Kind | None:
        """What hides ``run``, if anything does: its mark, letters of 2 points or less, the colour of its ground."""
        if self.is_on("w:vanish", run, paragraph):
            return "markup"
        size = self._property("w:sz", run, paragraph)
        if size is not None and size.get(_VALUE, "").isdigit() and int(size.get(_VALUE, "")) <= _TINY:
            return "tiny"
        colour = self._property("w:color", run, paragraph)
        rgb = _rgb("" if colour is None else colour.get(_VALUE, ""))
        ground = None if rgb is None else self._ground(run, paragraph)
        if rgb is None or ground is None:
            return None
        near = all(abs(one - other) < INK_CONTRAST for one, other in zip(rgb, ground, strict=True))
        return "colour" if near else None

    def _ground(self, run: etree._Element, paragraph: etree._Element) -> tuple[int, ...] | None:
        """The colour behind ``run``, ``None`` where a shape, a table style or a picture may lie there."""
        if self._property("w:highlight", run, paragraph) is not None or self._has_other_ground(paragraph):
            return None
        own = [self._property("w:shd", run, paragraph), paragraph.find(f"{qn('w:pPr')}/{qn('w:shd')}")]
        own += [style.find(f"{qn('w:pPr')}/{qn('w:shd')}") for style in self._of(paragraph)]
        own += [cell.find(f"{qn('w:tcPr')}/{qn('w:shd')}") for cell in paragraph.iterancestors(qn("w:tc"))]
        fills = (_rgb(each.get(qn("w:fill"), "")) for each in own if each is not None)
        return next((fill for fill in fills if fill is not None), _WHITE)

    def _has_other_ground(self, paragraph: etree._Element) -> bool:
        if next(paragraph.iterancestors(qn("w:txbxContent")), None) is not None:
            return True
        if paragraph.getroottree().find(qn("w:background")) is not None:
            return True
        for each in paragraph.iterancestors(qn("w:tbl")):
            named = each.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")
            styles = [] if named is None else self._chain(named.get(_VALUE, ""))
            if any(next(style.iter(qn("w:shd")), None) is not None for style in styles):
                return True
        return False

    def is_raised(self, run: etree._Element, paragraph: etree._Element) -> bool:
        """Whether ``run`` is superscript."""
        found = self._property("w:vertAlign", run, paragraph)
        return found is not None and found.get(_VALUE) == "superscript"

    def font(self, run: etree._Element, paragraph: etree._Element) -> str:
        """The font of its Latin letters; empty when the theme or the defaults give it."""
        found = self._property("w:rFonts", run, paragraph)
        return "" if found is None else found.get(qn("w:ascii")) or found.get(qn("w:hAnsi")) or ""

    def _property(self, name: str, run: etree._Element, paragraph: etree._Element) -> etree._Element | None:
        own = run.find(f"{qn('w:rPr')}/{qn(name)}")
        if own is not None:
            return own
        style = run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")
        if style is not None:
            found = self._inherit(style.get(_VALUE, ""), name)
            if found is not None:
                return found
        return self._inherit(self._style_id(paragraph), name)

    def _inherit(self, style_id: str, name: str) -> etree._Element | None:
        key = (style_id, name)
        if key not in self._inherited:
            path = f"{qn('w:rPr')}/{qn(name)}"
            found = (style.find(path) for style in self._chain(style_id))
            self._inherited[key] = next((each for each in found if each is not None), None)
        return self._inherited[key]

    def _of(self, paragraph: etree._Element) -> Iterator[etree._Element]:
        return self._chain(self._style_id(paragraph))

    def _style_id(self, paragraph: etree._Element) -> str:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        if style is not None and style.get(_VALUE, "") in self._by_id:
            return style.get(_VALUE, "")
        return "" if self._default is None else self._default.get(qn("w:styleId"), "")

    def _chain(self, style_id: str) -> Iterator[etree._Element]:
        """A style and what it is based on, nearest first."""
        seen: set[str] = set()
        while style_id in self._by_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id[style_id]
            yield style
            based_on = style.find(qn("w:basedOn"))
            style_id = "" if based_on is None else based_on.get(_VALUE, "")


def _rgb(value: str) -> tuple[int, ...] | None:
    return tuple(bytes.fromhex(value)) if _HEX.fullmatch(value) else None


def _name(style: etree._Element) -> str:
    found = style.find(qn("w:name"))
    return "" if found is None else found.get(_VALUE, "").casefold()


def _outline(level: etree._Element) -> int | None:
    value = int(level.get(_VALUE, _BODY_LEVEL))
    return value + 1 if value < _BODY_LEVEL else None


def _on(value: str) -> bool:
    return value not in ("0", "false", "off")
