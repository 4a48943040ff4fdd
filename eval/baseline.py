"""What is kept of a run to compare later ones with: every query's values, not only the means.

Values are rounded on the way in, so that a run compared with itself has ties and nothing else.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import InvalidInput
from eval.model import Metric, Result

DIGITS = 6
_FORM = 1
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Kept:
    """One suite's result without its words."""

    suite: str
    dataset: str
    data: Mapping[str, str]  # SHA-256 of what was read, by name
    metrics: tuple[Metric, ...]
    values: Mapping[str, Mapping[str, float]]  # by query, then by measure; a query may have none
    texts: Mapping[str, str] = field(default_factory=dict)  # of the queries, where they are known

    def metric(self, name: str) -> Metric | None:
        """The metric ``name``, if it was kept."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def asks_the_same(self, other: Kept) -> bool:
        """Whether both asked the same set, byte for byte; without digests nobody knows."""
        return bool(self.data) and dict(self.data) == dict(other.data)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A kept run."""

    provenance: Mapping[str, str]
    kept: tuple[Kept, ...]

    def of(self, suite: str, dataset: str) -> Kept | None:
        """What was kept of a suite on a dataset."""
        return next((kept for kept in self.kept if (kept.suite, kept.dataset) == (suite, dataset)), None)


def keep(result: Result) -> Kept:
    """What is kept of a result."""
    return Kept(
        suite=result.suite,
        dataset=result.dataset,
        data=dict(result.data),
        metrics=tuple(_rounded(metric) for metric in result.metrics),
        values={case.id: {name: round(value, DIGITS) for name, value in case.values.items()} for case in result.cases},
        texts={case.id: case.text for case in result.cases},
    )


def keep_all(results: Iterable[Result], provenance: Mapping[str, str]) -> Baseline:
    """What is kept of a run; times aren't, since no two runs have the same."""
    kept = sorted((keep(result) for result in results if not result.timed), key=lambda row: (row.suite, row.dataset))
    return Baseline(dict(provenance), tuple(kept))


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Writes it as one line of sorted JSON, whole or not at all; the queries' words stay out of it."""
    suites = [_suite_value(kept) for kept in baseline.kept]
    value = {"form": _FORM, "provenance": dict(baseline.provenance), "suites": suites}
    write_whole(path, json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file; raises ``InvalidInput`` when it is anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path}: no readable baseline: {error}; make it again from a run") from error
    try:
        if value["form"] != _FORM or set(value) != {"form", "provenance", "suites"}:
            raise ValueError(f"form {value['form']!r} with {', '.join(sorted(value))}")
        return Baseline(_texts(value["provenance"]), tuple(_kept(row) for row in value["suites"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{path}: no baseline as this version writes it: {error!r}; make it again") from error


def write_whole(path: Path, text: str) -> None:
    """Writes a file beside its place and renames it: a reader sees the old or the new one, never a part."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def metric_value(metric: Metric) -> dict[str, float | int | None]:
    """A metric as JSON says it; what is no number is null."""
    return {
        "value": number(metric.value),
        "low": number(metric.low),
        "high": number(metric.high),
        "n": metric.n,
    }


def number(value: float) -> float | None:
    """``value`` to six digits, if it is a number."""
    return round(value, DIGITS) if math.isfinite(value) else None


def read_metrics(value: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The inverse of ``metric_value``, of several by name; raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    return tuple(_metric(name, row) for name, row in value.items())


def _metric(name: str, row: Mapping[str, Any]) -> Metric:
    low, high, found = (math.nan if row[key] is None else float(row[key]) for key in ("low", "high", "value"))
    return Metric(name, found, low, high, int(row["n"]))


def _rounded(metric: Metric) -> Metric:
    value, low, high = (round(figure, DIGITS) for figure in (metric.value, metric.low, metric.high))
    return Metric(metric.name, value, low, high, metric.n)


def _suite_value(kept: Kept) -> dict[str, Any]:
    """Measures are named once, not once a query."""
    measures = sorted({name for values in kept.values.values() for name in values})
    return {
        "suite": kept.suite,
        "dataset": kept.dataset,
        "data": dict(kept.data),
        "metrics": {metric.name: metric_value(metric) for metric in kept.metrics},
        "measures": measures,
        "queries": {
            query: [number(values[name]) if name in values else None for name in measures]
            for query, values in kept.values.items()
        },
    }


def _kept(row: Mapping[str, Any]) -> Kept:
    measures = row["measures"]
    values = {
        query: {name: float(value) for name, value in zip(measures, found, strict=True) if value is not None}
        for query, found in _checked(row["queries"], dict).items()
    }
    suite, dataset = _checked(row["suite"], str), _checked(row["dataset"], str)
    return Kept(suite, dataset, _texts(row["data"]), read_metrics(row["metrics"]), values)


def _texts(value: object) -> dict[str, str]:
    return {name: _checked(text, str) for name, text in _checked(value, dict).items()}


def _checked(value: object, kind: type[_Value]) -> _Value:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
