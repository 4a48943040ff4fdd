"""The outbox: which reports a channel still has to confirm, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select
from sqlalchemy import case as either

from chatbot.limits import DELIVERY_FIRST_SECONDS, DELIVERY_LONGEST_SECONDS
from chatbot.safety.cases import CLOCK, OURSELVES, CaseEvent
from chatbot.safety.rows import insert_event, one_case, open_cases, read_cases, stamp
from corpus.database import Database
from corpus.tables import case_attempts, case_reports


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a channel waits after a failure."""

    first: timedelta = timedelta(seconds=DELIVERY_FIRST_SECONDS)
    longest: timedelta = timedelta(seconds=DELIVERY_LONGEST_SECONDS)

    def after(self, failures: int) -> timedelta:
        """The wait after so many failures in a row, 1 or more."""
        return min(self.first * (1 << min(failures - 1, 30)), self.longest)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send a report."""

    case_id: str
    sequence: int
    channel: str
    at: datetime  # UTC
    confirmed: bool
    detail: str  # why not


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report that a channel has not confirmed."""

    case_id: str
    sequence: int
    at: datetime  # UTC, of the turn
    failures: int
    tried_at: datetime | None  # UTC, the last time

    def next_try(self, pace: Pace) -> datetime:
        """When it is to be sent: at once, then after waits that double.

        No wait is longer than an eighth of what the clock still has, so that a receiver that comes back late is still
        reached in time; it goes on after the clock has run out, since a late report is better than none.
        """
        if self.tried_at is None:
            return self.at
        left = self.at + CLOCK - self.tried_at
        share = left / 8 if left > timedelta() else pace.longest
        return self.tried_at + min(pace.after(self.failures), max(share, pace.first))


class Outbox:
    """What is to be sent, and what was tried. Attempts are appended; a report is done with one that was confirmed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, channel: str) -> list[Waiting]:
        """The reports of cases that have not ended and that a channel has not confirmed, oldest first."""
        of_open = case_attempts.c.case_id.in_(open_cases())  # those of ended ones only grow
        mine = _ATTEMPTS.where((case_attempts.c.channel == channel) & of_open).subquery()
        query = (
            select(case_reports.c.case_id, case_reports.c.sequence, case_reports.c.at, mine.c.failures, mine.c.tried_at)
            .outerjoin(mine, (mine.c.case_id == case_reports.c.case_id) & (mine.c.sequence == case_reports.c.sequence))
            .where(case_reports.c.case_id.in_(open_cases()))
            .where(func.coalesce(mine.c.confirmed, 0) == 0)
            .order_by(case_reports.c.at, case_reports.c.case_id, case_reports.c.sequence)
        )
        with self._database.reading() as connection:
            return [_waiting(row) for row in connection.execute(query)]

    def keep(self, attempt: Attempt, channels: Sequence[str]) -> None:
        """Appends an attempt, durably, and with the last one that was missing that the case is sent."""
        row = {"case_id": attempt.case_id, "sequence": attempt.sequence, "channel": attempt.channel}
        outcome = {"at": stamp(attempt.at), "confirmed": attempt.confirmed, "detail": attempt.detail}
        with self._database.writing() as connection:
            connection.execute(insert(case_attempts).values(**row, **outcome))
            if attempt.confirmed:
                _settle(connection, one_case(attempt.case_id), channels, attempt.at)

    def settle(self, channels: Sequence[str], at: datetime) -> None:
        """Keeps which open cases are sent by now, since ``channels`` are all that there are."""
        with self._database.writing() as connection:
            _settle(connection, open_cases(), channels, at)

    def attempts(self, case_id: str) -> Sequence[Attempt]:
        """Every attempt of a case, oldest first."""
        query = select(case_attempts).where(case_attempts.c.case_id == case_id).order_by(case_attempts.c.id)
        with self._database.reading() as connection:
            return [_attempt(row) for row in connection.execute(query)]


_ATTEMPTS = select(
    case_attempts.c.case_id,
    case_attempts.c.sequence,
    func.count().label("failures"),
    func.max(case_attempts.c.at).label("tried_at"),
    func.max(either((case_attempts.c.confirmed, 1), else_=0)).label("confirmed"),
).group_by(case_attempts.c.case_id, case_attempts.c.sequence)


def _settle(connection: Connection, ids: Select[Any], channels: Sequence[str], at: datetime) -> None:
    for case in read_cases(connection, ids):
        if case.state != "detected":
            continue
        query = select(case_attempts.c.sequence, case_attempts.c.channel)
        query = query.where((case_attempts.c.case_id == case.id) & case_attempts.c.confirmed)
        confirmed = {(row.sequence, row.channel) for row in connection.execute(query)}
        if all((report.sequence, channel) in confirmed for report in case.reports for channel in channels):
            insert_event(connection, case.id, CaseEvent("sent", len(case.reports), at, OURSELVES, "", ""))


def _waiting(row: Any) -> Waiting:
    tried_at = datetime.fromisoformat(row.tried_at) if row.tried_at else None
    return Waiting(row.case_id, row.sequence, datetime.fromisoformat(row.at), row.failures or 0, tried_at)


def _attempt(row: Any) -> Attempt:
    at = datetime.fromisoformat(row.at)
    return Attempt(row.case_id, row.sequence, row.channel, at, row.confirmed, row.detail)
