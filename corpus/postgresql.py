"""PostgreSQL 15 or newer: the database of several services at once.

Writers queue at the head of the log: whoever holds its row is alone, and reads the newest state of everything (each
statement of READ COMMITTED sees what was committed before it). What would lose an acknowledged record is refused
(``fsync=off``) or put right for our own sessions (``synchronous_commit=off``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Column, Connection, Engine, Integer, String, Text, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.compiler import compiles

from corpus.errors import CorpusError, InvalidInput, StoreUnavailable

OLDEST = 150_000  # server_version_num
LOCK_WAIT = "10s"  # for another process's transaction
STUCK = "60s"  # a process that stops within a transaction holds up everybody: its session is ended then
CONNECTIONS = 20  # of one process; the server has 100 unless told
_MIGRATING = 0x5369676E  # the advisory lock of whoever makes the tables

# What libpq gets unless the URL says otherwise: a server that is gone is noticed in half a minute.
_CONNECT: dict[str, str | int] = {
    "application_name": "signpost",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SESSION = (
    f"SELECT set_config('lock_timeout', '{LOCK_WAIT}', false), "
    f"set_config('idle_in_transaction_session_timeout', '{STUCK}', false), "
    "CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END, "
    "current_setting('fsync'), current_setting('server_encoding'), current_setting('server_version_num')::int"
)
_HEAD = "SELECT id FROM log_head WHERE id = 1 FOR UPDATE"

_SERVER = "check that the server runs, and the URL's host, port, database and role"
_WAYS = {
    "08": f"{_SERVER}, then try again",
    "22": "",
    "28": "check the role's password (in the URL, PGPASSWORD or ~/.pgpass) and the server's pg_hba.conf",
    "3D": "make the database, or name another one in the URL",
    "53": "give the server what it lacks (disk, memory or connections), then try again",
    "57": "the server stopped it or is starting; try again",
    "25006": "this server only reads: name the one that writes in the URL",
    "25P03": "the process stood still within a transaction; try again",
    "3F000": "give the role a schema that it may make tables in",
    "40": "try again",
    "42501": "make the role the owner of the database, which makes and changes the tables",
    "42P01": "the tables are not this release's; restore the database from a backup",
    "53100": "free disk space on the server, then try again",
    "55P03": "try again, and look for another process that holds it if it stays so",
    "58": "look at the server's disk and its log, then try again",
    "XX": "the server says that data is damaged: look at its log, and restore the database from a backup",
}


class PostgreSQL:
    """The database that a URL names."""

    def __init__(self, url: str) -> None:
        parsed = read_url(url)
        role, host, port = parsed.username, parsed.host, parsed.port
        self.place = URL.create("postgresql", role, None, host, port, parsed.database).render_as_string()
        self._thread_lock = threading.Lock()
        self.engine: Engine = create_engine(
            parsed,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_pre_ping=True,  # a server that was restarted is no failed request
            pool_size=5,
            max_overflow=CONNECTIONS - 5,
            pool_timeout=10,
            connect_args={name: value for name, value in _CONNECT.items() if name not in parsed.query},
        )
        event.listen(self.engine, "connect", self._configure)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Threads queue here, not with a connection each: the one that writes may need a second one."""
        with self._thread_lock:
            yield

    def prepare(self) -> None:
        """Nothing: the server is there, or the first connection says so."""

    def begin(self, connection: Connection) -> None:
        """Begins a transaction and waits for the head of the log."""
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
        if connection.exec_driver_sql(_HEAD).scalar() is None:
            connection.exec_driver_sql("ROLLBACK")
            raise StoreUnavailable(f"{self.place}: the log has lost its head; restore the database from a backup")

    def begin_migration(self, connection: Connection) -> None:
        """Begins a transaction and waits, as long as it takes, for whoever else makes the tables."""
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")

    def begin_snapshot(self, connection: Connection) -> None:
        """Begins a transaction whose reads are as of one instant."""
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self, connection: Connection) -> None:
        """Makes the transaction durable; one in which a statement failed would end as if it had never been."""
        if _status(connection) != "INTRANS":
            raise StoreUnavailable(
                f"{self.place}: the transaction had failed before its end; nothing was changed: report this as a defect"
            )
        try:
            connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise StoreUnavailable(
                f"{self.place}: {_cause(error)}; the connection broke in the last step: whether the change was kept "
                "is not known; look before you make it again"
            ) from error

    def undo(self, connection: Connection) -> None:
        """Ends a transaction without a trace, if one is open."""
        if connection.invalidated:
            return
        status = _status(connection)
        if status in ("INTRANS", "INERROR"):
            connection.exec_driver_sql("ROLLBACK")
        elif status != "IDLE":  # a statement was interrupted, or the connection is gone
            connection.invalidate()

    def durability(self, connection: Connection) -> str:
        """What holds, in one line."""
        version = connection.exec_driver_sql("SHOW server_version").scalar_one().split()[0]
        waits, forced, whole = (
            connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("synchronous_commit", "fsync", "full_page_writes")
        )
        torn = "" if whole == "on" else "; full_page_writes=off: only a file system that tears no page survives a crash"
        return f"PostgreSQL {version} at {self.place}, synchronous_commit={waits}, fsync={forced}{torn}"

    def purge(self, connection: Connection) -> None:
        """Frees the rows that were deleted; what pages and the server's log still hold of them is ciphertext."""
        connection.exec_driver_sql("VACUUM bodies, feedback, case_reports")

    def told(self, error: DBAPIError) -> CorpusError:
        """The error in our words; of its own only the first line, as the others can hold values."""
        cause = _cause(error)
        if isinstance(error, DataError):
            return InvalidInput(f"{self.place}: {cause}; nothing was changed: take out what it can't hold")
        if isinstance(error, IntegrityError):
            return StoreUnavailable(f"{self.place}: {cause}; nothing was changed: report this as a defect")
        state = str(getattr(error.orig, "sqlstate", None) or "08")
        way = _WAYS.get(state) or _WAYS.get(state[:2]) or "report this as a defect"
        return StoreUnavailable(f"{self.place}: {cause}; nothing was changed: {way}")

    def _configure(self, connection: Any, _record: Any) -> None:
        connection.autocommit = True  # what is set in a transaction would go with it
        forced, encoding, version = connection.execute(_SESSION).fetchone()[3:]
        lacks = ""
        if forced != "on":
            lacks = "fsync is off, so a power cut loses what was confirmed; set fsync=on on the server"
        elif encoding != "UTF8":
            lacks = f"its encoding is {encoding}; make the database with ENCODING 'UTF8'"
        elif version < OLDEST:
            lacks = f"the server is release {version // 10_000}; bring it to {OLDEST // 10_000} or newer"
        if lacks:
            connection.close()
            raise StoreUnavailable(f"{self.place}: {lacks}")


