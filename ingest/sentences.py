"""Sentence boundaries by sentencex (Wikimedia's, for some 240 languages), mended where labels differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from ingest.marks import is_cjk

# Words that stand before a figure with a full stop, in the languages of labels. To join two sentences does no harm;
# half of one must not be quoted.
_BEFORE_FIGURES = frozenset(
    ("approx.", "aprox.", "art.", "ca.", "env.", "fig.", "max.", "min.", "no.", "nos.", "nr.", "núm.", "vol.")
)
_UNIT = r"(?:(?:[kmcdµnp]|mc)?(?:g|mol|Mol|L|l|m|Eq|U)|UI|IU|IE|°C|%)[²³]?"
# sentencex takes the full stop of "5.5 mmol/L." for that of an initial. In "min." and "h." it may be an abbreviation's.
_AFTER_UNIT = re.compile(rf"\d\s?{_UNIT}(?:/(?:[\d.,]*\s?{_UNIT}|min|h|day|Tag|día))*[.]\s+(?=[^\W\d_]{{2}})")


def sentence_spans(text: str, language: str) -> list[tuple[int, int]]:
    """The sentences of one paragraph as offsets without surrounding spaces; together they cover its words."""
    spans: list[tuple[int, int]] = []
    for boundary in sentencex.get_sentence_boundaries(language, text):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start >= end:
            continue
        if spans and _continues(text[spans[-1][0] : spans[-1][1]], text[start:end]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [part for start, end in spans for part in _after_units(text, start, end)]


def _after_units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence cut where one ended in an amount and the next begins with a capital."""
    for match in _AFTER_UNIT.finditer(text, start, end):
        if match.end() < end and text[match.end()].isupper():
            yield start, match.start() + len(match.group().rstrip())
            start = match.end()
    yield start, end


def _continues(before: str, piece: str) -> bool:
    """A piece that starts in lower case or with a digit, or has no word, is no sentence of its own.

    "approx. 5 mL" and "No. 4" are one sentence each; "Take 1. 2 tablets" does not occur in labels.
    """
    if is_cjk(piece[0]):
        return False
    if not any(char.isalpha() for char in piece) or not any(char.isalpha() for char in before):
        return True
    words = before.split()
    figure = piece[0].isdigit() and before.endswith(".")
    return piece[0].islower() or (figure and (len(words) < 4 or words[-1].casefold() in _BEFORE_FIGURES))
