"""DOCX by python-docx: headings by style or outline level, paragraphs, list items, table rows, notes, text boxes.

Headers, footers, comments, hidden text and generated tables of contents are left out; so are the numbers that Word
counts itself. Notes and text boxes follow the paragraph or table they are anchored in, each note once.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from corpus import findings
from corpus.findings import Finding
from ingest.docx_package import Package, open_docx
from ingest.docx_styles import TITLE, qn
from ingest.errors import Quarantined
from ingest.flow import Cell, Kind, Merged, Row, block, first_heading, heading, raised, slug, squeezed, table
from ingest.limits import FINDING_CHARACTERS
from ingest.lines import RawBlock
from ingest.symbols import readable

_PARAGRAPH, _TABLE, _ROW, _CELL, _RUN = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc", "r"))
_BOX, _FIELD, _VALUE = qn("w:txbxContent"), qn("w:fldChar"), qn("w:val")
_NOTES = (qn("w:footnoteReference"), qn("w:endnoteReference"))
_SPACES = frozenset(qn(f"w:{name}") for name in ("tab", "ptab", "br", "cr"))
_PROPERTIES = frozenset(qn(f"w:{name}") for name in ("pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "trPr", "tcPr"))
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SMART_ART = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_UNREADABLE = {
    qn("w:altChunk"): "an embedded document; copy its text",
    qn("w:subDoc"): "a linked document; copy its text",
    f"{_FORMULA}oMath": "a formula; write it as text",
    f"{_FORMULA}oMathPara": "a formula; write it as text",
    _SMART_ART: "SmartArt; write it as text",
}


def read_docx(content: bytes) -> tuple[str, list[RawBlock]]:
    """The Title paragraph (else the first heading) as title, and the blocks; raises ``Quarantined``."""
    reader = _Reader(open_docx(content))
    blocks = reader.read()
    if not blocks:
        raise Quarantined("the file has no text; provide it again")
    return reader.title or first_heading(blocks), blocks


def hidden_in_docx(content: bytes) -> tuple[Finding, ...]:
    """What body and notes hold that Word doesn't show: hidden runs and rows; raises ``Quarantined``."""
    package = open_docx(content)
    words: dict[findings.Kind, list[str]] = {}
    for root in (package.body, *package.notes.values()):
        for run in root.iter(_RUN):
            paragraph = next(run.iterancestors(_PARAGRAPH), None)
            row = next(run.iterancestors(_ROW), None)
            hidden = row is not None and _has(row, "w:trPr/w:hidden")
            how: findings.Kind | None = "markup" if hidden else None
            if how is None and paragraph is not None:
                how = package.styles.how_hidden(run, paragraph)
            text = "".join(each.text or "" for each in run.iterchildren(qn("w:t")))
            if how is not None and text:
                words.setdefault(how, []).append(text)
    texts = ((how, squeezed("".join(parts))) for how, parts in words.items())
    return tuple(Finding(None, how, text[:FINDING_CHARACTERS]) for how, text in texts if any(map(str.isalnum, text)))


