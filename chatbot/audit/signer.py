"""Checkpoints: a signer hashes again what it signs, from the last size that it signed, and says nothing twice.

A size below one that was signed, or another root for the same leaves, is refused for good: then somebody has changed
the log, and a signature would cover it up.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from chatbot.audit.checkpoints import newest_checkpoint
from chatbot.audit.keys import KeyStore
from chatbot.audit.witness import Witness
from chatbot.errors import LogRefused
from chatbot.limits import LOG_BATCH
from corpus.database import Database
from corpus.ledger import Head, append_leaves, frontier_of, new_leaf, newest_of, read_head
from corpus.proofs.merkle import Frontier, leaf_hash
from corpus.proofs.note import Checkpoint, Unsigned, Verifier, sign, told, verified
from corpus.stamps import timestamp
from corpus.tables import checkpoints, records

SECRET = "checkpoint"  # noqa: S105 - what the key store calls the signing key
_WAY_OUT = "nothing is signed any more: `signpost audit verify` names what was changed; restore what a backup has"
_LEAVES = select(records.c.idx, records.c.leaf).order_by(records.c.idx)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was signed before, and must be found again."""

    size: int
    root: bytes
    where: str  # for messages


def verifier_of(origin: str, secret: bytes) -> Verifier:
    """Who signs with this secret, as others verify it."""
    return Verifier(origin, Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw())


class Signer:
    """Signs one log. Several processes may do so at once: the same leaves give the same note."""

    def __init__(self, database: Database, keys: KeyStore, witness: Path | None = None) -> None:
        self._database = database
        self._keys = keys
        self._witness = None if witness is None else Witness(witness)
        self._lock = threading.Lock()
        self._named = False  # the key is a leaf of the log
        self._known: Frontier | None = None  # that this process has hashed or found signed

    @property
    def signed(self) -> int | None:
        """How many records this process has seen signed; ``None`` before the first time."""
        return None if self._known is None else self._known.size

    def verifier(self) -> Verifier:
        """Who signs, as others verify it."""
        with self._database.reading() as connection:
            return verifier_of(read_head(connection).origin, self._keys.secret(SECRET))

    def sign(self) -> bool:
        """Signs the log as it is now, durably; returns whether anything was new.

        Raises ``LogRefused`` when it isn't the log that was signed before, ``OSError`` when the witness can't be
        written, and what the database raises.
        """
        with self._lock:
            key = Ed25519PrivateKey.from_private_bytes(self._keys.secret(SECRET))
            head, frontier = self._hashed(key)
            if frontier is None:
                return False
            if not self._named and self._name(key):  # only into a log that is what it was
                head, frontier = self._hashed(key, frontier)
            self._named = True
            if frontier is None:
                return False
            note = sign(Checkpoint(head.origin, head.size, frontier.root()).text(), head.origin, key)
            kept = self._keep(frontier, note)
            if kept and self._witness is not None:  # in this order: what the witness has, the database had
                self._witness.append(note)
            self._known = frontier
            return True

    def _hashed(self, key: Ed25519PrivateKey, since: Frontier | None = None) -> tuple[Head, Frontier | None]:
        """The log as it is now with the tree of its leaves, of which only those behind what is known are hashed.

        No tree where nothing is new.
        """
        witnessed = "" if self._witness is None or self._known else self._witness.last()  # before the log, which grows
        with self._database.snapshot() as connection:
            head = read_head(connection)
            if self._known is not None and self._known == head.frontier:
                return head, None
            verifier = Verifier(head.origin, key.public_key().public_bytes_raw())
            seen = self._seen(connection, head.origin, witnessed)
            for each in seen:
                if head.size < each.size:
                    raise LogRefused(f"the log has {head.size} records and had {each.size} by {each.where}; {_WAY_OUT}")
            start = since or self._known or _signed_frontier(connection, verifier) or Frontier()
            frontier = _rehash(connection, start, head.size, seen)
        if frontier != head.frontier:
            raise LogRefused(f"the {head.size} records don't hash to the log's head; {_WAY_OUT}")
        return head, frontier

    def _name(self, key: Ed25519PrivateKey) -> bool:
        """Whose key it is becomes a leaf of the log before its first signature; false where it is one."""
        with self._database.writing() as connection:
            origin = read_head(connection).origin
            named = {"key": {"verifier": str(Verifier(origin, key.public_key().public_bytes_raw()))}}
            newest = newest_of(connection, "key")
            if newest is not None and newest["key"] == named["key"]:
                return False
            append_leaves(connection, [new_leaf(origin, "key", named)])
            return True

    def _seen(self, connection: Connection, origin: str, witnessed: str) -> list[_Seen]:
        """The newest checkpoints there are; later calls know what they signed themselves."""
        if self._known is not None:
            return [_Seen(self._known.size, self._known.root(), "what this process signed")]
        row = newest_checkpoint(connection)
        notes = [] if row is None else [(row.note, "its newest checkpoint")]
        if self._witness is not None and witnessed:
            notes.append((witnessed, f"the last checkpoint in {self._witness.path}"))
        found = []
        for note, where in notes:
            try:
                point = told(note)
            except Unsigned as error:
                raise LogRefused(f"{where} is none: {error}; {_WAY_OUT}") from error
            if point.origin != origin:
                raise LogRefused(f"{where} is of {point.origin}, another log than {origin}; {_WAY_OUT}")
            found.append(_Seen(point.size, point.root, where))
        return found

    def _keep(self, frontier: Frontier, note: str) -> bool:
        """Keeps the note, unless another process has kept it already; false when that has kept a newer one."""
        with self._database.writing() as connection:
            newest = newest_checkpoint(connection)
            if newest is not None and newest.size == frontier.size and newest.note != note:
                raise LogRefused(f"another checkpoint of {frontier.size} records was signed already; {_WAY_OUT}")
            if newest is not None and newest.size > frontier.size:
                return False
            if newest is None or newest.size < frontier.size:
                row = {"size": frontier.size, "note": note, "frontier": b"".join(frontier.nodes)}
                connection.execute(insert(checkpoints).values(**row, at=timestamp(datetime.now(UTC))))
        return True


