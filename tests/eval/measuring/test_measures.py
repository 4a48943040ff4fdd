"""What the measures are called, and that each is explained."""

from __future__ import annotations

import pytest

from corpus.errors import InvalidInput
from eval.measuring.measures import RETRIEVAL, measure

NAMES = (
    *RETRIEVAL,
    *("hit@1", "hit@5", "sentence shown", "sentence shown first", "answered", "abstained", "clarified"),
    *("accuracy", "macro F1", "precision adverse_event", "recall adverse event", "F1 thanks"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_prints_as_written_and_says_what_it_means(name: str) -> None:
    found = measure(name)
    assert found.name == name
    assert found.meaning.endswith(".")
    assert found.source


def test_a_query_without_a_value_scores_the_worst() -> None:
    for name in NAMES:
        assert measure(name).rising
        assert measure(name).default == 0.0


@pytest.mark.parametrize("name", ["ndcg@10", "nDCG", "nDCG@0", "nDCG@ten", "recall", "recall ", "hits@1", ""])
def test_an_unknown_measure_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"no measure is called .*sentence shown, .*nDCG@k"):
        measure(name)
