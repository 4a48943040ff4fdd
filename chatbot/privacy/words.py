"""The words of a text and the cues among them: what the rules read instead of letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

# An article that French and Italian write in one with its word is no part of it: "l'adresse".
_WORD = re.compile(r"\d+|(?:[ldjmnstcLJ]|qu)['’](?=[^\W\d_])|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ELIDED = 2  # letters of such an article, with its apostrophe
_GAP = 4  # characters between two words of a phrase: "Pat.-Nr.", "n° de"
_APART = frozenset(",;:()|?!\n")  # what no phrase goes over


class Word(NamedTuple):
    """A word or a row of digits where it stands."""

    start: int
    end: int
    text: str
    folded: str


class Cue(NamedTuple):
    """A phrase that announces something of a kind."""

    kind: str
    first: int  # index of its first word
    after: int  # index of the word behind it


Phrases = Mapping[str, tuple[tuple[tuple[str, ...], frozenset[str]], ...]]  # by first word: the rest, its kinds


@dataclass(frozen=True)
class Text:
    """A text with its words. Without slots: what is derived is derived once."""

    text: str
    phrases: Phrases

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words in their order."""
        return tuple(words_of(self.text))

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """The cues in it; of phrases that begin at one word, the longest of each kind."""
        return tuple(self._cues())

    @cached_property
    def by_word(self) -> Mapping[int, tuple[Cue, ...]]:
        """The cues that begin at a word, by its index."""
        found: dict[int, tuple[Cue, ...]] = {}
        for cue in self.cues:
            found[cue.first] = (*found.get(cue.first, ()), cue)
        return found

    def gap(self, index: int) -> str:
        """What stands between a word and the one behind it, or the end."""
        end = self.words[index + 1].start if index + 1 < len(self.words) else len(self.text)
        return self.text[self.words[index].end : end]

    def _cues(self) -> Iterable[Cue]:
        words = self.words
        for first, word in enumerate(words):
            found: dict[str, int] = {}
            longest = 0
            for rest, kinds in self.phrases.get(word.folded, ()):
                after = first + 1 + len(rest)
                if len(rest) < longest or not self._continues(first, rest):
                    continue
                longest = len(rest)
                found.update({kind: after for kind in kinds if found.get(kind, 0) < after})
            # "account number" is no person's "account", and "birth name" no birth.
            yield from (Cue(kind, first, after) for kind, after in found.items() if after == first + 1 + longest)

    def _continues(self, first: int, rest: tuple[str, ...]) -> bool:
        words = self.words
        if first + len(rest) >= len(words):
            return not rest
        return all(
            words[first + 1 + at].folded == said and len(gap := self.gap(first + at)) <= _GAP and not _APART & set(gap)
            for at, said in enumerate(rest)
        )


def words_of(text: str) -> Iterable[Word]:
    """The words and rows of digits of a text, folded, with one form of apostrophe."""
    for match in _WORD.finditer(text):
        said = match.group()
        if said[-1] not in "'’":
            yield Word(match.start(), match.end(), said, said.casefold().replace("’", "'"))


def phrases_of(cues: Mapping[str, Iterable[str]]) -> Phrases:
    """The phrases of each kind, found by their first words, the longest first."""
    kinds: dict[tuple[str, ...], set[str]] = {}
    for kind, phrases in cues.items():
        for phrase in phrases:
            key = tuple(word.folded for word in words_of(phrase))
            kinds.setdefault(key, set()).add(kind)
    found: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for key in sorted(kinds, key=lambda key: (-len(key), key)):
        found.setdefault(key[0], []).append((key[1:], frozenset(kinds[key])))
    return {first: tuple(rest) for first, rest in found.items()}
