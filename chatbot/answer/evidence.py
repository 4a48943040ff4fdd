"""What the documents that may be quoted say of a question's facets: looked up in the index, passage by passage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.facets import MEDICINE, Facet
from chatbot.answer.ordinary import Ordinary
from chatbot.answer.spelling import neighbours
from chatbot.routing.lexicon import Query
from index.analysis import stop_words, tokens, words
from index.edition import Edition

Passages = NDArray[np.bool_]  # (passages,)
COMPOUND_PART = 6  # letters of a word that begins a longer one
_STRENGTH = re.compile(r"\d\s?(?:mg|µg|mcg|g|ml|iu|units?|i\.?e\.?)\b|\d\s?%", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<![\w-])([^\W\d_]{3,})-(\d+)(?![\w-])")  # a study: the number is part of the name

NAME = 4  # letters of a word that may be a name; shorter ones are abbreviations
# A thing asked about stands up to WINDOW words behind one of _LEADS, or right before one of _FOLLOWS.
WINDOW = 3
_LEADS = frozenset({"with", "plus", "and", "for", "against", "in", "on", "or", "versus", "vs"})
_FOLLOWS = frozenset(
    {"and", "plus", "with", "together", "dose", "dosing", "dosage", "doses", "max", "maximum", "loading", "starting"}
    | {"maintenance", "titration", "interaction", "interactions", "half", "contraindications", "side"}
)
# What it is used for stands behind one of _USES and "for".
_USES = frozenset({"dose", "dosing", "dosage", "doses", "licensed", "licenced", "indicated", "approved", "indication"})
_AND = re.compile(r"[+/&]")


@dataclass(frozen=True, slots=True)
class Known:
    """Words that need no document: what our products are called, and what readers type for other words."""

    names: frozenset[str]  # tokens
    phrases: frozenset[str]  # of the lexicon, each after a colon, as tokens of no language
    medicines: frozenset[str]  # names in any list, likewise
    ordinary: Ordinary

    def is_ordinary(self, word: str) -> bool:
        """Whether a word is one that anybody uses; one slip away from such a word and from a medicine, it is a name."""
        if word in self.ordinary and neighbours(f":{word}", self.medicines):
            return word in self.ordinary.listed or self.ordinary.makes(word)
        return word in self.ordinary


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages that an answer could be quoted from: of the products asked about, for this reader, now."""

    edition: Edition
    own: Passages

    def names(self, facet: Facet) -> bool:
        """Whether the facet is the name of a product itself: every passage is about that."""
        return bool((self.edition.documents.naming(facet.asked)[self.edition.owners] & self.own).any())

    def speaking(self, facet: Facet) -> Passages:
        """The passages that have one of the facet's phrases, or the asked word as it is spelt right.

        A medicine is only what it is called: a name is never taken for another one.
        """
        found = np.zeros(len(self.own), bool)
        for phrase in facet.says:
            found |= self._having(words(phrase))
        found &= self.own
        if not found.any() and facet.kind != MEDICINE:
            found = self.own & self._having(self._respelt(facet))
        return found

    def lacks_study(self, question: str) -> bool:
        """Whether the question names something by word and number ("ABC-2") of which only other numbers are known."""
        for match in _NUMBERED.finditer(question):
            same = re.compile(rf"(?<![\w-]){match[1]}\W{{0,2}}{match[2]}(?!\d)", re.IGNORECASE)
            found = np.flatnonzero(self._having([match[1].casefold()]) & self.own)
            passages = (self.edition.passages[int(at)] for at in found)
            texts = (" ".join((passage.text, *passage.path)) for passage in passages)
            if len(found) and not any(same.search(text) for text in texts):
                return True
        return False

    def lacks_name(self, query: Query, facets: Iterable[Facet], known: Known) -> bool:
        """Whether the question asks about something by a name that no passage has: "with Abcdin", "Abcdin dose".

        A name is a word that is neither ordinary English nor explained nor a misspelt known one; and one that may be
        a slip of a name is one.
        """
        doubtful = {doubt.typed for doubt in query.doubts}
        asked = words(_AND.sub(" and ", query.question))
        told = {word for facet in facets for word in facet.asked.split()}
        told |= {word for term in query.terms for word in words(term.phrase)}
        for at, word in enumerate(asked):
            if word in told or len(word) < NAME or not word.isalpha() or self._stops(word):
                continue
            use = _in_use(asked, at)
            if not (use or (_has_slot(asked, at) and (word in doubtful or not known.is_ordinary(word)))):
                continue
            if word in doubtful or (
                not known.names & self._tokens(word)
                and not neighbours(f":{word}", known.phrases)
                and not self._said(word)
            ):
                return True
        return False

    def _said(self, word: str) -> bool:
        """Whether a passage has the word, spelt right or begun."""
        return self._has(word) or any(self._has(other) for other in (*self._corrected(word), *self._begun(word)))

    def _has(self, word: str) -> bool:
        return bool((self._having([word]) & self.own).any())

    def dosing(self, found: Passages) -> Passages:
        """Those of the passages ``found`` that have a strength or a dose."""
        kept = found.copy()
        read = ((at, self.edition.passages[int(at)]) for at in np.flatnonzero(found))
        kept[[at for at, passage in read if not _STRENGTH.search(passage.text)]] = False
        return kept

    def knows_any(self, query: Query, known: Known) -> bool:
        """Whether the passages have a content word of the question, as it is, explained, spelt right or begun.

        A question that has none but the product's name is none of an unknown thing.
        """
        asked = [word for word in words(query.question) if not self._stops(word) and not word.isdigit()]
        asked = [word for word in asked if not known.names & self._tokens(word)]
        meant = [word for term in query.terms for meaning in term.means for word in words(meaning)]
        return (
            not asked
            or any(self._has(word) for word in (*asked, *meant))
            or any(self._has(other) for word in asked for other in (*self._corrected(word), *self._begun(word)))
            or any(neighbours(f":{word}", known.phrases) for word in asked)
        )

    def _having(self, phrase: Iterable[str]) -> Passages:
        """The passages with all words of a phrase."""
        found = np.ones(len(self.own), bool)
        empty = True
        for word in phrase:
            scores = self.edition.bm25.scores(word)
            if scores.any() or not self._stops(word):
                found &= scores > 0
                empty = False
        return found & (not empty)

    def _stops(self, word: str) -> bool:
        return any(word in stop_words(language) for language in self.edition.bm25.languages)

    def _respelt(self, facet: Facet) -> list[str]:
        """The asked phrase with each unknown word one edit away from it; nothing when a word has none."""
        found = []
        for word in words(facet.asked):
            near = [word] if self.edition.bm25.scores(word).any() else self._corrected(word)
            if not near:
                return []
            found.append(near[0])
        return found

    def _corrected(self, word: str) -> list[str]:
        vocabulary = self.edition.bm25.vocabulary
        near = {found for token in self._tokens(word) for found in neighbours(token, vocabulary)}
        return sorted({found.partition(":")[2] for found in near})

    def _begun(self, word: str) -> list[str]:
        """The words that begin a longer one: "Lagertemperatur" is about "Lager"."""
        vocabulary, languages = self.edition.bm25.vocabulary, self.edition.bm25.languages
        parts = [word[:size] for size in range(COMPOUND_PART, len(word))]
        return [part for part in parts if any(f"{language}:{part}" in vocabulary for language in languages)]

    def _tokens(self, word: str) -> frozenset[str]:
        return frozenset(token for language in self.edition.bm25.languages for token in tokens(word, language))


def _has_slot(asked: Sequence[str], at: int) -> bool:
    """Whether a thing that is asked about may stand there."""
    before = asked[max(0, at - WINDOW) : at]
    if before[-1:] in (["a"], ["an"]):  # "in a hurry"
        return False
    return bool(_LEADS & set(before)) or (at + 1 < len(asked) and asked[at + 1] in _FOLLOWS)


def _in_use(asked: Sequence[str], at: int) -> bool:
    """Whether a word stands in what a dose or a licence is asked for."""
    before = list(asked[:at])
    lead = max((place for place, word in enumerate(before) if word == "for"), default=-1)
    return lead >= 0 and at - lead <= WINDOW and bool(_USES & set(before[:lead]))
