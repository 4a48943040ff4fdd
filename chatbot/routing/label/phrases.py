"""Text -> items, and phrases found among them by their words: as fast with ten thousand of them as with ten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chatbot.answer.spelling import contrary, distance

ENDS = frozenset(".?")  # items that end a sentence
MARKS = ENDS | {","}
LONG_ENOUGH = 6  # letters of a word that one slip may be forgiven in
_ITEM = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_][^\W_]*|[?.!;:,+&()\n]|(?<=\s)[-–—](?=\s)")
_ABBREVIATED = re.compile(
    r"\b(vs|approx|e\.g|i\.e|dr|bzw|incl|resp|z\.b|ca|pt|pts|wks?|yrs?|hx|mths?)\.", re.IGNORECASE
)
_AS_MARK = {"!": ".", ";": ".", "\n": ".", ":": ",", "(": ",", ")": ",", "&": "+", "-": ",", "–": ",", "—": ","}


@dataclass(frozen=True, slots=True)
class Item:
    """A word, a number or a mark."""

    said: str  # folded, without accents; every mark is one of ENDS, "," or "+"
    typed: str  # as it stands in the text


def items_of(text: str) -> list[Item]:
    """The items of a text, in order. Hyphens, apostrophes and slashes only part words."""
    text = unicodedata.normalize("NFKC", text)
    if "." in text:
        text = _ABBREVIATED.sub(r"\1", text)
    return [Item(_AS_MARK.get(typed, typed) if len(typed) == 1 else _folded(typed), typed) for typed in _split(text)]


def folded(text: str) -> str:
    """The words of a phrase as items have them, one space between."""
    return " ".join(item.said for item in items_of(text) if item.said not in MARKS)


def _split(text: str) -> list[str]:
    found: list[str] = _ITEM.findall(text)
    return [_folded(each) if len(each) == 1 and each.isalpha() else each for each in found]


def _folded(word: str) -> str:
    word = word.casefold()
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase where it stands."""

    start: int  # items
    end: int
    means: str
    said: str


@dataclass(frozen=True)
class Phrases:
    """Folded phrases to what they mean; a phrase may mean several things. Without slots: the index is derived once."""

    meanings: Mapping[str, tuple[str, ...]]
    words: frozenset[str] = field(init=False, repr=False, compare=False)  # every word of every phrase
    _longest: Mapping[str, int] = field(init=False, repr=False, compare=False)  # words of a phrase, by its first one

    def __post_init__(self) -> None:
        longest: dict[str, int] = {}
        for phrase in self.meanings:
            first, size = phrase.split(" ", 1)[0], phrase.count(" ") + 1
            longest[first] = max(size, longest.get(first, 0))
        object.__setattr__(self, "_longest", longest)
        object.__setattr__(self, "words", frozenset(word for phrase in self.meanings for word in phrase.split(" ")))

    def longest_at(self, said: Sequence[str], at: int) -> Found | None:
        """The longest phrase that begins at an item; a plural's "s" makes no difference."""
        for found in self._at(said, at):
            return found
        return None

    def within(self, said: Sequence[str]) -> Iterator[Found]:
        """Every phrase that stands among the items, shorter ones inside longer ones too, each meaning by itself."""
        for at in range(len(said)):
            yield from self._at(said, at)

    def _at(self, said: Sequence[str], at: int) -> Iterator[Found]:
        first = said[at]
        most = self._longest.get(first) or (first.endswith("s") and self._longest.get(first[:-1])) or 0
        for size in range(min(most, len(said) - at), 0, -1):
            phrase = first if size == 1 else " ".join(said[at : at + size])
            meanings = self.meanings.get(phrase) or (phrase.endswith("s") and self.meanings.get(phrase[:-1])) or ()
            for meaning in meanings:
                yield Found(at, at + size, meaning, phrase)


def phrases_of(rows: Iterable[tuple[str, str]]) -> Phrases:
    """From rows of a phrase, as it is written, and its meaning."""
    found: dict[str, list[str]] = {}
    for phrase, meaning in rows:
        meanings = found.setdefault(folded(phrase), [])
        if meaning not in meanings:
            meanings.append(meaning)
    return Phrases({phrase: tuple(meanings) for phrase, meanings in found.items() if phrase})


class Slips:
    """Words that a typed one may be a slip of: one edit away (Damerau 1964), the first letter right.

    Each word is kept under itself and under itself with one letter left out (Garbe, SymSpell, 2012), so a typed word is
    looked up a few times and compared with a few words.
    """

    def __init__(self, words: Iterable[str], known: Collection[str]) -> None:
        """``words`` are what a slip may be meant for; ``known`` are never slips."""
        self._known = known
        self._under: dict[str, list[str]] = {}
        for word in dict.fromkeys(words):
            if len(word) >= LONG_ENOUGH and word.isalpha():
                for key in _left_out(word):
                    self._under.setdefault(key, []).append(word)

    def unknown(self, typed: str) -> bool:
        """Whether a word is long and nobody knows it."""
        return len(typed) >= LONG_ENOUGH and typed.isalpha() and typed not in self._known

    def meant(self, typed: str) -> tuple[str, ...]:
        """The words that a typed one is a slip of, sorted; none for a known word or a short one."""
        if len(typed) < LONG_ENOUGH or typed in self._known or not typed.isalpha():
            return ()
        if typed.endswith("s") and typed[:-1] in self._known:
            return ()
        near = {word for key in _left_out(typed) for word in self._under.get(key, ()) if word[0] == typed[0]}
        return tuple(sorted(word for word in near if distance(typed, word, 1) == 1 and not contrary(typed, word)))


_SOUNDS = (
    ("ae", "e"),
    ("oe", "e"),
    ("ph", "f"),
    ("th", "t"),
    ("rh", "r"),
    ("ch", "c"),
    ("k", "c"),
    ("y", "i"),
    ("z", "c"),
)
_ENDS_ALIKE = (("itis", "ite", "itide", "itida"), ("osis", "ose", "osi"), ("omas", "oma", "ome", "om"))
_ENDS_FREE = ("ia", "ie", "ique", "ico", "ica", "isch", "ic", "y", "e", "o", "a", "us", "um")


def skeleton(word: str) -> str:
    """What is left of a Greek or Latin word without its language's spelling and ending: "artrite", "arthritis"."""
    for one, other in _SOUNDS:
        word = word.replace(one, other)
    word = re.sub(r"(.)\1", r"\1", word)
    for number, endings in enumerate(_ENDS_ALIKE):
        for ending in endings:
            if word.endswith(ending):
                return f"{word.removesuffix(ending)}{number}"
    return word.removesuffix(next((ending for ending in _ENDS_FREE if word.endswith(ending)), ""))


def _left_out(word: str) -> Iterator[str]:
    yield word
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
