"""The registry's events as rows of the database: appended in one sequence, read back, never changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection, func, insert, select

from corpus.ledger import Leaf, append_leaves, new_leaf, read_head
from corpus.registry import Event, Registry, fold
from corpus.tables import events

# What an event is called as a leaf of the log.
LEAF_TYPES = {
    "approve": "approval",
    "amend": "amendment",
    "withdraw": "withdrawal",
    "supersede": "supersession",
    "reinstate": "reinstatement",
    "mark": "mark",
    "unmark": "unmark",
    "accept": "acceptance",
    "reject": "rejection",
}

# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it.
NEWEST_EVENT = select(func.coalesce(func.max(events.c.sequence), 0))  # 0 before the first
_EVENTS = select(
    events.c.type,
    events.c.document_number,
    events.c.version,
    events.c.country,
    events.c.payload,
    events.c.actor,
    events.c.at,
    events.c.reason,
    events.c.sequence,
).order_by(events.c.sequence)


def read_registry(connection: Connection, known: Registry | None = None) -> Registry:
    """The state as this connection sees it."""
    if known is not None and connection.execute(NEWEST_EVENT).scalar_one() == known.version:
        return known
    return fold(events_after(connection, known.version if known else 0), known)


def append_events(connection: Connection, events_for: Callable[[Registry], Iterable[Event]]) -> Registry:
    """Appends what ``events_for`` makes of the state, inside a transaction, each event as a leaf of the log too.

    Returns the state after it.
    """
    registry = read_registry(connection)
    new = [replace(event, sequence=number) for number, event in enumerate(events_for(registry), registry.version + 1)]
    registry = fold(new, registry)
    if new:
        origin = read_head(connection).origin
        connection.execute(insert(events), [_row(event) for event in new])
        append_leaves(connection, [event_leaf(origin, event) for event in new])
    return registry


def event_leaf(origin: str, event: Event) -> Leaf:
    """An event as a leaf: all of it, so that the registry can be rebuilt from the log."""
    return new_leaf(origin, LEAF_TYPES[event.type], {"event": _row(event) | {"payload": dict(event.payload)}})


def events_after(connection: Connection, sequence: int) -> Iterator[Event]:
    """The events behind this one, in order; all of them behind 0."""
    for row in connection.execute(_EVENTS.where(events.c.sequence > sequence)):
        kind, number, version, country, payload, actor, at, reason, place = row
        yield Event(kind, number, version, country, json.loads(payload), actor, at, reason, place)


def _row(event: Event) -> dict[str, object]:
    return {
        "sequence": event.sequence,
        "type": event.type,
        "document_number": event.document_number,
        "version": event.version,
        "country": event.country,
        "payload": json.dumps(dict(event.payload), ensure_ascii=False, sort_keys=True),
        "actor": event.actor,
        "at": event.at,
        "reason": event.reason,
    }
