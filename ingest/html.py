"""HTML by lxml: the visible text of the main content, with its headings, items, table rows and fragments.

What a page hides in its markup is left out: nobody approved what nobody sees. Style sheets are not evaluated.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator

import lxml.html
from lxml import etree
from lxml.html import HtmlElement, defs

from ingest.errors import Quarantined
from ingest.flow import Kind, Row, block, heading, raised, squeezed, table
from ingest.limits import MAX_HTML_BYTES, MAX_HTML_DEPTH
from ingest.lines import RawBlock

NAME = "lxml"

_DEPTHS = {f"h{depth}": depth for depth in range(1, 7)}
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
_UNSEEN = frozenset({"script", "style", "noscript", "template", "dialog", "datalist", "noframes", "rp", "title"})
_STRUCK = frozenset({"del", "s", "strike"})
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\s*(?:!\s*important\s*)?(?:;|$)",
    re.IGNORECASE,
)

# libxml2 closes these at blocks that the HTML Standard lets stand in them, and says so only when the end tag comes.
_CLOSED = re.compile(r"Unexpected end tag : (\S+)")
_CLOSED_BY_OTHERS = frozenset(
    {"a", "address", "b", "big", "dd", "dir", "dl", "dt", "font", "form", "i", "legend", "li", "menu", "ol", "p", "pre"}
    | {"s", "small", "strike", "tt", "u", "ul", *_DEPTHS}
)
_MOST_ERRORS = 100  # libxml2 reports no more, but for a fatal one

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"(?:<meta\b[^>]*\bcharset|<\?xml\b[^>]*\bencoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_PRESCAN = 1024  # bytes in which browsers look for a declared encoding (HTML Standard, 13.2.3.2)
_ENCODING = re.compile(
    r"utf-?8|windows-125\d|cp125\d|iso-?8859-\d{1,2}|koi8-[ru]|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5"
)
_AS_BROWSERS_DO = {"utf-16": "utf-8", "utf-16le": "utf-8", "utf-16be": "utf-8"} | dict.fromkeys(
    ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "windows-1252"
)


def read_html(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first h1 (else the title element) as title, and the blocks; raises ``Quarantined``."""
    if len(content) > MAX_HTML_BYTES:
        raise Quarantined(
            f"the page has more than {MAX_HTML_BYTES:,} bytes; keep pictures in their own files or split it"
        )
    root = _tree(_decoded(content))
    page = _Page()
    for main in _main_content(root):
        page.read_main(main)
    if not page.blocks:
        raise Quarantined("the page shows no text without its scripts; save it from a browser or provide a PDF")
    return page.title or squeezed(root.findtext("head/title") or ""), page.blocks


def _decoded(content: bytes) -> str:
    """Byte order mark, then declared encoding, then UTF-8: the order of the HTML Standard."""
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    encoding = marked or _declared(content[:_PRESCAN])
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Quarantined(f"the text is not {encoding}: {error}; save it in UTF-8 and declare that") from error
    if "\0" in text:
        raise Quarantined("the text has null characters; save it in UTF-8 again")
    return text


def _declared(start: bytes) -> str:
    found = _DECLARED.search(re.sub(rb"<!--.*?-->", b"", start, flags=re.DOTALL))
    name = found.group(1).decode("ascii").lower() if found else "utf-8"
    encoding = _AS_BROWSERS_DO.get(name, name)
    if not _ENCODING.fullmatch(encoding):
        raise Quarantined(f"its encoding '{name}' is not read; save it in UTF-8 and declare that")
    return encoding


def _tree(text: str) -> HtmlElement:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise Quarantined("the file has no text; provide it again") from error
    fatal = next((entry for entry in parser.error_log if entry.level == etree.ErrorLevels.FATAL), None)
    if fatal is not None:  # what follows is missing from the tree
        raise Quarantined(f"line {fatal.line} can't be read: {fatal.message.strip()}; simplify the page's markup")
    _check_structure(root, _closed_early(parser))
    return root


def _closed_early(parser: etree.HTMLParser) -> dict[str, int]:
    """By tag, the last line where libxml2 found an element closed already; for any tag where it reports no more."""
    found = [(match.group(1), entry.line) for entry in parser.error_log if (match := _CLOSED.match(entry.message))]
    full = len(parser.error_log) >= _MOST_ERRORS
    return dict.fromkeys(_CLOSED_BY_OTHERS, sys.maxsize) if full else dict(found)


