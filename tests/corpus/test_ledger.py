"""Leaves in one dense sequence, with the tree, the citations and the genesis that every log begins with."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from corpus.database import Database, open_database
from corpus.errors import InvalidInput
from corpus.ledger import KEPT_LEVELS, append_leaves, new_leaf, newest_of, projected, read_head
from corpus.proofs.merkle import leaf_hash, root_of
from corpus.store import Store
from corpus.tables import cited, log_nodes, records
from tests.builders import approval, approve, withdraw


def append(database: Database, kind: str, count: int = 1) -> list[int]:
    with database.writing() as connection:
        origin = read_head(connection).origin
        leaves = [new_leaf(origin, kind, {"n": number}) for number in range(count)]
        return [place.index for place in append_leaves(connection, leaves)]


def leaves_of(database: Database) -> list[bytes]:
    with database.reading() as connection:
        return [bytes(leaf) for leaf in connection.execute(records.select().order_by(records.c.idx)).scalars(1)]


def check(database: Database) -> None:
    """The stored artefact: dense, its hashes those of its bytes, its head the root over them."""
    with database.reading() as connection:
        rows = connection.execute(records.select().order_by(records.c.idx)).all()
        head = read_head(connection)
        nodes = connection.execute(log_nodes.select()).all()
    hashes = [leaf_hash(bytes(row.leaf)) for row in rows]
    assert [row.idx for row in rows] == list(range(head.size))
    assert [row.leaf_hash for row in rows] == [hashed.hex() for hashed in hashes]
    assert head.frontier.root() == root_of(hashes)
    complete = [(level, at) for level in KEPT_LEVELS for at in range(head.size >> level)]
    assert sorted((node.level, node.position) for node in nodes) == complete
    for node in nodes:
        assert bytes(node.hash) == root_of(hashes[node.position << node.level : (node.position + 1) << node.level])


def test_a_log_begins_with_its_genesis(database: Database) -> None:
    (genesis,) = leaves_of(database)
    value = json.loads(genesis)
    assert (value["type"], value["carried"]) == ("genesis", 0)
    with database.reading() as connection:
        assert value["origin"] == read_head(connection).origin
    check(database)


def test_two_logs_have_two_names(database: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = open_database(tmp_path_factory.mktemp("other") / "signpost.db")
    with database.reading() as one, other.reading() as two:
        assert read_head(one).origin != read_head(two).origin
    other.close()


def test_leaves_stand_one_behind_the_other_and_the_tree_grows_with_them(database: Database) -> None:
    assert append(database, "export", 300) == list(range(1, 301))
    assert append(database, "export", 0) == []
    assert append(database, "access", 260) == list(range(301, 561))
    check(database)


def test_threads_that_append_at_once_leave_no_gap_and_no_fork(database: Database) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: [found.extend(append(database, "access")) for _ in range(40)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 321))
    check(database)


def test_every_event_of_the_registry_is_a_leaf_that_has_all_of_it(database: Database) -> None:
    store = Store(database)
    store.append([approve(approval())])
    store.append([withdraw(approval())])
    values = [json.loads(leaf) for leaf in leaves_of(database)[1:]]
    assert [value["type"] for value in values] == ["approval", "withdrawal"]
    for value, event in zip(values, store.history(), strict=True):
        assert value["event"]["payload"] == event.payload
        assert (value["event"]["sequence"], value["event"]["actor"]) == (event.sequence, event.actor)
    check(database)


def test_an_event_that_is_refused_leaves_no_leaf(database: Database) -> None:
    store = Store(database)
    store.append([approve(approval())])
    with pytest.raises(Exception, match="approved already"):
        store.append([withdraw(approval()), approve(approval())])
    assert len(leaves_of(database)) == 2
    check(database)


def test_an_edition_is_put_on_record_once_until_another_one_comes(database: Database) -> None:
    store = Store(database)
    for edition in ("sha256:aa", "sha256:aa", "sha256:bb", "sha256:aa"):
        store.note_edition(edition, "owner")
    with database.reading() as connection:
        newest = newest_of(connection, "edition")
    assert newest is not None
    assert newest["edition"] == {"id": "sha256:aa", "manifest_sha256": "aa", "actor": "owner"}
    assert len(leaves_of(database)) == 1 + 3


def test_a_leaf_that_is_too_large_is_refused_with_its_size(database: Database) -> None:
    with pytest.raises(InvalidInput, match="70,"):
        new_leaf("signpost/x", "export", {"text": "x" * 70_000})


def test_each_document_version_that_a_leaf_cites_is_found_once(database: Database) -> None:
    pair = {"document": "HP-1", "version": "2"}
    leaf = {"type": "answer", "ts": "t", "conversation": "c", "citations": [pair, pair, {**pair, "version": "1"}]}
    with database.writing() as connection:
        append_leaves(connection, [projected(b"{}", leaf)])
        assert connection.execute(cited.select()).all() == [(1, "HP-1", "1"), (1, "HP-1", "2")]


def test_what_an_older_release_wrote_is_carried_into_the_tree(tmp_path: Path) -> None:
    """Its records stay where they stood; behind them come the genesis and the events of then."""
    file = tmp_path / "signpost.db"
    _make(file, "0007")
    with closing(sqlite3.connect(file)) as old:
        old.executemany("INSERT INTO records VALUES (?, ?, ?, 'c', 'answer', 't')", map(_record, range(3)))
        old.execute("UPDATE log_head SET size = 3")
        event = approve(approval())
        row = (1, event.type, *event.key, json.dumps(dict(event.payload)), event.actor, event.at, event.reason)
        old.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        old.commit()
    again = open_database(file)
    values = [json.loads(leaf) for leaf in leaves_of(again)]
    assert [value["type"] for value in values] == ["answer"] * 3 + ["genesis", "approval"]
    assert values[3]["carried"] == 3
    check(again)
    with again.reading() as connection:
        assert connection.execute(cited.select()).all() == [(number, "HP-1", "2") for number in range(3)]
    again.close()


def _make(file: Path, revision: str) -> None:
    """A database as the release with this migration left it."""
    database = Database(file)
    config = Config()
    config.set_main_option("script_location", "corpus:migrations")
    config.set_main_option("path_separator", "os")
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()


def _record(number: int) -> tuple[int, bytes, str]:
    cites = [{"document": "HP-1", "version": "2"}]
    content = json.dumps({"v": 1, "type": "answer", "ts": "t", "n": number, "citations": cites}).encode()
    return number, content, leaf_hash(content).hex()