class _Reader:
    """The blocks of one document in the order of their text."""

    def __init__(self, package: Package) -> None:
        self.title = ""
        self._package = package
        self._styles = package.styles
        self._blocks: list[RawBlock] = []
        self._anchor: str | None = None
        self._anchored: list[etree._Element] = []  # notes and text boxes that follow what is being read
        self._fields: list[bool] = []  # of each open field: whether its result, not its code, is being read
        self._notes_read: set[etree._Element] = set()
        self._merged = Merged()
        self._first_depth = 2  # of Heading 1: as in HTML, where the title is h1

    def read(self) -> list[RawBlock]:
        """Everything in the body."""
        body = self._package.body
        depths = [depth for each in body.iter(_PARAGRAPH) if (depth := self._depth(each)) is not None]
        if TITLE not in depths and depths[:1] == [1] and depths.count(1) == 1:
            self._first_depth = 1  # the only Heading 1, over all others, is the title
        self._read(body, aside=False)
        if self._fields:
            raise Quarantined("a field has no end, so it can't be told what is shown; update or unlink it in Word")
        return self._blocks

    def _depth(self, paragraph: etree._Element) -> int | None:
        """Of a heading that structures the text; text boxes stand beside it."""
        text = any(each.text and each.text.strip() for each in paragraph.iter(qn("w:t")))
        if not text or next(paragraph.iterancestors(_BOX), None) is not None:
            return None
        return self._styles.depth(paragraph)

    def _read(self, parent: etree._Element, *, aside: bool) -> None:
        for child in _children(parent):
            if child.tag == _PARAGRAPH:
                self._read_paragraph(child, aside=aside)
            elif child.tag == _TABLE:
                self._read_table(child, aside=aside)
            else:
                self._read(child, aside=aside)

    def _read_paragraph(self, paragraph: etree._Element, *, aside: bool) -> None:
        text = self._text(paragraph)
        depth = None if aside else self._styles.depth(paragraph)
        if not text or self._styles.is_contents(paragraph):
            pass
        elif depth is not None:
            self._anchor = slug(text)
            self._blocks.append(heading(text, max(1, depth + self._first_depth - 1), self._anchor))
            if depth == TITLE and not self.title:
                self.title = text
        else:
            kind: Kind = "item" if self._styles.is_item(paragraph) else "paragraph"
            self._blocks.append(block(kind, text, self._anchor))
        self._read_anchored()

    def _read_anchored(self) -> None:
        anchored, self._anchored = self._anchored, []
        for each in anchored:
            self._read(each, aside=True)

    def _read_table(self, element: etree._Element, *, aside: bool) -> None:
        rows = [row for row in _inside(element, _ROW) if not _has(row, "w:trPr/w:hidden")]
        grid = _grid(rows)
        cells = [cell for row in grid for _, cell, above in row if above is None]
        if len(cells) == 1 or any(self._lays_out(cell) for cell in cells):
            for cell in cells:
                self._read(cell, aside=aside)
            return
        headers = _header_rows(element, rows, max(map(len, grid), default=0))
        shown: dict[etree._Element, Cell] = {}  # read once each, as notes and fields count
        for row in grid:
            for column, cell, above in row:
                if above is None:
                    shown[cell] = Cell(self._cell_text(cell), _columns(cell), column=column)
                else:
                    shown[cell] = self._merged.repeat(shown[above])
        read = [
            Row(tuple(shown[cell] for _, cell, _ in row), index < headers, self._anchor)
            for index, row in enumerate(grid)
        ]
        self._blocks.extend(table(read))
        self._read_anchored()

    def _lays_out(self, cell: etree._Element) -> bool:
        """Whether what stands in ``cell`` has a structure of its own."""
        return next(cell.iter(_TABLE), None) is not None or any(
            self._depth(paragraph) is not None for paragraph in _inside(cell, _PARAGRAPH)
        )

    def _cell_text(self, cell: etree._Element) -> str:
        return squeezed(" ".join(self._text(paragraph) for paragraph in _inside(cell, _PARAGRAPH)))

    def _text(self, paragraph: etree._Element) -> str:
        return squeezed("".join(self._inline(paragraph, paragraph)))

    def _inline(self, parent: etree._Element, paragraph: etree._Element) -> Iterator[str]:
        for child in _children(parent):
            if child.tag != _RUN:
                yield from self._inline(child, paragraph)
            elif self._styles.how_hidden(child, paragraph) is None:
                yield self._run(child, paragraph)
            else:
                for field in child.iter(_FIELD):  # a hidden field must still end
                    self._turn(field)

    def _run(self, run: etree._Element, paragraph: etree._Element) -> str:
        text = "".join(self._pieces(run, run, paragraph))
        if text.strip() and any(self._styles.is_on(name, run, paragraph) for name in ("w:strike", "w:dstrike")):
            raise Quarantined(f"struck-out text can't be quoted: '{squeezed(text)[:40]}'; remove it")
        return raised(text) if self._styles.is_raised(run, paragraph) else text

    def _pieces(self, parent: etree._Element, run: etree._Element, paragraph: etree._Element) -> Iterator[str]:
        for child in _children(parent):
            if child.tag == _FIELD:
                self._turn(child)
            elif not all(self._fields):
                continue
            elif child.tag == qn("w:t"):
                yield readable(child.text or "", self._styles.font(run, paragraph))
            elif child.tag == qn("w:sym"):
                yield readable(chr(int(child.get(qn("w:char"), ""), 16)), child.get(qn("w:font"), ""))
            elif child.tag in _SPACES:
                yield " "
            elif child.tag == qn("w:noBreakHyphen"):
                yield "-"
            elif child.tag in _NOTES:
                self._anchored.extend(self._note(child))
            elif child.tag == _BOX:
                self._anchored.append(child)
            elif child.tag == qn("w:ruby"):
                for part in (child.find(qn("w:rubyBase")), child.find(qn("w:rt"))):
                    yield from () if part is None else self._inline(part, paragraph)
            else:
                yield from self._pieces(child, run, paragraph)

    def _note(self, reference: etree._Element) -> Iterator[etree._Element]:
        """The note, where it is referred to first."""
        note = self._package.notes.get((str(reference.tag), reference.get(qn("w:id"), "")))
        if note is None:
            raise Quarantined("a note that its text refers to is missing; save it in Word again")
        if note in self._notes_read:
            return
        if next(note.iter(*_NOTES), None) is not None:
            raise Quarantined("a note refers to a note, which Word never does; write it into the text")
        self._notes_read.add(note)
        yield note

    def _turn(self, field: etree._Element) -> None:
        kind = field.get(qn("w:fldCharType"))
        if kind == "begin":
            self._fields.append(False)
        elif self._fields:
            self._fields.pop()
            if kind == "separate":
                self._fields.append(True)


