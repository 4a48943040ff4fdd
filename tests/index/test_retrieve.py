from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index import retrieve as module
from index.analysis import tokens
from index.bm25 import Bm25, build_bm25
from index.edition import Edition
from index.retrieve import Hit, retrieve
from index.sentences import Sentences, build_sentences
from index.vectors import DEVIATIONS, Vectors, build_vectors
from tests.conftest import ROOT

PASSAGES, DIMENSIONS = 60, 24
STEP = DEVIATIONS / np.sqrt(DIMENSIONS) / 127
QUERIES = ("w1 w5 w7", "w3", "w2 w2 w11 w19", "unheard")  # the last is found by no word: cosines decide alone


@dataclass(frozen=True, slots=True)
class Vector:
    """Stands in for the encoder: gives every query the same vector."""

    value: NDArray[np.float32]

    def encode(self, _text: str) -> NDArray[np.float32]:
        return self.value


@dataclass(frozen=True, slots=True)
class Corpus:
    """Random passages; words and vectors have nothing to do with each other, so the two rankings disagree."""

    vectors: NDArray[np.float32]
    texts: list[str]
    query: NDArray[np.float32]
    sentences: NDArray[np.float32]  # exactly what is stored, in eight bits
    counts: list[int]  # of sentences by passage; 0 for some

    def edition(self, folder: Path) -> Edition:
        folder.mkdir()
        build_bm25([tokens(text, "en") for text in self.texts], folder / "bm25")
        build_vectors(self.vectors, folder / "vectors")
        count = len(self.texts)
        encoder: Any = Vector(self.query)
        owners = np.zeros(count, np.int32)
        build_sentences(self.sentences, self.counts, folder / "sentences")
        sentences = Sentences(folder / "sentences", count)
        opened = (Bm25(folder / "bm25", count), Vectors(folder / "vectors", count), sentences)
        return Edition("sha256:test", (), (), owners, *opened, encoder, None)


def corpus(seed: int, count: int = PASSAGES) -> Corpus:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count + 1, DIMENSIONS))
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    query = vectors[-1].astype(np.float32)
    vectors = (np.rint(vectors / STEP) * STEP).astype(np.float32)  # what is stored is then what is given
    texts = [" ".join(f"w{n}" for n in rng.integers(0, 20, rng.integers(1, 15))) for _ in range(count)]
    counts = rng.integers(0, 4, count).tolist()
    sentences = rng.integers(-126, 127, (sum(counts), DIMENSIONS)).astype(np.float32)
    sentences[:, 0] = 127  # the largest component sets the scale
    return Corpus(vectors[:-1], texts, query, sentences / 640, counts)  # about as long as a unit vector


def random_mask(seed: int, share: float) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(PASSAGES) < share


def reference(
    given: Corpus, bm25: NDArray[np.float32], mask: NDArray[np.bool_], preference: NDArray[np.float32]
) -> list[tuple[int, float]]:
    """TM2C2 with dense feedback over every passage in the mask, then the best sentences of the first.

    By the formulas alone and in double precision.
    """
    alpha, best, beta, sigma = 0.8, 3, 0.4, 0.25
    ids = np.flatnonzero(mask)
    rows = given.vectors.astype(np.float64)[ids]
    lexical = bm25.astype(np.float64)[ids]
    lexical = lexical / lexical.max() if lexical.max() > 0 else lexical

    def fused(query: NDArray[np.float64]) -> NDArray[np.float64]:
        cosines = rows @ query
        return alpha * (cosines + 1) / (cosines.max() + 1) + (1 - alpha) * lexical + preference[ids]

    query = given.query.astype(np.float64)
    first = np.argsort(-fused(query), kind="stable")[:best]
    moved = query + beta * rows[first].mean(axis=0)
    scores = fused(moved / np.linalg.norm(moved))
    first = np.argsort(-scores, kind="stable")[: module.REORDERED]
    ends = np.cumsum([0, *given.counts])
    near = np.array(
        [
            max(given.sentences[ends[i] : ends[i + 1]].astype(np.float64) @ query, default=float(rows[at] @ query))
            for at, i in zip(first, ids[first], strict=True)
        ]
    )
    scores = (1 - sigma) * scores
    scores[first] += sigma * (near + 1) / (near.max() + 1)
    return [(int(ids[i]), float(scores[i])) for i in np.argsort(-scores, kind="stable")]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
