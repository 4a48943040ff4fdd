"""The database, opened the same way by every process that uses it: a SQLite file, or PostgreSQL by its URL.

What the two do differently stands in `corpus.sqlite` and `corpus.postgresql`; nobody else asks which it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, Engine, Table, inspect
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from corpus.errors import CorpusError, StoreUnavailable, TransactionLost, way_out
from corpus.sqlite import SQLite

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
    from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

HEAD = "0011"  # the newest migration; a test compares it with the scripts


class Backend(Protocol):
    """What the two do differently."""

    engine: Engine
    place: str  # for messages: names the database, and never has a password

    def alone(self) -> AbstractContextManager[None]: ...  # what a writer holds before it takes a connection
    def prepare(self) -> None: ...  # before the revision is asked
    def begin(self, connection: Connection) -> None: ...  # a transaction that writes, alone among all processes
    def begin_migration(self, connection: Connection) -> None: ...  # likewise, where there are no tables yet
    def begin_snapshot(self, connection: Connection) -> None: ...  # a transaction that reads as of one instant
    def commit(self, connection: Connection) -> None: ...  # durable when it returns
    def undo(self, connection: Connection) -> None: ...  # ends the transaction, if one is open
    def durability(self, connection: Connection) -> str: ...
    def purge(self, connection: Connection) -> None: ...  # what was deleted goes from whatever files this process can
    def told(self, error: DBAPIError) -> CorpusError: ...  # the error in our words


class Database:
    """An open database; share one per process."""

    def __init__(self, target: Path | str) -> None:
        """``target`` is the path of a SQLite file or a PostgreSQL URL; raises ``InvalidInput`` for another URL."""
        self.target = target
        self._backend: Backend = SQLite(target) if isinstance(target, Path) else _postgresql(target)
        self.engine = self._backend.engine
        self.place = self._backend.place

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads; raises ``StoreUnavailable`` when the database can't be read."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads are all as of one instant; raises ``StoreUnavailable``."""
        with self._translated(), self.engine.connect() as connection:
            self._backend.begin_snapshot(connection)
            try:
                yield connection
            finally:
                self._backend.undo(connection)

    @contextmanager
    def part(self, connection: Connection) -> Iterator[None]:
        """A part of a transaction that ``writing`` has begun: undone alone when it fails, and the rest goes on.

        Raises what failed, with the database's errors as ``writing`` has them, and ``TransactionLost`` when the
        database undid more than the part.
        """
        connection.exec_driver_sql("SAVEPOINT part")
        try:
            with self._translated():
                yield
        except Exception as error:
            try:
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            except SQLAlchemyError:  # a full disk, say, or a server that is gone: there is no transaction any more
                raise TransactionLost(str(error)) from error
            connection.exec_driver_sql("RELEASE SAVEPOINT part")
            raise
        connection.exec_driver_sql("RELEASE SAVEPOINT part")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone among all processes; committed durably at the end, undone on any error.

        Raises ``StoreUnavailable`` when it can't, and ``InvalidInput`` for a text that the database can't hold.
        """
        with self._translated(), self._backend.alone(), self.engine.connect() as connection:
            self._backend.begin(connection)
            with self._whole(connection):
                yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Likewise, for what makes or changes the tables."""
        with self._translated(), self._backend.alone(), self.engine.connect() as connection:
            self._backend.begin_migration(connection)
            with self._whole(connection):
                yield connection

    @contextmanager
    def _whole(self, connection: Connection) -> Iterator[None]:
        try:
            yield
            self._backend.commit(connection)
        except BaseException:
            self._backend.undo(connection)
            raise

    def durability(self) -> str:
        """What holds, in one line for the start of the service."""
        with self.reading() as connection:
            return self._backend.durability(connection)

    def revision(self) -> str | None:
        """The migration that the tables have; ``None`` without tables. Raises ``StoreUnavailable``."""
        with self._translated():
            self._backend.prepare()
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def purge(self) -> None:
        """What was deleted stands in no file any more, as far as the database lets us; see `corpus.sqlite`.

        Raises ``StoreUnavailable`` when somebody reads so long that it can't be done now.
        """
        with self._translated(), self._backend.alone(), self.engine.connect() as connection:
            self._backend.purge(connection)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(f"{self.place}: {error}; nothing was changed: {way_out(str(error))}") from error
        except (DatabaseError, InterfaceError) as error:
            raise self._backend.told(error) from error
        except NoneFree as error:
            raise StoreUnavailable(f"{self.place}: every connection is in use; try again in a moment") from error


def open_database(target: Path | str) -> Database:
    """Opens the database at a path or URL, creating or migrating its tables first.

    Raises ``StoreUnavailable``, and ``InvalidInput`` for a URL that can't be read.
    """
    database = Database(target)
    try:
        if database.revision() != HEAD:
            _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def upsert(connection: Connection, table: Table) -> SQLiteInsert | PostgreSQLInsert:
    """An insert that can say what happens on a conflict: both have the clause, and SQLAlchemy one for each."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def _postgresql(url: str) -> Backend:
    from corpus.postgresql import PostgreSQL  # its driver is an extra

    return PostgreSQL(url)


def _migrate(database: Database) -> None:
    from alembic import command  # only when there is something to migrate: the import takes a quarter second
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "corpus:migrations")
    config.set_main_option("path_separator", "os")
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreUnavailable(
                f"{database.place}: {error}; nothing was changed: a newer release wrote it, so install that one"
            ) from error
