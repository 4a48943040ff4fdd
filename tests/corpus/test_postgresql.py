"""PostgreSQL keeps what it confirmed, as SQLite does: in order, in one sequence, and unchanged."""

from __future__ import annotations

import multiprocessing
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from corpus.database import Database, open_database
from corpus.errors import InvalidInput, StoreUnavailable
from corpus.postgresql import CONNECTIONS, read_url
from corpus.store import Store
from corpus.tables import documents, metadata, used_tickets
from tests.builders import approval, approve, withdraw
from tests.clusters import BINARIES, Cluster
from tests.conftest import on_postgresql
from tests.corpus.staged import files, stage

EVENTS = 20


def schema(url: str) -> dict[str, Any]:
    engine = create_engine(read_url(url))
    try:
        found = inspect(engine)
        tables = [name for name in found.get_table_names() if name != "alembic_version"]
        with engine.connect() as connection:
            columns = connection.exec_driver_sql(
                "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default "
                "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
            ).all()
        keys = {name: (found.get_pk_constraint(name), found.get_unique_constraints(name)) for name in tables}
        indexes = {name: sorted(map(str, found.get_indexes(name))) for name in tables}
        return {"columns": [row for row in columns if row[0] in tables], "keys": keys, "indexes": indexes}
    finally:
        engine.dispose()


def test_the_migrations_make_exactly_the_tables_that_queries_use(cluster: Cluster, server_url: str) -> None:
    declared = cluster.new()
    engine = create_engine(read_url(declared))
    metadata.create_all(engine)
    engine.dispose()
    assert schema(server_url) == schema(declared)
    assert len(schema(server_url)["columns"]) == sum(len(table.columns) for table in metadata.tables.values())
    cluster.drop(declared)


def test_no_column_is_shorter_or_smaller_than_on_sqlite(server_url: str) -> None:
    """SQLite holds no column to a length, counts in 64 bits and orders text by its bytes."""
    for _, column, kind, collation, _, default in schema(server_url)["columns"]:
        counted = str(default).startswith("nextval")
        assert kind in ("text", "bigint", "bytea", "boolean") or (kind == "integer" and counted), column
        assert collation == ("C" if kind == "text" else None), column


@on_postgresql
def test_files_are_listed_by_their_bytes_whatever_the_server_speaks(database: Database) -> None:
    names = ["b", "B", "ä", "a", "A-1", "A1", "Z", "é" * 300]
    for name in names:
        stage(database, name)
    assert files(database) == sorted(names)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 'a' < 'B'").scalar() is True  # so it would not be by itself


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET payload = '{}'", "DELETE FROM events", "TRUNCATE events", "UPDATE records SET ts = ''"],
)
def test_events_and_records_can_be_appended_but_never_changed(database: Database, statement: str) -> None:
    store = Store(database)
    store.append([approve(approval())])
    before = store.history()
    refused = pytest.raises(psycopg.IntegrityError, match=r"(events|records) is append-only")
    with psycopg.connect(str(database.target)) as connection, refused:
        connection.execute(statement.encode())
    with pytest.raises(StoreUnavailable, match="append-only; nothing was changed") as caught, database.writing() as own:
        own.exec_driver_sql(statement)
    assert "damaged" not in str(caught.value)
    assert store.history() == before


@on_postgresql
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_transaction_leaves_nothing(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), database.writing() as connection:
        connection.execute(insert(used_tickets).values(nonce="a", expires=1))
        raise error
    with database.writing() as connection:
        assert connection.execute(select(used_tickets)).all() == []


@on_postgresql
def test_a_statement_that_failed_unseen_can_not_end_as_if_all_were_kept(database: Database) -> None:
    """PostgreSQL answers COMMIT with a silent ROLLBACK then."""
    ticket = insert(used_tickets).values(nonce="a", expires=1)
    with pytest.raises(StoreUnavailable, match="nothing was changed"), database.writing() as connection:
        connection.execute(ticket)
        with pytest.raises(IntegrityError):
            connection.execute(ticket)
    with database.reading() as connection:
        assert connection.execute(select(used_tickets)).all() == []


@on_postgresql
def test_a_snapshot_is_of_one_instant_and_a_writer_sees_the_newest(database: Database) -> None:
    stage(database, "a.pdf")
    with database.snapshot() as reader:
        assert len(reader.exec_driver_sql("SELECT file FROM staged").all()) == 1
        stage(database, "b.pdf")
        assert len(reader.exec_driver_sql("SELECT file FROM staged").all()) == 1
    assert files(database) == ["a.pdf", "b.pdf"]
    entered, seen = threading.Event(), []
    other = open_database(database.target)

    def wait_and_read() -> None:
        entered.set()
        with other.writing() as connection:
            seen.extend(connection.exec_driver_sql("SELECT file FROM staged").scalars())

    with database.writing() as connection:
        thread = threading.Thread(target=wait_and_read)
        thread.start()
        entered.wait(10)
        time.sleep(0.2)  # it queues at the head of the log
        connection.exec_driver_sql("INSERT INTO staged VALUES ('c.pdf', '', NULL, '', '[]', false)")
        assert seen == []
    thread.join(10)
    other.close()
    assert sorted(seen) == ["a.pdf", "b.pdf", "c.pdf"]


