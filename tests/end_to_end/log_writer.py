"""A process whose threads append replies until it is killed: `python -m tests.end_to_end.log_writer ROOT MODE THREADS`.

MODE is FULL, as the product has it, or NORMAL, which doesn't wait for the disk.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from pathlib import Path

from sqlalchemy import event

from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body
from chatbot.audit.log import AuditLog, Entry
from corpus.database import Database, open_database
from corpus.ledger import new_leaf
from corpus.stamps import uuid7
from index.layout import Home

REPLY = b"Lodisartan is not removed by haemodialysis. " * 20  # some 900 bytes, as replies have


def entry(log: AuditLog, thread: int, number: int, registry_version: int = 0) -> Entry:
    """A reply that can be told from all others."""
    body = Body(f"question {thread} {number}", (), REPLY, os.urandom(32))
    pseudonym, record_id = f"pseudonym-{thread}", uuid7()
    sealed = log.seal(pseudonym, record_id, body)
    value = {"body": {"sealed_sha256": sealed.sha256}, "conversation": record_id, "n": f"{thread}.{number}"}
    return Entry(new_leaf(log.origin, "answer", value), sealed, pseudonym, registry_version, log.erasures.newest)


def weaken(database: Database) -> None:
    """Lets the database confirm what the disk doesn't have yet."""
    database.close()
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))


def append_for_ever(log: AuditLog, thread: int) -> None:
    """Says each record's index and hash as soon as it is acknowledged."""
    for number in itertools.count():
        record = log.append(entry(log, thread, number))
        os.write(sys.stdout.fileno(), f"{record.index} {record.hash}\n".encode())  # in one piece, at once


if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    opened = open_database(home.database)
    if sys.argv[2] == "NORMAL":
        weaken(opened)
    written = AuditLog(opened, KeyStore(home.keys))
    for each in range(int(sys.argv[3])):
        threading.Thread(target=append_for_ever, args=(written, each)).start()
