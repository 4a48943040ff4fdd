"""A ticket opens its source once, whichever database counts it and however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from chatbot.errors import Gone
from chatbot.limits import TICKET_SECONDS
from chatbot.tickets import Tickets, View
from corpus.database import Database
from corpus.model import Audience
from corpus.tables import used_tickets

NOW = datetime(2040, 1, 2, 3, 4, tzinfo=UTC)  # past 2038: seconds no longer fit 32 bits
VIEW = View("LUM-1", "2.0", Audience("GB", "physician", "", "en"))


def test_a_ticket_works_once_also_for_another_process(database: Database) -> None:
    one, other = (Tickets(database, b"secret") for _ in range(2))
    ticket = one.ticket(VIEW, NOW)
    assert other.redeem(ticket, "LUM-1", "2.0", NOW) == VIEW
    for tickets in (one, other):
        with pytest.raises(Gone, match="used already"):
            tickets.redeem(ticket, "LUM-1", "2.0", NOW)
    assert one.redeem(one.ticket(VIEW, NOW), "LUM-1", "2.0", NOW) == VIEW


def test_of_many_that_follow_a_link_at_once_one_gets_in(database: Database) -> None:
    tickets = Tickets(database, b"secret")
    ticket = tickets.ticket(VIEW, NOW)

    def follow(_number: int) -> bool:
        try:
            tickets.redeem(ticket, "LUM-1", "2.0", NOW)
        except Gone:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(follow, range(16))) == 1


def test_used_tickets_are_forgotten_when_they_have_expired(database: Database) -> None:
    tickets = Tickets(database, b"secret")
    later = NOW + timedelta(seconds=TICKET_SECONDS + 1)
    for moment in (NOW, later):
        tickets.redeem(tickets.ticket(VIEW, moment), "LUM-1", "2.0", moment)
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(used_tickets)).scalar() == 1
