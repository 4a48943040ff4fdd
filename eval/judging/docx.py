"""The text of a DOCX by zipfile and ElementTree, for checking quotes: what its text nodes say, tables row by row.

A cell that goes on over the rows below is said in each of them, as a row that is quoted says it. Character styles are
followed only to see what is raised.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_TO_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_SIGNS = {f"{_W}tab": " ", f"{_W}br": " ", f"{_W}cr": " ", f"{_W}ptab": " ", f"{_W}noBreakHyphen": "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says again what is there already


def docx_text(content: bytes) -> str:
    """Paragraphs in order, then table rows whose cells reach into them from above."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = set(package.namelist())
        # Read without resolving entities: ElementTree's parser refuses undefined ones and fetches nothing.
        roots = [ElementTree.fromstring(package.read(name)) for name in _PARTS if name in names]  # noqa: S314
        styles = "word/styles.xml"
        raised = _raised_styles(ElementTree.fromstring(package.read(styles))) if styles in names else set()  # noqa: S314
    lines = [line for root in roots for line in _paragraphs(root, raised)]
    rows = [row for root in roots for table in root.iter(f"{_W}tbl") for row in _rows(table, raised)]
    return "\n".join([*lines, *rows])


def _paragraphs(root: Element, raised: set[str]) -> Iterator[str]:
    for paragraph in root.iter(f"{_W}p"):
        yield "".join(_pieces(paragraph, raised, up=False))


def _pieces(element: Element, raised: set[str], *, up: bool) -> Iterator[str]:
    for child in element:
        if child.tag == f"{_W}t":
            text = child.text or ""
            yield text.translate(_TO_RAISED) if up else text
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag not in (f"{_W}p", _FALLBACK):  # a paragraph in a text box is read for itself
            yield from _pieces(child, raised, up=up or (child.tag == f"{_W}r" and _is_raised(child, raised)))


def _is_raised(run: Element, raised: set[str]) -> bool:
    properties = run.find(f"{_W}rPr")
    if properties is None:
        return False
    own, style = properties.find(f"{_W}vertAlign"), properties.find(f"{_W}rStyle")
    if own is not None:
        return own.get(f"{_W}val") == "superscript"
    return style is not None and style.get(f"{_W}val") in raised


def _raised_styles(root: Element) -> set[str]:
    """The ids of the styles that raise what they are given to."""
    return {
        str(style.get(f"{_W}styleId"))
        for style in root.iter(f"{_W}style")
        for own in style.findall(f"{_W}rPr/{_W}vertAlign")
        if own.get(f"{_W}val") == "superscript"
    }


def _rows(table: Element, raised: set[str]) -> Iterator[str]:
    above: dict[int, str] = {}
    for row in table.findall(f"{_W}tr"):
        texts: dict[int, str] = {}
        column = 0
        for cell in row.iter(f"{_W}tc"):
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            goes_on = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
            texts[column] = above.get(column, "") if goes_on else " ".join(_paragraphs(cell, raised))
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            column += int(span.get(f"{_W}val", "1")) if span is not None else 1
        yield " ".join(text for text in texts.values() if text.strip())
        above = texts
