"""``metrics.json``: every figure for programs. All that the clock decides stands under ``time``; the rest is the same
bytes for the same inputs.
"""

from __future__ import annotations

import json
from typing import Any

from eval.baseline import metric_value, number
from eval.compare import Change, Compared, Comparison
from eval.evaluation import Evaluation, Failure
from eval.gates import Checked
from eval.model import Metric, Result
from eval.report.slices import slices
from eval.report.text import clean


def metrics_json(evaluation: Evaluation) -> str:
    """The file's text."""
    timed = {(result.suite, result.dataset) for result in evaluation.results if result.timed}
    of_clock = [row for row in evaluation.checked if (row.gate.suite, row.dataset) in timed]
    value = {
        "verdict": str(evaluation.verdict),
        "exit_code": evaluation.exit_code,
        "provenance": dict(evaluation.provenance),
        "gates": [_gate(row) for row in evaluation.checked if row not in of_clock],
        "failures": _failures(evaluation, [row for row in evaluation.checked if row not in of_clock]),
        "reported": [{"suite": row.suite, "metric": row.metric, "because": row.because} for row in evaluation.reported],
        "suites": [suite_value(row, evaluation.seed, figures=not row.timed) for row in evaluation.results],
        "comparison": comparison_value(evaluation.comparison) if evaluation.comparison else None,
        "time": {
            "made": evaluation.made.isoformat(timespec="seconds"),
            "seconds": {name: round(seconds, 3) for name, seconds in evaluation.seconds.items()},
            "suites": [suite_value(row, evaluation.seed) for row in evaluation.results if row.timed],
            "gates": [_gate(row) for row in of_clock],
        },
    }
    return json.dumps(_clean(value), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def suite_value(result: Result, seed: int, *, figures: bool = True) -> dict[str, Any]:
    """A suite's figures; without ``figures`` only what is known before anything is measured."""
    by_dimension: dict[str, dict[str, Any]] = {}
    for row in slices(result, seed) if figures else ():
        metrics = {name: metric_value(metric) for name, metric in row.metrics.items()}
        by_dimension.setdefault(row.dimension, {})[row.value] = {
            "queries": row.n,
            "too_few": row.too_few,
            "metrics": metrics,
        }
    return {
        "suite": result.suite,
        "dataset": result.dataset,
        "queries": len(result.cases),
        "data": dict(result.data),
        "timed": result.timed,
        "invalid": list(result.invalid),
        "metrics": _metrics(result.metrics) if figures else {},
        "slices": by_dimension,
    }


def failure_value(failure: Failure) -> dict[str, str]:
    """A query that fails a measure."""
    return {
        "suite": failure.suite,
        "dataset": failure.dataset,
        "id": failure.id,
        "measure": failure.measure,
        "why": failure.why,
    }


def comparison_value(comparison: Comparison) -> dict[str, Any]:
    """A comparison; of the queries, those that changed."""
    return {
        "baseline": dict(comparison.before.provenance),
        "measures": [_compared(row) for row in comparison.measures],
        "sets": [
            {
                "suite": row.suite,
                "dataset": row.dataset,
                "same": row.same,
                "common": row.common,
                "new": list(row.new),
                "gone": list(row.gone),
                "missing": list(row.missing),
                "measures_gone": list(row.measures_gone),
            }
            for row in comparison.sets
        ],
        "only_in_baseline": [list(key) for key in comparison.only_before],
        "not_in_baseline": [list(key) for key in comparison.only_after],
        "worst": [_change(row) for row in comparison.worst],
    }


def _compared(row: Compared) -> dict[str, Any]:
    return {
        "suite": row.suite,
        "dataset": row.dataset,
        "measure": row.measure,
        "queries": len(row.changes),
        "before": number(row.before),
        "after": number(row.after),
        "difference": number(row.difference),
        "low": None if row.low is None else number(row.low),
        "high": None if row.high is None else number(row.high),
        "p": row.p,
        "p_holm": row.adjusted,
        "wins": row.wins,
        "ties": row.ties,
        "losses": row.losses,
        "changes": [_change(change) for change in row.changes if change.gain],
    }


def _change(row: Change) -> dict[str, Any]:
    return {
        "suite": row.suite,
        "dataset": row.dataset,
        "measure": row.measure,
        "id": row.id,
        "text": row.text,
        "before": number(row.before),
        "after": number(row.after),
        "missing": row.missing,
    }


def _gate(row: Checked) -> dict[str, Any]:
    return {
        "suite": row.gate.suite,
        "dataset": row.dataset,
        "metric": row.name,
        "floor" if row.gate.rising else "ceiling": row.gate.limit,
        "allowed_drop": row.gate.allowed_drop,
        "least": row.gate.least,
        "because": row.gate.because,
        "applies": row.applies,
        "passed": row.passed if row.applies else None,
        "reason": row.reason,
        "baseline": None if row.baseline is None else number(row.baseline),
        "change": None if row.change is None else number(row.change),
        **(metric_value(row.metric) if row.metric else {"value": None, "low": None, "high": None, "n": 0}),
    }


def _failures(evaluation: Evaluation, gates: list[Checked]) -> list[dict[str, str]]:
    """Every query behind failed gates; once, where two of them are about one measure."""
    found = dict.fromkeys(failure for row in gates for failure in evaluation.failures(row))
    return [failure_value(failure) for failure in found]


def _metrics(metrics: tuple[Metric, ...]) -> dict[str, Any]:
    return {metric.name: metric_value(metric) for metric in metrics}


def _clean(value: Any) -> Any:
    """The same value with words that every reader of JSON takes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value
