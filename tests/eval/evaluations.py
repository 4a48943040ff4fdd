"""Results, gates and whole evaluations for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from eval.baseline import Baseline
from eval.evaluation import Evaluation, evaluate
from eval.gates import Gate, Gates, Reported
from eval.measuring.statistics import mean_metric
from eval.model import Case, Confusion, Metric, Result

MADE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DATA = {"sample.jsonl": "sha256:" + "ab" * 32}
PROVENANCE = {
    "Version": "0.1.0 (commit 1a2b3c4)",
    "Edition": "sha256:" + "cd" * 32,
    "Registry version": "70",
    "Policy": "sha256:" + "ef" * 32,
    "Seed": "0",
    "Machine": "x86_64, 2 cores",
}
REASON = "a sentence that isn't shown helps nobody"


def case(id: str, text: str = "", **changes: Any) -> Case:  # noqa: A002 - the field's name
    """A query; ``shown`` and ``hit`` are its values."""
    shown, hit = changes.pop("shown", 1.0), changes.pop("hit", 1.0)
    values = {"sentence shown": shown, "right": shown, "answered": 1.0, "hit@5": hit}
    failures = {name: f"shown instead: leaflet.pdf p. 2, of {id}" for name, value in values.items() if not value}
    given: dict[str, Any] = {
        "values": values,
        "failures": failures,
        "expected": "leaflet.pdf p. 1: “Take one tablet.”",
        "got": "leaflet.pdf p. 2: “Store below 25 °C.”" if failures else "leaflet.pdf p. 1: “Take one tablet.”",
        "slices": {"intent": ("dosing",), "language": ("en",), "style": ("keyword", "typo")},
        "parts": {"score": 0.7, "bm25": 11.2, "cosine": 0.3 + 0.6 * shown},
    }
    return Case(id=id, text=text or f"question {id}", **{**given, **changes})


def result(cases: Sequence[Case], suite: str = "labels", dataset: str = "sample.jsonl", **changes: Any) -> Result:
    """A result whose metrics are the means of its cases' values."""
    names = list(dict.fromkeys(name for row in cases for name in row.values))
    metrics = tuple(mean_metric(name, [row.values[name] for row in cases if name in row.values], 0) for name in names)
    return Result(suite, dataset, tuple(cases), **{"metrics": metrics, "data": DATA, **changes})


def questions(shown: Sequence[float]) -> Result:
    """A labels result with a query for each value of "sentence shown"."""
    return result([case(f"q{at:02}", shown=value) for at, value in enumerate(shown, 1)])


def gate(metric: str = "sentence shown", limit: float = 0.9, **changes: Any) -> Gate:
    """A floor for the labels suite."""
    given = {"suite": "labels", "dataset": "sample.jsonl", "rising": True, "allowed_drop": 0.01, "because": REASON}
    return Gate(metric=metric, limit=limit, **{**given, **changes})


def speed(times: Sequence[float]) -> Result:
    """A result of times."""
    cases = [
        Case(f"t{at}", f"timed {at}", {"turn ms": time, "retrieval ms": time / 3}) for at, time in enumerate(times)
    ]
    metric = Metric("turn p50 ms", sorted(times)[len(times) // 2], min(times), max(times), len(times))
    return Result("speed", "sample.jsonl", tuple(cases), (metric,), DATA, timed=True)


def evaluation(results: Sequence[Result], gates: Sequence[Gate] = (), **changes: Any) -> Evaluation:
    """An evaluation of results by gates."""
    reported = (
        Reported("routing", "adverse-event recall", "safety screening isn't built yet"),
        Reported("speed", "*", "a busy machine must not fail a release"),
    )
    provenance: Mapping[str, str] = changes.pop("provenance", PROVENANCE)
    made: datetime = changes.pop("made", MADE)
    return evaluate(results, Gates(tuple(gates), reported), provenance, made, **changes)


def rich(baseline: Baseline | None = None, **changes: Any) -> Evaluation:
    """An evaluation that has something in every part of its report, and fails."""
    labels = result(
        [case(f"q{at:02}", shown=float(at % 5 > 0), hit=float(at % 7 > 0)) for at in range(1, 41)],
        confusion=Confusion(("answer", "no_answer"), ((36, 2), (1, 1))),
    )
    grounding = result(
        [Case(f"g{at}", f"reply {at}", {"answered": 1.0}) for at in range(30)], "grounding", "replies", data={}
    )
    gates = [
        gate(),
        gate("hit@5", 0.8),
        gate("*", 1.0, suite="grounding", dataset="*", allowed_drop=0.0),
        gate("nDCG@10", 0.3, suite="retrieval", dataset="nfcorpus"),
    ]
    seconds = {"labels": 12.5, "grounding": 3.25, "speed": 1.0}
    results = [labels, grounding, speed([12.0, 15.5, 20.25, 33.0])]
    return evaluation(results, gates, baseline=baseline, **{"seconds": seconds, **changes})