def _children(parent: etree._Element) -> Iterator[etree._Element]:
    """What is shown in ``parent``: no properties, one of several alternatives. Raises ``Quarantined``."""
    for child in parent.iterchildren(etree.Element):
        if child.tag == f"{_ALTERNATIVES}AlternateContent":
            yield next(child.iterchildren(f"{_ALTERNATIVES}Choice", f"{_ALTERNATIVES}Fallback"), child)
        elif child.tag in _UNREADABLE:
            raise Quarantined(f"it has {_UNREADABLE[str(child.tag)]}")
        elif child.tag not in _PROPERTIES:
            yield child


def _inside(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The elements with ``tag`` in ``parent``, also those in content controls."""
    for child in _children(parent):
        if child.tag == tag:
            yield child
        else:
            yield from _inside(child, tag)


def _grid(rows: list[etree._Element]) -> list[list[tuple[int, etree._Element, etree._Element | None]]]:
    """By row, each cell with its column and the one right above it that it goes on, if it does."""
    grid = []
    above: dict[int, etree._Element] = {}  # by column, those that may go on
    for row in rows:
        cells = list(_cells(row))
        merges = {column: _merge(cell, "w:vMerge") for column, cell in cells}
        grid.append(
            [(column, cell, above.get(column) if merges[column] == "continue" else None) for column, cell in cells]
        )
        above = {column: cell for column, cell in cells if merges[column] is not None}
    return grid


def _cells(row: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    """The cells of ``row`` by column, without those that one on their left covers."""
    column = _count(row, "w:trPr/w:gridBefore", 0)
    for cell in _inside(row, _CELL):
        if _merge(cell, "w:hMerge") != "continue":
            yield column, cell
        column += _columns(cell)


def _columns(cell: etree._Element) -> int:
    return max(1, _count(cell, "w:tcPr/w:gridSpan", 1))


def _merge(cell: etree._Element, name: str) -> str | None:
    found = cell.find(f"{qn('w:tcPr')}/{qn(name)}")
    return None if found is None else found.get(_VALUE, "continue")


def _count(element: etree._Element, path: str, default: int) -> int:
    found = element.find("/".join(map(qn, path.split("/"))))
    return default if found is None else int(found.get(_VALUE, default))


def _header_rows(element: etree._Element, rows: list[etree._Element], columns: int) -> int:
    """How many rows are the header: those marked as such, else the first one unless the table says that it has none."""
    marked = 0
    while marked < len(rows) and _has(rows[marked], "w:trPr/w:tblHeader"):
        marked += 1
    look = element.find(f"{qn('w:tblPr')}/{qn('w:tblLook')}")
    plain = look is not None and (
        look.get(qn("w:firstRow")) in ("0", "false")
        or (look.get(qn("w:firstRow")) is None and not int(look.get(_VALUE, "0020"), 16) & 0x20)
    )
    return marked or int(columns > 1 and not plain)


def _has(element: etree._Element, path: str) -> bool:
    found = element.find("/".join(map(qn, path.split("/"))))
    return found is not None and found.get(_VALUE, "1") not in ("0", "false", "off")
