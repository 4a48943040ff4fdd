"""Words that nobody wrote: how far two words are apart, and which words of the edition a typed one may stand for.

The question is never rewritten: what is found here is looked for or offered beside what was typed. What a name may
become is decided in chatbot.routing.readings: none is ever exchanged for another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONG_ENOUGH = 5  # letters of a word's stem; one slip in a shorter one gives another word too often
TWO_SLIPS = 12  # letters from which two slips are forgiven; "asparagus" is no "apparatus"
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßáéíóúñæøå"
# What sounds alike and says the opposite, or names another substance: never a slip.
CONTRARY_BEGINNINGS = (
    ("hyper", "hypo"),
    ("macro", "micro"),
    ("inter", "intra", "infra"),
    ("ante", "anti"),
    ("endo", "ecto", "exo"),
    ("supra", "super", "sub"),
    ("tri", "tetra"),
    ("pre", "peri", "para", "post"),
    ("ileum", "ilium"),
)
CONTRARY_ENDINGS = (
    ("phagia", "phasia", "plasia", "plegia"),
    ("ate", "ite", "ide", "ine", "one", "ane", "ene"),
    ("aemia", "emia", "uria"),
    ("itis", "osis"),
    ("ectomy", "ostomy", "otomy"),
)


def neighbours(token: str, vocabulary: Collection[str]) -> frozenset[str]:
    """The tokens of ``vocabulary`` one edit away: a letter more, less, other, or two exchanged (Damerau 1964).

    The first letter is right nearly always (Yannakoudakis and Fawthrop 1983), so it stays.
    """
    language, _, word = token.partition(":")
    if len(word) < LONG_ENOUGH or not word.isalpha():
        return frozenset()
    found = [edited for edited in _edits(language, word) if edited in vocabulary]
    return frozenset(edited for edited in found if not contrary(word, edited.partition(":")[2]))


@lru_cache(maxsize=256)
def _edits(language: str, word: str) -> frozenset[str]:
    """As tokens of the language: they are looked up, and most aren't there."""
    return frozenset([f"{language}:{edited}" for edited in _edited(word)]) - {f"{language}:{word}"}


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
    shorter = min(len(one), len(other))
    if one[:1] != other[:1] or shorter < LONG_ENOUGH:
        return False
    half = (shorter - 2) // 2  # an edit touches two letters at most, so one half stays as it is
    return (one[:half] == other[:half] or one[-half:] == other[-half:]) and distance(one, other, 1) == 1


def contrary(one: str, other: str) -> bool:
    """Whether two words begin or end with parts that must not be taken for each other."""
    begins = any(_differ(row, one.startswith, other.startswith) for row in CONTRARY_BEGINNINGS)
    return begins or any(_differ(row, one.endswith, other.endswith) for row in CONTRARY_ENDINGS)


def _differ(row: tuple[str, ...], one: Callable[[str], bool], other: Callable[[str], bool]) -> bool:
    """Whether each has a part of ``row``, but not the same; the longest that fits is the one it has."""
    longest = sorted(row, key=len, reverse=True)
    parts = [next((part for part in longest if has(part)), None) for has in (one, other)]
    return None not in parts and parts[0] != parts[1]


def distance(one: str, other: str, limit: int) -> int:
    """How many letters must be added, left out, replaced or exchanged with the next one; ``limit`` + 1 for more.

    Optimal string alignment (Damerau 1964): no letter is edited twice.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before = before, row
        row = [at]
        for place, against in enumerate(other, 1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != against))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == against:
                cost = min(cost, older[place - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(before) > limit:  # an exchange looks two rows back
            return limit + 1
    return min(row[-1], limit + 1)


def slips(word: str) -> int:
    """How many edits a typed word of this length may be off."""
    return 0 if len(word) < LONG_ENOUGH else 1 + (len(word) >= TWO_SLIPS)


@dataclass(frozen=True, slots=True)
class Near:
    """A known word near a typed one."""

    word: str
    edits: int
    count: int  # how often it is known


class Vocabulary:
    """Words with how often each stands in the edition, to be compared with typed ones.

    An edit takes at most one of a word's letters and two of its pairs of letters, an exchange three pairs, and brings
    as many; so one pass over both leaves a few words to compare. Two exchanges in one word may go unseen.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Keeps words of letters alone that are long enough; the others are never compared."""
        self._words = sorted(word for word in counts if len(word) >= LONG_ENOUGH - 1 and word.isalpha())
        self._counts = [counts[word] for word in self._words]
        self._letters = np.array([_letters(word) for word in self._words], dtype=np.uint32)
        self._pairs = np.array([_pairs(word) for word in self._words], dtype=np.uint64)
        self._sizes = np.array([len(word) for word in self._words], dtype=np.int64)  # as any typed word's
        self._first = np.array([ord(word[0]) for word in self._words], dtype=np.uint32)

    def near(self, typed: str, edits: int, *, begin_alike: bool = True) -> list[Near]:
        """The words up to ``edits`` away, the nearest and most frequent first; not ``typed`` itself."""
        if not edits or not self._words:
            return []
        alike = np.flatnonzero(np.abs(self._sizes - len(typed)) <= edits)
        if begin_alike:  # see neighbours
            alike = alike[self._first[alike] == ord(typed[0])]
        alike = _within(alike, self._letters, np.uint32(_letters(typed)), edits)
        alike = _within(alike, self._pairs, np.uint64(_pairs(typed)), 2 * edits + 1)
        found = []
        for at in alike:
            apart = distance(typed, self._words[at], edits)
            if 0 < apart <= edits:
                found.append(Near(self._words[at], apart, self._counts[at]))
        return sorted(found, key=lambda near: (near.edits, -near.count, near.word))


def _within(rows: NDArray[np.intp], bits: NDArray[Any], typed: Any, most: int) -> NDArray[np.intp]:
    """Those of ``rows`` that lack at most so many of the typed word's bits, and have at most so many others."""
    own = bits[rows]
    near: NDArray[np.intp] = rows[(np.bitwise_count(typed & ~own) <= most) & (np.bitwise_count(own & ~typed) <= most)]
    return near


def _letters(word: str) -> int:
    """Which letters a word has, as bits; rarer signs share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) - 97 if "a" <= letter <= "z" else 26 + ord(letter) % 6)
    return bits


def _pairs(word: str) -> int:
    """Which pairs of letters a word has, as bits; several pairs share one."""
    bits = 0
    for one, other in pairwise(word):
        bits |= 1 << (31 * ord(one) + ord(other)) % 64
    return bits
