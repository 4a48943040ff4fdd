"""Cases of suites that look for faults: a measure holds of a reply, or it is said what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.measuring.statistics import rate_metric
from eval.model import Case, Metric
from eval.replies import Exchange
from eval.sets import Question

_CHARACTERS = 60  # of a text around the first difference


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one reply: the measure that it fails, and the words for a person."""

    measure: str
    text: str


def judged(
    exchange: Exchange, measures: Iterable[str], faults: Iterable[Fault], questions: Mapping[str, Question], got: str
) -> Case:
    """The case of one exchange: 1 for each of ``measures``, but 0 for those with a fault. ``questions`` are by id."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault.measure, []).append(fault.text)
    return Case(
        id=exchange.id,
        text=exchange.question,
        values={name: float(name not in found) for name in sorted({*measures, *found})},
        failures={name: "; ".join(dict.fromkeys(texts)) for name, texts in found.items()},
        got=got,
        slices=questions[exchange.id].slices if exchange.id in questions else {},
    )


def shares(cases: Sequence[Case], names: Iterable[str]) -> tuple[Metric, ...]:
    """Of each measure, the share of the cases it applies to in which it holds; one that applies to none is left out."""
    found = []
    for name in names:
        values = [case.values[name] for case in cases if name in case.values]
        if values:
            found.append(rate_metric(name, sum(value == 1.0 for value in values), len(values)))
    return tuple(found)


def first_change(shown: str, right: str) -> str:
    """Where two texts part, in words, with what stands around."""
    both = zip(shown, right, strict=False)
    at = next((place for place, (one, other) in enumerate(both) if one != other), min(len(shown), len(right)))
    start = max(0, at - _CHARACTERS // 2)
    pieces = [f"{'…' if start else ''}{text[start : start + _CHARACTERS]}" for text in (shown, right)]
    return f"at character {at + 1} it says '{pieces[0]}', its document '{pieces[1]}'"
