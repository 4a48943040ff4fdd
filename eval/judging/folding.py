"""Whether a text stands in another one, however the two were set: the evaluation's own fold, not that of ingestion.

White space, ligatures, soft hyphens and hyphenation are folded away. Digits, signs and powers are not: 5 is neither 15
nor -5 nor 5 %, and 10⁹ is not 109. A raised figure after anything but a figure may be a plain one: m² is m2.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_DASHES = frozenset("-‐‑‒–—―−")
_UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")  # soft hyphen, zero-width space, word joiner, byte order mark
_BOUNDS = frozenset("<>≤≥±~≈")  # before a number they say which numbers are meant


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without what two readers of it may differ in."""

    text: str
    gaps: frozenset[int]  # offsets in ``text`` before which there was white space or a hyphen


def fold(text: str) -> Folded:
    """White space is dropped, but for one space between two figures; hyphens before, after and between letters are."""
    plain = unicodedata.normalize("NFC", "".join(map(_plain, text)))
    kept: list[str] = []
    gaps: set[int] = set()
    gap = False
    for at, char in enumerate(plain):
        before = kept[-1] if kept else ""
        if char.isspace() or (char == "-" and _is_letter(before or "a") and _is_letter(_next(plain, at) or "a")):
            gap = True  # what a line's end does to a hyphen differs from reader to reader
            continue
        if gap:
            if before.isdecimal() and char.isdecimal():
                kept.append(" ")
            gaps.add(len(kept))
        power = char in _RAISED and before.isdigit()
        kept.append(char if power else unicodedata.normalize("NFKC", char))
        gap = False
    return Folded("".join(kept), frozenset(gaps))


def stands_in(part: Folded, whole: Folded) -> bool:
    """Whether ``part`` stands in ``whole`` in one piece, and neither begins nor ends inside a word or a number."""
    at = whole.text.find(part.text) if part.text else -1  # what folds to nothing stands nowhere
    while at >= 0:
        if _begins(part.text, whole, at) and _ends(part.text, whole, at + len(part.text)):
            return True
        at = whole.text.find(part.text, at + 1)
    return False


def _plain(char: str) -> str:
    if char in _RAISED:
        return char
    if char in _DASHES:
        return "-"
    return "" if char in _UNSEEN else unicodedata.normalize("NFKC", char)


def _is_letter(char: str) -> bool:
    """Whether it is of a script that parts words by spaces, as those with case do."""
    return char.lower() != char.upper()


def _next(text: str, at: int) -> str:
    """The next character after ``at`` that can be seen."""
    return next((char for char in text[at + 1 :] if not char.isspace()), "")


def _begins(part: str, whole: Folded, at: int) -> bool:
    before = whole.text[max(0, at - 3) : at].rstrip(" ")
    last, first = before[-1:], part[0]
    if first.isdigit() and last in _BOUNDS and last:
        return False
    if at in whole.gaps:
        # A sign that stands apart from its number is a dash or a bullet; at a line's end a range goes on after it.
        return not (first.isdigit() and last == "-" and before[-2:-1].isdigit())
    if first.isdigit():
        decimal = last in (".", ",") and before[-2:-1].isdigit()
        return not (last.isalnum() or last == "-" or decimal)
    return not (_is_letter(first) and _is_letter(last))


def _ends(part: str, whole: Folded, end: int) -> bool:
    after = whole.text[end : end + 2].lstrip(" ")
    if part[-1].isdigit() and after[:1] == "%":
        return False
    if end in whole.gaps or not after or whole.text[end : end + 1] == " ":
        return True
    if part[-1].isdigit():
        decimal = after[0] in ".," and after[1:2].isdigit()
        return not (after[0].isdigit() or after[0] in _RAISED or decimal)
    return not (_is_letter(part[-1]) and _is_letter(after[0]))
