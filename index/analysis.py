"""Text -> tokens for the lexical index, by the language of the text.

A token carries its language ("en:dose"), so one index holds all languages and none is stemmed by another's rules.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable

import Stemmer
from bm25s import stopwords

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
}
_STOPWORDS = {
    "da": stopwords.STOPWORDS_DANISH,
    "de": stopwords.STOPWORDS_GERMAN,
    "en": stopwords.STOPWORDS_EN,
    "es": stopwords.STOPWORDS_SPANISH,
    "fr": stopwords.STOPWORDS_FRENCH,
    "it": stopwords.STOPWORDS_ITALIAN,
    "nl": stopwords.STOPWORDS_DUTCH,
    "pt": stopwords.STOPWORDS_PORTUGUESE,
    "sv": stopwords.STOPWORDS_SWEDISH,
}


def tokens(text: str, language: str) -> list[str]:
    """The tokens of ``text`` in order: folded, without stop words, stemmed, marked with the language."""
    token = _token_of(language)
    return [found for word in words(text) if (found := token(word))]


def words(text: str) -> list[str]:
    """Case-folded words; runs of ideographs as overlapping pairs of characters."""
    if text.isascii():  # what Unicode folds otherwise, and ideographs, stand beyond
        plain: list[str] = _WORD.findall(text.lower())
        return plain
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = _WORD.findall(folded)
    if not _CJK.search(folded):
        return found
    return [part for word in found for part in (_pairs(word) if _CJK.search(word) else [word])]


@functools.cache
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language; none where there is no list."""
    return frozenset(_STOPWORDS.get(language, ()))


@functools.cache
def _token_of(language: str) -> Callable[[str], str]:
    """What makes the token of a word, by Snowball's stemmer where there is one; empty for a stop word."""
    name, stop = _STEMMERS.get(language), stop_words(language)
    stem = str if name is None else Stemmer.Stemmer(name).stemWord

    @functools.lru_cache(maxsize=50_000)
    def token(word: str) -> str:
        return "" if word in stop else f"{language}:{stem(word)}"

    return token


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]
