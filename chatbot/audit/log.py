"""Appending to the log. One transaction: lock, check the registry, number, leaf, body, head; committed before anyone
sees the reply.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Select, insert, select

from chatbot.audit.erasure import Erasures, KeysMoved, erasure_behind, newest_erasure
from chatbot.audit.group import GroupCommit
from chatbot.audit.idempotency import Settling, forget_expired
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body
from chatbot.errors import AuditDamaged, Erased
from chatbot.privacy.masking import Redaction
from corpus.database import Database
from corpus.errors import NotFound
from corpus.event_log import NEWEST_EVENT
from corpus.ledger import REPLIES, Leaf, append_leaves, read_head
from corpus.tables import bodies, log_head, records


class RegistryMoved(Exception):
    """A document was approved or withdrawn after the reply was composed."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One reply's place in the log."""

    index: int
    leaf: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A body that its subject's key opens."""

    nonce: bytes  # 12 bytes
    ciphertext: bytes  # AES-256-GCM, bound to the id of its record

    @property
    def sha256(self) -> str:
        """What the leaf has of it: a change shows to whoever has no key. Of a ciphertext, so it tells nothing."""
        return hashlib.sha256(self.nonce + self.ciphertext).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be appended."""

    leaf: Leaf
    sealed: Sealed
    pseudonym: str
    registry_version: int  # that the reply was composed with
    erasures: int  # the newest one that was known when the pseudonym was asked for
    settling: Settling | None = None  # the Idempotency-Key that is to stand for it


class AuditLog:
    """The append-only log."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys
        self._group = GroupCommit(database)
        self.erasures = Erasures(database, keys)
        with database.reading() as connection:
            self.origin = read_head(connection).origin  # its name

    def seal(self, pseudonym: str, record_id: str, body: Body) -> Sealed:
        """The body under its subject's key, for the record of this id alone.

        Raises ``KeysMoved`` when the subject was erased since.
        """
        nonce = os.urandom(12)
        try:
            cipher = AESGCM(self._keys.subject_key(pseudonym))
        except NotFound as error:
            raise KeysMoved from error
        return Sealed(nonce, cipher.encrypt(nonce, _body_bytes(body), record_id.encode()))

    def append(self, entry: Entry) -> AuditRecord:
        """Makes the record durable and returns it.

        Raises ``RegistryMoved`` when the registry has changed since, ``KeysMoved`` when somebody was erased since,
        ``AnsweredMeanwhile`` and ``KeyReused`` when its key stands for another record by now, and what the database
        raises when it can't.
        Records that come at once share a transaction, and none of them fails for another's fault.
        """
        return self._group.run(functools.partial(_add, entry))

    def record(self, index: int) -> AuditRecord:
        """The record at ``index``; raises ``NotFound``."""
        with self._database.reading() as connection:
            row = connection.execute(select(records).where(records.c.idx == index)).one_or_none()
        if row is None:
            raise NotFound(f"the log has no record {index}")
        return AuditRecord(index, bytes(row.leaf), str(row.leaf_hash))

    def body(self, index: int) -> Body:
        """The body of a record, opened with its subject's key.

        Raises ``Erased`` when it was erased, ``NotFound`` when body or key is gone without a word, ``AuditDamaged``
        when it isn't what was sealed for this leaf.
        """
        record = self.record(index)
        with self._database.reading() as connection:
            row = connection.execute(select(bodies).where(bodies.c.idx == index)).one_or_none()
            behind = erasure_behind(connection, index, record.leaf) if row is None else None
        if behind is not None:
            raise Erased(f"the text of record {index} was erased: record {behind} says when and why")
        if row is None:
            raise NotFound(f"record {index} has no text any more")
        key = self._keys.known_subject_key(row.pseudonym)
        try:
            return _body(AESGCM(key).decrypt(bytes(row.nonce), bytes(row.ciphertext), _bound_to(record)))
        except InvalidTag as error:
            raise AuditDamaged(
                f"the text of record {index} is not what was sealed for its leaf; compare with a backup"
            ) from error

    def bodies(self, indexes: Sequence[int]) -> dict[int, Body]:
        """The bodies of those of many records that can be opened, read together; why another can't, ``body`` says."""
        of_record = select(bodies, records.c.leaf, records.c.leaf_hash).join(records, records.c.idx == bodies.c.idx)
        with self._database.reading() as connection:
            rows = connection.execute(of_record.where(bodies.c.idx.in_(indexes))).all()
        keys = self._keys.known_subject_keys({row.pseudonym for row in rows})
        found = {}
        for row in rows:
            bound = _bound_to(AuditRecord(row.idx, bytes(row.leaf), row.leaf_hash))
            with suppress(KeyError, InvalidTag):
                opened = AESGCM(keys[row.pseudonym]).decrypt(bytes(row.nonce), bytes(row.ciphertext), bound)
                found[row.idx] = _body(opened)
        return found

    def newest(self, before: int, count: int) -> list[AuditRecord]:
        """At most ``count`` replies whose index is below ``before``, the newest first."""
        # Places first, by an index that holds no leaf: of each type, SQLite would read so many leaves and sort them.
        places = select(records.c.idx).where(records.c.idx < before, _IS_REPLY)
        newest = places.order_by(records.c.idx.desc()).limit(count)
        return self._records(select(records).where(records.c.idx.in_(newest)).order_by(records.c.idx.desc()))

    def replies(self) -> list[int]:
        """The indexes of all replies, in order."""
        with self._database.reading() as connection:
            return list(connection.execute(select(records.c.idx).where(_IS_REPLY).order_by(records.c.idx)).scalars())

    def exchanges(self, conversation: str, count: int) -> list[AuditRecord]:
        """The first ``count`` records of a conversation in order."""
        query = select(records).where(records.c.conversation == conversation).order_by(records.c.idx).limit(count)
        return self._records(query)

    def _records(self, query: Select[Any]) -> list[AuditRecord]:
        with self._database.reading() as connection:
            return [AuditRecord(row.idx, bytes(row.leaf), str(row.leaf_hash)) for row in connection.execute(query)]

    def turns(self, conversation: str) -> Sequence[dict[str, Any]]:
        """The leaves of a conversation in order: its state, without any text."""
        query = select(records.c.leaf).where(records.c.conversation == conversation).order_by(records.c.idx)
        with self._database.reading() as connection:
            return [json.loads(leaf) for (leaf,) in connection.execute(query)]

    def has_replies(self) -> bool:
        """Whether any reply was ever recorded."""
        return bool(self.newest(self.size(), 1))

    def size(self) -> int:
        """How many records there are, of whatever type."""
        with self._database.reading() as connection:
            return int(connection.execute(select(log_head.c.size)).scalar_one())


