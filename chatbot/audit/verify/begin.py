"""The log as it is at one instant: what its parts are checked against, and the rows that belong to no part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from chatbot.audit.verify.erasures import Erasures, read_erasures
from chatbot.audit.verify.faults import Faults
from chatbot.audit.verify.part import nodes_beyond
from corpus.errors import StoreUnavailable
from corpus.ledger import REPLIES
from corpus.proofs.merkle import HASH_BYTES
from corpus.proofs.note import Verifier
from corpus.tables import (
    bodies,
    case_events,
    case_reports,
    checkpoints,
    cited,
    events,
    feedback,
    log_head,
    log_nodes,
    policy_signatures,
    records,
)


@dataclass(slots=True)
class Begin:
    """What the log says of itself."""

    origin: str
    size: int
    frontier: bytes | None  # as its head has it; ``None`` where the head says nothing that can be
    carried: int  # leaves of an older release
    before: dict[str, int]  # rows of some tables that are older than the log, by table: they have no leaf
    erasures: Erasures
    keys: tuple[Verifier, ...]  # signers that leaves of the log name
    nodes: dict[tuple[int, int], bytes]  # the highest kept nodes
    events: int  # the newest of the registry
    case_events: Sequence[Row[Any]]
    case_reports: Sequence[Row[Any]]
    signatures: Sequence[Row[Any]]
    newest: Row[Any] | None  # checkpoint


def look(connection: Connection, top_level: int, faults: Faults) -> Begin:
    """Reads it within one snapshot, and names what stands outside of the log."""
    head = connection.execute(select(log_head)).all()
    last = connection.execute(select(func.max(records.c.idx))).scalar()
    count = 0 if last is None else int(last) + 1
    if not count:
        raise StoreUnavailable("the log has no records, not even its genesis; restore the database from a backup")
    size, frontier, origin = count, None, ""
    if len(head) == 1 and head[0].id == 1:
        origin, kept = head[0].origin, bytes(head[0].frontier)
        if head[0].size > 0 and len(kept) == HASH_BYTES * int(head[0].size).bit_count():
            size, frontier = int(head[0].size), kept
        else:
            faults.add("head", None, f"the head says {head[0].size} records, and its frontier is of another number")
    else:
        faults.add("head", None, "the log has no head, or more than one")
    origin, carried, before = _genesis(connection, origin, count, faults)
    nodes = select(log_nodes).where(log_nodes.c.level >= top_level)
    found = Begin(
        origin=origin,
        size=size,
        frontier=frontier,
        carried=carried,
        before=before,
        erasures=read_erasures(connection),
        keys=_keys(connection),
        nodes={(row.level, row.position): bytes(row.hash) for row in connection.execute(nodes)},
        events=int(connection.execute(select(func.coalesce(func.max(events.c.sequence), 0))).scalar_one()),
        case_events=connection.execute(select(case_events).order_by(case_events.c.id)).all(),
        case_reports=connection.execute(select(case_reports)).all(),
        signatures=connection.execute(select(policy_signatures).order_by(policy_signatures.c.id)).all(),
        newest=connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).one_or_none(),
    )
    _outside(connection, size, faults)
    return found


def _genesis(connection: Connection, origin: str, count: int, faults: Faults) -> tuple[str, int, dict[str, int]]:
    """The log's name, as its leaves have it, and what was there before it."""
    at = connection.execute(select(records).where(records.c.type == "genesis").order_by(records.c.idx)).first()
    value = None if at is None else _value(bytes(at.leaf))
    if at is None or value is None or value.get("carried") != at.idx:
        faults.add(
            "genesis", 0 if at is None else at.idx, "the leaf that the log begins with is missing or was changed"
        )
        carried, before = 0, {}
    else:
        carried, before = at.idx, {str(name): int(rows) for name, rows in value.get("before", {}).items()}
    names = [origin]
    for index in {carried, (carried + count) // 2, count - 1}:
        leaf = connection.execute(select(records.c.leaf).where(records.c.idx == index)).scalar()
        told = None if leaf is None else _value(bytes(leaf))
        names.append("" if told is None else str(told.get("origin")))
    said = max(names, key=names.count)
    if origin and said != origin:
        faults.add("head", None, f"the head names the log {origin}, and its leaves {said}")
    return said, carried, before


def _value(leaf: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(leaf)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _keys(connection: Connection) -> tuple[Verifier, ...]:
    found = []
    for leaf in connection.execute(select(records.c.leaf).where(records.c.type == "key")).scalars():
        try:
            found.append(Verifier.parse(json.loads(bytes(leaf))["key"]["verifier"]))
        except (ValueError, KeyError, TypeError):
            continue  # its leaf is named as faulty where it stands
    return tuple(found)


def _outside(connection: Connection, size: int, faults: Faults) -> None:
    """Rows that stand where the log doesn't reach, the first few of each table."""
    few = 20
    beyond = select(records.c.idx).where((records.c.idx >= size) | (records.c.idx < 0)).limit(few)
    for index in connection.execute(beyond).scalars():
        faults.add("record_extra", index, f"a record stands at {index}, and the log has {size}")
    for table, kind in ((bodies, "body_extra"), (cited, "cited")):
        outside = select(table.c.idx).where((table.c.idx >= size) | (table.c.idx < 0)).limit(few)
        for index in connection.execute(outside).scalars():
            faults.add(kind, index, f"a row of {table.name} stands at {index}, and the log has {size} records")
    for row in nodes_beyond(connection, size)[:few]:
        faults.add("node", None, f"a kept node stands at level {row.level}, position {row.position}: no such tree")
    for point in connection.execute(select(checkpoints.c.size).where(checkpoints.c.size > size).limit(few)).scalars():
        faults.add("shorter", size, f"the log has {size} records, and a checkpoint was signed over {point}")
    for point in connection.execute(select(checkpoints.c.size).where(checkpoints.c.size < 1).limit(few)).scalars():
        faults.add("checkpoint_form", point, f"a checkpoint stands under the size {point}")
    replies = select(records.c.idx).where(records.c.type.in_(REPLIES))
    for index in connection.execute(select(feedback.c.idx).where(feedback.c.idx.not_in(replies)).limit(few)).scalars():
        faults.add("feedback_stray", index, f"feedback is about record {index}, which is no reply of this log")
