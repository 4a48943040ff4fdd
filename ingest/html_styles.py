"""What an HTML element is by its tag, its attributes and its own style. Style sheets are not evaluated."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

from corpus.findings import Kind

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
_FAR = rf"-\s*(?:\d{{3,}}(?:\.\d+)?(?:px|pt|%)|\d{{2,}}(?:\.\d+)?(?:r?em|vw|vh)){_END}"
_OFF_PAGE = re.compile(rf"(?:^|;)\s*(?:text-indent|margin-(?:left|top))\s*:\s*{_FAR}", re.IGNORECASE)
_MOVED = re.compile(rf"(?:^|;)\s*(?:left|top|right|bottom)\s*:\s*{_FAR}", re.IGNORECASE)
_PLACED = re.compile(r"(?:^|;)\s*position\s*:\s*(?:absolute|fixed|relative|sticky)\b", re.IGNORECASE)
_CLIPPED = re.compile(
    rf"(?:^|;)\s*(?:clip\s*:\s*rect\(\s*{_ZERO}|clip-path\s*:\s*(?:inset\(\s*(?:[5-9]\d|100)%|circle\(\s*{_ZERO}))",
    re.IGNORECASE,
)
_NO_ROOM = re.compile(rf"(?:^|;)\s*(?:max-)?(?:height|width)\s*:\s*{_ZERO}(?:px|pt|em|rem|%)?{_END}", re.IGNORECASE)
_OVERFLOW = re.compile(r"(?:^|;)\s*overflow\s*:\s*(?:hidden|clip)\b", re.IGNORECASE)
_TINY = re.compile(
    rf"(?:^|;)\s*font-size\s*:\s*\+?(?:[01](?:\.\d+)?(?:px|pt)|0?\.0\d*r?em|[0-9](?:\.\d+)?%){_END}", re.IGNORECASE
)
_INKLESS = re.compile(
    rf"(?:^|;)\s*color\s*:\s*(?:transparent|(?:rgb|hsl)a?\([^;)]*[,/]\s*{_ZERO}%?\s*\)|#[0-9a-f]{{3}}0{_END}|#[0-9a-f]{{6}}00)",
    re.IGNORECASE,
)
_WHITE = r"(?:white|#fff(?:fff)?|rgba?\(\s*255[\s,]+255[\s,]+255\s*(?:[,/]\s*1(?:\.0*)?\s*)?\)|hsl\([^;)]*100%\s*\))"
_WHITE_TEXT = re.compile(rf"(?:^|;)\s*color\s*:\s*{_WHITE}{_END}", re.IGNORECASE)
_GROUND = re.compile(
    rf"(?:^|;)\s*background(?:-color|-image)?\s*:\s*(?!{_WHITE}{_END}|none|transparent|inherit)", re.IGNORECASE
)
_WHITE_NAME = re.compile(r"\s*(?:white|#?fff(?:fff)?)\s*", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|;)\s*font(?:-size)?\s*:", re.IGNORECASE)
_NO_SIZE = re.compile(
    rf"(?:^|;)\s*(?:font-size\s*:\s*{_ZERO}(?:%|[a-z]+)?{_END}"
    # in the short form the size stands before a slash, and an angle isn't one
    rf"|font\s*:(?:[^;/]*\s)?{_ZERO}(?:%|(?!deg|grad|rad|turn)[a-z]+)?[\s/])",
    re.IGNORECASE,
)
_STRIKING = re.compile(r"(?:^|;)\s*text-decoration(?:-line)?\s*:[^;]*\bline-through\b", re.IGNORECASE)
_WAYS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_HIDING, "markup"),
    (_NO_SIZE, "tiny"),
    (_TINY, "tiny"),
    (_OFF_PAGE, "off_page"),
    (_CLIPPED, "covered"),
    (_INKLESS, "transparent"),
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_SPAN = re.compile(r"\s*\+?([0-9]+)")


def is_hidden(element: HtmlElement) -> bool:
    """Whether nobody sees ``element``; a style that hides counts wherever it stands among the others."""
    return element.tag in _UNSEEN or how_hidden(element) is not None


def is_text(element: HtmlElement) -> bool:
    """Whether what stands in ``element`` is text for readers, and not for programs or for other browsers."""
    return element.tag not in _UNSEEN or element.tag == "dialog"


def how_hidden(element: HtmlElement) -> Kind | None:
    """By what its own markup hides ``element``, if it does."""
    style = _style(element)
    if element.get("hidden") is not None or element.get("aria-hidden", "").strip().lower() == "true":
        return "markup"
    white = element.tag == "font" and _WHITE_NAME.fullmatch(element.get("color", ""))
    if not style and not white:
        return "markup" if element.tag == "dialog" else None
    for pattern, kind in _WAYS:
        if pattern.search(style):
            return kind
    if _MOVED.search(style) and _PLACED.search(style):
        return "off_page"
    if _NO_ROOM.search(style) and _OVERFLOW.search(style):
        return "covered"
    if (white or _WHITE_TEXT.search(style)) and not any(map(_has_ground, (element, *element.iterancestors()))):
        return "colour"
    return "markup" if element.tag == "dialog" else None


def is_struck(element: HtmlElement) -> bool:
    """Whether what stands in ``element`` is struck out; no style inside takes that back."""
    return element.tag in _STRUCK or _STRIKING.search(_style(element)) is not None


def grows_again(element: HtmlElement) -> bool:
    """Whether ``element`` has no size and something in it has one, and may be seen."""
    return _NO_SIZE.search(_style(element)) is not None and any(
        _SIZE.search(style) and not _NO_SIZE.search(style)
        for style in map(_style, element.iterdescendants(etree.Element))
    )


def _has_ground(element: HtmlElement) -> bool:
    return element.get("bgcolor") is not None or _GROUND.search(_style(element)) is not None


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
