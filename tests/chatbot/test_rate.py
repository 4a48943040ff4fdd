"""How often a reader may ask, when several processes count."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.errors import TooManyTurns
from chatbot.limits import TURNS_IN_WINDOW, WINDOW_SECONDS
from chatbot.rate import Rate
from corpus.errors import StoreUnavailable

PROCESSES = 3


def taken(rate: Rate, times: int, reader: str = "dr-1") -> int:
    """How many of so many turns are let pass."""
    passed = 0
    for _ in range(times):
        try:
            rate.take(reader)
        except TooManyTurns:
            continue
        passed += 1
    return passed


def taken_by_a_process(path: Path) -> int:
    return taken(Rate(path), TURNS_IN_WINDOW)


def test_processes_that_share_a_file_give_one_window_to_a_reader(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        assert sum(pool.map(taken_by_a_process, [tmp_path / "turns"] * PROCESSES)) == TURNS_IN_WINDOW
    assert taken(Rate(tmp_path / "turns"), 5, "dr-2") == 5


def test_threads_never_pass_one_turn_too_many() -> None:
    rate = Rate()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: taken(rate, 20), range(8))) == TURNS_IN_WINDOW


def test_a_turn_that_was_refused_does_not_count(tmp_path: Path) -> None:
    clock = [0.0]
    rate = Rate(tmp_path / "turns", lambda: clock[0])
    assert taken(rate, TURNS_IN_WINDOW + 30) == TURNS_IN_WINDOW
    clock[0] = WINDOW_SECONDS + 0.1
    assert taken(rate, TURNS_IN_WINDOW + 30) == TURNS_IN_WINDOW


def test_turns_that_can_not_be_counted_are_not_answered(tmp_path: Path) -> None:
    (tmp_path / "turns").write_bytes(b"this is no database, and long enough to be told from one" * 20)
    with pytest.raises(StoreUnavailable, match="turns can't be counted"):
        Rate(tmp_path / "turns").take("dr-1")