@pytest.mark.parametrize("preferring", [False, True])
@pytest.mark.parametrize("reordered", [7, 50])
def test_the_ranking_is_the_formula_over_every_passage_in_the_mask(
    query: str, share: float, preferring: bool, reordered: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REORDERED", reordered)
    given = corpus(1)
    edition = given.edition(tmp_path / "edition")
    mask = random_mask(2, share)
    preference = np.where(random_mask(3, 0.5) & preferring, np.float32(-0.1), np.float32(0))
    expected = reference(given, edition.bm25.scores(query), mask, preference)
    hits = retrieve(edition, query, PASSAGES, mask, preference).hits
    assert [hit.passage for hit in hits] == [passage for passage, _ in expected]
    assert [hit.score for hit in hits] == pytest.approx([score for _, score in expected], abs=1e-5)
    assert [hit.rank for hit in hits] == list(range(1, len(expected) + 1))


def test_a_hit_shows_its_raw_scores_with_the_question_itself(tmp_path: Path) -> None:
    given = corpus(1)
    edition = given.edition(tmp_path / "edition")
    for hit in retrieve(edition, "w3 w5", 10, np.ones(PASSAGES, bool)).hits:
        assert hit.cosine == pytest.approx(float(given.vectors[hit.passage] @ given.query), abs=1e-6)
        assert hit.bm25 == edition.bm25.scores("w3 w5")[hit.passage]


@pytest.mark.parametrize("seed", range(4))
def test_the_first_candidates_prove_the_second_ranking_or_the_vectors_are_searched_again(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many passages, of which one search proposes few: both happen, and the formula holds in either case."""
    given = corpus(seed, count=1_500)
    edition = given.edition(tmp_path / "edition")
    mask, preference = np.ones(1_500, bool), np.zeros(1_500, np.float32)
    searched: list[int] = []
    nearest = Vectors.nearest
    monkeypatch.setattr(Vectors, "nearest", lambda self, q, k, m: searched.append(k) or nearest(self, q, k, m))
    for depth, fewest in ((60, 2), (1_200, 1)):
        monkeypatch.setattr(module, "DEPTH", depth)
        for query in QUERIES:
            searched.clear()
            hits = retrieve(edition, query, 50, mask, preference).hits
            expected = reference(given, edition.bm25.scores(query), mask, preference)[:50]
            assert [hit.passage for hit in hits] == [passage for passage, _ in expected]
            assert len(searched) >= fewest
        assert len(searched) == fewest or depth == 60


@pytest.mark.parametrize("seed", range(8))
def test_the_ranking_does_not_depend_on_where_the_lists_were_cut(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = corpus(seed)
    edition = given.edition(tmp_path / "edition")
    preference = np.where(random_mask(seed, 0.5), np.float32(-0.1), np.float32(0))

    def rankings() -> list[tuple[Hit, ...]]:
        masks = [random_mask(seed, share) for share in (1.0, 0.4)]
        return [retrieve(edition, q, k, m, preference).hits for q in QUERIES for m in masks for k in (1, 3, 10)]

    deep = rankings()
    monkeypatch.setattr(module, "DEPTH", 1)
    assert rankings() == deep


@pytest.mark.parametrize("depth", [1, 200])
def test_what_is_masked_never_appears_and_never_weighs(
    depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The masked passages become the nearest there can be; the others keep their scores to the last bit."""
    monkeypatch.setattr(module, "DEPTH", depth)
    given = corpus(4)
    mask = random_mask(6, 0.5)
    better = given.vectors.copy()
    better[~mask] = given.query
    sentences = given.sentences.copy()
    sentences[np.repeat(~mask, given.counts)] *= 5
    plain = retrieve(given.edition(tmp_path / "plain"), QUERIES[0], 10, mask)
    tempting = replace(given, vectors=better, sentences=sentences).edition(tmp_path / "tempting")
    assert not (~mask)[[hit.passage for hit in plain.hits]].any()
    assert retrieve(tempting, QUERIES[0], 10, mask).hits == plain.hits


def test_the_best_word_match_among_the_citable_sets_the_scale(tmp_path: Path) -> None:
    """A masked passage with a higher BM25 score is no yardstick: the best citable one counts in full."""
    given = corpus(7, count=3)
    given = replace(given, texts=["w3 w3 w3", "w3 w1 w2 w4 w5", "w6"], vectors=np.tile(given.query, (3, 1)))
    given = replace(given, sentences=given.sentences[:0], counts=[0, 0, 0])
    hits = retrieve(given.edition(tmp_path / "edition"), "w3", 3, np.array([False, True, True])).hits
    assert [(hit.passage, pytest.approx(hit.score)) for hit in hits] == [(1, 1.0), (2, 0.75 * 0.8 + 0.25)]


@pytest.mark.parametrize("depth", [1, 200])
def test_equal_passages_come_in_the_order_of_their_numbers(
    depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEPTH", depth)
    given = corpus(8, count=13)
    given = replace(given, texts=["w1 w2"] * 13, vectors=np.tile(given.vectors[0], (13, 1)))
    given = replace(given, sentences=np.tile(given.sentences[:2], (13, 1)), counts=[2] * 13)
    hits = retrieve(given.edition(tmp_path / "edition"), "w1", 9, np.ones(13, bool)).hits
    assert [hit.passage for hit in hits] == list(range(9))


@pytest.mark.parametrize("reordered", [3, 50])
def test_how_many_are_asked_for_changes_nothing_above(
    reordered: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REORDERED", reordered)
    edition = corpus(9).edition(tmp_path / "edition")
    every = np.ones(PASSAGES, bool)
    for query in QUERIES:
        whole = retrieve(edition, query, PASSAGES, every).hits
        assert [hit.score for hit in whole] == sorted((hit.score for hit in whole), reverse=True)
        for count in (1, 2, 3, 4, 20):
            assert retrieve(edition, query, count, every).hits == whole[:count]


def test_the_passage_with_the_sentence_that_answers_passes_one_that_only_comes_near(tmp_path: Path) -> None:
    """Two passages as a whole equally near: the one that says it in a sentence of its own comes first."""
    given = corpus(10, count=2)
    away = np.roll(given.query, 1)
    given = replace(given, texts=["w1", "w1"], vectors=np.tile(given.vectors[0], (2, 1)))
    given = replace(given, sentences=np.stack([away, away, given.query]), counts=[1, 2])
    hits = retrieve(given.edition(tmp_path / "edition"), "w2", 2, np.ones(2, bool)).hits
    assert [hit.passage for hit in hits] == [1, 0]


def test_many_threads_at_once_find_what_one_finds(edition: Edition) -> None:
    every = np.ones(len(edition.passages), bool)
    questions = ["dose in renal impairment", "Lumetra nausea", "store below 25 degrees", "pregnancy"] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda question: retrieve(edition, question, 20, every).hits, questions))
    assert found == [retrieve(edition, question, 20, every).hits for question in questions]


def test_another_process_with_other_threads_finds_the_same_to_the_last_bit(edition_folder: Path) -> None:
    program = (
        "import sys, numpy as np; from pathlib import Path; from index.edition import open_edition\n"
        "from index.retrieve import retrieve\n"
        "edition = open_edition(Path(sys.argv[1]))\n"
        "found = retrieve(edition, 'dose in renal impairment', 20, np.ones(len(edition.passages), bool))\n"
        "print([(hit.passage, hit.score.hex(), hit.bm25.hex(), hit.cosine.hex()) for hit in found.hits])"
    )
    command = [sys.executable, "-c", program, str(edition_folder)]

    def ran(threads: str, seed: str) -> str:
        environment = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": seed}
        return subprocess.run(
            command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    assert ran("1", "1") == ran("4", "2") != "[]\n"


def test_an_empty_mask_gives_no_hits(edition: Edition) -> None:
    found = retrieve(edition, "dose", 5, np.zeros(len(edition.passages), bool))
    assert (found.hits, found.edition, found.query) == ((), edition.id, "dose")


def test_a_meaning_finds_what_the_question_does_not_say(edition: Edition) -> None:
    every = np.ones(len(edition.passages), bool)
    found = retrieve(edition, "grav", 1, every, meanings=("pregnancy",))
    assert "pregnancy" in edition.passages[found.hits[0].passage].text
    assert found.query == "grav"
    assert found.hits[0].bm25 == edition.bm25.scores("grav", ("pregnancy",))[found.hits[0].passage]


def test_the_passage_that_answers_comes_first(edition: Edition) -> None:
    every = np.ones(len(edition.passages), bool)
    for question, answer in [
        ("dose of lodisartan when the kidneys fail", "severe renal impairment"),
        ("frequent adverse reactions of Lumetra", "Nausea"),
        ("expecting a baby while on Velmarin", "pregnancy"),
    ]:
        assert answer in edition.passages[retrieve(edition, question, 1, every).hits[0].passage].text
