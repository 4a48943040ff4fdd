"""Idempotency keys: a question that a client sends twice is answered once, and opens one case.

Of a key and its question the database has HMACs under a secret of the installation, for KEY_SECONDS; of the answer it
has the record's number. What decides between two requests at once is the transaction that writes, so it holds for
several processes too. (The header is that of draft-ietf-httpapi-idempotency-key-header.)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import commitment
from chatbot.errors import KeyReused
from chatbot.limits import KEY_SECONDS
from corpus.database import Database
from corpus.stamps import uuid7
from corpus.tables import idempotency_keys as table


class AnsweredMeanwhile(Exception):
    """Another request with the same key and question was answered while this one was."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A key with its question, as far as they may be kept."""

    typed: str  # the key itself: for the leaf's commitment, and kept nowhere
    key: str  # HMAC of reader and key, in hex
    body: str  # HMAC of text, conversation and language, in hex


@dataclass(frozen=True, slots=True)
class Claim:
    """What a turn is to be, and its key stands for; without a key it stands for nothing beyond the request."""

    keyed: Keyed | None
    conversation: str
    turn: str  # the id of its record
    cases: tuple[str, ...] = ()  # the safety case that the question opened, if it did
    index: int | None = None  # of the record that the key stands for now


class IdempotencyKeys:
    """The keys of an installation; processes may share them."""

    def __init__(self, database: Database, keys: KeyStore, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._keys = keys
        self.clock = clock  # seconds since the epoch

    def keyed(self, pseudonym: str, key: str, text: str, conversation: str | None, language: str | None) -> Keyed:
        """The HMACs of a key and of the question that came with it; a key is its reader's alone."""
        secret = self._keys.secret("idempotency")
        body = json.dumps([text, conversation, language]).encode()
        return Keyed(
            key,
            commitment(secret, "idempotency key", f"{pseudonym}\n{key}".encode()),
            commitment(secret, "idempotency body", f"{pseudonym}\n".encode() + body),
        )

    def find(self, keyed: Keyed) -> Claim | None:
        """What the key stands for, if anything; raises ``KeyReused`` when it came with another question."""
        with self._database.reading() as connection:
            claim, body = _row_of(connection, keyed, self._now())
        if claim is not None and body != keyed.body:
            raise KeyReused("this Idempotency-Key came with another question")
        return claim

    def begin(self, keyed: Keyed | None, conversation: str | None) -> Claim:
        """What the turn is to be that answers now: as a request with the same key began it; raises ``KeyReused``."""
        claim = self.find(keyed) if keyed else None
        if claim is None:
            return Claim(keyed, conversation or uuid7(), uuid7())
        return claim if claim.index is None else replace(claim, turn=uuid7())  # a record keeps its own id

    def opening(self, claim: Claim) -> Opening | None:
        """What makes a question open one case, however often it is sent with its key."""
        return Opening(claim, claim.keyed, self._now()) if claim.keyed else None

    def settling(self, claim: Claim) -> Settling | None:
        """What makes the record that is to be written the answer that the key stands for."""
        return Settling(claim, claim.keyed, self._now()) if claim.keyed else None

    def _now(self) -> int:
        return int(self.clock())


@dataclass(frozen=True, slots=True)
class Opening:
    """A claim while its safety case is opened, in that transaction."""

    claim: Claim
    keyed: Keyed
    at: int  # seconds since the epoch

    def known(self, connection: Connection) -> str | None:
        """The case that the question has opened already."""
        known, body = _row_of(connection, self.keyed, self.at)
        return known.cases[0] if known and known.cases and body == self.keyed.body else None

    def keep(self, connection: Connection, case_id: str) -> None:
        """Keeps the case that was opened; where the key stands for another question by now, nothing is kept."""
        known, body = _row_of(connection, self.keyed, self.at)
        if known is None or body == self.keyed.body:
            _write(connection, self.keyed, replace(known or self.claim, cases=(case_id,)), self.at)


@dataclass(frozen=True, slots=True)
class Settling:
    """A claim while its record is appended, in that transaction."""

    claim: Claim
    keyed: Keyed
    at: int  # seconds since the epoch

    def check(self, connection: Connection) -> None:
        """Raises ``AnsweredMeanwhile``, and ``KeyReused`` when another question has the key by now."""
        known, body = _row_of(connection, self.keyed, self.at)
        if known is None:
            return
        if body != self.keyed.body:
            raise KeyReused("this Idempotency-Key came with another question")
        if known.index != self.claim.index:
            raise AnsweredMeanwhile

    def keep(self, connection: Connection, index: int) -> None:
        """Lets the key stand for record ``index`` from here on."""
        _write(connection, self.keyed, replace(self.claim, index=index), self.at)


def forget_expired(connection: Connection, at: float) -> None:
    """Deletes the keys whose time is up at ``at``, in seconds since the epoch."""
    connection.execute(_FORGET, {"at": int(at)})


def _row_of(connection: Connection, keyed: Keyed, at: int) -> tuple[Claim | None, str]:
    """The claim of a key and the HMAC of the question that made it."""
    row: Any = connection.execute(_FIND, {"wanted": keyed.key, "at": at}).one_or_none()
    if row is None:
        return None, ""
    cases = (row.case_id,) if row.case_id else ()
    return Claim(keyed, row.conversation, row.turn, cases, row.idx), row.body


def _write(connection: Connection, keyed: Keyed, claim: Claim, at: int) -> None:
    forget_expired(connection, at)
    values = {
        "body": keyed.body,
        "conversation": claim.conversation,
        "turn": claim.turn,
        "case_id": claim.cases[0] if claim.cases else "",
        "idx": claim.index,
        "expires": at + KEY_SECONDS,
    }
    changed = connection.execute(_CHANGE, {"wanted": keyed.key, **values})
    if changed.rowcount == 0:
        connection.execute(_KEEP, {"key": keyed.key, **values})


# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it.
_FIND = select(table).where(table.c.key == bindparam("wanted"), table.c.expires > bindparam("at"))
_FORGET = delete(table).where(table.c.expires <= bindparam("at"))
_KEEP = insert(table)
_CHANGE = update(table).where(table.c.key == bindparam("wanted"))
