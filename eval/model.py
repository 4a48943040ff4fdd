"""The nouns of an evaluation. A suite gives cases; every figure is computed from them.

questions -> suite -> Case per query -> Metric -> Gate -> Verdict
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DIMENSIONS = ("intent", "product", "specialty", "language", "style")  # by which results are sliced
SLICE_QUERIES = 20  # in a smaller slice the interval is too wide for a verdict
Progress = Callable[[int, int], None]  # cases done and cases in all; a total of 0 is not known yet


@dataclass(frozen=True, slots=True)
class Case:
    """One query: what was wanted, what came, and what each measure says of it."""

    id: str
    text: str
    values: Mapping[str, float]  # by measure; one that doesn't apply to this query is absent
    failures: Mapping[str, str] = field(default_factory=dict)  # by measure: why this query fails it, for a person
    expected: str = ""
    got: str = ""
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by one of DIMENSIONS
    parts: Mapping[str, float] = field(default_factory=dict)  # scores of the best hit: score, bm25, cosine


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over many cases, with its 95 % interval."""

    name: str  # of its measure, as written: nDCG@10
    value: float
    low: float
    high: float
    n: int  # cases behind it


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often what was expected (rows) came as what (columns)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What one suite found."""

    suite: str
    dataset: str
    cases: tuple[Case, ...]
    metrics: tuple[Metric, ...]
    data: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of what was read, by name
    invalid: tuple[str, ...] = ()  # why these figures say nothing: judged documents that aren't there
    confusion: Confusion | None = None
    timed: bool = False  # the values are times of this run: never the same twice

    def metric(self, name: str) -> Metric | None:
        """The metric ``name``, if this suite has it."""
        return next((metric for metric in self.metrics if metric.name == name), None)


class Verdict(StrEnum):
    """What an evaluation ends in."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    INVALID = "INVALID"
    UNGATED = "UNGATED"  # the figures stand, and no gate is about them
