"""Signs: the lexicon that reads "hives", "Ausschlag" and "jaundice" as one thing, for rules and for the model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’/&.-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sign:
    """What a word stands for, and where."""

    name: str
    start: int  # in the folded text, which is as long as the text
    end: int


@dataclass(frozen=True, slots=True)
class Signs:
    """The words of every sign, by how they are matched."""

    words: Mapping[str, frozenset[str]]  # a whole word -> its signs
    stems: Mapping[str, frozenset[str]]  # the start of a word -> its signs
    phrases: tuple[tuple[re.Pattern[str], str], ...]  # one pattern a sign
    lengths: tuple[int, ...]  # of the stems, ascending

    def read(self, text: str) -> tuple[Sign, ...]:
        """The signs of a text in their order; a phrase counts once, and its words for themselves as well."""
        folded = fold(text)
        found = {*self._single(folded), *self._phrases(folded)}
        return tuple(sorted(found, key=lambda sign: (sign.start, sign.end, sign.name)))

    def _single(self, folded: str) -> Iterator[Sign]:
        for match in _PART.finditer(folded):
            for name in self._of(match[0]):
                yield Sign(name, match.start(), match.end())
        for match in _WORD.finditer(folded):
            for name in self.words.get(match[0], ()):
                yield Sign(name, match.start(), match.end())

    def _of(self, word: str) -> Iterator[str]:
        yield from self.words.get(word, ())
        for length in self.lengths:
            if length > len(word):
                break
            yield from self.stems.get(word[:length], ())

    def _phrases(self, folded: str) -> Iterator[Sign]:
        for pattern, name in self.phrases:
            for match in pattern.finditer(folded):
                yield Sign(name, match.start(), match.end())


def signs_of(table: Mapping[str, Mapping[str, list[str]]]) -> Signs:
    """The signs of signs.toml: by sign, by language, words, stems (with a trailing *) and phrases."""
    words: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    phrases: dict[str, list[str]] = {}
    for name, languages in table.items():
        for entry in (fold(entry) for entries in languages.values() for entry in entries):
            if " " in entry:
                phrases.setdefault(name, []).append(entry)
            elif entry.endswith("*"):
                stems.setdefault(entry[:-1], set()).add(name)
            else:
                words.setdefault(entry, set()).add(name)
    return Signs(
        {word: frozenset(names) for word, names in words.items()},
        {stem: frozenset(names) for stem, names in stems.items()},
        tuple((_any_of(entries), name) for name, entries in phrases.items()),
        tuple(sorted({len(stem) for stem in stems})),
    )


def fold(text: str) -> str:
    """Small letters without accents, character for character, so that places stay what they are."""
    if text.isascii():
        return text.lower()
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if char.isascii():
        return char.lower()
    lowered = "'" if char == "’" else unicodedata.normalize("NFKD", char.casefold())[:1]
    return lowered or char


def _any_of(entries: list[str]) -> re.Pattern[str]:
    written = (
        re.escape(entry.removesuffix("*")).replace(r"\ ", r"\s+") + (r"\w*" if entry.endswith("*") else "")
        for entry in sorted(entries, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)")
