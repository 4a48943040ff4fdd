"""Rules: patterns with an id that name a route by themselves, and the thresholds for the model's scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from chatbot.routing.signs import fold


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern, over small letters without accents."""

    id: str
    route: str
    pattern: re.Pattern[str]
    signs: frozenset[str]  # all of them must stand in the text
    unless: re.Pattern[str] | None

    def matches(self, folded: str, signs: Set[str]) -> bool:
        """Whether the rule speaks for its route here."""
        if not self.signs <= signs or not self.pattern.search(folded):
            return False
        return self.unless is None or not self.unless.search(folded)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules in their order, and the thresholds by route."""

    rows: tuple[Rule, ...]
    thresholds: Mapping[str, float]

    def matching(self, text: str, signs: Set[str]) -> tuple[Rule, ...]:
        """The rules that speak for a route of this text."""
        folded = fold(text)
        return tuple(rule for rule in self.rows if rule.matches(folded, signs))


def rules_of(table: Mapping[str, Any]) -> Rules:
    """The rules of rules.toml."""
    rows = tuple(
        Rule(
            row["id"],
            row["route"],
            re.compile(row["pattern"], re.VERBOSE),
            frozenset(row.get("signs", ())),
            re.compile(row["unless"], re.VERBOSE) if "unless" in row else None,
        )
        for row in table.get("rule", ())
    )
    return Rules(rows, {str(name): float(value) for name, value in table["thresholds"].items()})
