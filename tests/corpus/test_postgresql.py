"""PostgreSQL keeps what it confirmed, refuses what it can't keep, says what to do then, and repeats no password."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
import traceback
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from corpus.database import HEAD, Database, open_database
from corpus.errors import InvalidInput, StoreUnavailable
from corpus.postgresql import CONNECTIONS, read_url
from corpus.staging import Staging
from corpus.store import Store
from corpus.tables import documents, metadata, used_tickets
from tests.builders import approval, approve, withdraw
from tests.clusters import Cluster
from tests.conftest import on_postgresql

EVENTS = 20
PASSWORD = "open%3Asesame%2F7"  # open:sesame/7


def stage(database: Database, file: str) -> None:
    Store(database).stage(Staging(file, "", None, "", (), False))


def files(database: Database) -> list[str]:
    return [staging.file for staging in Store(database).stagings()]


def ended(cluster: Cluster, url: str) -> None:
    """Ends every session of a database, as its administrator can."""
    name = url.rpartition("/")[2]
    cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608


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
def test_it_says_what_holds_and_waits_for_the_disk_even_where_the_server_would_not(
    database: Database, cluster: Cluster
) -> None:
    assert "synchronous_commit=on, fsync=on" in database.durability()
    assert database.durability().startswith("PostgreSQL 15")
    name = str(database.target).rpartition("/")[2]
    cluster.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database.close()
    with psycopg.connect(str(database.target)) as theirs:
        assert theirs.execute("SHOW synchronous_commit").fetchone() == ("off",)
    assert "synchronous_commit=on, fsync=on" in database.durability()


def test_a_server_that_does_not_wait_for_its_disk_is_refused(cluster: Cluster, server_url: str) -> None:
    cluster.restart(fsync="off")
    try:
        with pytest.raises(StoreUnavailable, match=r"fsync is off, so a power cut loses .*; set fsync=on"):
            open_database(server_url)
    finally:
        cluster.restart()
    open_database(server_url).close()


@on_postgresql
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_goes_is_said_and_one_that_is_back_is_used_again(
    database: Database, cluster: Cluster, how: signal.Signals
) -> None:
    stage(database, "kept.pdf")
    cluster.stop(how)
    try:
        for use in (files, lambda gone: stage(gone, "lost.pdf")):
            with pytest.raises(StoreUnavailable, match="nothing was changed: check that the server runs"):
                use(database)
    finally:
        cluster.start()
    assert files(database) == ["kept.pdf"]
    stage(database, "after.pdf")
    assert files(database) == ["after.pdf", "kept.pdf"]


@on_postgresql
def test_a_session_that_is_cut_within_a_transaction_leaves_nothing(database: Database, cluster: Cluster) -> None:
    with pytest.raises(StoreUnavailable, match="nothing was changed"), database.writing() as connection:
        connection.execute(insert(used_tickets).values(nonce="a", expires=1))
        ended(cluster, str(database.target))
        connection.execute(insert(used_tickets).values(nonce="b", expires=1))
    with database.reading() as connection:
        assert connection.execute(select(used_tickets)).all() == []


@on_postgresql
def test_a_connection_that_breaks_in_the_last_step_is_not_said_to_have_changed_nothing(
    database: Database, cluster: Cluster
) -> None:
    broken = pytest.raises(StoreUnavailable, match="whether the change was kept is not known; look before")
    with broken, database.writing() as connection:
        connection.execute(insert(used_tickets).values(nonce="a", expires=1))
        ended(cluster, str(database.target))
    assert files(database) == []


@on_postgresql
def test_a_writer_that_stands_still_holds_up_others_for_a_bounded_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.postgresql._SESSION", _session(lock="200ms", stuck="60s"))
    other = Database(database.target)
    with database.writing(), pytest.raises(StoreUnavailable, match="look for another process that holds it"):
        stage(other, "lost.pdf")
    stage(other, "kept.pdf")
    other.close()
    monkeypatch.setattr("corpus.postgresql._SESSION", _session(lock="10s", stuck="200ms"))
    stuck = Database(database.target)
    with pytest.raises(StoreUnavailable, match=r"stood still|is not known"), stuck.writing():
        stage(database, "meanwhile.pdf")  # its session is ended, and with it what it held
    stuck.close()
    assert files(database) == ["kept.pdf", "meanwhile.pdf"]


def _session(lock: str, stuck: str) -> str:
    from corpus import postgresql

    return postgresql._SESSION.replace(f"'{postgresql.LOCK_WAIT}'", f"'{lock}'").replace(
        f"'{postgresql.STUCK}'", f"'{stuck}'"
    )


@on_postgresql
@pytest.mark.parametrize(
    ("rule", "way_out"),
    [
        (
            "ERRCODE = '53100', MESSAGE = 'could not extend file'",
            "free disk space on the server",
        ),
        ("ERRCODE = '58030', MESSAGE = 'could not read block 7'", "look at the server's disk"),
        ("ERRCODE = 'XX001', MESSAGE = 'invalid page in block 7'", "restore the database from a backup"),
        ("ERRCODE = '40001', MESSAGE = 'could not serialize access'", "try again"),
        (
            "ERRCODE = '23502', MESSAGE = 'null value', DETAIL = 'Failing row: (secret)'",
            "report this as a defect",
        ),
    ],
)
def test_what_the_server_complains_of_is_said_with_a_way_out(database: Database, rule: str, way_out: str) -> None:
    """Raised by the server itself, in a trigger. The rest of what it says can hold values, and is left out."""
    stage(database, "kept.pdf")
    with database.writing() as connection:
        connection.exec_driver_sql(
            f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING {rule}; END $$"
        )
        connection.exec_driver_sql("CREATE TRIGGER fail BEFORE INSERT ON staged EXECUTE FUNCTION fail()")
    with pytest.raises(StoreUnavailable, match=f"nothing was changed: .*{way_out}") as caught:
        stage(database, "lost.pdf")
    assert "secret" not in str(caught.value)
    assert files(database) == ["kept.pdf"]


@on_postgresql
def test_a_server_that_only_reads_is_said(database: Database, cluster: Cluster) -> None:
    stage(database, "kept.pdf")
    name = str(database.target).rpartition("/")[2]
    cluster.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.close()
    with pytest.raises(StoreUnavailable, match=r"read-only transaction; .*name the one that writes"):
        stage(database, "lost.pdf")
    assert files(database) == ["kept.pdf"]


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
def test_a_database_without_the_head_of_its_log_takes_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM log_head")
    with pytest.raises(StoreUnavailable, match="the log has lost its head; restore the database from a backup"):
        stage(database, "a.pdf")


def test_a_role_that_may_make_no_tables_is_said_and_the_owner_of_the_database_may(cluster: Cluster) -> None:
    url = cluster.new()
    name = url.rpartition("/")[2]
    cluster.run("CREATE ROLE guest LOGIN PASSWORD 'open:sesame/7'")
    guest = cluster.url(name, role="guest", password=PASSWORD)
    with pytest.raises(StoreUnavailable, match=r"permission denied for schema public; .*make the role the owner"):
        open_database(guest)
    cluster.run(f"ALTER DATABASE {name} OWNER TO guest")
    opened = open_database(guest)
    assert opened.revision() == HEAD
    opened.close()
    cluster.drop(url)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("/test", "/nobodys"), r'database "nobodys_\d+" does not exist'),
        (("postgres:", "stranger:"), "password authentication failed"),
        ((":{password}@", f":{PASSWORD}@"), "password authentication failed"),
        (("{port}", "1"), "Connection refused"),
    ],
)
def test_a_wrong_url_is_said_without_its_password(
    cluster: Cluster, server_url: str, caplog: pytest.LogCaptureFixture, change: tuple[str, str], said: str
) -> None:
    old, new = (part.format(password=cluster.password, port=cluster.port) for part in change)
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreUnavailable, match=said) as caught:
        open_database(server_url.replace(old, new, 1))
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "check" in str(caught.value) or "make the database" in str(caught.value)
    for secret in (cluster.password, PASSWORD, "sesame"):
        assert secret not in told


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:sesame@db/signpost",
        "sqlite:///sesame.db",
        "postgresql://signpost:open@sesame@db/signpost",
        "postgresql://signpost:open@ses/ame@db/signpost",
        "postgresql://signpost:sesame",
        "postgresql://signpost:sesame@db",
        "postgresql://signpost@db:sesame/signpost",
        "postgresql://signpost:sesame@db/",
        "sesame",
    ],
)
def test_a_url_that_can_not_be_read_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://ROLE@HOST:PORT/DATABASE") as caught:
        open_database(url)
    assert "sesame" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_every_spelling_of_the_scheme_opens_it(server_url: str, scheme: str) -> None:
    opened = open_database(server_url.replace("postgresql", scheme, 1))
    stage(opened, "a.pdf")
    assert files(opened) == ["a.pdf"]
    assert ":" not in opened.place.partition("//")[2].partition("@")[0]
    opened.close()


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
