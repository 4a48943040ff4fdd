from __future__ import annotations

import math
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from index.analysis import tokens
from index.bm25 import EXPANSION_WEIGHT, K1, PAIR_WEIGHT, B, Bm25, build_bm25
from index.errors import DamagedEdition

WORDS = ("dose", "renal", "tablet", "40", "mg")  # each is its own stem
PASSAGES = st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=12).filter(any)


class Lucene(BM25Okapi):
    """rank-bm25 with Lucene's idf, which is never negative; Lucene also leaves out the constant factor k1 + 1."""

    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf = {word: math.log(1 + (self.corpus_size - n + 0.5) / (n + 0.5)) for word, n in nd.items()}

    def lucene_scores(self, query: list[str]) -> np.ndarray:
        return self.get_scores(query) / (self.k1 + 1)


def pairs_of(row: list[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(row)]


def opened(rows: list[list[str]], folder: Path, language: str = "en") -> Bm25:
    build_bm25([tokens(" ".join(row), language) for row in rows], folder)
    return Bm25(folder, len(rows))


@given(rows=PASSAGES, query=st.lists(st.sampled_from((*WORDS, "unheard")), max_size=6))
@settings(max_examples=60, deadline=None)
def test_scores_equal_rank_bm25_with_lucenes_formula(rows: list[list[str]], query: list[str]) -> None:
    """Over words, and with a smaller weight over pairs of neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        scores = opened(rows, Path(folder)).scores(" ".join(query))
    expected = Lucene(rows, k1=K1, b=B).lucene_scores(query)
    pairs = [pairs_of(row) for row in rows]
    if any(pairs):
        expected = expected + PAIR_WEIGHT * Lucene(pairs, k1=K1, b=B).lucene_scores(pairs_of(query))
    assert scores == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_words_that_stand_together_count_more_than_apart(tmp_path: Path) -> None:
    index = opened([["renal", "dose", "mg"], ["dose", "mg", "renal"], ["tablet"]], tmp_path)
    together, apart, _ = index.scores("renal dose").tolist()
    assert together > apart > 0
    assert index.scores("dose renal").tolist()[0] == pytest.approx(apart)  # the order counts
    assert index.scores("renal unheard dose").tolist()[0] == pytest.approx(apart)  # and what stands between


def test_what_the_question_means_counts_less_than_what_it_says_and_once(tmp_path: Path) -> None:
    index = opened([["renal", "dose"], ["tablet", "mg"], ["40"]], tmp_path)
    asked, meant = index.scores("renal"), index.scores("tablet mg")
    assert index.scores("renal", ["tablet mg"]) == pytest.approx(asked + EXPANSION_WEIGHT * meant)
    assert index.scores("renal", ["tablet mg", "mg", "renal"]) == pytest.approx(asked + EXPANSION_WEIGHT * meant)
    assert index.scores("renal", ["unheard"]) == pytest.approx(asked)
    assert index.scores("renal", ["tablet", "mg"])[1] < index.scores("renal", ["tablet mg"])[1]  # two meanings, no pair


def test_passages_of_one_word_have_no_pairs(tmp_path: Path) -> None:
    assert np.flatnonzero(opened([["renal"], ["dose"]], tmp_path).scores("renal dose")).tolist() == [0, 1]


def test_a_passage_without_a_token_keeps_its_row(tmp_path: Path) -> None:
    scores = opened([["dose"], ["the", "of"], [], ["renal"]], tmp_path).scores("renal")
    assert np.flatnonzero(scores).tolist() == [3]


def test_each_language_is_searched_by_its_own_analyser(tmp_path: Path) -> None:
    rows = [tokens("Die Tabletten täglich", "de"), tokens("They die", "en")]
    build_bm25(rows, tmp_path)
    index = Bm25(tmp_path, 2)
    assert index.languages == ("de", "en")
    assert np.flatnonzero(index.scores("Tablette")).tolist() == [0]
    assert np.flatnonzero(index.scores("die")).tolist() == [1]


def test_document_frequency_counts_passages_not_occurrences(tmp_path: Path) -> None:
    index = opened([["dose", "dose"], ["dose"], ["renal"]], tmp_path)
    assert [index.document_frequency(f"en:{word}") for word in ("dose", "renal", "unheard")] == [2, 1, 0]


def test_an_index_of_other_passages_is_refused(tmp_path: Path) -> None:
    opened([["dose"], ["renal"]], tmp_path)
    with pytest.raises(DamagedEdition, match="publish again"):
        Bm25(tmp_path, 3)
