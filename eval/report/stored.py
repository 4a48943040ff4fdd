"""A run as it was kept: a baseline's file, or the folder that a report was written to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput
from eval.baseline import Baseline, Kept, read_baseline, read_metrics
from eval.model import Metric
from eval.report.per_query import Values, read_per_query


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """One figure of a run, with what it was held to."""

    suite: str
    dataset: str
    metric: Metric
    gate: str  # in words; empty without one

    @property
    def values(self) -> tuple[float | None, float | None, float | None]:
        """Value, low and high; None for what is no number."""
        metric = self.metric
        value, low, high = (
            figure if math.isfinite(figure) else None for figure in (metric.value, metric.low, metric.high)
        )
        return value, low, high


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """The figures of a run that no clock decides."""

    verdict: str
    provenance: Mapping[str, str]
    rows: tuple[StoredFigure, ...]


def read_figures(path: Path) -> StoredFigures:
    """What a ``metrics.json`` says; raises ``InvalidInput`` when ``path`` is anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(
            StoredFigure(suite["suite"], suite["dataset"], metric, _gates(value["gates"], suite, metric.name))
            for suite in value["suites"]
            for metric in read_metrics(suite["metrics"])
        )
        provenance = {str(name): str(text) for name, text in value["provenance"].items()}
        return StoredFigures(str(value["verdict"]), provenance, rows)
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{path}: no figures as `signpost eval` writes them into metrics.json: {error!r}; make the run again"
        ) from error


def _gates(gates: list[Mapping[str, Any]], suite: Mapping[str, Any], name: str) -> str:
    told = []
    for row in gates:
        if row["applies"] and (row["suite"], row["dataset"], row["metric"]) == (suite["suite"], suite["dataset"], name):
            bound = f"at least {row['floor']}" if "floor" in row else f"at most {row['ceiling']}"
            told.append(f"{bound}: {'passed' if row['passed'] else 'failed'}")
    return "; ".join(told)


def read_run(path: Path) -> Baseline:
    """What is kept of a run; raises ``InvalidInput`` when ``path`` is neither a baseline nor a report's folder."""
    return _folder(path) if path.is_dir() else read_baseline(path)


def _folder(folder: Path) -> Baseline:
    file = folder / "metrics.json"
    found = read_per_query(folder / "per_query.csv")
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        kept = [_kept(row, found) for row in value["suites"] if not row["timed"]]
        kept.sort(key=lambda row: (row.suite, row.dataset))
        return Baseline({str(name): str(text) for name, text in value["provenance"].items()}, tuple(kept))
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file}: no figures as an evaluation writes them: {error!r}; make the run again") from error


def _kept(row: Mapping[str, Any], found: Mapping[tuple[str, str], tuple[Values, dict[str, str]]]) -> Kept:
    key = (row["suite"], row["dataset"])
    values, texts = found.get(key, ({}, {}))
    if len(values) != row["queries"]:
        raise ValueError(f"{' on '.join(key)} has {row['queries']} queries, and per_query.csv has {len(values)}")
    return Kept(*key, dict(row["data"]), read_metrics(row["metrics"]), values, texts)
