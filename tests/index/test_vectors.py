from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.errors import DamagedEdition
from index.vectors import DEVIATIONS, LONGEST, Vectors, build_vectors


def units(count: int, seed: int = 0, dimensions: int = 48) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def stored(tmp_path: Path) -> Vectors:
    build_vectors(units(100), tmp_path / "vectors")
    return Vectors(tmp_path / "vectors", 100)


def test_rows_are_the_nearest_in_steps_of_one_scale(stored: Vectors) -> None:
    ids = np.array([99, 0, *range(1, 99)])
    step = DEVIATIONS / np.sqrt(48) / 127
    assert np.abs(stored.rows(ids) - units(100)[ids]).max() <= step / 2 + 1e-7
    assert np.linalg.norm(stored.rows(ids), axis=1).max() <= LONGEST


def test_a_component_beyond_the_scale_is_cut_to_it(tmp_path: Path) -> None:
    build_vectors(np.eye(1, 400, dtype=np.float32), tmp_path / "vectors")
    assert Vectors(tmp_path / "vectors", 1).rows(np.array([0]))[0, 0] == pytest.approx(DEVIATIONS / 20)


def test_scores_equal_a_brute_force_over_what_is_stored(stored: Vectors) -> None:
    query = units(1, seed=1)[0]
    exact = stored.rows(np.arange(100)).astype(np.float64) @ query.astype(np.float64)
    assert stored.scores(np.arange(100), query) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("count", [1, 5, 40, 99])
@pytest.mark.parametrize("seed", range(1, 6))
def test_no_other_passage_scores_above_the_bound(count: int, seed: int, stored: Vectors) -> None:
    """The bound is of use, too: hardly above what was found last."""
    query = units(1, seed)[0]
    scores = stored.scores(np.arange(100), query)
    near, bounds = stored.nearest(query, count, np.ones(100, bool))
    assert len(set(near.tolist())) == len(bounds) == count
    for first, bound in enumerate(bounds, 1):
        assert np.delete(scores, near[:first]).max() <= bound <= scores[near[:first]].min() + 0.06


def test_where_everything_is_found_nothing_is_left_to_bound(stored: Vectors) -> None:
    near, bounds = stored.nearest(units(1, seed=1)[0], 100, np.ones(100, bool))
    assert (sorted(near.tolist()), bounds[-1]) == (list(range(100)), -np.inf)


@pytest.mark.parametrize("seed", range(10))
def test_a_bound_holds_for_a_moved_query_too(seed: int, stored: Vectors) -> None:
    query, aside = units(2, seed)
    scores = stored.scores(np.arange(100), query)
    for share in (0.0, 0.05, 0.3, 1.0, 5.0):
        moved = (query + share * aside) / np.linalg.norm(query + share * aside)
        after = stored.scores(np.arange(100), moved)
        for bound in np.quantile(scores, (0.1, 0.5, 0.99)):
            assert after[scores <= bound].max() <= stored.bound(moved, query, float(bound))


def test_the_mask_holds_before_the_list_is_cut(stored: Vectors) -> None:
    query = units(1, seed=1)[0]
    worst = np.argsort(stored.scores(np.arange(100), query))[:9]
    mask = np.zeros(100, bool)
    mask[worst] = True
    assert set(stored.nearest(query, 5, mask)[0].tolist()) < set(worst.tolist())
    assert set(stored.nearest(query, 50, mask)[0].tolist()) == set(worst.tolist())


def test_equal_vectors_score_equal_wherever_they_stand(tmp_path: Path) -> None:
    """A matrix product sums its last rows in another order: then copies of a passage would not tie."""
    one, query = units(2, seed=3, dimensions=384)
    for count in range(1, 20):
        build_vectors(np.tile(one, (count, 1)), tmp_path / "vectors")
        scores = Vectors(tmp_path / "vectors", count).scores(np.arange(count), query)
        assert len(set(scores.tolist())) == 1


def test_an_index_of_other_passages_is_refused(tmp_path: Path) -> None:
    build_vectors(units(4), tmp_path / "vectors")
    with pytest.raises(DamagedEdition, match="publish again"):
        Vectors(tmp_path / "vectors", 5)