@on_postgresql
def test_more_threads_than_connections_write_without_waiting_for_each_other_for_ever(database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as connection:
            with database.reading() as second:
                second.exec_driver_sql("SELECT 1")
            connection.execute(insert(used_tickets).values(nonce=str(number), expires=number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2 * CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading() as connection:
        assert len(connection.execute(select(used_tickets)).all()) == 2 * CONNECTIONS


def writer(url: str, number: str, barrier: Any) -> None:
    """Another process: creates the tables if it is first, then approves and withdraws."""
    barrier.wait()
    opened = open_database(url)
    store = Store(opened)
    for version in range(EVENTS // 2):
        given = replace(approval(), document_number=number, version=str(version))
        store.append([approve(given)])
        store.append([withdraw(given)])
    opened.close()


def test_processes_that_open_and_write_at_once_lose_nothing(cluster: Cluster) -> None:
    """They even create the tables at once."""
    names = ("A", "B", "C", "D")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(names), timeout=60)
    url = cluster.new()
    processes = [context.Process(target=writer, args=(url, name, barrier)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(names)
    opened = open_database(url)
    history = Store(opened).history()
    assert [made.sequence for made in history] == list(range(1, len(names) * EVENTS + 1))
    for name in names:
        mine = [(made.type, made.version) for made in history if made.document_number == name]
        assert mine == [(kind, str(version)) for version in range(EVENTS // 2) for kind in ("approve", "withdraw")]
    opened.close()
    cluster.drop(url)


@on_postgresql
def test_a_text_that_postgresql_can_not_hold_is_refused_and_not_cut(database: Database) -> None:
    with pytest.raises(InvalidInput, match="NUL"):
        stage(database, "a\0b.pdf")
    stage(database, "long" * 10_000)
    assert files(database) == ["long" * 10_000]


@on_postgresql
def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="nothing was changed: a newer release wrote it"):
        open_database(database.target)
    assert database.revision() == "9999"


@on_postgresql
def test_bytes_come_back_as_they_were_and_cannot_be_overwritten(database: Database) -> None:
    row = {"sha256": "1", "source_sha256": "2", "reader": "r", "boxes": b""}
    content = bytes(range(256))
    with database.writing() as connection:
        connection.execute(insert(documents).values(content=content, passages=content[::-1], **row))
    with database.reading() as connection:
        found = connection.execute(select(documents.c.content, documents.c.passages)).one()
    assert found == (content, content[::-1])
    with pytest.raises(StoreUnavailable, match="documents is append-only"), database.writing() as connection:
        connection.execute(update(documents).values(content=b""))


def test_what_is_append_only_on_one_is_on_the_other(server_url: str, tmp_path: Path) -> None:
    """The rule is of the whole table, so it shows where there is no row yet."""
    on_file = open_database(tmp_path / "signpost.db")
    with on_file.reading() as connection:
        triggers = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        tables = set(connection.exec_driver_sql(triggers).scalars())
    on_file.close()
    narrowed = {("feedback", "DELETE"), ("case_reports", "UPDATE")}  # row by row: what an erasure takes may go
    assert {"documents", "events", "records", "cases", "case_events"} <= tables
    with psycopg.connect(server_url, autocommit=True) as server:
        for table in metadata.tables:
            column = metadata.tables[table].columns.keys()[0]
            for verb in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608
                if (table, verb.split()[0]) in narrowed:
                    continue
                if table in tables:
                    with pytest.raises(psycopg.IntegrityError, match=f"{table} is append-only"):
                        server.execute(verb.encode())
                else:
                    server.execute(verb.encode())


@on_postgresql
def test_a_backup_comes_back_with_its_rules(database: Database, cluster: Cluster, tmp_path: Path) -> None:
    """As the guide says it: by pg_dump and pg_restore."""
    store, file = Store(database), tmp_path / "signpost.dump"
    store.append([approve(approval()), withdraw(approval())])
    empty = cluster.new()
    for command in (
        ("pg_dump", "--format=custom", f"--dbname={database.target}", f"--file={file}"),
        ("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={empty}", file),
    ):
        subprocess.run([BINARIES / command[0], *command[1:]], check=True)
    restored = open_database(empty)
    assert Store(restored).history() == store.history()
    assert schema(empty) == schema(str(database.target))
    with pytest.raises(StoreUnavailable, match="events is append-only"), restored.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    Store(restored).append([approve(replace(approval(), version="3.0"))])
    restored.close()
    cluster.drop(empty)
