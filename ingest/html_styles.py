"""What an HTML element is by its tag, its attributes and its own style. Style sheets are not evaluated."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
MOST_COLUMNS, MOST_ROWS = 1_000, 65_534  # that a cell can span (HTML Standard, 4.9.11)

_UNSEEN = frozenset({"script", "style", "noscript", "template", "dialog", "datalist", "noframes", "rp", "title"})
_STRUCK = frozenset({"del", "s", "strike"})
_ZERO = r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:e[+-]?\d+)?"
_END = r"\s*(?:!\s*important\s*)?(?:;|$)"
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)" + rf"|opacity\s*:\s*{_ZERO}%?){_END}",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?:^|;)\s*font(?:-size)?\s*:", re.IGNORECASE)
_NO_SIZE = re.compile(
    rf"(?:^|;)\s*(?:font-size\s*:\s*{_ZERO}(?:%|[a-z]+)?{_END}"
    # in the short form the size stands before a slash, and an angle isn't one
    rf"|font\s*:(?:[^;/]*\s)?{_ZERO}(?:%|(?!deg|grad|rad|turn)[a-z]+)?[\s/])",
    re.IGNORECASE,
)
_STRIKING = re.compile(r"(?:^|;)\s*text-decoration(?:-line)?\s*:[^;]*\bline-through\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_SPAN = re.compile(r"\s*\+?([0-9]+)")


def is_hidden(element: HtmlElement) -> bool:
    """Whether nobody sees ``element``; a style that hides counts wherever it stands among the others."""
    style = _style(element)
    return (
        element.tag in _UNSEEN
        or element.get("hidden") is not None
        or element.get("aria-hidden", "").strip().lower() == "true"
        or _HIDING.search(style) is not None
        or _NO_SIZE.search(style) is not None
    )


def is_struck(element: HtmlElement) -> bool:
    """Whether what stands in ``element`` is struck out; no style inside takes that back."""
    return element.tag in _STRUCK or _STRIKING.search(_style(element)) is not None


def grows_again(element: HtmlElement) -> bool:
    """Whether ``element`` has no size and something in it has one, and may be seen."""
    return _NO_SIZE.search(_style(element)) is not None and any(
        _SIZE.search(style) and not _NO_SIZE.search(style)
        for style in map(_style, element.iterdescendants(etree.Element))
    )


def columns_of(cell: HtmlElement) -> int:
    """How many columns ``cell`` covers."""
    return min(_span(cell, "colspan") or 1, MOST_COLUMNS)


def rows_of(cell: HtmlElement) -> int:
    """How many rows ``cell`` covers at most; its row group may end before."""
    return min(_span(cell, "rowspan") or MOST_ROWS, MOST_ROWS)


def _style(element: HtmlElement) -> str:
    style: str = element.get("style", "")
    return _COMMENT.sub(" ", style) if style else style


def _span(cell: HtmlElement, name: str) -> int:
    found = _SPAN.match(cell.get(name, ""))
    return int(found.group(1).lstrip("0")[:6] or "0") if found else 1
