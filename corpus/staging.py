"""What became of each file, as rows of the database: the last word on a path counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, select, update

from corpus.database import upsert
from corpus.findings import Finding, findings_from_json, findings_json
from corpus.model import Approval
from corpus.registry import approval_from_payload, approval_payload
from corpus.tables import findings, staged


@dataclass(frozen=True, slots=True)
class Staging:
    """What the last ingest run left of one file."""

    file: str  # its absolute path
    source_sha256: str
    document: str | None  # Document.sha256; None when quarantined
    reason: str  # why it is quarantined, else empty
    approvals: tuple[Approval, ...]
    unapproved: bool  # staged without metadata: never cited
    findings: tuple[Finding, ...] = ()  # why it is quarantined, where a person may decide


def write_staging(connection: Connection, staging: Staging) -> None:
    """Records what became of a file, inside a transaction."""
    values = {
        "file": staging.file,
        "source_sha256": staging.source_sha256,
        "document": staging.document,
        "reason": staging.reason,
        "approvals": _approval_rows(staging),
        "unapproved": staging.unapproved,
    }
    connection.execute(
        upsert(connection, staged).values(values).on_conflict_do_update(index_elements=["file"], set_=values)
    )
    connection.execute(delete(findings).where(findings.c.file == staging.file))
    if staging.findings:
        connection.execute(insert(findings).values(file=staging.file, found=findings_json(staging.findings)))


def clear_approvals(connection: Connection, staging: Staging) -> None:
    """Forgets its approvals, unless others were staged for the file since, inside a transaction."""
    same = (staged.c.file == staging.file) & (staged.c.approvals == _approval_rows(staging))
    connection.execute(update(staged).where(same).values(approvals="[]"))


def forget(connection: Connection, file: str) -> None:
    """Drops what became of a file, inside a transaction."""
    connection.execute(delete(staged).where(staged.c.file == file))
    connection.execute(delete(findings).where(findings.c.file == file))


def read_stagings(connection: Connection) -> list[Staging]:
    """Every staging as this connection sees it, sorted by path."""
    found = staged.outerjoin(findings, staged.c.file == findings.c.file)
    query = select(staged, findings.c.found).select_from(found).order_by(staged.c.file)
    return [
        Staging(
            row.file,
            row.source_sha256,
            row.document,
            row.reason,
            tuple(approval_from_payload(payload) for payload in json.loads(row.approvals)),
            row.unapproved,
            findings_from_json(row.found or "[]"),
        )
        for row in connection.execute(query).all()
    ]


def drop_waiting(connection: Connection, unwanted: Callable[[Staging, Approval], bool]) -> None:
    """Takes the staged approvals back that are ``unwanted``, inside a transaction."""
    for staging in read_stagings(connection):
        left = replace(staging, approvals=tuple(each for each in staging.approvals if not unwanted(staging, each)))
        if left != staging:
            same = staged.c.file == staging.file
            connection.execute(update(staged).where(same).values(approvals=_approval_rows(left)))


def _approval_rows(staging: Staging) -> str:
    return json.dumps([approval_payload(approval) for approval in staging.approvals])
