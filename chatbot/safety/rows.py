"""Safety cases from and to the rows of the database. No row but the vault's ciphertext holds a word of a reader."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from chatbot.safety.cases import ENDED, CaseEvent, Detected, Report, SafetyCase
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.tables import case_events, case_reports, cases

_ENDED_IDS = select(case_events.c.case_id).where(case_events.c.state.in_(ENDED))  # an end is the last event there is


def one_case(case_id: str) -> Select[Any]:
    """The id of the case, if there is one."""
    return select(cases.c.id).where(cases.c.id == case_id)


def open_cases() -> Select[Any]:
    """The ids of cases that have not ended."""
    return select(cases.c.id).where(cases.c.id.not_in(_ENDED_IDS))


def ended_cases(offset: int, count: int) -> Select[Any]:
    """The ids of cases that have ended, those that were opened last first."""
    newest = cases.c.opened_at.desc(), cases.c.id.desc()
    return select(cases.c.id).where(cases.c.id.in_(_ENDED_IDS)).order_by(*newest).offset(offset).limit(count)


def cases_of(conversation: str) -> Select[Any]:
    """The ids of a conversation's cases."""
    return select(cases.c.id).where(cases.c.conversation == conversation)


def read_cases(connection: Connection, ids: Select[Any]) -> list[SafetyCase]:
    """The cases that a query names, by id; within a transaction they are as of one instant."""
    chosen = ids.subquery()
    told: defaultdict[str, list[Report]] = defaultdict(list)
    happened: defaultdict[str, list[CaseEvent]] = defaultdict(list)
    columns = (case_reports.c.case_id, case_reports.c.sequence, case_reports.c.at, case_reports.c.facts)
    within = case_reports.c.case_id.in_(select(chosen.c.id))
    for row in connection.execute(select(*columns).where(within).order_by(case_reports.c.sequence)):
        told[row.case_id].append(_report(row))
    events = select(case_events).where(case_events.c.case_id.in_(select(chosen.c.id))).order_by(case_events.c.id)
    for row in connection.execute(events):
        happened[row.case_id].append(_event(row))
    found = connection.execute(select(cases).where(cases.c.id.in_(select(chosen.c.id))).order_by(cases.c.id))
    return [_case(row, told[row.id], happened[row.id]) for row in found]


def insert_case(connection: Connection, case_id: str, finding: Detected) -> None:
    """The case itself, without its first report."""
    connection.execute(
        insert(cases).values(
            id=case_id,
            conversation=finding.conversation,
            portal=finding.portal,
            country=finding.country,
            pseudonym=finding.subject,
            opened_at=stamp(finding.at),
        )
    )


def insert_report(
    connection: Connection, case_id: str, sequence: int, finding: Detected, sealed: tuple[bytes, bytes]
) -> None:
    """A report with its sealed text."""
    facts = {
        "kind": finding.kind,
        "origin": finding.origin,
        "turn": finding.turn,
        "language": finding.language,
        "rules": list(finding.rules),
        "elements": list(finding.elements),
        "cut": finding.cut,
    }
    nonce, ciphertext = sealed
    row = {"case_id": case_id, "sequence": sequence, "at": stamp(finding.at), "facts": json.dumps(facts)}
    connection.execute(insert(case_reports).values(**row, nonce=nonce, ciphertext=ciphertext))


def insert_event(connection: Connection, case_id: str, event: CaseEvent) -> None:
    """The case comes into a state, which is a leaf of the log too."""
    signed = {"who": event.who, "role": event.role, "reason": event.reason}
    row = {"case_id": case_id, "state": event.state, "report": event.report, "at": stamp(event.at), **signed}
    connection.execute(insert(case_events).values(**row))
    told = case_leaf_value(connection, case_id, event)
    append_leaves(connection, [new_leaf(read_head(connection).origin, "safety_case", {"case": told})])


def case_leaf_value(connection: Connection, case_id: str, event: CaseEvent) -> dict[str, Any]:
    """What the log has of a step: no word of a reader, and no reason, which may tell of a patient.

    Of a report, its facts and the digest of its sealed text.
    """
    value = {"id": case_id, "state": event.state, "report": event.report, "at": stamp(event.at), "who": event.who}
    if event.state != "detected":
        return value | {"role": event.role}
    query = select(case_reports).where(case_reports.c.case_id == case_id, case_reports.c.sequence == event.report)
    report = connection.execute(query).one()
    sealed = hashlib.sha256(bytes(report.nonce) + bytes(report.ciphertext)).hexdigest()
    return value | {"facts": json.loads(report.facts), "sealed_sha256": sealed}


def stamp(moment: datetime) -> str:
    """An instant as it is kept: UTC, and in order as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _case(row: Any, reports: Sequence[Report], events: Iterable[CaseEvent]) -> SafetyCase:
    opened = datetime.fromisoformat(row.opened_at)
    who = (row.conversation, row.portal, row.country, row.pseudonym)
    return SafetyCase(row.id, *who, opened, tuple(reports), tuple(events))


def _report(row: Any) -> Report:
    facts = json.loads(row.facts)
    return Report(
        sequence=row.sequence,
        at=datetime.fromisoformat(row.at),
        kind=facts["kind"],
        origin=facts["origin"],
        turn=facts["turn"],
        language=facts["language"],
        rules=tuple(facts["rules"]),
        elements=tuple(facts["elements"]),
        cut=facts["cut"],
    )


def _event(row: Any) -> CaseEvent:
    at = datetime.fromisoformat(row.at)
    return CaseEvent(row.state, row.report, at, row.who, row.role, row.reason)
