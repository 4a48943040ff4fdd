"""Appending to the log. One transaction: lock, check the registry, number, leaf, body, head; committed before anyone
sees the reply.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Select, bindparam, insert, select, update

from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body, leaf_hash
from chatbot.errors import AuditDamaged
from chatbot.privacy.masking import Redaction
from corpus.database import Database
from corpus.errors import NotFound
from corpus.event_log import NEWEST_EVENT
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
class Entry:
    """What is to be appended."""

    leaf: bytes
    body: Body
    pseudonym: str
    conversation: str
    registry_version: int  # that the reply was composed with


class AuditLog:
    """The append-only log."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys

    def append(self, entry: Entry) -> AuditRecord:
        """Makes the record durable and returns it.

        Raises ``RegistryMoved`` when the registry has changed since, and what the database raises when it can't.
        """
        key = self._keys.subject_key(entry.pseudonym)
        digest = leaf_hash(entry.leaf)
        nonce = os.urandom(12)
        sealed = AESGCM(key).encrypt(nonce, _body_bytes(entry.body), digest.encode())
        with self._database.writing() as connection:
            index, version = connection.execute(_HEAD).one()
            if version != entry.registry_version:
                raise RegistryMoved
            _insert(connection, index, entry, digest, nonce, sealed)
            connection.execute(_COUNT, {"size": index + 1})
        return AuditRecord(index, entry.leaf, digest)

    def record(self, index: int) -> AuditRecord:
        """The record at ``index``; raises ``NotFound``."""
        with self._database.reading() as connection:
            row = connection.execute(select(records).where(records.c.idx == index)).one_or_none()
        if row is None:
            raise NotFound(f"the log has no record {index}")
        return AuditRecord(index, bytes(row.leaf), str(row.leaf_hash))

    def body(self, index: int) -> Body:
        """The body of a record, opened with its subject's key.

        Raises ``NotFound`` when body or key is gone, ``AuditDamaged`` when it isn't what was sealed for this leaf.
        """
        record = self.record(index)
        with self._database.reading() as connection:
            row = connection.execute(select(bodies).where(bodies.c.idx == index)).one_or_none()
        if row is None:
            raise NotFound(f"record {index} has no text any more")
        key = self._keys.known_subject_key(row.pseudonym)
        try:
            return _body(AESGCM(key).decrypt(bytes(row.nonce), bytes(row.ciphertext), record.hash.encode()))
        except InvalidTag as error:
            raise AuditDamaged(
                f"the text of record {index} is not what was sealed for its leaf; compare with a backup"
            ) from error

    def newest(self, before: int, count: int) -> list[AuditRecord]:
        """At most ``count`` records whose index is below ``before``, the newest first."""
        query = select(records).where(records.c.idx < before).order_by(records.c.idx.desc()).limit(count)
        return self._records(query)

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

    def size(self) -> int:
        """How many records there are."""
        with self._database.reading() as connection:
            return int(connection.execute(select(log_head.c.size)).scalar_one())


# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it.
_HEAD = select(log_head.c.size, NEWEST_EVENT.scalar_subquery())
_COUNT = update(log_head).values(size=bindparam("size"))
_RECORD = insert(records)
_BODY = insert(bodies)


def _insert(connection: Connection, index: int, entry: Entry, digest: str, nonce: bytes, sealed: bytes) -> None:
    leaf = json.loads(entry.leaf)
    record = {"idx": index, "leaf": entry.leaf, "leaf_hash": digest, "conversation": entry.conversation}
    connection.execute(_RECORD, {**record, "type": leaf["type"], "ts": leaf["ts"]})
    connection.execute(_BODY, {"idx": index, "pseudonym": entry.pseudonym, "nonce": nonce, "ciphertext": sealed})


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
