"""Erasing a subject: a leaf that says so, the rows that held their text, then their key.

In this order: leaf and rows in one transaction, so that a body is never missing without a leaf behind it; then the key,
which opens whatever copies of the rows there are; then the write-ahead log. A kill in between is made good by the next
process that opens the log, and a running service compares the newest erasure with what it knew when it sealed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select

from chatbot.audit.holds import holding, is_held
from chatbot.audit.keys import KeyStore
from chatbot.audit.reasons import plain_reason
from corpus.database import Database
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.tables import bodies, cases, erasures, feedback, idempotency_keys, records

_BATCH = 500  # indexes in one statement
_BESIDE = (feedback, idempotency_keys)  # tables whose rows are about one record, by its index, and go with its text


class KeysMoved(Exception):
    """Somebody was erased after a body was sealed: its key may be gone."""


class Erasures:
    """What this process knows of erasures; no key that was destroyed stays in its memory once it has settled."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys
        self._lock = threading.Lock()
        self.newest = 0  # index of the newest erasure known; take it before a pseudonym, and that before its key
        self.settle()

    def settle(self) -> None:
        """Destroys the keys of all who were erased since: also what a kill between leaf and key has left."""
        with self._lock:
            with self._database.reading() as connection:
                newest = newest_erasure(connection)
                complete = select(erasures.c.pseudonym).where(erasures.c.complete, erasures.c.idx > self.newest)
                gone = list(connection.execute(complete.where(erasures.c.idx <= newest)).scalars())
            self._keys.destroy(gone)
            self.newest = newest


@dataclass(frozen=True, slots=True)
class Export:
    """An export with texts of a subject: its copies lie outside, and nobody here can erase them."""

    index: int  # of its leaf
    at: str
    actor: str
    records: int  # of the subject


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did."""

    index: int  # of its leaf; of the earlier one when there was nothing left to do
    pseudonym: str
    records: int  # whose text went
    held: tuple[tuple[int, tuple[int, ...]], ...]  # records whose text stays, each with the holds that keep it
    exports: tuple[Export, ...]
    cases: int  # safety cases, which stay

    @property
    def complete(self) -> bool:
        """Whether the key is destroyed."""
        return not self.held


def erase(database: Database, keys: KeyStore, pseudonym: str, reason: str, actor: str) -> Erasure:
    """Erases a subject, but for what is held; the same call after the release does the rest.

    Raises ``NotFound`` for a pseudonym that nothing is kept under, ``InvalidInput`` for a reason that can't be kept,
    ``StoreUnavailable`` and ``AuditUnavailable``: then the same call finishes what was begun.
    """
    reason = plain_reason(reason)
    with database.writing() as connection:
        done = _done_already(connection, pseudonym) or _erased(connection, keys, pseudonym, reason, actor)
    Erasures(database, keys)  # destroys this key, and whatever a kill has left of earlier ones
    database.purge()
    return done


def newest_erasure(connection: Connection) -> int:
    """The index of the newest erasure that destroyed a key; 0 before the first."""
    return int(connection.execute(_NEWEST).scalar_one())


def erasure_behind(connection: Connection, index: int, leaf: bytes) -> int | None:
    """The index of the erasure that took the body of a record; ``None`` when none did."""
    value = json.loads(leaf)
    if "actor" not in value:  # no reply: it never had a body
        return None
    retired = (
        (erasures.c.rule == value["type"])
        & (erasures.c.first <= index)
        & (erasures.c.last >= index)
        & (erasures.c.before > value["ts"])
    )
    of_subject = erasures.c.pseudonym == value["actor"]["pseudonym"]
    behind = select(erasures.c.idx, erasures.c.pseudonym, erasures.c.complete, records.c.leaf)
    rows = connection.execute(
        behind.join(records, records.c.idx == erasures.c.idx)
        .where(erasures.c.idx > index, or_(of_subject, retired))
        .order_by(erasures.c.idx)
    )
    return next((row.idx for row in rows if row.complete or not row.pseudonym or _names(row.leaf, index)), None)


def _names(leaf: bytes, index: int) -> bool:
    """Whether an erasure that held texts back took this record's."""
    return any(first <= index <= last for first, last in json.loads(leaf)["erasure"].get("records", ()))


