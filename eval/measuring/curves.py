"""Coverage versus error: what would be wrong if only the surest questions were answered. Pure.

After El-Yaniv and Wiener 2010, On the Foundations of Noise-free Selective Classification, JMLR 11:1605-1641: coverage
is the share that is answered, risk the share that is wrong among what is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from eval.model import Case


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: how sure its reply is, whether it is answered at all, and whether that is wrong."""

    confidence: float  # higher is surer
    answered: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Answering everything at least this sure."""

    threshold: float
    coverage: float  # answered, of all questions
    risk: float  # wrong, of the answered ones


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from the strictest cut to the loosest; coverage only grows."""

    points: tuple[Point, ...]
    area: float  # the mean risk over the coverage reached: Geifman et al. 2019 (AURC), arXiv 1805.08206


def judged(cases: Iterable[Case], confidence: str = "cosine") -> tuple[Judged, ...]:
    """The cases of the labels suite; without the score ``confidence`` nothing was found, and nothing is less sure.

    An unanswerable question is wrong whenever it is answered. An ambiguous one that gets its full question back isn't
    answered; with anything else it counts as answered wrongly.
    """
    return tuple(
        Judged(case.parts.get(confidence, float("-inf")), _answered(case), case.values.get("right", 0.0) < 1)
        for case in cases
    )


def curve(rows: Sequence[Judged]) -> Curve:
    """One point per confidence at which something is answered; equal ones are one cut, whatever their order."""
    answered = sorted((row for row in rows if row.answered), key=lambda row: -row.confidence)
    points: list[Point] = []
    count = wrong = 0
    area = 0.0
    for threshold, tied in groupby(answered, key=lambda row: row.confidence):
        group = list(tied)
        count += len(group)
        wrong += sum(row.wrong for row in group)
        points.append(Point(threshold, count / len(rows), wrong / count))
        area += len(group) * wrong / count
    return Curve(tuple(points), area / count if count else 0.0)


def _answered(case: Case) -> bool:
    values = case.values
    if "answered" in values:
        return values["answered"] > 0
    return values.get("abstained", values.get("clarified", 0.0)) < 1
