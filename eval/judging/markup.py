"""The text of HTML by html.parser and of Markdown as it is written, for checking quotes."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_PHRASES = ("a", "abbr", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "kbd", "mark", "q", "samp", "strong", "var")
_LOOKS = ("b", "font", "i", "s", "small", "span", "strike", "sub", "sup", "tt", "u")
_INLINE = frozenset({*_PHRASES, *_LOOKS, "del", "ins", "time", "wbr"})  # tags that part no words
_UNSHOWN = frozenset({"script", "style", "template", "noscript", "head"})
_TO_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_LEAD = re.compile(r"^[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]|[-*+][ \t]|\d+[.)][ \t])?", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*\|?[ \t:|-]*-[ \t:|-]*$", re.MULTILINE)  # under a table's header
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def html_text(content: bytes) -> str:
    """What a page's text nodes say, tables row by row; a cell over several rows is said in each."""
    reader = _Text()
    reader.feed(content.decode(_charset(content), errors="replace"))
    reader.close()
    return "".join(reader.parts) + "\n" + "\n".join(reader.rows)


def markdown_text(content: bytes) -> str:
    """The text without marks of emphasis, headings, items, tables and links."""
    text = html.unescape(_LINK.sub(r"\1", content.decode("utf-8-sig")))
    plain = _LEAD.sub("\n", _RULE.sub("", text))
    return _ESCAPE.sub(r"\1", plain).replace("|", " ").replace("`", "").replace("*", "").replace("_", "")


def _charset(content: bytes) -> str:
    found = re.search(rb"""charset\s*=\s*["']?([\w-]+)""", content[:2048], re.IGNORECASE)
    name = found[1].decode("ascii") if found else "utf-8"
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name


class _Text(HTMLParser):
    """Collects text; white space stands where a tag parts two texts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.rows: list[str] = []  # those into which a cell reaches from above
        self._unshown = 0
        self._raised = 0
        self._cells: list[tuple[str, int]] = []  # of the row that is read: text, rows it still covers
        self._above: list[tuple[int, str, int]] = []  # place in its row, text, rows it still covers
        self._cell: list[str] | None = None
        self._covers = 1

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begins what ``tag`` begins."""
        self._gap(tag)
        if tag in _UNSHOWN:
            self._unshown += 1
        elif tag == "sup":
            self._raised += 1
        elif tag in ("td", "th"):
            given = dict(attributes).get("rowspan") or "1"
            self._end_cell()
            self._cell, self._covers = [], int(given) if given.isdigit() else 1
        elif tag == "table":
            self._above = []
        elif tag == "tr":
            self._end_row()

    def handle_endtag(self, tag: str) -> None:
        """Ends what ``tag`` ends."""
        self._gap(tag)
        if tag in _UNSHOWN:
            self._unshown = max(0, self._unshown - 1)
        elif tag == "sup":
            self._raised = max(0, self._raised - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        """Keeps a text that is shown."""
        if not self._unshown:
            self._add(data.translate(_TO_RAISED) if self._raised else data)

    def _gap(self, tag: str) -> None:
        if tag not in _INLINE:
            self._add(" ")

    def _add(self, text: str) -> None:
        self.parts.append(text)
        if self._cell is not None:
            self._cell.append(text)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self._cells.append(("".join(self._cell), self._covers))
            self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if not self._cells:
            return
        row = list(self._cells)
        for place, text, left in self._above:
            row.insert(place, (text, left))
        if self._above:
            self.rows.append(" ".join(text for text, _ in row))
        self._above = [(place, text, left - 1) for place, (text, left) in enumerate(row) if left > 1]
        self._cells = []
