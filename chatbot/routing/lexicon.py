"""Question -> Query: what is searched beside what was typed, from the policy's lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: a phrase that readers type, and what documents say for it."""

    phrase: str  # case-folded
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: the question, and what its terms mean."""

    question: str
    terms: tuple[Term, ...]

    @property
    def meanings(self) -> tuple[str, ...]:
        """What its terms mean: searched beside the question."""
        return tuple(meaning for term in self.terms for meaning in term.means)

    @property
    def text(self) -> str:
        """The question with the meanings of its terms behind it."""
        return " ".join([self.question, *self.meanings])


def lexicon_of(table: Mapping[str, Mapping[str, Iterable[str]]]) -> dict[str, tuple[Term, ...]]:
    """The terms by language, as the policy's file has them."""
    return {
        language: tuple(Term(phrase.casefold(), tuple(means)) for phrase, means in terms.items())
        for language, terms in table.items()
    }


def query_of(question: str, terms: Iterable[Term]) -> Query:
    """The query of a question; a term counts where its phrase stands as whole words."""
    folded = question.casefold()
    return Query(question, tuple(term for term in terms if _pattern(term.phrase).search(folded)))


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
