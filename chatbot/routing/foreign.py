"""Whether a text is in a language that nothing here was written for: by its script, else by its commonest words."""

from __future__ import annotations

import unicodedata

from index.analysis import stop_words, words

SPOKEN = ("en", "de", "es", "fr", "it")  # detectors, lexicons and fixed texts are in these
_OTHERS = ("da", "nl", "pt", "sv")  # languages with a list of common words here, close enough to be taken for one above
OTHER_SCRIPT = 0.3  # share of letters; a Greek letter or a name in its own script is less
OTHER_WORDS = 2  # common words, at the least


def is_foreign(text: str) -> bool:
    """Whether no detector reads this text: another script, or more common words of another language than of ours."""
    letters = [char for char in text if char.isalpha()]
    strange = sum(not unicodedata.name(char, "").startswith(("LATIN", "GREEK SMALL", "MICRO")) for char in letters)
    if letters and strange / len(letters) >= OTHER_SCRIPT:
        return True
    said = set(words(text))
    ours = max(len(said & stop_words(language)) for language in SPOKEN)
    other = max(len(said & stop_words(language)) for language in _OTHERS)
    return other >= OTHER_WORDS and other > ours