def read_url(url: str) -> URL:
    """The URL for our driver; raises ``InvalidInput``, which repeats nothing of it: it may hold a password."""
    form = "a database URL reads postgresql://ROLE@HOST:PORT/DATABASE, a password's @ : / ? % written as %40 and so on"
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgresql+psycopg", "postgres"):
        raise InvalidInput(f"the database is given by another URL than PostgreSQL's; {form}; a file needs none: --home")
    try:
        parsed = make_url(f"postgresql+psycopg://{rest}")
        readable = rest.partition("?")[0].count("@") <= 1 and bool(parsed.database) and "/" not in str(parsed.database)
    except (ArgumentError, ValueError):
        readable = False
    if not readable:
        raise InvalidInput(f"the database's URL can't be read; {form}")
    return parsed


def _status(connection: Connection) -> str:
    return str(connection.connection.dbapi_connection.info.transaction_status.name)  # type: ignore[union-attr]


def _cause(error: DBAPIError) -> str:
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)
    return str(said).strip().partition("\n")[0]


# SQLite holds no column to a length, counts in 64 bits and compares texts by their bytes. So does every column here.
@compiles(String, "postgresql")
@compiles(Text, "postgresql")
def _text(_type: Any, _compiler: Any, **place: Any) -> str:
    return 'TEXT COLLATE "C"' if isinstance(place.get("type_expression"), Column) else "TEXT"


@compiles(Integer, "postgresql")
def _integer(given: Any, compiler: Any, **place: Any) -> str:
    column = isinstance(place.get("type_expression"), Column)
    return "BIGINT" if column else str(compiler.visit_integer(given, **place))
