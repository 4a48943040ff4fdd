"""Proposals to withdraw in the database. Thin: what they mean is decided in `corpus.proposals`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from corpus.database import Database
from corpus.event_log import append_events, read_registry
from corpus.lifecycle import withdrawal_events
from corpus.model import Approval
from corpus.proposals import Proposal, ProposalEvent, Subject, Verdict, open_proposals, sync_events, verdict_event
from corpus.registry import Registry
from corpus.staging import Staging, drop_waiting, read_stagings
from corpus.tables import proposals


class ProposalBook:
    """What a sync proposes and what people say to it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def history(self) -> list[ProposalEvent]:
        """Every event in order."""
        with self.database.reading() as connection:
            return _history(connection)

    def open(self) -> list[Proposal]:
        """The proposals that wait for a person."""
        with self.database.reading() as connection:
            return _open(connection)

    def sync(self, gone: Iterable[Subject], present: Iterable[Subject], actor: str, at: str) -> list[ProposalEvent]:
        """Adds what a sync found; returns the new events."""
        with self.database.writing() as connection:
            new = sync_events(_history(connection), gone, present, actor, at)
            _append(connection, new)
        return new

    def decide(
        self, numbers: Sequence[int], verdict: Verdict, actor: str, at: str, reason: str
    ) -> tuple[list[Proposal], Registry]:
        """Ends open proposals, all or none; an accepted one withdraws in the same transaction.

        Returns them and the registry after it. Raises ``NotFound``, and ``InvalidInput`` without a reason.
        """
        with self.database.writing() as connection:
            waiting = _open(connection)
            _append(
                connection,
                [verdict_event(waiting, number, verdict, actor, at, reason) for number in dict.fromkeys(numbers)],
            )
            decided = [proposal for proposal in waiting if proposal.number in numbers]
            if verdict == "accepted":
                return decided, _accept(connection, decided, actor, at, reason)
            return decided, read_registry(connection)


def _accept(connection: Connection, accepted: Sequence[Proposal], actor: str, at: str, reason: str) -> Registry:
    files = {proposal.file: {approval.key for approval in proposal.waiting} for proposal in accepted}

    def unwanted(staging: Staging, approval: Approval) -> bool:
        return approval.key in files.get(staging.file, ())

    drop_waiting(connection, unwanted)
    keys = [approval.key for proposal in accepted for approval in proposal.approvals]
    return append_events(connection, lambda now: withdrawal_events(now, keys, actor, at, f"file gone: {reason}"))


def _open(connection: Connection) -> list[Proposal]:
    waiting = {(each.file, each.source_sha256): each.approvals for each in read_stagings(connection)}
    return open_proposals(_history(connection), read_registry(connection), waiting)


def _history(connection: Connection) -> list[ProposalEvent]:
    columns = (getattr(proposals.c, name) for name in ProposalEvent.__slots__)
    return [ProposalEvent(*row) for row in connection.execute(select(*columns).order_by(proposals.c.sequence))]


def _append(connection: Connection, new: Iterable[ProposalEvent]) -> None:
    for event in new:
        values = {name: value for name, value in asdict(event).items() if name != "sequence"}
        connection.execute(insert(proposals).values(values))
