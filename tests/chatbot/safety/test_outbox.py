"""When a channel is tried again: soon at first, seldom later, and never too late for the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from chatbot.limits import DELIVERY_FIRST_SECONDS, DELIVERY_LONGEST_SECONDS
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import CLOCK
from chatbot.safety.deliver import Delivery
from chatbot.safety.outbox import Outbox, Pace, Waiting
from corpus.database import Database
from tests.chatbot.safety.conftest import NOON, found
from tests.chatbot.safety.receivers import Broken


def test_waits_double_up_to_a_bound_and_shorten_before_the_clock_runs_out() -> None:
    pace = Pace()

    def wait(failures: int, tried_at: datetime) -> float:
        return (Waiting("c", 1, NOON, failures, tried_at).next_try(pace) - tried_at).total_seconds()

    assert Waiting("c", 1, NOON, 0, None).next_try(pace) == NOON
    assert [wait(failures, NOON) for failures in (1, 2, 3, 4)] == [DELIVERY_FIRST_SECONDS * n for n in (1, 2, 4, 8)]
    assert wait(20, NOON) == wait(10_000, NOON) == DELIVERY_LONGEST_SECONDS
    assert wait(20, NOON + CLOCK - timedelta(minutes=40)) == 300
    assert wait(20, NOON + CLOCK - timedelta(seconds=1)) == DELIVERY_FIRST_SECONDS
    assert wait(20, NOON + CLOCK + timedelta(days=9)) == DELIVERY_LONGEST_SECONDS  # late is better than never


def test_a_receiver_that_is_away_for_23_hours_is_still_reached_in_time(
    book: CaseBook, database: Database, tmp_path: Path
) -> None:
    """Simulated: each step is at the instant that the outbox names."""
    case = book.open(found())
    outbox, pace, now = Outbox(database), Pace(), NOON
    channel = Broken(case.id)
    delivery = Delivery(book, outbox, [channel], tmp_path / "lock", pace)
    waiting = outbox.waiting("broken")[0]
    while now < NOON + timedelta(hours=23):
        waiting = replace(waiting, failures=waiting.failures + 1, tried_at=now)
        now = waiting.next_try(pace)
    channel.case_id = ""
    delivery.send_due(channel, now)
    assert channel.delivered == [f"{case.id}.1"]
    assert now < case.due_at - timedelta(minutes=40)
