"""HTML by lxml: the visible text of the main content, with its headings, items, table rows and fragments.

What a page hides in its markup is left out and found: nobody approved what nobody sees. Style sheets are not evaluated.
A merged cell stands in every row of its table that it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from lxml import etree
from lxml.html import HtmlElement, defs

from corpus.findings import Finding
from ingest.errors import Quarantined
from ingest.flow import Cell, Kind, Merged, Row, block, heading, raised, squeezed, table
from ingest.html_source import open_html
from ingest.html_styles import HEADINGS, columns_of, grows_again, how_hidden, is_hidden, is_struck, is_text, rows_of
from ingest.limits import FINDING_CHARACTERS
from ingest.lines import RawBlock

_ITEMS = frozenset({"li", "dt", "dd"})
_SECTIONS = {
    "article",
    "aside",
    "figcaption",
    "figure",
    "footer",
    "header",
    "hgroup",
    "main",
    "nav",
    "search",
    "section",
}
_BLOCKS = (defs.block_tags - {"del", "ins"}) | _SECTIONS | {"body", "details", "summary"}
_GAPS = frozenset({"br", "img", "input", "iframe", "object", "video", "audio", "canvas", "svg"})  # no text, some room


def read_html(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first h1 (else the title element) as title, and the blocks; raises ``Quarantined``."""
    root = open_html(content)
    page = _Page()
    for main in _main_content(root):
        page.read_main(main)
    if not page.blocks:
        raise Quarantined("the page shows no text without its scripts; save it from a browser or provide a PDF")
    return page.title or squeezed(root.findtext("head/title") or ""), page.blocks


def hidden_in_html(content: bytes) -> tuple[Finding, ...]:
    """What the main content, or a main element that isn't shown, hides in its own markup; raises ``Quarantined``."""
    root = open_html(content)
    hidden = [each for each in root.iter("main") if is_hidden(each)]
    found = [find for main in (*_main_content(root), *hidden) for find in _findings(main)]
    return tuple(dict.fromkeys(found))


def _findings(element: HtmlElement) -> Iterator[Finding]:
    how = how_hidden(element)
    if how is not None and is_text(element):
        text = squeezed(" ".join(_readable(element)))
        if any(map(str.isalnum, text)):
            yield Finding(None, how, text[:FINDING_CHARACTERS])
    elif not is_hidden(element):
        for child in element.iterchildren(etree.Element):
            yield from _findings(child)


def _readable(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element.iterchildren(etree.Element):
        if is_text(child):
            yield from _readable(child)
        yield child.tail or ""


def _main_content(root: HtmlElement) -> list[HtmlElement]:
    """<main>, else the only <article>, else the body without what surrounds content."""
    mains = list(_outermost(root, lambda each: each.tag == "main" or each.get("role") == "main"))
    if mains:
        return mains
    articles = list(_outermost(root, lambda each: each.tag == "article"))
    if len(articles) == 1:
        return articles
    for each in list(root.iter("nav", "aside", "form", "header", "footer")):
        if _surrounds(each):  # emptied and hidden, as taking each out of its parent would take quadratic time
            each.clear(keep_tail=True)
            each.set("hidden", "")
    return list(_outermost(root, lambda each: each.tag == "body"))


def _surrounds(element: HtmlElement) -> bool:
    if element.tag == "form":  # around the whole page it is its frame
        return next(element.iter("h1"), None) is None
    return element.tag in ("nav", "aside") or next(element.iterancestors("article", "section"), None) is None


def _outermost(element: HtmlElement, is_wanted: Callable[[HtmlElement], bool]) -> Iterator[HtmlElement]:
    """The visible elements that are wanted, none of them in another one."""
    if is_hidden(element):
        return
    if is_wanted(element):
        yield element
        return
    for child in element.iterchildren(etree.Element):
        yield from _outermost(child, is_wanted)


class _Page:
    """The blocks of a page in the order of their text."""

    def __init__(self) -> None:
        self.title = ""
        self.blocks: list[RawBlock] = []
        self._anchor: str | None = None  # the last id before here: what a browser can open
        self._parts: list[str] = []  # of the block that is being read
        self._begun_at: str | None = None  # the anchor where its text began
        self._merged = Merged()

    def read_main(self, element: HtmlElement) -> None:
        """Everything visible in ``element``."""
        _check_shown(element, struck=any(map(is_struck, element.iterancestors())))
        self._anchor = next(filter(None, map(_id, element.iterancestors())), None)
        self._read(element, "paragraph")
        self._end("paragraph")

    def _read(self, element: HtmlElement, kind: Kind) -> None:
        if element.tag in HEADINGS:
            self._end(kind)
            self._read_heading(element)
            return
        self._anchor = _id(element) or self._anchor
        if element.tag == "table" and (rows := _rows(element)) is not None:
            self._end(kind)
            self._read_table(element, rows)
            return
        is_block = element.tag in _BLOCKS
        inner: Kind = "item" if element.tag in _ITEMS else kind
        if is_block:
            self._end(kind)
        for piece in _content(element):
            if isinstance(piece, str):
                self._say(piece)
            else:
                self._read(piece, inner)
        if is_block:
            self._end(inner)

    def _say(self, text: str) -> None:
        if not self._parts:
            if not squeezed(text):
                return
            self._begun_at = self._anchor
        self._parts.append(text)

    def _end(self, kind: Kind) -> None:
        text = squeezed("".join(self._parts))
        if text:
            self.blocks.append(block(kind, text, self._begun_at))
        self._parts.clear()

    def _read_heading(self, element: HtmlElement) -> None:
        self._anchor = next(_ids(element), self._anchor)
        text = squeezed(_flat(element))
        if text:
            self.blocks.append(heading(text, HEADINGS[element.tag], self._anchor))
            if element.tag == "h1" and not self.title:
                self.title = text

    def _read_table(self, element: HtmlElement, rows: list[HtmlElement]) -> None:
        for caption in element.iterchildren("caption"):
            if not is_hidden(caption):
                self._read(caption, "paragraph")
        self.blocks.extend(table(list(self._read_rows(rows))))

    def _read_rows(self, rows: list[HtmlElement]) -> Iterator[Row]:
        for _, group in groupby(rows, HtmlElement.getparent):  # no cell reaches out of its thead, tbody or tfoot
            above: tuple[Cell, ...] = ()
            for row in group:
                cells = [cell for cell in _content(row) if not isinstance(cell, str)]
                header = row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells)
                *_, self._anchor = (self._anchor, *_ids(row))
                own = [Cell(squeezed(_flat(cell)), columns_of(cell), rows_of(cell)) for cell in cells]
                above = self._merged.row(own, above)
                yield Row(above, header, next(_ids(row), self._anchor))


