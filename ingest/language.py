"""The language of a document, for its sentences and its analyser."""

from __future__ import annotations

import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_PIECES, _PIECE = 12, 1_000  # samples that are compared, and their characters: a paragraph or two each
_SAMPLE = 20_000  # characters from the middle: enough for any label, past its cover


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def language_of(text: str) -> str:
    """The ISO 639-1 code that py3langid gives to the middle of ``text``."""
    start = max(0, len(text) // 2 - _SAMPLE // 2)
    return str(_identifier().classify(text[start : start + _SAMPLE])[0])


def language_share(text: str, language: str) -> float:
    """The share of samples, taken evenly from ``text``, that are in ``language``: 1.0 for a text in one language."""
    starts = sorted({len(text) * piece // _PIECES for piece in range(_PIECES)})
    pieces = [text[start : start + _PIECE] for start in starts]
    return sum(language_of(piece) == language for piece in pieces) / len(pieces)
