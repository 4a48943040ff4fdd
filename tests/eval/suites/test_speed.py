"""The speed suite counts every question and gives times; no test asserts one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.errors import InvalidInput
from corpus.model import Audience
from eval.measuring.measures import measure
from eval.sets import Question
from eval.suites.speed import percentile_metric, speed
from index.layout import Home

GB = Audience("GB", "physician", "", "en")
INSTANT = datetime(2026, 6, 1, tzinfo=UTC)
QUESTIONS = tuple(
    Question(str(at), text, "answerable", (), (), {}, {"product": ("Lumetra",)})
    for at, text in enumerate(["Lumetra starting dose", "Nerolin renal impairment", "Velmarin overdose"])
)


@pytest.fixture(scope="module")
def assistant(small: Home) -> Iterator[Assistant]:
    database = open_database(small.database)
    yield Assistant(small, database, trial=True)
    database.close()


def test_every_question_has_both_times_and_nothing_is_recorded(assistant: Assistant) -> None:
    told: list[tuple[int, int]] = []
    size = assistant.log.size()
    result = speed(assistant, QUESTIONS, GB, INSTANT, 2, dataset="x", data={}, progress=lambda *done: told.append(done))
    assert result.timed
    assert [case.id for case in result.cases] == ["0", "1", "2"]
    assert all(value > 0 for case in result.cases for value in case.values.values())
    names = [f"{stage} p{percent} ms" for stage in ("turn", "retrieval") for percent in (50, 90, 99)]
    assert [metric.name for metric in result.metrics] == names
    assert all(metric.n == 3 and 0 < metric.low <= metric.value <= metric.high for metric in result.metrics)
    assert told == [(at, 9) for at in range(1, 10)]
    assert assistant.log.size() == size


def test_less_time_is_better() -> None:
    for name in ("turn ms", "retrieval ms", "turn p50 ms", "retrieval p99 ms"):
        assert not measure(name).rising


def test_no_round_is_refused(assistant: Assistant) -> None:
    with pytest.raises(InvalidInput, match="1 or more"):
        speed(assistant, QUESTIONS, GB, INSTANT, 0, dataset="x", data={}, progress=lambda *_: None)


def test_percentiles_are_values_that_occurred_with_values_around_them() -> None:
    """Of 100 draws, 40 to 60 lie below the median in 95 % of cases (binomial): the 40th and 61st value."""
    hundred = [float(value) for value in range(100, 0, -1)]
    half, tail, one = (
        percentile_metric("turn p50 ms", hundred, 50),
        percentile_metric("turn p99 ms", hundred, 99),
        percentile_metric("turn p99 ms", [7.0], 99),
    )
    assert (half.low, half.value, half.high, half.n) == (40.0, 50.0, 61.0, 100)
    assert (tail.value, tail.high) == (99.0, 100.0)
    assert (one.low, one.value, one.high) == (7.0, 7.0, 7.0)
