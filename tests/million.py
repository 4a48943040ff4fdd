"""A log of any length, made of the replies that a home has: leaves, sealed texts, citations and the tree over them.

`python -m tests.million HOME COUNT` adds so many replies; a million take some two minutes and 4 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import commitment
from chatbot.audit.log import AuditLog
from corpus.database import Database, open_database
from corpus.ledger import Leaf, append_leaves, projected
from corpus.stamps import timestamp, uuid7
from corpus.tables import bodies
from index.layout import Home

READERS = 200
_BATCH = 10_000  # records of a transaction
_STEP = timedelta(microseconds=20)  # between two records: a million end within the minute in which they begin


@dataclass(frozen=True, slots=True)
class _Like:
    """A reply that others are made like: its leaf with what is each record's own between the parts."""

    parts: tuple[bytes, ...]
    fields: tuple[str, ...]  # what stands between two parts
    leaf: Leaf
    body: bytes
    key: bytes  # of its commitments


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody who asks."""

    pseudonym: str
    cipher: AESGCM


def grow(home: Home, database: Database, count: int) -> None:
    """Adds ``count`` replies like those that are on record, in their order over and over, each of another reader."""
    keys = KeyStore(home.keys)
    likes = [_like(AuditLog(database, keys), index, keys) for index in AuditLog(database, keys).replies()[:64]]
    names = [hashlib.sha256(f"reader {number}".encode()).hexdigest() for number in range(READERS)]
    readers = [_Reader(name, AESGCM(keys.subject_key(name))) for name in names]
    moment = datetime.now(UTC)
    for first in range(0, count, _BATCH):
        leaves, texts = [], []
        for number in range(first, min(first + _BATCH, count)):
            leaf, text = _made(likes[number % len(likes)], readers[number * 7 % READERS], moment + number * _STEP)
            leaves.append(leaf)
            texts.append(text)
        with database.writing() as connection:
            places = append_leaves(connection, leaves)
            rows = [{"idx": place.index, **text} for place, text in zip(places, texts, strict=True)]
            connection.execute(insert(bodies), rows)


def _made(like: _Like, reader: _Reader, moment: datetime) -> tuple[Leaf, dict[str, Any]]:
    ts, name = timestamp(moment), uuid7(int(moment.timestamp() * 1000))
    conversation, nonce = uuid7(), os.urandom(12)
    ciphertext = reader.cipher.encrypt(nonce, like.body, name.encode())
    values = {
        "ts": ts,
        "as_of": ts,
        "id": name,
        "conversation": conversation,
        "pseudonym": reader.pseudonym,
        "sealed": hashlib.sha256(nonce + ciphertext).hexdigest(),
        "committed": commitment(like.key, "pseudonym", reader.pseudonym.encode()),
    }
    content = like.parts[0] + b"".join(
        values[field].encode() + part for field, part in zip(like.fields, like.parts[1:], strict=True)
    )
    leaf = Leaf(content, like.leaf.type, ts, conversation, like.leaf.cited)
    return leaf, {"pseudonym": reader.pseudonym, "nonce": nonce, "ciphertext": ciphertext}


def _like(log: AuditLog, index: int, keys: KeyStore) -> _Like:
    content = log.record(index).leaf
    value = json.loads(content)
    own = {
        "id": value["id"],
        "conversation": value["conversation"],
        "pseudonym": value["actor"]["pseudonym"],
        "sealed": value["body"]["sealed_sha256"],
        "committed": value["body"]["pseudonym"],
    }
    places = [(content.index(f'"{text}"'.encode()) + 1, field, len(text)) for field, text in own.items()]
    times = [
        (content.index(f'"{field}":"'.encode()) + len(field) + 4, field, len(value[field])) for field in ("ts", "as_of")
    ]
    marked = sorted([*places, *times])
    parts, at = [], 0
    for place, _, length in marked:
        parts.append(content[at:place])
        at = place + length
    body, opened = _sealed_text(log, index, keys, value)
    fields = tuple(field for _, field, _ in marked)
    return _Like((*parts, content[at:]), fields, projected(content, value), body, opened)


def _sealed_text(log: AuditLog, index: int, keys: KeyStore, value: dict[str, Any]) -> tuple[bytes, bytes]:
    """What was sealed for a record, and the key of its commitments."""
    body = log.body(index)
    again = log.seal(value["actor"]["pseudonym"], value["id"], body)
    cipher = AESGCM(keys.subject_key(value["actor"]["pseudonym"]))
    return cipher.decrypt(again.nonce, again.ciphertext, value["id"].encode()), body.key


def main() -> None:
    """Grows the home that is named, and says how long it took."""
    home, count = Home(Path(sys.argv[1])), int(sys.argv[2])
    database = open_database(home.database)
    began = time.monotonic()
    grow(home, database, count)
    database.close()
    size = home.database.stat().st_size / 1e9
    sys.stdout.write(f"{count:,} records in {time.monotonic() - began:.1f} s, {size:.2f} GB\n")


if __name__ == "__main__":
    main()
