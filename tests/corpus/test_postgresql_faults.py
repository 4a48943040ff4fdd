"""A server that lacks something, goes, or is named wrongly is said with a way out, and no password is repeated."""

from __future__ import annotations

import logging
import signal
import traceback

import psycopg
import pytest
from sqlalchemy import insert, select

from corpus.database import HEAD, Database, open_database
from corpus.errors import InvalidInput, StoreUnavailable
from corpus.tables import used_tickets
from tests.clusters import Cluster
from tests.conftest import on_postgresql
from tests.corpus.staged import files, stage

PASSWORD = "open%3Asesame%2F7"  # open:sesame/7


def ended(cluster: Cluster, url: str) -> None:
    """Ends every session of a database, as its administrator can."""
    name = url.rpartition("/")[2]
    cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608


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
