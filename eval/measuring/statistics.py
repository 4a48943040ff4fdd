"""How sure a figure is: intervals and tests. The same values and seed give the same figures.

SciPy does the work; it is imported where it is needed, because the service has no use for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from corpus.errors import InvalidInput
from eval.model import Metric

CONFIDENCE = 0.95
RESAMPLES = 9_999  # with the observed one, 10,000: p-values in steps of 0.0001
_CELLS = 1_000_000  # numbers drawn at a time: 8 MB, however many values there are


def mean_metric(name: str, values: Sequence[float], seed: int) -> Metric:
    """The mean of one value per case, with its bootstrap interval; all 0 where there is no case."""
    low, high = bootstrap_interval(values, seed)
    value = _mean(values)
    # The resampled means are summed in another order: a last digit must not put the mean outside its interval.
    return Metric(name, value, min(low, value), max(high, value), len(values))


def rate_metric(name: str, hits: int, n: int) -> Metric:
    """``hits`` of ``n`` with the Wilson interval; 0 with the interval 0 to 1 where there is no case."""
    low, high = wilson_interval(hits, n)
    value = hits / n if n else 0.0
    return Metric(name, value, min(low, value), max(high, value), n)


def bootstrap_interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """The 95 % percentile interval of the mean over resampled cases (Efron and Tibshirani 1993, chapter 13).

    One value, or equal ones, give an interval without width: how few cases there are is said by ``Metric.n``.
    """
    if len(set(values)) < 2:
        return _mean(values), _mean(values)
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values, dtype=np.float64),),
        np.mean,
        n_resamples=RESAMPLES,
        batch=_batch(len(values)),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927, doi 10.1080/01621459.1927.10502953), without continuity
    correction; 0 to 1 when ``n`` is 0. Raises ``InvalidInput`` unless 0 <= hits <= n.
    """
    if not 0 <= hits <= n:
        raise InvalidInput(f"{hits} of {n} is no proportion; hits lie between 0 and the cases")
    if not n:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def randomisation_test(first: Sequence[float], second: Sequence[float], seed: int) -> float:
    """The two-sided p-value that two systems' values of the same cases differ in their mean by chance.

    Fisher's paired randomisation test (The Design of Experiments, 1935), which Smucker, Allan and Carterette (2007, doi
    10.1145/1321440.1321528) found fittest for comparing rankings: under the null hypothesis the systems' names could be
    swapped for each case. Exact up to 13 cases that differ, else over 9,999 random swaps. Raises ``InvalidInput``
    when the two haven't the same length.
    """
    if len(first) != len(second):
        raise InvalidInput(f"{len(first)} values against {len(second)}: a paired test needs the same cases")
    differences = np.subtract(first, second, dtype=np.float64)
    differences = differences[differences != 0]  # a swap of equal values changes nothing
    if len(differences) < 2:  # both swaps of a single one are as far from zero
        return 1.0
    from scipy.stats import permutation_test

    found = permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",  # of one sample: its signs
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_batch(len(differences)),
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values, in their order, adjusted for being several (Holm 1979, Scandinavian Journal of Statistics 6(2)).

    The k-th smallest of m is multiplied by m - k + 1, is never below a smaller one's, and is at most 1.
    """
    adjusted = [0.0] * len(p_values)
    floor = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = floor
    return tuple(adjusted)


def _mean(values: Sequence[float]) -> float:
    """Of no values, 0."""
    return math.fsum(values) / len(values) if values else 0.0


def _batch(n: int) -> int:
    return max(1, min(RESAMPLES, _CELLS // n))
