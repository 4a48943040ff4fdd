"""The book of safety cases: opens them durably, and keeps every step of theirs. Nothing in it is edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from chatbot.errors import CaseRefused
from chatbot.limits import CASE_REASON_CHARACTERS
from chatbot.safety.cases import OURSELVES, CaseEvent, Detected, SafetyCase, State, check_role, joins
from chatbot.safety.rows import (
    cases_of,
    ended_cases,
    insert_case,
    insert_event,
    insert_report,
    one_case,
    open_cases,
    read_cases,
)
from chatbot.safety.vault import Vault
from corpus.database import Database
from corpus.errors import InvalidInput, NotFound
from corpus.stamps import uuid7
from index.layout import Home


class Once(Protocol):
    """What knows the case that the same telling has opened already; asked and told inside the transaction."""

    def known(self, connection: Connection) -> str | None: ...
    def keep(self, connection: Connection, case_id: str) -> None: ...


class CaseBook:
    """Every safety case of an installation; processes may share it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self.vault = vault

    def open(self, finding: Detected, once: Once | None = None) -> SafetyCase:
        """Opens a case, or adds to the one that it goes on with; durable before it returns.

        What ``once`` knows already is told a second time: the case stays as it is.
        Raises ``Misconfigured`` without the vault's key and ``StoreUnavailable``; then nothing was kept.
        """
        finding = _storable(finding)
        self.vault.prepare()
        with self._database.writing() as connection:
            told = once.known(connection) if once else None
            if told is not None:
                return _read_one(connection, told)
            known = read_cases(connection, cases_of(finding.conversation)) if finding.conversation else []
            case = next((case for case in reversed(known) if joins(case, finding)), None)
            case_id = case.id if case else uuid7()
            if case is None:
                insert_case(connection, case_id, finding)
            sequence = len(case.reports) + 1 if case else 1
            insert_report(connection, case_id, sequence, finding, self.vault.seal(case_id, sequence, finding.text))
            event = CaseEvent("detected", sequence, datetime.now(UTC), OURSELVES, "", "")
            insert_event(connection, case_id, event)
            if once:
                once.keep(connection, case_id)
            return _read_one(connection, case_id)

    def case(self, case_id: str) -> SafetyCase:
        """One case; raises ``NotFound``."""
        with self._database.snapshot() as connection:
            return _read_one(connection, case_id)

    def cases(self, now: datetime) -> list[SafetyCase]:
        """Those that have not ended: the clock that runs out first, or ran out longest ago, first."""
        with self._database.snapshot() as connection:
            found = read_cases(connection, open_cases())
        return sorted(
            found, key=lambda case: (not case.overdue(now), case.stopped_at is not None, case.due_at, case.id)
        )

    def ended(self, offset: int, count: int) -> list[SafetyCase]:
        """Cases that have ended, those opened last first."""
        with self._database.snapshot() as connection:
            found = read_cases(connection, ended_cases(offset, count))
        return sorted(found, key=lambda case: (case.opened_at, case.id), reverse=True)

    def receive(
        self, case_id: str, reference: str, at: datetime, who: str = OURSELVES, seen: int | None = None
    ) -> SafetyCase:
        """Safety has it, under a reference of its own, up to report ``seen``, which must be the newest.

        Raises ``CaseRefused``, ``NotFound`` and ``InvalidInput``.
        """
        reference, who = _said("reference", reference), _said("name", who)

        def step(case: SafetyCase) -> CaseEvent:
            case.check("received")
            _check_seen(case, seen)
            return CaseEvent("received", len(case.reports), at, who, "", reference)

        return self._step(case_id, step)

    def close(
        self, case_id: str, reason: str, who: str, role: str, at: datetime, seen: int | None = None
    ) -> SafetyCase:
        """It is done with: signed by somebody of the role safety.

        ``seen`` is the newest report they have read. Raises ``Forbidden``, ``CaseRefused``, ``NotFound`` and
        ``InvalidInput``.
        """
        return self._end(case_id, "closed", reason, who, role, at, seen)

    def not_a_case(
        self, case_id: str, reason: str, who: str, role: str, at: datetime, seen: int | None = None
    ) -> SafetyCase:
        """It never was one: signed as ``close`` is, and raises the same."""
        return self._end(case_id, "not_a_case", reason, who, role, at, seen)

    def _end(
        self, case_id: str, to: State, reason: str, who: str, role: str, at: datetime, seen: int | None
    ) -> SafetyCase:
        check_role(role)
        reason, who = _said("reason", reason), _said("name", who)

        def step(case: SafetyCase) -> CaseEvent:
            case.check(to)
            _check_seen(case, seen)
            return CaseEvent(to, len(case.reports), at, who, role, reason)

        return self._step(case_id, step)

    def _step(self, case_id: str, step: Callable[[SafetyCase], CaseEvent]) -> SafetyCase:
        """Decides over the case as it stands, and appends, in one transaction."""
        with self._database.writing() as connection:
            insert_event(connection, case_id, step(_read_one(connection, case_id)))
            return _read_one(connection, case_id)


def open_cases_of(home: Home, database: Database) -> CaseBook:
    """The book of a home."""
    return CaseBook(database, Vault(home.safety_key, database))


def _read_one(connection: Connection, case_id: str) -> SafetyCase:
    found = read_cases(connection, one_case(_plain(case_id)))
    if not found:
        raise NotFound(f"no case {case_id}; `signpost cases list` names them")
    return found[0]


def _check_seen(case: SafetyCase, seen: int | None) -> None:
    """No step may stop the clock of a report that whoever takes it has not read."""
    newest = len(case.reports)
    if seen is not None and seen != newest:
        raise CaseRefused(f"case {case.id} has reports 1 to {newest} now, and 1 to {seen} were read; read it again")


def _storable(finding: Detected) -> Detected:
    """Names without what the database can't hold: a refused request may send anything as its conversation."""
    return replace(
        finding,
        conversation=_plain(finding.conversation),
        portal=_plain(finding.portal),
        country=_plain(finding.country),
        language=_plain(finding.language),
        subject=_plain(finding.subject),
    )


def _said(what: str, text: str) -> str:
    said = " ".join(_plain(text).split())
    if not said or len(said) > CASE_REASON_CHARACTERS:
        raise InvalidInput(f"give a {what} of 1 to {CASE_REASON_CHARACTERS} characters")
    return said


def _plain(text: str) -> str:
    """Without lone surrogates, which no database takes, and NUL, which PostgreSQL doesn't."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
