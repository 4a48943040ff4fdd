"""Question -> Query: what is searched beside what was typed, from the policy's lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from index.analysis import stop_words, words

# What a term is, and what its meanings are to it. A brand's only meanings are its substance and its class, never
# another brand: no name turns into another one.
KINDS = {
    "abbreviation": "what the letters stand for",
    "spelling": "the same word as it is spelt elsewhere",
    "lay": "the clinical words for it",
    "class": "the class of a substance",
    "brand": "the substance of a brand",
}
NAMES = ("brand", "class")  # the kinds whose phrases are names of medicines
READING = "reading"  # the kind of a misspelt word with the word of the edition that it is read as
SHORT = 2  # letters of an imported abbreviation that is only one as it is written: "MS", not "ms"
_PLAIN = re.compile(r"[\w\s'’.\-]*")  # a phrase of other signs counts only with them: "k+"


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: a phrase that readers type, and what documents say for it."""

    phrase: str  # case-folded
    means: tuple[str, ...]
    kind: str = "lay"  # of KINDS, or READING
    written: str = ""  # of a public list: as it has the phrase

    def stands_in(self, said: str) -> bool:
        """Whether folded words, one space between, are its phrase."""
        return " ".join(words(self.phrase)) == said

    def is_written(self, question: str) -> bool:
        """Whether the phrase stands in a question as its list has it, capitals and all."""
        return _pattern(self.written).search(question) is not None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A typed word that may be a slip for a name of the edition: asked about, never taken for it."""

    typed: str  # folded
    names: tuple[str, ...]  # folded words of our documents' names, the nearest first
    mentioned: tuple[str, ...] = ()  # folded words that passages have and that may be names, the nearest first


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: the question, what its terms mean, and how its misspelt words are read."""

    question: str
    terms: tuple[Term, ...]
    readings: tuple[Term, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def explained(self) -> tuple[Term, ...]:
        """Its terms, then its readings."""
        return (*self.terms, *self.readings)

    @property
    def concepts(self) -> tuple[str, ...]:
        """What a document may say for each of ``explained``, as one text: a misspelt word itself it never says."""
        return (
            *(" ".join([term.phrase, *term.means]) for term in self.terms),
            *(" ".join(reading.means) for reading in self.readings),
        )

    @property
    def read(self) -> str:
        """The question with what its misspelt words are read as behind it: no passage has those as they were typed."""
        return " ".join([self.question, *(meaning for reading in self.readings for meaning in reading.means)])

    @property
    def meanings(self) -> tuple[str, ...]:
        """What its terms mean: searched beside it, with less weight."""
        return tuple(dict.fromkeys(meaning for term in self.terms for meaning in term.means))


@dataclass(frozen=True)
class Lexicon:
    """The terms of one language, found by their words: as fast with 50,000 of them as with fifty."""

    terms: tuple[Term, ...]
    language: str = "en"
    _by_words: Mapping[str, tuple[Term, ...]] = field(init=False, repr=False, compare=False)
    _longest: int = field(init=False, repr=False, compare=False)  # words of a phrase

    def __post_init__(self) -> None:
        found: dict[str, list[Term]] = {}
        for term in self.terms:
            found.setdefault(" ".join(words(term.phrase)), []).append(term)
        object.__setattr__(self, "_by_words", {key: tuple(row) for key, row in found.items()})
        object.__setattr__(self, "_longest", max((key.count(" ") + 1 for key in found), default=0))

    def __contains__(self, phrase: object) -> bool:
        """Whether folded words, one space between, are a phrase of it."""
        return phrase in self._by_words

    def in_question(self, question: str) -> Iterator[Term]:
        """The terms whose phrases stand in a question as whole words, in its order, each once."""
        asked, folded = words(question), question.casefold()
        seen: set[Term] = set()
        for start in range(len(asked)):
            for size in range(min(self._longest, len(asked) - start), 0, -1):
                for term in self._by_words.get(" ".join(asked[start : start + size]), ()):
                    if term not in seen and self._stands(term, question, folded):
                        seen.add(term)
                        yield term

    def _stands(self, term: Term, question: str, folded: str) -> bool:
        """Whether a term found by its words stands there as it is written, where that matters."""
        if term.written and (len(term.phrase) <= SHORT or term.phrase in stop_words(self.language)):
            return term.is_written(question)
        return _PLAIN.fullmatch(term.phrase) is not None or _pattern(term.phrase).search(folded) is not None


NO_LEXICON = Lexicon(())


def lexicon_of(table: Mapping[str, Mapping[str, Mapping[str, Iterable[str]]]]) -> dict[str, Lexicon]:
    """The terms by language, from a table of languages, kinds and phrases."""
    return {
        language: Lexicon(
            tuple(
                Term(phrase.casefold(), tuple(means), kind)
                for kind, terms in kinds.items()
                for phrase, means in terms.items()
            ),
            language,
        )
        for language, kinds in table.items()
    }


def query_of(question: str, lexicon: Lexicon = NO_LEXICON) -> Query:
    """The query of a question; a term counts where its phrase stands as whole words."""
    return Query(question, tuple(lexicon.in_question(question)))


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
