from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.errors import DamagedEdition
from index.vectors import Vectors, build_vectors


def units(count: int, seed: int = 0, dimensions: int = 48) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def stored(tmp_path: Path) -> Vectors:
    build_vectors(units(100), tmp_path / "vectors")
    return Vectors(tmp_path / "vectors", 100)


def test_rows_are_the_nearest_half_precision_numbers(stored: Vectors) -> None:
    ids = np.array([99, 0, *range(1, 99)])
    given = units(100)[ids]
    half_a_step = np.spacing(np.abs(given).astype(np.float16)).astype(np.float32) / 2
    assert (np.abs(stored.rows(ids) - given) <= half_a_step).all()


def test_scores_and_order_equal_a_brute_force_over_half_precision(stored: Vectors) -> None:
    query = units(1, seed=1)[0]
    exact = stored.rows(np.arange(100)).astype(np.float64) @ query.astype(np.float64)
    assert stored.scores(np.arange(100), query) == pytest.approx(exact, abs=1e-6)
    assert stored.nearest(query, 100, np.ones(100, bool)).tolist() == np.argsort(-exact).tolist()


def test_the_mask_holds_before_the_list_is_cut(stored: Vectors) -> None:
    query = units(1, seed=1)[0]
    worst = stored.nearest(query, 100, np.ones(100, bool))[-9:]
    mask = np.zeros(100, bool)
    mask[worst] = True
    assert stored.nearest(query, 5, mask).tolist() == worst[:5].tolist()
    assert stored.nearest(query, 50, mask).tolist() == worst.tolist()


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