def _check_shown(element: HtmlElement, *, struck: bool) -> None:
    """Raises ``Quarantined`` for visible text that is struck out, or where it can't be told what is visible."""
    struck = struck or is_struck(element)
    if struck and squeezed(element.text or ""):
        raise Quarantined(f"line {element.sourceline}: struck-out text can't be quoted; remove it")
    for child in element.iterchildren(etree.Element):
        if child.tag in _GAPS:
            pass
        elif not is_hidden(child):
            _check_shown(child, struck=struck)
        elif grows_again(child):
            where = f"line {child.sourceline}: text of size 0 has text of another size in it"
            raise Quarantined(f"{where}, so it can't be told what is hidden; mend the markup")
        if struck and squeezed(child.tail or ""):
            raise Quarantined(f"line {element.sourceline}: struck-out text can't be quoted; remove it")


def _content(element: HtmlElement) -> Iterator[str | HtmlElement]:
    """Text and visible elements in ``element``, in order; each character is in one of them."""
    if element.text:
        yield element.text
    for child in element.iterchildren(etree.Element):
        if child.tag in _GAPS:
            yield " "
        elif not is_hidden(child):
            if child.tag == "math":
                raise Quarantined(f"line {child.sourceline}: a formula can't be quoted; write it as text")
            yield raised(_flat(child)) if child.tag == "sup" else child
        if child.tail:
            yield child.tail


def _flat(element: HtmlElement) -> str:
    """The visible text of ``element``; what stands in blocks of its own is set apart by spaces."""
    pieces = (piece if isinstance(piece, str) else _flat(piece) for piece in _content(element))
    text = "".join(pieces)
    return f" {text} " if element.tag in _BLOCKS else text


def _rows(element: HtmlElement) -> list[HtmlElement] | None:
    """The rows of a table of data, ``None`` for one that only lays out: its cells are read one after the other."""
    rows: list[HtmlElement] = []
    for part in _content(element):
        inner = _content(part) if not isinstance(part, str) and part.tag in ("thead", "tbody", "tfoot") else (part,)
        for row in inner:
            if isinstance(row, str):
                if squeezed(row):
                    return None
            elif row.tag == "tr":
                rows.append(row)
            elif row.tag not in ("caption", "colgroup"):
                return None
    pieces = [piece for row in rows for piece in _content(row) if isinstance(piece, HtmlElement) or squeezed(piece)]
    cells = [piece for piece in pieces if isinstance(piece, HtmlElement) and piece.tag in ("td", "th")]
    lays_out = element.get("role") in ("presentation", "none") or len(cells) < 2
    if (
        lays_out
        or len(cells) < len(pieces)
        or any(next(cell.iter("table", *HEADINGS), None) is not None for cell in cells)
    ):
        return None
    return rows


def _id(element: HtmlElement) -> str | None:
    """The fragment that opens at ``element``."""
    return element.get("id") or (element.get("name") if element.tag == "a" else None) or None


def _ids(element: HtmlElement) -> Iterator[str]:
    return filter(None, map(_id, element.iter(etree.Element)))
