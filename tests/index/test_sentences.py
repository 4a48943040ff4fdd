from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.model import Sentence
from index.errors import DamagedEdition
from index.sentences import Sentences, build_sentences, sentence_texts
from tests.index.small import LABELS

COUNTS = [2, 0, 3, 1, 0]


def units(count: int, seed: int = 0, dimensions: int = 384) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def stored(tmp_path: Path) -> Sentences:
    build_sentences(units(sum(COUNTS)), COUNTS, tmp_path / "sentences")
    return Sentences(tmp_path / "sentences", len(COUNTS))


def test_a_passage_counts_as_its_nearest_sentence(stored: Sentences) -> None:
    query, cosines = units(1, seed=1)[0], units(sum(COUNTS)) @ units(1, seed=1)[0]
    found = stored.best(np.array([3, 2, 0]), query, np.zeros(3, np.float32))
    assert found == pytest.approx([cosines[5], cosines[2:5].max(), cosines[:2].max()], abs=0.002)


def test_a_passage_without_sentences_keeps_what_it_has(stored: Sentences) -> None:
    query, given = units(1, seed=1)[0], np.array([0.25, 0.5, 0.75], np.float32)
    assert stored.best(np.array([1, 4, 1]), query, given).tolist() == given.tolist()
    assert stored.best(np.array([1, 3, 4]), query, given).tolist()[::2] == [0.25, 0.75]


def test_a_score_does_not_depend_on_what_is_read_beside_it(stored: Sentences) -> None:
    query, nothing = units(1, seed=1)[0], np.zeros(len(COUNTS), np.float32)
    every = stored.best(np.arange(len(COUNTS)), query, nothing)
    for passage in range(len(COUNTS)):
        assert stored.best(np.array([passage]), query, nothing[:1])[0] == every[passage]


def test_each_sentence_of_a_passage_has_its_cosine(stored: Sentences) -> None:
    query = units(1, seed=1)[0]
    cosines = units(sum(COUNTS)) @ query
    assert stored.cosines(2, query) == pytest.approx(cosines[2:5], abs=0.002)
    assert stored.cosines(2, query).max() == stored.best(np.array([2]), query, np.zeros(1, np.float32))[0]
    assert stored.cosines(1, query).tolist() == []


def test_a_choice_of_passages_keeps_their_sentences(stored: Sentences) -> None:
    query, rows = units(1, seed=1)[0], np.array([3, 0, 3, 1])
    nothing = np.zeros(4, np.float32)
    assert stored.taken(rows).best(np.arange(4), query, nothing).tolist() == stored.best(rows, query, nothing).tolist()


def test_an_edition_without_any_sentence_opens(tmp_path: Path) -> None:
    build_sentences(np.zeros((0, 8), np.float32), [0, 0], tmp_path / "sentences")
    found = Sentences(tmp_path / "sentences", 2).best(np.array([1]), np.ones(8, np.float32), np.ones(1, np.float32))
    assert found.tolist() == [1.0]


def test_sentences_of_other_passages_are_refused(tmp_path: Path) -> None:
    build_sentences(units(3), [1, 2], tmp_path / "sentences")
    with pytest.raises(DamagedEdition, match="publish again"):
        Sentences(tmp_path / "sentences", 3)


def test_what_says_too_little_is_not_compared() -> None:
    passage = LABELS[0].passages[0]
    text = "Adults. Take it once a day. Not known."
    parts = tuple(Sentence(start, end, True) for start, end in ((0, 7), (8, 27), (28, 38)))
    assert sentence_texts(replace(passage, start=0, text=text, sentences=parts)) == ["Take it once a day."]


def test_sentences_are_found_wherever_the_passage_starts() -> None:
    passage = LABELS[0].passages[1]
    assert passage.start > 0
    assert sentence_texts(passage) == [passage.text]