def _add(entry: Entry, connection: Connection) -> AuditRecord:
    """Checks first, then writes: in a transaction that others may share."""
    if connection.execute(NEWEST_EVENT).scalar_one() != entry.registry_version:
        raise RegistryMoved
    if newest_erasure(connection) != entry.erasures:
        raise KeysMoved
    if entry.settling:
        entry.settling.check(connection)
    (place,) = append_leaves(connection, [entry.leaf])
    sealed = {"nonce": entry.sealed.nonce, "ciphertext": entry.sealed.ciphertext}
    connection.execute(_BODY, {"idx": place.index, "pseudonym": entry.pseudonym, **sealed})
    if entry.settling:
        entry.settling.keep(connection, place.index)
    else:
        forget_expired(connection, time.time())
    return AuditRecord(place.index, entry.leaf.content, place.hash)


_IS_REPLY = records.c.type.in_(REPLIES)
_BODY = insert(bodies)  # made once: SQLAlchemy takes longer to make a statement than SQLite to run it


def _bound_to(record: AuditRecord) -> bytes:
    """What a sealed body is bound to: the record's id; in version 1 it was the leaf's hash."""
    leaf = json.loads(record.leaf)
    return str(record.hash if leaf["v"] == 1 else leaf["id"]).encode()


def _body_bytes(body: Body) -> bytes:
    value = {
        "question": body.question,
        "redactions": [[redaction.start, redaction.end, redaction.type] for redaction in body.redactions],
        "reply": body.reply.decode(),
        "key": body.key.hex(),
    }
    return json.dumps(value, ensure_ascii=False).encode()


def _body(raw: bytes) -> Body:
    value = json.loads(raw)
    redactions = tuple(Redaction(*row) for row in value.get("redactions", ()))  # none before masking was built
    return Body(value["question"], redactions, value["reply"].encode(), bytes.fromhex(value["key"]))
