"""Rules and thresholds in words: what names a route by itself, and from when on the model's word counts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.policy import Policy

_BOOK = Path(__file__).with_name("rulebook.toml")
NOT_SAID = "NOT DESCRIBED: ask before you sign."
_BESIDE_A_FINDING = ("bound", "sure", "unsure", "found")  # those that decide only with another rule
_THRESHOLDS = "thresholds"  # the table of the rulebook that isn't about rules


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as it is printed."""

    id: str
    route: str
    because: str  # empty where the file doesn't say
    pattern: str
    unless: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold as it is printed."""

    name: str
    value: float
    meaning: str
    rule: str  # the id under which records name it; empty where it only decides with another


def rule_rows(policy: Policy, rows: Sequence[Mapping[str, Any]]) -> tuple[RuleRow, ...]:
    """The rules in force, with what their file, whose ``rows`` are given, says of each."""
    reasons = {row["id"]: str(row.get("because", "")) for row in rows}
    return tuple(
        RuleRow(
            rule.id,
            rule.route,
            reasons.get(rule.id, ""),
            " ".join(rule.pattern.pattern.split()),
            " ".join(rule.unless.pattern.split()) if rule.unless else "",
            tuple(sorted(rule.signs)),
        )
        for rule in policy.rules.rows
    )


def thresholds(policy: Policy) -> tuple[Threshold, ...]:
    """The thresholds in force, by name."""
    meanings, found = _book()[_THRESHOLDS], []
    for name, value in sorted(policy.rules.thresholds.items()):
        route, _, what = name.partition(".")
        told = meanings.get(name) or meanings.get(what or "alone", NOT_SAID)
        rule = "" if what in _BESIDE_A_FINDING else f"model.{name}"
        found.append(Threshold(name, value, told.format(route=route.replace("_", " ")), rule))
    return tuple(found)


def rules_in_code(policy: Policy) -> tuple[tuple[str, str], ...]:
    """The ids of rules that stand in code, with what each says."""
    book = _book()
    written = {
        f"{family}.{name}": told
        for family, rules in book.items()
        if family != _THRESHOLDS
        for name, told in rules.items()
    }
    told = "Something of the kind “{kind}” is named that no document of the product speaks of."
    absent = {f"support.absent_{kind.id}": told.format(kind=kind.id) for kind in policy.facets}
    return tuple(sorted({**absent, **written}.items()))


def _book() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_BOOK.read_text(encoding="utf-8"))