def _check_structure(root: HtmlElement, closed: dict[str, int]) -> None:
    """Raises ``Quarantined`` for what lies too deep, or was meant to lie in hidden text and does not."""
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_HTML_DEPTH:
            raise Quarantined(f"more than {MAX_HTML_DEPTH} elements lie in each other; simplify the page's markup")
        if closed.get(element.tag, 0) >= element.sourceline and (_is_hidden(element) or element.tag in _STRUCK):
            where = f"line {element.sourceline}: <{element.tag}> is closed by what stands in it"
            raise Quarantined(f"{where}, so it can't be told what is hidden or struck out; mend the markup")


def _main_content(root: HtmlElement) -> list[HtmlElement]:
    """<main>, else the only <article>, else the body without what surrounds content."""
    mains = _outermost(root, "//main | //*[@role='main']")
    if mains:
        return mains
    articles = _outermost(root, "//article")
    if len(articles) == 1:
        return articles
    bodies: list[HtmlElement] = root.findall("body")
    for body in bodies:
        for around in body.xpath(
            ".//nav | .//aside | .//form[not(.//h1)]"  # a form around the whole page is its frame
            " | .//*[self::header or self::footer][not(ancestor::article or ancestor::section)]"
        ):
            around.drop_tree()
    return bodies


def _outermost(root: HtmlElement, path: str) -> list[HtmlElement]:
    seen = [found for found in root.xpath(path) if not any(map(_is_hidden, (found, *found.iterancestors())))]
    return [found for found in seen if not any(outer in seen for outer in found.iterancestors())]


class _Page:
    """The blocks of a page in the order of their text."""

    def __init__(self) -> None:
        self.title = ""
        self.blocks: list[RawBlock] = []
        self._anchor: str | None = None  # the last id before here: what a browser can open
        self._parts: list[str] = []  # of the block that is being read
        self._begun_at: str | None = None  # the anchor where its text began

    def read_main(self, element: HtmlElement) -> None:
        """Everything visible in ``element``."""
        self._anchor = next(filter(None, map(_id, element.iterancestors())), None)
        self._read(element, "paragraph")
        self._end("paragraph")

    def _read(self, element: HtmlElement, kind: Kind) -> None:
        if element.tag in _DEPTHS:
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
            self.blocks.append(heading(text, _DEPTHS[element.tag], self._anchor))
            if element.tag == "h1" and not self.title:
                self.title = text

    def _read_table(self, element: HtmlElement, rows: list[HtmlElement]) -> None:
        for caption in element.iterchildren("caption"):
            if not _is_hidden(caption):
                self._read(caption, "paragraph")
        read = []
        for row in rows:
            cells = [cell for cell in _content(row) if not isinstance(cell, str)]
            header = row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells)
            *_, self._anchor = (self._anchor, *_ids(row))
            read.append(Row(tuple(squeezed(_flat(cell)) for cell in cells), header, next(_ids(row), self._anchor)))
        self.blocks.extend(table(read))


def _content(element: HtmlElement) -> Iterator[str | HtmlElement]:
    """Text and visible elements in ``element``, in order; each character is in one of them."""
    if element.text:
        yield element.text
    for child in element.iterchildren(etree.Element):
        if child.tag in _GAPS:
            yield " "
        elif not _is_hidden(child):
            if child.tag in _STRUCK and squeezed(_flat(child)):
                raise Quarantined(f"line {child.sourceline}: struck-out text can't be quoted; remove it")
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
        or any(next(cell.iter("table", *_DEPTHS), None) is not None for cell in cells)
    ):
        return None
    return rows


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.tag in _UNSEEN
        or element.get("hidden") is not None
        or element.get("aria-hidden", "").strip().lower() == "true"
        or _HIDING.search(element.get("style", "")) is not None
    )


def _id(element: HtmlElement) -> str | None:
    """The fragment that opens at ``element``."""
    return element.get("id") or (element.get("name") if element.tag == "a" else None) or None


def _ids(element: HtmlElement) -> Iterator[str]:
    return filter(None, map(_id, element.iter(etree.Element)))
