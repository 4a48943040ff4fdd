"""Expected against given labels: how often which came as which, and precision, recall and F1 of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.measuring.statistics import CONFIDENCE, RESAMPLES, rate_metric
from eval.model import Confusion, Metric

Pairs = Sequence[tuple[str, str]]  # expected, got


def confusion_of(pairs: Pairs) -> Confusion:
    """Over every label that was expected or given, in alphabetical order."""
    names = tuple(sorted({name for pair in pairs for name in pair}))
    counts = Counter(pairs)
    return Confusion(names, tuple(tuple(counts[row, column] for column in names) for row in names))


def label_metrics(pairs: Pairs, seed: int) -> tuple[Metric, ...]:
    """Accuracy and macro F1, then precision, recall and F1 of each expected label.

    A label that is never given has precision 0. The intervals of shares are Wilson's, those of F1 the percentiles of
    resampled texts: drawing n texts anew is drawing n cells of the confusion by their shares.
    """
    if not pairs:
        return ()
    table = confusion_of(pairs)
    counts = np.array(table.counts, dtype=np.int64)
    expected = [at for at, name in enumerate(table.labels) if counts[at].sum()]
    drawn = np.random.default_rng(seed).multinomial(len(pairs), (counts / len(pairs)).ravel(), RESAMPLES)
    observed, resampled = _f1(counts[None])[0], _f1(drawn.reshape(-1, *counts.shape))
    return (
        rate_metric("accuracy", int(np.trace(counts)), len(pairs)),
        _metric("macro F1", float(observed[expected].mean()), resampled[:, expected].mean(axis=1), len(pairs)),
        *(
            metric
            for at in expected
            for metric in _of_label(table.labels[at], at, counts, float(observed[at]), resampled[:, at])
        ),
    )


def _of_label(
    name: str, at: int, counts: NDArray[np.int64], f1: float, resampled: NDArray[np.float64]
) -> Iterable[Metric]:
    hits, given, expected = int(counts[at, at]), int(counts[:, at].sum()), int(counts[at].sum())
    yield rate_metric(f"precision {name}", hits, given)
    yield rate_metric(f"recall {name}", hits, expected)
    yield _metric(f"F1 {name}", f1, resampled, expected)


def _f1(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """(tables, labels): F1 of each label in each confusion table; 0 where there is nothing."""
    hits = np.einsum("tll->tl", tables)
    both = tables.sum(axis=1) + tables.sum(axis=2)
    result: NDArray[np.float64] = 2 * hits / np.maximum(both, 1)
    return result


def _metric(name: str, value: float, resampled: NDArray[np.float64], n: int) -> Metric:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Metric(name, value, min(float(low), value), max(float(high), value), n)
