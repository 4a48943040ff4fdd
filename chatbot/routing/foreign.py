"""Whether a text is in a language that nothing here was written for: by its letters, else by its commonest words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from index.analysis import stop_words, words

SPOKEN = ("en", "de", "es", "fr", "it")  # detectors, lexicons and fixed texts are in these
_OTHERS = ("da", "nl", "pt", "sv")  # languages with a list of common words here, close enough to be taken for one above
_COMMON = frozenset(  # English words, and one of German wards, that lists of other languages have
    {"can", "do", "from", "had", "have", "he", "i", "may", "me", "my", "op", "over", "she", "so", "we", "you"}
)
OTHER_SCRIPT = 0.3  # share of letters; a Greek letter or a name in its own script is less
OTHER_WORDS = 2  # common words, at the least
# Letters of Latin script that none of SPOKEN writes, and that no list of common words here stands for.
_OTHER_LETTERS = re.compile("[ąćčďęěğıłńňőřśşšťůűźżžāēģīķļņ]")
_WORD = re.compile(r"[^\W\d_]+")


def is_foreign(text: str) -> bool:
    """Whether the text is in another language than SPOKEN, as far as letters and common words tell."""
    if is_unread(text):
        return True
    said = set(words(text))
    ours = _ours(said)
    other = max(len(said & common) for common in _lists(_OTHERS, _less_common))
    return other >= OTHER_WORDS and other > ours


def is_unread(text: str) -> bool:
    """Whether no detector reads this text at all: another script, or a language that shares no common word with ours.

    A single word with such a letter is a name among words of ours.
    """
    found = _WORD.findall(text)
    strange = sum(map(_strange_letters, found))
    if strange and strange / sum(map(len, found)) >= OTHER_SCRIPT:
        return True
    return bool(_OTHER_LETTERS.search(text.casefold())) and not _ours(set(words(text)))


def _ours(said: set[str]) -> int:
    return max(len(said & common) for common in _lists(SPOKEN, _and_common))


@cache
def _lists(languages: tuple[str, ...], of: Callable[[str], frozenset[str]]) -> tuple[frozenset[str], ...]:
    return tuple(of(language) for language in languages)


def _less_common(language: str) -> frozenset[str]:
    return stop_words(language) - _COMMON


def _and_common(language: str) -> frozenset[str]:
    return stop_words(language) | _COMMON


def _strange_letters(word: str) -> int:
    """How many letters of a word are in another script; one or two Greek ones by themselves are a symbol."""
    if word.isascii():
        return 0
    names = [unicodedata.name(char, "") for char in word]
    if len(word) <= 2 and all(name.startswith(("GREEK", "MICRO")) for name in names):
        return 0
    return sum("LATIN" not in name for name in names)
