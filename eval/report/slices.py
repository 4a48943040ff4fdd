"""The same measures over parts of the queries: where is it weak? Small parts are shown and judge nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.measuring.statistics import mean_metric, rate_metric
from eval.model import DIMENSIONS, SLICE_QUERIES, Case, Metric, Result


@dataclass(frozen=True, slots=True)
class Slice:
    """The queries of a suite that have one value in one dimension."""

    dimension: str  # one of DIMENSIONS
    value: str
    n: int
    metrics: Mapping[str, Metric]  # by measure; one that applies to none of the queries is absent

    @property
    def too_few(self) -> bool:
        """Whether it is too small for a verdict."""
        return self.n < SLICE_QUERIES


def slices(result: Result, seed: int) -> tuple[Slice, ...]:
    """Every slice of a result, by dimension, then by name; a query can be in several of a dimension."""
    groups: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in result.cases:
        for dimension in DIMENSIONS:
            for value in dict.fromkeys(case.slices.get(dimension, ())):
                groups[dimension, value].append(case)
    names = [metric.name for metric in result.metrics]
    order = sorted(groups, key=lambda key: (DIMENSIONS.index(key[0]), key[1]))
    return tuple(Slice(*key, len(groups[key]), _metrics(groups[key], names, seed)) for key in order)


def _metrics(cases: Sequence[Case], names: Sequence[str], seed: int) -> dict[str, Metric]:
    """Of the measures that each query has a value of."""
    found = {}
    for name in names:
        values = [case.values[name] for case in cases if name in case.values]
        if values:
            shares = all(value in (0.0, 1.0) for value in values)
            found[name] = (
                rate_metric(name, int(sum(values)), len(values)) if shares else mean_metric(name, values, seed)
            )
    return found
