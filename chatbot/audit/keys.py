"""The key store: one key a subject, apart from the database it opens. Destroying a key erases what it opened."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatbot.errors import AuditUnavailable
from corpus.errors import NotFound

_KEY_BYTES = 32  # AES-256 and HMAC-SHA256


class KeyStore:
    """Keys in a SQLite file of their own. Every new key is durable before it is used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, bytes] = {}
        with self._open() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, key BLOB NOT NULL)")
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
        """The key of one subject's personal text; made on first use."""
        return self._key(f"subject:{pseudonym}")

    def known_subject_key(self, pseudonym: str) -> bytes:
        """The key of a subject that has one; raises ``NotFound``, and makes none, when it is gone."""
        with self._open() as connection:
            row = connection.execute("SELECT key FROM keys WHERE name = ?", (f"subject:{pseudonym}",)).fetchone()
        if row is None:
            raise NotFound("the key of this record is gone: its text can't be read any more")
        return bytes(row[0])

    def pseudonym(self, portal: str, subject: str) -> str:
        """The name under which a subject stands in the log: an HMAC, so that a guess can't be checked by others."""
        return hmac.new(self.secret("pseudonym"), f"{portal}\n{subject}".encode(), hashlib.sha256).hexdigest()

    def _key(self, name: str) -> bytes:
        known = self._known.get(name)
        if known is not None:
            return known
        with self._open() as connection:
            # Two processes may want the same new key at once: whichever row is there afterwards is the key.
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (name, os.urandom(_KEY_BYTES)))
            row = connection.execute("SELECT key FROM keys WHERE name = ?", (name,)).fetchone()
        self._known[name] = bytes(row[0])
        return self._known[name]

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
