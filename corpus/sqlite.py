"""SQLite: one file, its write-ahead log, and one writer at a time among all processes.

Durability is chosen, not hoped for: write-ahead log with ``synchronous=FULL``, so a committed row survives a power
cut. SQLite before 3.51.3 can corrupt a database when two connections reset the write-ahead log at once
(https://sqlite.org/wal.html#walresetbug), so every write and the checkpoint it may cause runs under one lock that
all processes share.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from corpus.errors import CorpusError, StoreUnavailable, way_out

BUSY_MS = 10_000  # how long a statement waits for another process's transaction


class SQLite:
    """The file at ``path``."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._path = path
        self._thread_lock = threading.Lock()
        self.engine: Engine = create_engine(
            URL.create("sqlite", database=str(path)), isolation_level="AUTOCOMMIT", hide_parameters=True
        )
        event.listen(self.engine, "connect", _configure)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds off every other writer of this machine; waits for the one that is at it."""
        with self._thread_lock, self._path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            yield

    def prepare(self) -> None:
        """The first switch to the write-ahead log, which fails at once when two processes try it."""
        if not self._path.exists() or not self._path.stat().st_size:
            with self.alone(), self.engine.connect():
                pass

    def begin(self, connection: Connection) -> None:
        """Begins a transaction that writes."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    begin_migration = begin

    def begin_snapshot(self, connection: Connection) -> None:
        """Begins a transaction whose reads are as of one instant."""
        connection.exec_driver_sql("BEGIN")

    def commit(self, connection: Connection) -> None:
        """Makes the transaction durable."""
        connection.exec_driver_sql("COMMIT")

    def undo(self, connection: Connection) -> None:
        """Ends a transaction without a trace, if one is open."""
        if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql("ROLLBACK")

    def durability(self, _connection: Connection) -> str:
        """What holds, in one line."""
        version = sqlite3.sqlite_version
        safe = sqlite3.sqlite_version_info >= (3, 51, 3)
        reset = "the library has the WAL-reset fix" if safe else "one writer at a time guards the WAL reset"
        return f"SQLite {version}, write-ahead log, synchronous=FULL; {reset}"

    def purge(self, connection: Connection) -> None:
        """Writes the write-ahead log back and empties it; deleted rows are overwritten already.

        Raises ``StoreUnavailable`` when it is read all the time.
        """
        if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
            raise StoreUnavailable(
                f"{self.place}: what was deleted is gone from the tables, but not yet from the write-ahead log, since "
                "another process reads; run the same command again"
            )

    def told(self, error: DBAPIError) -> CorpusError:
        """The error in our words."""
        if isinstance(error, OperationalError):
            cause = str(error.orig)
            return StoreUnavailable(f"{self.place}: {cause}; nothing was changed: {way_out(cause)}")
        if isinstance(error, IntegrityError):
            return StoreUnavailable(f"{self.place}: {error.orig}; nothing was changed: report this as a defect")
        return StoreUnavailable(
            f"{self.place}: {error.orig}; the file is damaged: restore it from a backup, then run again"
        )


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":  # a file system without shared memory, say: then what is promised doesn't hold
        raise sqlite3.OperationalError(f"no write-ahead log on this file system (journal_mode is {mode})")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: an erased text leaves no free page
    cursor.close()
