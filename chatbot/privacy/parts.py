"""Rows of words that can be a name: capitals, particles and initials, or small letters where a cue asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chatbot.privacy.personal import NameWords
from chatbot.privacy.words import Text

_MOST = 6  # parts of a name; Spanish and Portuguese ones have four
_SMALL = 3  # of one in small letters, where nothing shows its end
_LONG_ENOUGH = 7  # letters from which an ending tells a word that is no name
_NO_NAMES = frozenset({"title", "reach", "signed", "phone"})  # kinds of cues whose words are no names
_UNKNOWN = frozenset("AINXYZ")  # initials of nobody: "Dr X", "told my doctor I …"
_SHOUTED = 4  # words from which capitals are the way somebody writes
_GERMAN = 2  # words that show a text to be German


class Row(NamedTuple):
    """Neighbouring words that can be a name."""

    start: int
    end: int
    after: int  # index of the word behind
    size: int  # parts, particles and initials not counted
    plain: bool  # not all in capitals, as abbreviations are, unless the row is long
    given: bool  # it has a given name that is known
    behind: bool  # what follows says that it is a disease, a test or a place
    shouted: bool  # so is the whole text
    turned: bool  # surname, comma or caret, given name; or a surname in capitals before it


@dataclass(frozen=True)
class Parts:
    """What can be part of a name in one text. Without slots: what is derived is derived once."""

    read: Text
    names: NameWords
    never: Callable[[str], bool]

    @cached_property
    def german(self) -> bool:
        """Whether each noun of the text has a capital, so that one says nothing."""
        return sum(word.folded in self.names.german for word in self.read.words) >= _GERMAN

    @cached_property
    def shouting(self) -> bool:
        """Whether all of the text is in capitals, so that one says nothing."""
        return sum(len(word.text) > 2 for word in self.read.words) >= _SHOUTED and self.read.text.isupper()

    def is_given(self, at: int) -> bool:
        """Whether a word is a given name that is known."""
        return at < len(self.read.words) and self._folded(at) in self.names.given

    def is_eponym(self, at: int) -> bool:
        """Whether a word is the name of a disease, a sign or a score."""
        return self._folded(at) in self.names.eponyms

    def has_credentials(self, at: int) -> bool:
        """Whether a word is what stands behind a doctor's name."""
        return at < len(self.read.words) and self._folded(at) in self.names.credentials

    def row(self, at: int, *, titled: bool = False) -> Row | None:
        """The name in capitals that begins at a word; behind a title an initial is enough."""
        words = self.read.words
        end, size, turned, known = at, 0, False, False
        while end < len(words) and size < _MOST and (end == at or self._follows(end, size, turned)):
            if end > at and self.read.gap(end - 1)[:1] in (",", "^"):
                turned = True
            if self._is_part(end):
                size, known = size + 1, known or self.is_given(end)
                end += 1
                if self._is_possessive(end - 1):
                    break
            elif self._goes_on(end, titled or size > 0):
                end += 1
            else:
                break
        if not size and (not titled or end == at or words[at].text[0] in _UNKNOWN):
            return None
        return self._row(at, end, size, known, turned)

    def _goes_on(self, at: int, begun: bool) -> bool:
        """Whether a word that is no part belongs to a name: an initial, a particle, "Jr"."""
        if self._is_initial(at):
            return begun or self._part_follows(at)
        return self._particle_follows(at) or (begun and self._folded(at) in self.names.suffixes)

    def small(self, at: int, *, strict: bool = False) -> Row | None:
        """The name in small letters that begins at a word: one that isn't ordinary, more behind a given name."""
        end = at
        while end < len(self.read.words) and end - at < _SMALL and self._is_small(end):
            if end > at and self.read.gap(end - 1) != " ":
                break
            end += 1
            if strict or self._is_possessive(end - 1) or self.is_given(end - 1):
                continue
            joined = end
            while joined < len(self.read.words) and self._folded(joined) in self.names.small_particles:
                joined += 1
            if joined == end or joined == len(self.read.words) or not self._is_small(joined):
                break
            end = joined + 1
            break
        known = any(self.is_given(index) for index in range(at, end))
        return self._row(at, end, end - at, known, False) if end > at else None

    def _row(self, at: int, end: int, size: int, known: bool, turned: bool) -> Row:
        words = self.read.words
        last = words[end - 1]
        stop = last.end - (2 if self._is_possessive(end - 1) else 0)
        letters = [word for word in words[at:end] if len(word.text) > 1]
        plain = any(not word.text.isupper() for word in letters) or sum(len(word.text) for word in letters) > 9
        shouted = len(letters) > 1 and plain and words[at].text.isupper() and len(words[at].text) > 2
        behind = self._folded(end) in self.names.behind
        return Row(words[at].start, stop, end, size, plain, known, behind, self.shouting, turned or shouted)

    def _follows(self, at: int, size: int, turned: bool) -> bool:
        """Whether a word goes on with the row before it."""
        gap, before = self.read.gap(at - 1), self.read.words[at - 1].text
        if gap == ", ":
            return not turned and size == 1 and before.isupper() and len(before) > 2 and self._is_part(at)
        return gap == " " or (gap in (". ", ".") and len(before) <= 2) or gap == "^"

    def _is_part(self, at: int) -> bool:
        word = self.read.words[at]
        begun, _, rest = word.text.partition("-")
        joined = begun in self.names.particles and rest[:1].isupper()  # al-Masri
        return len(self._folded(at)) > 1 and (word.text[0].isupper() or joined) and self._may_be(at)

    def _is_small(self, at: int) -> bool:
        word = self.read.words[at]
        return len(word.text) > 1 and word.text[0].islower() and self._may_be(at)

    def _may_be(self, at: int) -> bool:
        folded = self._folded(at)
        if folded in self.names.ordinary or folded in self.names.behind or self.never(folded):
            return False
        if any(cue.kind in _NO_NAMES for cue in self.read.by_word.get(at, ())) and folded not in self.names.given:
            return False
        return len(folded) < _LONG_ENOUGH or not folded.endswith(self.names.endings) or folded in self.names.given

    def _is_initial(self, at: int) -> bool:
        word = self.read.words[at].text
        return len(self._folded(at)) == 1 and word[0].isalpha() and word[0].isupper()

    def _part_follows(self, at: int) -> bool:
        """Whether a part stands behind an initial with a full stop."""
        return at + 1 < len(self.read.words) and self.read.gap(at) in (". ", ".") and self._is_part(at + 1)

    def _particle_follows(self, at: int) -> bool:
        """Whether particles stand here with a part behind them: "van der Berg"."""
        end = at
        while end < len(self.read.words) and end - at < 3 and self._folded(end) in self.names.particles:
            if not self._is_joined(end):
                return False
            end += 1
        return at < end < len(self.read.words) and self._is_part(end)

    def _is_joined(self, at: int) -> bool:
        return self.read.gap(at) in (" ", "'", "’", "", ". ")

    def _is_possessive(self, at: int) -> bool:
        return self.read.words[at].folded.endswith("'s")

    def _folded(self, at: int) -> str:
        return self.read.words[at].folded.removesuffix("'s") if at < len(self.read.words) else ""
