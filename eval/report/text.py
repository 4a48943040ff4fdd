"""Words and figures as the report's files can carry them. Questions and quotes are anybody's: they are data here."""

from __future__ import annotations

import re

from eval.baseline import DIGITS

NOTHING = "–"
# What XML 1.0 (section 2.2) forbids, and the other controls: a terminal obeys some of them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"([\\`*|<>\[\]&])")


def clean(text: str) -> str:
    """``text`` without what XML forbids or a terminal obeys; each such character becomes U+FFFD."""
    return _CONTROLS.sub("\ufffd", text)


def line(text: str, length: int) -> str:
    """``text`` on one line of at most ``length`` characters that can't turn the order of those around it."""
    flat = " ".join(_BIDI.sub("\ufffd", clean(text)).split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def markdown(text: str, length: int = 200) -> str:
    """``text`` as a cell of a Markdown table that means nothing but itself."""
    return _MARKDOWN.sub(r"\\\1", line(text, length))


def figure(value: float | None) -> str:
    """A figure with three digits; one that only looks like 0 or 1 shows why it isn't."""
    if value is None or value != value:
        return NOTHING
    if abs(value) >= 10:
        return f"{value:.1f}"
    text = f"{value:.3f}"
    return text if float(text) not in (0, 1) or float(text) == round(value, DIGITS) else f"{value:.{DIGITS}f}"


def signed(value: float | None) -> str:
    """A change, with its sign."""
    if value is None:
        return NOTHING
    text = figure(abs(value))
    return text if not float(text) else f"{'+' if value > 0 else '−'}{text}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends."""
    return NOTHING if low is None or high is None else f"{figure(low)} to {figure(high)}"


def probability(p: float | None) -> str:
    """A p-value; below the finest step it says so."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
