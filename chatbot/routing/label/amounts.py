"""Ages, weights, doses and frequencies among the items of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatbot.routing.label.phrases import MARKS
from chatbot.routing.label.words import Words

DAYS_OF_YEAR = 365.0
_PLAIN = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")  # dates and versions have more parts
_OLDEST = 120  # years
_GROWN = 18  # years
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
_SEX = re.compile(r"(?<![\w.,])(\d{1,3})\s?(?:[MF]|[mf](?=\s?[,;]))(?!\w)")  # "84F", "57 M"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what it counts."""

    kind: str  # "age" in years, "weight" in kg, "mg", "every" in days
    start: int  # items
    end: int
    value: float


def number_of(said: str, numbers: dict[str, int]) -> float | None:
    """The number that an item is, in figures or letters."""
    if _GROUPED.fullmatch(said):
        return float(said.replace(",", ""))
    return float(said.replace(",", ".")) if _PLAIN.fullmatch(said) else numbers.get(said)


def amounts_of(said: Sequence[str], words: Words) -> Iterator[Amount]:
    """The amounts that a question names, in its order."""
    numbers, days, mass = (words.counting[name] for name in ("numbers", "days", "mass"))
    for at, item in enumerate(said):
        value = number_of(item, numbers) if item[0].isdigit() or item in numbers else None
        if value is None:
            continue
        unit = said[at + 1] if at + 1 < len(said) else "."
        if unit == "kg":
            yield Amount("weight", at, at + 2, value)
        elif unit in mass and item not in numbers:
            yield Amount("mg", at, at + 2, value * mass[unit])
        elif unit in days:
            yield from _time(said, at, value, days[unit], words)
        elif value <= _GROWN and (unit in MARKS or unit == "s"):
            yield from _bare_age(said, at, value, words)


def _time(said: Sequence[str], at: int, value: float, unit: float, words: Words) -> Iterator[Amount]:
    """An age or an interval, if the words around say so; most times are neither."""
    lists = words.counting["lists"]
    if _before(said, at) & lists["every"] or said[at + 1] in lists["hyphened"]:
        yield Amount("every", at, at + 2, value * unit)
    elif _is_age(said, at, lists) and value * unit / DAYS_OF_YEAR <= _OLDEST:
        yield Amount("age", at, at + 2, value * unit / DAYS_OF_YEAR)
        before = at - 2 if at > 1 and said[at - 1] in lists["spans"] else at - 1  # "6 to 11 year olds", "6-11 years"
        low = number_of(said[before], {}) if before >= 0 else None
        if low is not None:
            yield Amount("age", before, at, low * unit / DAYS_OF_YEAR)


def _bare_age(said: Sequence[str], at: int, value: float, words: Words) -> Iterator[Amount]:
    """A young age without its unit: "under 12", "at the age of 15", "a boy, 15"."""
    lists, before = words.counting["lists"], _before(said, at)
    if before & lists["under"]:
        yield Amount("age", at, at + 1, value - 1)
    elif before & lists["age_before"] or (at > 1 and said[at - 1] == "," and said[at - 2] in words.single):
        yield Amount("age", at, at + 1, value)


def _before(said: Sequence[str], at: int) -> set[str]:
    """The word before an item, and the two before it."""
    return {" ".join(said[max(at - size, 0) : at]) for size in (1, 2)}


def _is_age(said: Sequence[str], at: int, lists: dict[str, frozenset[str]]) -> bool:
    after = said[at + 2] if at + 2 < len(said) else "."
    before = said[at - 1] if at else "."
    if said[at + 1] in lists["age_units"] or after in lists["age_after"] or before in lists["age_before"]:
        return True
    if after in ("of", "d", "de") and at + 3 < len(said) and said[at + 3] in lists["age_after"]:
        return True  # "years of age", "ans d'âge"
    if before in lists["age_of"]:
        return not any(item in lists["span_after"] for item in said[at + 2 : at + 5])  # "15 años de evolución"
    return False


def ages_by_sex(text: str) -> Iterator[float]:
    """The ages written with a sex, as in "84F"."""
    for found in _SEX.finditer(text):
        if 0 < int(found[1]) <= _OLDEST:
            yield float(found[1])


def ages_of_row(said: Sequence[str], words: Words) -> list[float]:
    """Every number of years or months in a value of the product table, in years."""
    days = words.counting["days"]
    found = []
    for at, item in enumerate(said):
        unit = next((each for each in said[at + 1 : at + 4] if each in days or each == "kg"), None)
        value = number_of(item, {})
        if value is not None and unit in days:
            found.append(value * days[unit] / DAYS_OF_YEAR)
    return found