def _rehash(connection: Connection, start: Frontier, size: int, seen: list[_Seen]) -> Frontier:
    """The tree of ``size`` leaves from their bytes, going on from ``start``; raises ``LogRefused``."""
    frontier = start
    _compare(frontier, seen)
    while frontier.size < size:
        rows = connection.execute(
            _LEAVES.where(records.c.idx >= frontier.size, records.c.idx < min(size, frontier.size + LOG_BATCH))
        )
        before = frontier.size
        for index, leaf in rows:
            if index != frontier.size:
                raise LogRefused(f"record {frontier.size} is missing; {_WAY_OUT}")
            frontier, _ = frontier.with_leaf(leaf_hash(bytes(leaf)))
            _compare(frontier, seen)
        if frontier.size == before:
            raise LogRefused(f"record {frontier.size} is missing; {_WAY_OUT}")
    return frontier


def _compare(frontier: Frontier, seen: list[_Seen]) -> None:
    for each in seen:
        if each.size == frontier.size and each.root != frontier.root():
            raise LogRefused(f"the first {each.size} records are not those of {each.where}; {_WAY_OUT}")


def _signed_frontier(connection: Connection, verifier: Verifier) -> Frontier | None:
    """That of the newest checkpoint, where our own signature vouches for it; else everything is hashed again."""
    row = newest_checkpoint(connection)
    try:
        if row is None:
            return None
        point = Checkpoint.parse(verified(row.note, [verifier]))
        frontier = frontier_of(row.size, bytes(row.frontier))
    except (Unsigned, ValueError):
        return None
    return frontier if (point.size, point.root) == (frontier.size, frontier.root()) else None
