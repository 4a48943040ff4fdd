"""The registry's events as rows of the database: appended in one sequence, read back, never changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection, func, insert, select

from corpus.registry import Event, Registry, fold
from corpus.tables import events

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
    """Appends what ``events_for`` makes of the state, inside a transaction; returns the state after it."""
    registry = read_registry(connection)
    for event in events_for(registry):
        sequence = registry.version + 1
        registry = registry.apply(replace(event, sequence=sequence))
        connection.execute(insert(events).values(_row(event, sequence)))
    return registry


def events_after(connection: Connection, sequence: int) -> Iterator[Event]:
    """The events behind this one, in order; all of them behind 0."""
    for row in connection.execute(_EVENTS.where(events.c.sequence > sequence)):
        kind, number, version, country, payload, actor, at, reason, place = row
        yield Event(kind, number, version, country, json.loads(payload), actor, at, reason, place)


def _row(event: Event, sequence: int) -> dict[str, object]:
    return {
        "sequence": sequence,
        "type": event.type,
        "document_number": event.document_number,
        "version": event.version,
        "country": event.country,
        "payload": json.dumps(dict(event.payload), ensure_ascii=False, sort_keys=True),
        "actor": event.actor,
        "at": event.at,
        "reason": event.reason,
    }
