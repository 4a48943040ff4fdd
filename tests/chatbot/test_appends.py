"""Many threads and many processes append replies to one log: dense, no fork, and every acknowledged one is there."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog, AuditRecord, RegistryMoved
from corpus.database import Database, open_database
from corpus.ledger import read_head
from corpus.store import Store
from corpus.tables import bodies, records
from tests.builders import approval, approve
from tests.corpus.test_ledger import check
from tests.end_to_end.log_writer import entry

WRITERS = 8
RECORDS = 500  # of each; a tenth without --acceptance


@pytest.fixture
def count(whole: bool) -> int:
    """Records of each writer."""
    return RECORDS if whole else RECORDS // 10


def append_many(log: AuditLog, writer: int, count: int) -> list[tuple[int, str]]:
    """Index and hash of each record as it was acknowledged."""
    made = (log.append(entry(log, writer, number)) for number in range(count))
    return [(record.index, record.hash) for record in made]


def assert_whole(database: Database, acknowledged: list[list[tuple[int, str]]], first: int) -> None:
    """Dense from ``first`` on, in order for each writer, with a body each; the tree is that of the rows."""
    check(database)
    with database.reading() as connection:
        rows = {row.idx: row.leaf_hash for row in connection.execute(records.select())}
        sealed = set(connection.execute(bodies.select()).scalars())
        assert read_head(connection).size == len(rows)
    every = sorted(pair for pairs in acknowledged for pair in pairs)
    assert [index for index, _ in every] == list(range(first, first + len(every)))
    assert all(rows[index] == hashed for index, hashed in every)
    assert sealed == {index for index, _ in every}
    assert all(pairs == sorted(pairs) for pairs in acknowledged)


def test_threads_that_append_at_once_leave_a_whole_log(database: Database, tmp_path: Path, count: int) -> None:
    log = AuditLog(database, KeyStore(tmp_path / "keys.db"))
    first = log.size()
    with ThreadPoolExecutor(WRITERS) as pool:
        futures = [pool.submit(append_many, log, writer, count) for writer in range(WRITERS)]
        acknowledged = [future.result() for future in futures]
    assert_whole(database, acknowledged, first)


def test_processes_that_append_at_once_leave_a_whole_log(database: Database, tmp_path: Path, count: int) -> None:
    keys = tmp_path / "keys.db"
    first = AuditLog(database, KeyStore(keys)).size()
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(WRITERS, timeout=120), context.Queue()
    arguments = [(database.target, keys, writer, count, barrier, queue) for writer in range(WRITERS)]
    processes = [context.Process(target=_process, args=given) for given in arguments]
    for process in processes:
        process.start()
    acknowledged = [queue.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * WRITERS
    assert_whole(database, acknowledged, first)


def _process(target: Path | str, keys: Path, writer: int, count: int, barrier: Any, queue: Any) -> None:
    """Another service, with two threads of its own that share transactions."""
    database = open_database(target)
    log = AuditLog(database, KeyStore(keys))
    barrier.wait()
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(lambda half: append_many(log, writer * 10 + half, count // 2), range(2)))
    queue.put(sorted(halves[0] + halves[1]))
    database.close()


def test_a_registry_that_moves_refuses_only_what_was_composed_before_it(database: Database, tmp_path: Path) -> None:
    """Replies of an old and of the new registry come at once; the old ones leave nothing."""
    log = AuditLog(database, KeyStore(tmp_path / "keys.db"))
    Store(database).append([approve(approval())])

    def one(number: int) -> AuditRecord | None:
        try:
            return log.append(entry(log, 0, number, registry_version=number % 2))
        except RegistryMoved:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(64)))
    assert [record is not None for record in made] == [bool(number % 2) for number in range(64)]
    indexes = sorted(record.index for record in made if record)
    assert indexes == list(range(2, 34))  # behind the genesis and the approval
    check(database)
