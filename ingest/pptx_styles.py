"""What a paragraph of a slide is by its own properties and by those it inherits: shape, layout, master."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from pptx.oxml.ns import qn
from pptx.slide import Slide

_BULLETS = frozenset({qn("a:buChar"), qn("a:buAutoNum"), qn("a:buBlip")})
_NONE = qn("a:buNone")
_BODIES = frozenset({"body", "obj", "subTitle", "tbl"})  # types that take the master's style of bodies


def placeholder(shape: etree._Element) -> tuple[str, str]:
    """The type and the index of a placeholder; empty for a shape that is none."""
    found = next(shape.iter(qn("p:ph")), None)
    return ("", "") if found is None else (found.get("type", "obj"), found.get("idx", "0"))


def has_bullet(paragraph: etree._Element, shape: etree._Element, slide: Slide) -> bool:
    """Whether it shows as an item of a list (ECMA-376, part 1, 21.1.2.4: the nearest that says so decides)."""
    for properties in _properties(paragraph, shape, slide):
        for child in () if properties is None else properties:
            if child.tag == _NONE:
                return False
            if child.tag in _BULLETS:
                return True
    return False


def _properties(paragraph: etree._Element, shape: etree._Element, slide: Slide) -> Iterator[etree._Element | None]:
    own = paragraph.find(qn("a:pPr"))
    yield own
    level = qn(f"a:lvl{int(own.get('lvl', 0)) + 1 if own is not None else 1}pPr")
    yield shape.find(f"{qn('p:txBody')}/{qn('a:lstStyle')}/{level}")
    kind, index = placeholder(shape)
    if not kind:
        return
    layout = slide.slide_layout
    for parent in (layout.element, layout.slide_master.element):
        for other in parent.cSld.spTree.iterchildren(qn("p:sp")):
            known, place = placeholder(other)
            if known and (place == index if parent is layout.element else _family(known) == _family(kind)):
                yield other.find(f"{qn('p:txBody')}/{qn('a:lstStyle')}/{level}")
    style = "titleStyle" if _family(kind) == "title" else "bodyStyle" if _family(kind) == "body" else "otherStyle"
    yield layout.slide_master.element.find(f"{qn('p:txStyles')}/{qn(f'p:{style}')}/{level}")


def _family(kind: str) -> str:
    return "title" if kind in ("title", "ctrTitle") else "body" if kind in _BODIES else kind
