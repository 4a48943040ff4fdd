"""Conditions by name, and which of them includes which, from conditions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chatbot.routing.label.phrases import Phrases, folded, phrases_of

_FILE = Path(__file__).with_name("conditions.toml")
STATE = "state"  # the area of what is never treated with a product, only met


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the file holds."""

    phrases: Phrases  # each means a condition's name
    areas: Mapping[str, str]  # by condition
    parents: Mapping[str, str]  # by condition
    capitals: frozenset[str]  # phrases that count only as they are written in capitals

    def written(self, said: str) -> bool:
        """Whether a phrase, or what it is a plural of, counts only in capitals."""
        return said in self.capitals or said.removesuffix("s") in self.capitals

    def line(self, condition: str) -> tuple[str, ...]:
        """The condition, what includes it, what includes that."""
        found = [condition]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return tuple(found)

    def within(self, condition: str, other: str) -> bool:
        """Whether a condition is another one or under it."""
        return other in self.line(condition)


@cache
def conditions() -> Conditions:
    """The conditions of this release."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    parents, written = table.pop("parents"), table.pop("written")
    areas = {name: area for area, names in table.items() for name in names}
    return Conditions(phrases_of(_rows(table)), areas, parents, frozenset(map(folded, written["capitals"])))


def _rows(table: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, str]]:
    for names in table.values():
        for name, others in names.items():
            yield from ((said, name) for said in (name, *others))
