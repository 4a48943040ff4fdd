"""The intent of a question: the routing model's word, with the words that speak for an intent counted on top."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

WORD_WEIGHT = 0.35  # of each counted word, beside shares of 1 in all; 0 to 1 differ little on the sample's questions


@dataclass(frozen=True, slots=True)
class IntentRule:
    """One intent and the words that speak for it."""

    id: str
    words: tuple[str, ...]  # whole words or phrases, case-folded; a trailing * matches any ending

    def count(self, text: str) -> int:
        """How many of the words stand in ``text``."""
        # Most words aren't in most questions, and looking for a text is a tenth of what a pattern takes.
        return sum(1 for stem, word in _stems(self.words) if stem in text and _pattern(word).search(text) is not None)


@dataclass(frozen=True, slots=True)
class Intents:
    """The closed set of intents, and what speaks for each."""

    rules: Sequence[IntentRule]
    kinds: Mapping[str, str]  # labels of the model that aren't information's own, and the intent they ask about
    fallback: str  # where nothing is asked

    def of(self, text: str, shares: Mapping[str, float]) -> str:
        """The intent of ``text``, of whose probability each label has a share; the first by name on a tie."""
        scores: defaultdict[str, float] = defaultdict(float)
        for label, share in shares.items():
            route, _, kind = label.partition("/")
            intent = kind if route == "information" else self.kinds.get(label) or self.kinds.get(route)
            if intent:
                scores[intent] += share
        whole = sum(scores.values()) or 1.0
        folded = text.casefold()
        total = {intent: score / whole for intent, score in scores.items()}
        for rule in self.rules:
            total[rule.id] = total.get(rule.id, 0.0) + WORD_WEIGHT * rule.count(folded)
        return max(sorted(total), key=lambda intent: total[intent]) if total else self.fallback


@cache
def _stems(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each word with what must stand in a text that it stands in."""
    return tuple((word.removesuffix("*"), word) for word in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("*")
    end = r"(?!\w)" if stem == word else ""
    return re.compile(rf"(?<!\w){re.escape(stem)}{end}")
