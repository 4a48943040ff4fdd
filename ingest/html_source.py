"""An HTML page as a tree: opened within bounds, refused where it can't be told what it shows."""

from __future__ import annotations

import codecs
import re
import sys

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from ingest.errors import Quarantined
from ingest.html_styles import HEADINGS, is_hidden, is_struck
from ingest.limits import MAX_HTML_BYTES, MAX_HTML_DEPTH

# libxml2 closes these at blocks that the HTML Standard lets stand in them, and says so only when the end tag comes.
_CLOSED = re.compile(r"Unexpected end tag : (\S+)")
_CLOSED_BY_OTHERS = frozenset(
    {"a", "address", "b", "big", "dd", "dir", "dl", "dt", "font", "form", "i", "legend", "li", "menu", "ol", "p", "pre"}
    | {"s", "small", "strike", "tt", "u", "ul", *HEADINGS}
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


def open_html(content: bytes) -> HtmlElement:
    """The root of the page; raises ``Quarantined``."""
    if len(content) > MAX_HTML_BYTES:
        raise Quarantined(
            f"the page has more than {MAX_HTML_BYTES:,} bytes; keep pictures in their own files or split it"
        )
    return _tree(_decoded(content))


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
        if closed.get(element.tag, 0) >= element.sourceline and (is_hidden(element) or is_struck(element)):
            where = f"line {element.sourceline}: <{element.tag}> is closed by what stands in it"
            raise Quarantined(f"{where}, so it can't be told what is hidden or struck out; mend the markup")
