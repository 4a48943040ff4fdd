"""The key store: one key a subject, apart from the database it opens. Destroying a key erases what it opened.

A subject stands in the log under a random pseudonym. Which one is kept here alone, under an HMAC of the subject, and
goes with the key: who comes back after an erasure is somebody else, and nobody can tell who it was.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from chatbot.errors import AuditUnavailable
from corpus.errors import NotFound

_KEY_BYTES = 32  # AES-256 and HMAC-SHA256
_BATCH = 500  # names in one statement
_TABLES = (
    "CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, key BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS subjects (tag TEXT PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE)",
)


class KeyStore:
    """Keys in a SQLite file of their own. Every new key is durable before it is used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = path.with_name(f"{path.name}-journal")
        self._known: dict[str, bytes] = {}
        self._subjects: dict[str, str] = {}  # pseudonyms by tag
        self._gone: set[str] = set()  # pseudonyms that were in use here when they were destroyed
        self._lock = threading.Lock()  # held while the file is read or changed, so that nothing stale is remembered
        with self._open() as connection:
            for table in _TABLES:
                connection.execute(table)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)

    def secret(self, purpose: str) -> bytes:
        """The installation's secret for a purpose; made on first use."""
        return self._key(f"secret:{purpose}")

    def known_secret(self, purpose: str) -> bytes | None:
        """The secret where there is one; makes none."""
        with self._open() as connection:
            row = connection.execute("SELECT key FROM keys WHERE name = ?", (f"secret:{purpose}",)).fetchone()
        return None if row is None else bytes(row[0])

    def subject_key(self, pseudonym: str) -> bytes:
        """The key of one subject's personal text; made on first use. Raises ``NotFound`` when it was destroyed."""
        if pseudonym in self._gone:
            raise _gone()
        return self._key(_name(pseudonym))

    def known_subject_key(self, pseudonym: str) -> bytes:
        """The key of a subject that has one; raises ``NotFound``, and makes none, when it is gone."""
        with self._open() as connection:
            row = connection.execute("SELECT key FROM keys WHERE name = ?", (_name(pseudonym),)).fetchone()
        if row is None:
            raise _gone()
        return bytes(row[0])

    def known_subject_keys(self, pseudonyms: Collection[str]) -> dict[str, bytes]:
        """The keys of those subjects that have one, by pseudonym."""
        query = "SELECT key FROM keys WHERE name = ?"
        with self._open() as connection:
            rows = ((each, connection.execute(query, (_name(each),)).fetchone()) for each in pseudonyms)
            return {pseudonym: bytes(row[0]) for pseudonym, row in rows if row is not None}

    def pseudonym(self, portal: str, subject: str) -> str:
        """The name under which a subject stands in the log; made on first use, with its key."""
        tag = self._tag(portal, subject)
        known = self._subjects.get(tag)
        if known is not None:
            return known
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")  # two processes may meet a new subject at once
            found = self._found(connection, portal, subject)
            if found is None:
                found = os.urandom(_KEY_BYTES).hex()
                connection.execute("INSERT INTO keys VALUES (?, ?)", (_name(found), os.urandom(_KEY_BYTES)))
            connection.execute("INSERT OR IGNORE INTO subjects VALUES (?, ?)", (tag, found))
            self._subjects[tag] = found
        return found

    def known_pseudonym(self, portal: str, subject: str) -> str:
        """The pseudonym of a subject that has one; raises ``NotFound`` and makes none."""
        with self._open() as connection:
            found = self._found(connection, portal, subject)
        if found is None:
            raise NotFound("nobody of this name is on record in this portal; both are compared letter by letter")
        return found

    def destroy(self, pseudonyms: Sequence[str]) -> None:
        """Destroys the keys of subjects, and what says who they were. No byte of them stays in the file.

        Those that are gone already are passed over. Raises ``AuditUnavailable``; then the same call does the rest.
        """
        with self._lock:
            self._forget(pseudonyms)
            with self._open() as connection:
                there = [name for name in pseudonyms if _is_there(connection, name)]
            if there or (pseudonyms and self._journal.exists()):  # left by a kill in the middle of what follows
                self._overwrite(there)

    def _forget(self, pseudonyms: Sequence[str]) -> None:
        gone = set(pseudonyms)
        self._gone |= gone & {*self._subjects.values(), *(name.removeprefix("subject:") for name in self._known)}
        self._subjects = {tag: name for tag, name in self._subjects.items() if name not in gone}
        for name in gone:
            self._known.pop(_name(name), None)

    def _overwrite(self, pseudonyms: Sequence[str]) -> None:
        """Deletes, builds the file anew, and overwrites the journal of both, all under one lock on the file.

        Deleting alone leaves copies: SQLite moves rows between pages, and a journal holds pages as they were.
        """
        with self._open() as connection:
            connection.isolation_level = None
            for setting in ("journal_mode=PERSIST", "secure_delete=ON", "temp_store=MEMORY"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute("BEGIN EXCLUSIVE")
            # Only now: a connection that never lets go and still waits for its turn would stop whoever has it.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            for at in range(0, len(pseudonyms), _BATCH):
                batch = pseudonyms[at : at + _BATCH]
                marks = ", ".join("?" * len(batch))
                connection.execute(f"DELETE FROM subjects WHERE pseudonym IN ({marks})", batch)  # noqa: S608 - marks
                connection.execute(f"DELETE FROM keys WHERE name IN ({marks})", [_name(name) for name in batch])  # noqa: S608
            connection.execute("COMMIT")
            connection.execute("VACUUM")
            _blank(self._journal)

    def _found(self, connection: sqlite3.Connection, portal: str, subject: str) -> str | None:
        row = connection.execute(
            "SELECT pseudonym FROM subjects WHERE tag = ?", (self._tag(portal, subject),)
        ).fetchone()
        if row is not None:
            return str(row[0])
        # Early releases named a subject by an HMAC; whoever has a key under that name keeps both.
        early = hmac.new(self.secret("pseudonym"), f"{portal}\n{subject}".encode(), hashlib.sha256).hexdigest()
        return early if _is_there(connection, early) else None

    def _tag(self, portal: str, subject: str) -> str:
        """What a subject is found by: an HMAC, so that a guess can't be checked without the installation's secret."""
        told = f"tag\n{len(portal)}\n{portal}\n{subject}".encode()
        return hmac.new(self.secret("pseudonym"), told, hashlib.sha256).hexdigest()

    def _key(self, name: str) -> bytes:
        known = self._known.get(name)
        if known is not None:
            return known
        with self._lock, self._open() as connection:
            # Two processes may want the same new key at once: whichever row is there afterwards is the key.
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (name, os.urandom(_KEY_BYTES)))
            row = connection.execute("SELECT key FROM keys WHERE name = ?", (name,)).fetchone()
            self._known[name] = made = bytes(row[0])
        return made

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
                connection.execute("PRAGMA synchronous=EXTRA")  # also the folder, after the journal is gone
                yield connection
        except sqlite3.Error as error:
            raise AuditUnavailable(
                f"{self._path}: {error}; check disk space and permissions, then try again"
            ) from error


def _name(pseudonym: str) -> str:
    return f"subject:{pseudonym}"


def _is_there(connection: sqlite3.Connection, pseudonym: str) -> bool:
    """Whether a subject has a key, or a name beside none."""
    query = "SELECT 1 FROM keys WHERE name = ? UNION ALL SELECT 1 FROM subjects WHERE pseudonym = ?"
    return connection.execute(query, (_name(pseudonym), pseudonym)).fetchone() is not None


def _blank(journal: Path) -> None:
    """Overwrites and removes a journal that nobody needs: its connection holds the database alone."""
    with journal.open("r+b") as stream:
        stream.write(bytes(journal.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
    journal.unlink()


def _gone() -> NotFound:
    return NotFound("the key of this record is gone: its text can't be read any more")
