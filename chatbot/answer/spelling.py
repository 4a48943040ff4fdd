"""Words that nobody wrote: which words of the edition a typed one may stand for, one slip of the finger away.

Only what is looked for in a document widens; the question is never rewritten, and no name becomes another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

LONG_ENOUGH = 5  # letters of a word's stem; one slip in a shorter one gives another word too often
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßáéíóúñæøå"


def neighbours(token: str, vocabulary: Collection[str]) -> frozenset[str]:
    """The tokens of ``vocabulary`` one edit away: a letter more, less, other, or two exchanged (Damerau 1964).

    The first letter is right nearly always (Yannakoudakis and Fawthrop 1983), so it stays.
    """
    language, _, word = token.partition(":")
    if len(word) < LONG_ENOUGH or not word.isalpha():
        return frozenset()
    return frozenset(found for edited in _edits(word) if (found := f"{language}:{edited}") in vocabulary)


@lru_cache(maxsize=256)
def _edits(word: str) -> frozenset[str]:
    return frozenset(_edited(word)) - {word}


def _edited(word: str) -> Iterator[str]:
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def one_edit(one: str, other: str) -> bool:
    """Whether two words are one edit apart, as in :func:`neighbours`; for few words, without a vocabulary."""
    if (
        one == other
        or one[:1] != other[:1]
        or abs(len(one) - len(other)) > 1
        or min(len(one), len(other)) < LONG_ENOUGH
    ):
        return False
    at = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
    left, right = one[at:], other[at:]
    if at < 0:
        return True
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left == right[1:] or left[1:] == right
