"""What information questions ask for: is their intent recognised?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from eval.judging.actions import Prediction
from eval.measuring.classification import confusion_of, label_metrics
from eval.model import Case, Result
from eval.sets import Utterance

ACCURACY = "intent accuracy"


def intents(
    utterances: Sequence[Utterance],
    predictions: Iterable[Prediction],
    *,
    dataset: str,
    data: Mapping[str, str],
    seed: int,
) -> Result:
    """Judges the intents of information utterances that say theirs; one without a prediction has none."""
    by_id = {row.id: row.intent for row in predictions}
    asked = [row for row in utterances if row.label == "information" and row.slices.get("intent")]
    pairs = [(row.slices["intent"][0], by_id.get(row.id) or "none") for row in asked]
    return Result(
        suite="intents",
        dataset=dataset,
        cases=tuple(_case(row, *pair) for row, pair in zip(asked, pairs, strict=True)),
        metrics=tuple(
            replace(metric, name=ACCURACY) if metric.name == "accuracy" else metric
            for metric in label_metrics(pairs, seed)
        ),
        data=data,
        confusion=confusion_of(pairs),
    )


def _case(utterance: Utterance, expected: str, got: str) -> Case:
    value = float(expected == got)
    names = (ACCURACY, f"recall {expected}")
    return Case(
        id=utterance.id,
        text=utterance.text,
        values=dict.fromkeys(names, value),
        failures={} if value else dict.fromkeys(names, f"taken for {got}"),
        expected=expected,
        got=got,
        slices=utterance.slices,
    )