def ranges(indexes: Sequence[int]) -> list[list[int]]:
    """Indexes as ranges, first and last of each, in order."""
    found: list[list[int]] = []
    for index in sorted(indexes):
        if found and index == found[-1][1] + 1:
            found[-1][1] = index
        else:
            found.append([index, index])
    return found


def delete_texts(connection: Connection, indexes: Sequence[int]) -> None:
    """Deletes the bodies of records, and what was said about them; behind the leaf of the erasure."""
    for at in range(0, len(indexes), _BATCH):
        batch = indexes[at : at + _BATCH]
        for table in (bodies, *_BESIDE):
            connection.execute(delete(table).where(table.c.idx.in_(batch)))


# Made once: it is asked in every append, and SQLAlchemy takes longer to make a statement than SQLite to run it.
_NEWEST = select(func.coalesce(func.max(erasures.c.idx), 0)).where(erasures.c.complete)


def _done_already(connection: Connection, pseudonym: str) -> Erasure | None:
    query = select(erasures.c.idx).where(erasures.c.pseudonym == pseudonym, erasures.c.complete)
    index = connection.execute(query).scalar()
    return None if index is None else Erasure(index, pseudonym, 0, (), (), _cases(connection, pseudonym))


def _erased(connection: Connection, keys: KeyStore, pseudonym: str, reason: str, actor: str) -> Erasure:
    mine = bodies.c.pseudonym == pseudonym
    free = list(connection.execute(select(bodies.c.idx).where(mine, ~is_held()).order_by(bodies.c.idx)).scalars())
    held = list(connection.execute(select(bodies.c.idx).where(mine, is_held()).order_by(bodies.c.idx)).scalars())
    if not free and not held:
        keys.known_subject_key(pseudonym)  # raises when nobody has this pseudonym
    exports = _exports(connection, {*free, *held})
    head = read_head(connection)
    said = {
        "pseudonym": pseudonym,
        "complete": not held,
        "count": len(free),
        "held": len(held),
        "size": head.size,
        "actor": actor,
        "reason": reason,
        **({"records": ranges(free)} if held else {}),
    }
    (place,) = append_leaves(connection, [new_leaf(head.origin, "erasure", {"erasure": said})])
    row = {"rule": "", "first": 0, "last": 0, "before": ""}
    connection.execute(insert(erasures).values(idx=place.index, pseudonym=pseudonym, complete=not held, **row))
    delete_texts(connection, free)
    keeping = tuple((index, tuple(holding(connection, index))) for index in held)
    return Erasure(place.index, pseudonym, len(free), keeping, exports, _cases(connection, pseudonym))


def _cases(connection: Connection, pseudonym: str) -> int:
    return connection.execute(select(func.count()).where(cases.c.pseudonym == pseudonym)).scalar_one()


def _exports(connection: Connection, indexes: set[int]) -> tuple[Export, ...]:
    """The exports that had the texts of these records in them."""
    query = select(records.c.idx, records.c.leaf).where(records.c.type == "export").order_by(records.c.idx)
    found = []
    for index, leaf in connection.execute(query).all():
        value = json.loads(leaf)
        covered = _covered(connection, value["export"], indexes)
        if covered:
            found.append(Export(index, value["ts"], value["export"]["actor"], covered))
    return tuple(found)


def _covered(connection: Connection, export: dict[str, Any], indexes: set[int]) -> int:
    """How many of these records an export had with their texts."""
    if not export["bodies"]:
        return 0
    if export["conversation"]:
        query = select(records.c.idx).where(records.c.conversation == export["conversation"])
        indexes = indexes & set(connection.execute(query).scalars())
    return sum(export["first"] <= index <= export["last"] for index in indexes)
