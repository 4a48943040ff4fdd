"""A run as it was kept: a baseline's file, or the folder that a report was written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput
from eval.baseline import Baseline, Kept, read_baseline, read_metrics
from eval.report.per_query import Values, read_per_query


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
