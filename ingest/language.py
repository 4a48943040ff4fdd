"""The language of a document, for its sentences and its analyser."""

from __future__ import annotations

import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 20_000  # characters from the middle: enough for any label, past its cover


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def language_of(text: str) -> str:
    """The ISO 639-1 code that py3langid gives to the middle of ``text``."""
    start = max(0, len(text) // 2 - _SAMPLE // 2)
    return str(_identifier().classify(text[start : start + _SAMPLE])[0])
