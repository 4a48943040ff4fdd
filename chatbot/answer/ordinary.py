"""Which words are English words that anybody uses. One that no document has and that isn't ordinary either is a name.

The list is the vocabulary of the edition's encoder: the words frequent enough in English text to be a piece of their
own (WordPiece, Wu et al. 2016, arXiv 1609.08144). It comes with the edition and its digest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chatbot.answer.spelling import neighbours

LANGUAGE = "en"  # of the list
ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "or", "able", "y", "ness", "ment", "ation", "al")
BEGINNINGS = ("re", "un", "non", "pre", "co", "self", "over", "under", "anti", "mis", "in", "dis")
STEM = 3  # letters of the shortest part of a word


@dataclass(frozen=True)
class Ordinary:
    """A list of words. Without slots: what is derived is derived once."""

    listed: frozenset[str]

    def __contains__(self, word: object) -> bool:
        """Whether a folded word is listed, made of listed ones, or one slip away; an empty list says yes."""
        if not self.listed or not isinstance(word, str):
            return True
        return word in self.listed or self.makes(word) or bool(neighbours(f":{word}", self._marked))

    def makes(self, word: str) -> bool:
        """Whether a folded word that isn't listed is made of listed ones."""
        return self._derived(word) or self._joined(word)

    def _derived(self, word: str) -> bool:
        ends = (word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending))
        for stem in (stem for stem in ends if len(stem) >= STEM):
            if stem in self.listed or f"{stem}e" in self.listed or (stem[-1] == stem[-2] and stem[:-1] in self.listed):
                return True
        begun = (word.removeprefix(beginning) for beginning in BEGINNINGS if word.startswith(beginning))
        return any(len(rest) > STEM and rest in self.listed for rest in begun)

    def _joined(self, word: str) -> bool:
        cuts = range(STEM, len(word) - STEM + 1)
        return any(word[:at] in self.listed and word[at:] in self.listed for at in cuts)

    @cached_property
    def _marked(self) -> frozenset[str]:
        return frozenset(f":{word}" for word in self.listed)


def ordinary_words(encoder: Path) -> Ordinary:
    """The words of an edition's encoder; none for one that has no such vocabulary."""
    vocabulary = json.loads((encoder / "tokenizer.json").read_text(encoding="utf-8"))["model"].get("vocab", {})
    listed = vocabulary if isinstance(vocabulary, dict) else {}
    return Ordinary(frozenset(word for word in listed if word.isalpha() and len(word) >= STEM))
