"""Intervals and tests against SciPy, published figures and exact counting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import InvalidInput
from eval.measuring.statistics import (
    RESAMPLES,
    bootstrap_interval,
    holm,
    mean_metric,
    randomisation_test,
    rate_metric,
    wilson_interval,
)
from eval.model import Metric

VALUES = [0.0, 0.2, 0.4, 0.4, 0.9, 1.0, 0.3]
shares = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), min_size=1, max_size=12)


def test_a_mean_and_its_bootstrap_interval_are_scipys() -> None:
    wanted = scipy.stats.bootstrap(
        (np.array(VALUES),), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert bootstrap_interval(VALUES, 5) == pytest.approx((wanted.low, wanted.high))
    assert mean_metric("R@10", VALUES, 5).value == pytest.approx(np.mean(VALUES))


def test_an_interval_narrows_as_cases_come() -> None:
    narrow, wide = mean_metric("R@10", VALUES * 100, 1), mean_metric("R@10", VALUES, 1)
    assert narrow.high - narrow.low < (wide.high - wide.low) / 5


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, Table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_proportion_has_the_published_wilson_interval(hits: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert rate_metric("answered", hits, n).value == hits / n


def test_figures_of_few_cases_are_quiet_and_plain() -> None:
    assert mean_metric("R@10", [], 1) == Metric("R@10", 0.0, 0.0, 0.0, 0)
    assert mean_metric("R@10", [0.3], 1) == Metric("R@10", 0.3, 0.3, 0.3, 1)
    assert mean_metric("R@10", [0.25] * 7, 1) == Metric("R@10", 0.25, 0.25, 0.25, 7)
    assert rate_metric("answered", 0, 0) == Metric("answered", 0.0, 0.0, 1.0, 0)
    assert rate_metric("answered", 1, 1).high == 1.0
    assert rate_metric("answered", 0, 1).low == 0.0
    assert randomisation_test([], [], 1) == 1.0
    assert randomisation_test([0.5], [0.1], 1) == 1.0
    assert randomisation_test(VALUES, VALUES, 1) == 1.0
    assert holm([]) == ()


@given(shares, st.integers(0, 3))
def test_a_value_lies_in_its_interval_and_comes_again(values: list[float], seed: int) -> None:
    metric = mean_metric("R@10", values, seed)
    assert min(values) - 1e-12 <= metric.low <= metric.value <= metric.high <= max(values) + 1e-12
    assert metric == mean_metric("R@10", values, seed)


@given(st.data())
def test_a_share_lies_in_its_interval(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 300))
    metric = rate_metric("answered", data.draw(st.integers(0, n)), n)
    assert 0.0 <= metric.low <= metric.value <= metric.high <= 1.0


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])] * 2), min_size=1, max_size=9))
def test_the_randomisation_test_counts_every_swap_of_few_cases(pairs: list[tuple[float, float]]) -> None:
    differences = [a - b for a, b in pairs]
    swaps = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(pairs))
    ]
    wanted = sum(swap >= abs(sum(differences)) - 1e-9 for swap in swaps) / len(swaps)
    found = randomisation_test([a for a, _ in pairs], [b for _, b in pairs], 3)
    assert found == pytest.approx(min(1.0, wanted))


def test_the_randomisation_test_over_many_cases_is_near_the_t_test_and_comes_again() -> None:
    chance = np.random.default_rng(11)
    first = chance.random(400)
    second = np.clip(first + chance.normal(0.02, 0.2, 400), 0, 1)
    found = randomisation_test(first.tolist(), second.tolist(), 1)
    assert found == pytest.approx(scipy.stats.ttest_rel(first, second).pvalue, abs=0.01)
    assert found == randomisation_test(first.tolist(), second.tolist(), 1)
    assert found == randomisation_test(second.tolist(), first.tolist(), 1)
    assert randomisation_test((first + 0.5).tolist(), first.tolist(), 1) == pytest.approx(2 / (RESAMPLES + 1))


def test_holm_adjusts_as_in_a_worked_example() -> None:
    """0.01, 0.04, 0.03 and 0.005: times 4, 3, 2 and 1 in rising order, never falling."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.7]) == (1.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_between_the_p_value_and_bonferroni(p_values: list[float]) -> None:
    for p, adjusted in zip(p_values, holm(p_values), strict=True):
        assert p <= adjusted <= 1.0
    assert min(holm(p_values)) == pytest.approx(min(1.0, len(p_values) * min(p_values)))


def test_what_is_no_proportion_and_no_pair_is_refused() -> None:
    with pytest.raises(InvalidInput, match="3 of 2 is no proportion"):
        wilson_interval(3, 2)
    with pytest.raises(InvalidInput, match="2 values against 1"):
        randomisation_test([0.1, 0.2], [0.1], 1)
