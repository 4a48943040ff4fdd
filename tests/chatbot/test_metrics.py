"""What Prometheus reads, in one process; several are in tests/end_to_end/test_workers.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.errors import Misconfigured, TooManyTurns
from chatbot.metrics import Metrics


def test_what_ends_a_turn_early_is_counted_by_its_kind() -> None:
    metrics = Metrics()
    with pytest.raises(TooManyTurns), metrics.failing():
        raise TooManyTurns("60 turns")
    assert b'signpost_turn_failures_total{error="TooManyTurns"} 1.0' in metrics.exposition()


def test_a_process_counts_as_serving_once_it_takes_requests() -> None:
    metrics = Metrics()
    assert b"signpost_workers 0.0" in metrics.exposition()
    metrics.serving()
    assert b"signpost_workers 1.0" in metrics.exposition()


def test_a_folder_that_prometheus_was_not_told_of_in_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="before anything imports prometheus_client"):
        Metrics(tmp_path)
