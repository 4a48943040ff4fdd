from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench.engines import Engine, Entry, NothingFound, Passages, Setting, Weights
from eval.bench.turns import measure, median_metric
from index.encoder import EncoderFiles


class Fake:
    """An engine that finds what it is told and writes down when it was asked."""

    def __init__(self, name: str, found: list[int], asked: list[tuple[str, str]]) -> None:
        self.name, self.found, self.asked = name, found, asked

    def search(self, query: str) -> list[int]:
        self.asked.append((self.name, query))
        return self.found

    def close(self) -> None:
        self.asked.append((self.name, "closed"))


def fake(name: str, found: list[int], asked: list[tuple[str, str]]) -> Entry:
    def make(_setting: Setting) -> Engine:
        return Fake(name, found, asked)

    return Entry(name, name, (), make)


def setting(folder: Path) -> Setting:
    """Three hundred passages that nobody reads."""
    nothing: Any = None  # no engine here reads a sentence
    passages = Passages(("text",) * 300, ("en",) * 300, np.zeros((300, 4), np.float32), nothing)
    return Setting(passages, Weights(EncoderFiles(folder), None), folder, None)


def test_the_engines_take_turns_on_the_same_queries(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    names = ("signpost", "bare", "other")
    queries = [f"query {at}" for at in range(25)]
    measure([fake(name, [1, 2], asked) for name in names], setting(tmp_path), queries, 8, lambda: None)
    turns = []
    while len(asked) > 3:  # at the end all are closed
        size = (13, 13, 8)[len(turns) // 3 % 3]
        turns.append((asked[0][0], [query for name, query in asked[:size] if name == asked[0][0]]))
        del asked[:size]
    for number, (_, asks) in enumerate(turns):
        block = queries[number // 3 % 3 * 10 :][:10]
        assert asks == block[-3:] + block  # three to settle, then the clock
    orders = [tuple(name for name, _ in turns[at : at + 3]) for at in range(0, len(turns), 3)]
    assert len(orders) == 8 * 3
    assert set(orders) == set(itertools.permutations(names))  # no one always comes after the slowest


@pytest.mark.parametrize("found", [[], [1, 1], list(range(11)), [300], [-1]])
def test_an_engine_that_finds_nothing_sensible_is_an_error(found: list[int], tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    entries = [fake("signpost", [1], asked), fake("broken", found, asked)]
    with pytest.raises(NothingFound, match=r"broken: 'one' gave .* 1 to 10 different passages of 300"):
        measure(entries, setting(tmp_path), ["one"], 1, lambda: None)
    assert {name for name, what in asked if what == "closed"} == {"signpost", "broken"}


def test_the_same_times_give_the_same_interval() -> None:
    values = np.random.default_rng(3).lognormal(1.0, 0.5, 40)
    first = median_metric("ratio", values)
    assert first == median_metric("ratio", values)
    assert first.low < np.median(values) == first.value < first.high
    same = median_metric("ratio", np.full(5, 2.5))
    assert (same.value, same.low, same.high, same.n) == (2.5, 2.5, 2.5, 5)


def test_the_interval_of_a_median_covers_it_as_often_as_it_says() -> None:
    """True median 1; 200 samples of 30: about 190 intervals hold it."""
    random = np.random.default_rng(5)
    metrics = [median_metric("ratio", random.lognormal(0.0, 0.4, 30)) for _ in range(200)]
    assert 178 <= sum(metric.low <= 1 <= metric.high for metric in metrics) <= 199
