"""The database keeps what it confirmed, refuses what it can't keep, and says what to do then."""

from __future__ import annotations

import errno
import multiprocessing
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

from corpus.database import HEAD, Database, open_database
from corpus.errors import StoreUnavailable
from corpus.store import Store
from corpus.tables import metadata
from tests.builders import approval, approve, withdraw
from tests.conftest import on_sqlite
from tests.corpus.staged import files, stage

EVENTS = 20


def schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    )
    return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


@on_sqlite
def test_the_migrations_make_exactly_the_tables_that_queries_use(database: Database, tmp_path: Path) -> None:
    declared = tmp_path / "declared.db"
    engine = create_engine(f"sqlite:///{declared}")
    metadata.create_all(engine)
    engine.dispose()
    with closing(sqlite3.connect(declared)) as wanted, closing(sqlite3.connect(database.target)) as made:
        assert schema(made) == schema(wanted)
        assert made.execute("SELECT id, size FROM log_head").fetchall() == [(1, 1)]
        assert made.execute("SELECT idx, type FROM records").fetchall() == [(0, "genesis")]


def test_the_newest_script_is_what_an_open_database_has(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", "corpus:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [HEAD]


@on_sqlite
def test_every_connection_waits_for_the_disk(database: Database) -> None:
    """With less than FULL (2) a power cut loses acknowledged rows."""
    with database.reading() as one, database.reading() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT sequence, 'approve', 'x', '1', 'GB', '{}', '', '', '' FROM events",
        "UPDATE OR IGNORE records SET ts = ''",
        "DELETE FROM records WHERE idx = 0",
        "REPLACE INTO records VALUES (0, x'ff', 'other', '', '', '')",
        "REPLACE INTO records VALUES (3, x'ff', 'hash', '', '', '')",
    ],
)
def test_events_and_records_can_be_appended_but_never_changed(database: Database, statement: str) -> None:
    """Not by any program either: the rule stands in the file."""
    Store(database).append([approve(approval())])
    with closing(sqlite3.connect(database.target)) as connection:
        connection.execute("INSERT INTO records VALUES (2, x'00', 'hash', 'c', 'turn', 't')")
        connection.commit()
        before = list(connection.iterdump())
        with pytest.raises(sqlite3.IntegrityError, match=r"(events|records) is append-only"):
            connection.execute(statement)
        connection.commit()
        assert list(connection.iterdump()) == before
    with pytest.raises(StoreUnavailable, match="append-only; nothing was changed") as caught, database.writing() as own:
        own.exec_driver_sql(statement)
    assert "damaged" not in str(caught.value)  # a broken rule is no reason to restore a backup


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_transaction_leaves_nothing(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO used_tickets VALUES ('a', 1)")
        raise error
    with database.writing() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM used_tickets").scalar() == 0


def pragma(database: Database, statement: str) -> None:
    """Makes every new connection of ``database`` run ``statement``."""
    database.close()
    event.listen(database.engine, "connect", lambda connection, _record: connection.execute(statement).close())


@on_sqlite
def test_a_full_disk_is_said_and_nothing_is_lost(database: Database) -> None:
    stage(database, "kept.pdf")
    pragma(database, "PRAGMA max_page_count = 1")  # SQLite takes the present size: not a page more
    with pytest.raises(StoreUnavailable, match="full; nothing was changed: free disk space, then try again"):
        stage(database, "lost.pdf", size=100_000)
    assert files(database) == ["kept.pdf"]
    pragma(database, "PRAGMA max_page_count = 1000000")
    stage(database, "after.pdf", size=100_000)
    assert files(database) == ["after.pdf", "kept.pdf"]


@on_sqlite
def test_a_database_that_may_not_be_written_can_still_be_read(database: Database) -> None:
    stage(database, "kept.pdf")
    pragma(database, "PRAGMA query_only = 1")
    with pytest.raises(StoreUnavailable, match=r"readonly database; .*check that the folder exists and may be written"):
        stage(database, "lost.pdf")
    assert files(database) == ["kept.pdf"]


@on_sqlite
@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "free disk space"),
        (errno.EDQUOT, "free disk space"),
        (errno.EROFS, "check that the folder exists and may be written"),
        (errno.EACCES, "check that the folder exists and may be written"),
        (errno.ENOENT, "check that the folder exists and may be written"),
        (errno.EIO, "try again"),
    ],
)
def test_a_lock_that_cannot_be_taken_says_why_and_what_to_do(
    database: Database, monkeypatch: pytest.MonkeyPatch, number: int, way_out: str
) -> None:
    def refuse(path: Path, *_: Any) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "open", refuse)  # root may write anywhere, so a real folder can't refuse in every run
    with pytest.raises(StoreUnavailable, match=f"nothing was changed: {way_out}"):
        stage(database, "lost.pdf")
    monkeypatch.undo()
    assert files(database) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"gone/signpost\.db: .*check that the folder exists"):
        open_database(tmp_path / "gone" / "signpost.db")


def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "signpost.db"
    path.write_bytes(b"no database" * 500)
    with pytest.raises(StoreUnavailable, match="the file is damaged: restore it from a backup"):
        open_database(path)
    assert path.read_bytes() == b"no database" * 500


@on_sqlite
def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="nothing was changed: a newer release wrote it"):
        open_database(database.target)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"


@pytest.mark.parametrize("folder", ["what?", "50%", "a#b", "Größe 1"])
def test_the_database_lies_in_the_folder_it_was_asked_for(tmp_path: Path, folder: str) -> None:
    """Characters that mean something in a URL mean nothing in a path."""
    (tmp_path / folder).mkdir()
    opened = open_database(tmp_path / folder / "signpost.db")
    stage(opened, "a.pdf")
    opened.close()
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    with closing(sqlite3.connect(tmp_path / folder / "signpost.db")) as connection:
        assert connection.execute("SELECT file FROM staged").fetchall() == [("a.pdf",)]


def writer(path: Path, number: str, barrier: Any) -> None:
    """Another process: creates the database if it is first, then approves and withdraws."""
    barrier.wait()
    opened = open_database(path)
    store = Store(opened)
    for version in range(EVENTS // 2):
        given = replace(approval(), document_number=number, version=str(version))
        store.append([approve(given)])
        store.append([withdraw(given)])
    opened.close()


def test_processes_that_open_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """They even create the database at once."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2, timeout=60)
    path = tmp_path / "signpost.db"
    processes = [context.Process(target=writer, args=(path, number, barrier)) for number in ("A", "B")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    opened = open_database(path)
    history = Store(opened).history()
    assert [made.sequence for made in history] == list(range(1, 2 * EVENTS + 1))
    for number in ("A", "B"):
        mine = [(made.type, made.version) for made in history if made.document_number == number]
        assert mine == [(kind, str(version)) for version in range(EVENTS // 2) for kind in ("approve", "withdraw")]
    assert all(entry.withdrawn for entry in Store(opened).registry().entries.values())
    opened.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
