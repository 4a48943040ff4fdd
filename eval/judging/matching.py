"""When a shown text counts as an expected sentence: every word, every figure and every sign of it stands there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_GOOD_PART = 4  # words; fewer are no answer just because the right one contains them
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[<>≤≥%±]")


def words(text: str) -> list[str]:
    """Words, figures with their decimals, and the signs that turn a dose around; line breaks don't matter."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def contains(text: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the words ``part`` stand in ``text`` in one piece; nothing stands nowhere."""
    size = len(part)
    return bool(part) and any(text[at : at + size] == part for at in range(len(text) - size + 1))


def holds(quote: Sequence[str], wanted: Iterable[Sequence[str]]) -> bool:
    """Whether a shown quote holds a wanted sentence, or is a good part of it, word by word and sign by sign."""
    return any(
        contains(quote, sentence) or (len(quote) >= _GOOD_PART and contains(sentence, quote)) for sentence in wanted
    )
