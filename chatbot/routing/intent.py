"""The intent of an information question: counted words, so that anyone can say why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class IntentRule:
    """One intent and the words that speak for it."""

    id: str
    words: tuple[str, ...]  # whole words or phrases, case-folded; a trailing * matches any ending

    def count(self, text: str) -> int:
        """How many of the words stand in ``text``."""
        return sum(_stands_in(word, text) for word in self.words)


def intent_of(text: str, rules: Sequence[IntentRule], fallback: str) -> str:
    """The id of the rule with most words in ``text``; the first on a tie, ``fallback`` when none has any."""
    folded = text.casefold()
    counts = [rule.count(folded) for rule in rules]
    best = max(counts, default=0)
    return rules[counts.index(best)].id if best else fallback


def _stands_in(word: str, text: str) -> bool:
    # Most words aren't in most questions, and looking for a text is a tenth of what a pattern takes.
    return word.removesuffix("*") in text and _pattern(word).search(text) is not None


@cache
def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("*")
    end = r"(?!\w)" if stem == word else ""
    return re.compile(rf"(?<!\w){re.escape(stem)}{end}")
