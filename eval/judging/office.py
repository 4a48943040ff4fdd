"""The text of PPTX and XLSX by zipfile and ElementTree, for checking quotes: paragraphs, then table rows.

A cell that goes on over the rows below is said in each of them, as a row that is quoted says it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SLIDE = re.compile(r"ppt/(?:slides|notesSlides)/[^/]+\.xml")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_TO_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_CODES = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 49: "@"}  # without a code of their own
_PLACE = re.compile(r"([A-Z]+)(\d+)")


def pptx_text(content: bytes) -> str:
    """The slides and their notes."""
    roots = [root for name, root in _parts(content) if _SLIDE.fullmatch(name)]
    lines = [_said(paragraph) for root in roots for paragraph in root.iter(f"{_A}p")]
    rows = [row for root in roots for table in root.iter(f"{_A}tbl") for row in _slide_rows(table)]
    return "\n".join([*lines, *rows])


def xlsx_text(content: bytes) -> str:
    """The sheets row by row, numbers by their formats, with a point and with a comma."""
    parts = dict(_parts(content))
    strings = [_rich(each) for each in parts.get("xl/sharedStrings.xml", Element("none")).iterfind(f"{_S}si")]
    codes = _codes(parts["xl/styles.xml"]) if "xl/styles.xml" in parts else []
    lines = [
        line for name, root in parts.items() if _SHEET.fullmatch(name) for line in _sheet_rows(root, strings, codes)
    ]
    return "\n".join(lines)


def _parts(content: bytes) -> Iterator[tuple[str, Element]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in sorted(package.namelist()):
            if name.endswith(".xml"):
                yield name, ElementTree.fromstring(package.read(name))  # noqa: S314 - entities are not resolved


def _said(paragraph: Element) -> str:
    pieces = []
    for run in paragraph:
        text, properties = run.findtext(f"{_A}t", ""), run.find(f"{_A}rPr")
        up = properties is not None and not properties.get("baseline", "0").startswith(("-", "0"))
        pieces.append(" " if run.tag == f"{_A}br" else text.translate(_TO_RAISED) if up else text)
    return "".join(pieces)


def _slide_rows(table: Element) -> Iterator[str]:
    above: list[str] = []
    for row in table.iter(f"{_A}tr"):
        texts = []
        for at, cell in enumerate(row.iter(f"{_A}tc")):
            said = " ".join(map(_said, cell.iter(f"{_A}p")))
            texts.append(above[at] if cell.get("vMerge") == "1" and at < len(above) else said)
        yield " ".join(text for text in texts if text.strip())
        above = texts


def _rich(item: Element) -> str:
    """A string with its runs; what is said phonetically isn't shown."""
    pieces = [item.findtext(f"{_S}t", "")]
    for run in item.iterfind(f"{_S}r"):
        raised = run.find(f"{_S}rPr/{_S}vertAlign")
        text = run.findtext(f"{_S}t", "")
        pieces.append(text.translate(_TO_RAISED) if raised is not None and raised.get("val") == "superscript" else text)
    return "".join(pieces)


def _codes(styles: Element) -> list[str]:
    """The number format of each style of a cell."""
    own = {int(each.get("numFmtId", 0)): each.get("formatCode", "") for each in styles.iter(f"{_S}numFmt")}
    formats = styles.find(f"{_S}cellXfs")
    numbers = [] if formats is None else [int(each.get("numFmtId", 0)) for each in formats]
    return [own.get(number, _CODES.get(number, "General")) for number in numbers]


def _sheet_rows(sheet: Element, strings: list[str], codes: list[str]) -> Iterator[str]:
    cells = {place: texts for place, texts in _cells(sheet, strings, codes) if texts[0].strip()}
    for merged in sheet.iter(f"{_S}mergeCell"):
        first, _, last = merged.get("ref", "").partition(":")
        (column, top), (_, bottom) = _place(first), _place(last)
        for row in range(top + 1, bottom + 1):
            if (column, top) in cells:
                cells[column, row] = cells[column, top]
    for row in sorted({row for _, row in cells}):
        texts = [cells[place] for place in sorted(cells) if place[1] == row]
        yield " ".join(point for point, _ in texts)
        yield " ".join(comma for _, comma in texts)


def _cells(sheet: Element, strings: list[str], codes: list[str]) -> Iterator[tuple[tuple[int, int], tuple[str, str]]]:
    for cell in sheet.iter(f"{_S}c"):
        kind, value, place = cell.get("t", "n"), cell.findtext(f"{_S}v", ""), _place(cell.get("r", ""))
        inline = cell.find(f"{_S}is")
        if kind == "n" and value:
            style = int(cell.get("s", 0))
            text = _number(float(value), codes[style] if style < len(codes) else "General")
            yield place, (text, text.translate(str.maketrans(".,", ",.")))
        else:
            text = _rich(inline) if inline is not None else _string(kind, value, strings)
            yield place, (text, text)


def _string(kind: str, value: str, strings: list[str]) -> str:
    if kind == "s" and value:
        return strings[int(value)]
    return {"1": "TRUE", "0": "FALSE"}.get(value, value) if kind == "b" else value


def _place(reference: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(reference.replace("$", ""))
    if found is None:
        raise ValueError(f"'{reference}' names no cell")
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - 64
    return column, int(found[2])


def _number(value: float, code: str) -> str:
    if code in ("General", "@"):
        places = max(0, 10 - len(str(int(abs(value)))))
        return f"{value:.{places}f}".rstrip("0").rstrip(".") if places else f"{value:.0f}"
    sections = code.split(";")
    section = sections[1] if value < 0 and len(sections) > 1 else sections[0]
    value = abs(value) if section is not sections[0] else value
    value = value * 100 if "%" in section else value
    found = re.search(r"[#0,]*[#0](?:\.([#0]+))?", re.sub(r'"[^"]*"', lambda each: "\0" * len(each[0]), section))
    if found is None:
        return section
    places = len(found[1] or "")
    number = f"{value + (1e-9 if value > 0 else 0):{',' if ',' in found[0] else ''}.{places}f}"
    number = number.rstrip("0").rstrip(".") if found[1] and "#" in found[1] else number
    number = number.zfill(found[0].partition(".")[0].count("0"))
    plain = re.sub(r"\[[^\]]*\]|[\"\\]", "", f"{section[: found.start()]}\0{section[found.end() :]}")
    return plain.replace("\0", number)
