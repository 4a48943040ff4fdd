"""The database: one file, opened the same way by every process that uses it.

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

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from corpus.errors import StoreUnavailable

HEAD = "0008"  # the newest migration; a test compares it with the scripts
BUSY_MS = 10_000  # how long a statement waits for another process's transaction


class Database:
    """An open database; share one per process."""

    def __init__(self, path: Path) -> None:
        self.path = self.target = path
        self.engine: Engine = create_engine(URL.create("sqlite", database=str(path)), isolation_level="AUTOCOMMIT")
        self._thread_lock = threading.Lock()
        event.listen(self.engine, "connect", _configure)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads; raises ``StoreUnavailable`` when the database can't be read."""
        with _translated(self.path), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads are all as of one instant; raises ``StoreUnavailable``."""
        with self.reading() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                _undo(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone among all processes; committed durably at the end, undone on any error."""
        with _translated(self.path), self._alone(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                _undo(connection)
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._thread_lock, self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            yield

    def durability(self) -> str:
        """What holds, in one line for the start of the service."""
        version = sqlite3.sqlite_version
        safe = sqlite3.sqlite_version_info >= (3, 51, 3)
        reset = "the library has the WAL-reset fix" if safe else "one writer at a time guards the WAL reset"
        return f"SQLite {version}, write-ahead log, synchronous=FULL; {reset}"

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_database(path: Path) -> Database:
    """Opens the database at ``path``, creating or migrating it first; raises ``StoreUnavailable``."""
    database = Database(path)
    with _translated(path):
        if not path.exists() or not path.stat().st_size:
            with database._alone():  # the first switch to the write-ahead log fails at once when two processes try it
                _revision(database)
        if _revision(database) != HEAD:
            _migrate(database)
    return database


def _revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _migrate(database: Database) -> None:
    from alembic import command  # only when there is something to migrate: the import takes a quarter second
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "corpus:migrations")
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreUnavailable(
                f"{database.path}: {error}; nothing was changed: a newer release wrote it, so install that one"
            ) from error


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":  # a file system without shared memory, say: then what is promised doesn't hold
        raise sqlite3.OperationalError(f"no write-ahead log on this file system (journal_mode is {mode})")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _undo(connection: Connection) -> None:
    if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("ROLLBACK")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (OperationalError, OSError) as error:
        cause = str(getattr(error, "orig", error))
        raise StoreUnavailable(f"{path}: {cause}; nothing was changed: {_way_out(cause)}") from error
    except IntegrityError as error:
        raise StoreUnavailable(f"{path}: {error.orig}; nothing was changed: report this as a defect") from error
    except DatabaseError as error:
        raise StoreUnavailable(
            f"{path}: {error.orig}; the file is damaged: restore it from a backup, then run again"
        ) from error


def _way_out(cause: str) -> str:
    if any(sign in cause for sign in ("full", "No space", "quota")):
        return "free disk space, then try again"
    if any(sign in cause for sign in ("readonly", "Read-only", "Permission", "unable to open", "No such file")):
        return "check that the folder exists and may be written, then try again"
    return "try again, and look for another process that holds it if it stays so"
