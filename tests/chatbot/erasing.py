"""What tests of erasures, holds and retention ask of a portal, and what they find in its files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from chatbot.audit.erasure import erase
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body
from chatbot.audit.log import AuditLog, Entry
from corpus.database import Database, open_database
from corpus.ledger import VERSION, sealed_leaf
from corpus.stamps import timestamp, uuid7
from corpus.store import Store
from corpus.tables import bodies
from index.layout import Home
from tests.chatbot.conftest import Portal

QUESTION = "What to do after a missed dose of Lumetra?"
TICKET = "DSR-2026-0117"


def asked(portal: Portal, subject: str = "dr-1", text: str = QUESTION, **body: str) -> Any:
    response = portal.http.post("/api/v1/turns", json={"text": text, **body}, headers=portal.headers(subject=subject))
    assert response.status_code == 200, response.text
    return response.json()


def name_of(portal: Portal, subject: str = "dr-1") -> str:
    return portal.assistant.keys.known_pseudonym("demo", subject)


def elsewhere(portal: Portal) -> tuple[Database, KeyStore]:
    """What another process opens of the same home."""
    return open_database(portal.assistant.store.database.target), KeyStore(portal.assistant.home.keys)


def erased(portal: Portal, pseudonym: str) -> Any:
    database, keys = elsewhere(portal)
    done = erase(database, keys, pseudonym, TICKET, "a.lee")
    database.close()
    return done


def left(home: Home) -> bytes:
    """Every byte of the database and the key store, with what lies beside them."""
    files = (*home.root.glob(f"{home.database.name}*"), *home.root.glob(f"{home.keys.name}*"))
    return b"".join(file.read_bytes() for file in files)


def sealed(database: Database) -> dict[int, tuple[bytes, bytes]]:
    with database.reading() as connection:
        return {row.idx: (bytes(row.nonce), bytes(row.ciphertext)) for row in connection.execute(select(bodies))}


def recorded(database: Database, keys: KeyStore, subject: str, **more: Any) -> int:
    """The index of a record with a text, of a reader of the demo portal: without a question, an edition or a wait."""
    log, record_id = AuditLog(database, keys), uuid7()
    seen, name = log.erasures.newest, keys.pseudonym("demo", subject)
    body = log.seal(name, record_id, Body(QUESTION, (), b"{}", bytes(32)))
    value = {
        "v": VERSION,
        "origin": log.origin,
        "type": "answer",
        "id": record_id,
        "ts": timestamp(datetime.now(UTC)),
        "actor": {"pseudonym": name},
        "conversation": uuid7(),
        **more,
    }
    return log.append(Entry(sealed_leaf(value), body, name, len(Store(database).history()), seen)).index
