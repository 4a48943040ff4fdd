"""Writes of many threads share transactions: in order, each with its own result, and none fails for another's fault."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from chatbot.audit.group import GroupCommit
from chatbot.limits import GROUP_WRITES
from corpus.database import Database, open_database
from corpus.errors import InvalidInput, StoreUnavailable
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.tables import bodies, used_tickets
from tests.corpus.test_ledger import check, leaves_of

FAULTS = 20261122  # the seed of what goes wrong


def leaf(n: int) -> Callable[[Connection], int]:
    """The work of appending one leaf; returns its index."""

    def work(connection: Connection) -> int:
        (place,) = append_leaves(connection, [new_leaf(read_head(connection).origin, "access", {"n": n})])
        return place.index

    return work


class Gate:
    """Work that holds the transaction until it is let go on, so that what comes meanwhile has to wait."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, connection: Connection) -> int:
        self.entered.set()
        assert self.opened.wait(30)
        return leaf(-1)(connection)


def behind_a_gate(group: GroupCommit, works: list[Callable[[Connection], Any]]) -> list[Future[Any]]:
    """Runs ``works`` so that all of them wait while another one writes; in their order."""
    gate = Gate()
    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(group.run, gate)
        assert gate.entered.wait(30)
        futures = []
        for number, work in enumerate(works, 1):
            futures.append(pool.submit(group.run, work))
            while group.waiting() < number:
                pass
        gate.opened.set()
    assert isinstance(first.result(), int)
    return futures


class Counting(Database):
    """Counts its transactions."""

    transactions = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.transactions += 1
        with super().writing() as connection:
            yield connection


@pytest.fixture
def counting(database: Database) -> Iterator[Counting]:
    """The same database, counted."""
    counted = Counting(database.target)
    yield counted
    counted.close()


def test_one_alone_is_written_at_once_by_its_own_thread(counting: Counting) -> None:
    group = GroupCommit(counting)
    threads: list[threading.Thread] = []
    assert group.run(lambda connection: threads.append(threading.current_thread()) or leaf(0)(connection)) == 1
    assert threads == [threading.current_thread()]
    assert counting.transactions == 1


def test_what_waits_goes_into_one_transaction_in_the_order_in_which_it_came(counting: Counting) -> None:
    futures = behind_a_gate(GroupCommit(counting), [leaf(n) for n in range(12)])
    assert [future.result() for future in futures] == list(range(2, 14))
    assert counting.transactions == 2
    check(counting)


def test_a_transaction_takes_no_more_than_its_bound(counting: Counting) -> None:
    futures = behind_a_gate(GroupCommit(counting), [leaf(n) for n in range(GROUP_WRITES + 3)])
    assert [future.result() for future in futures] == list(range(2, GROUP_WRITES + 5))
    assert counting.transactions == 3


def test_a_bad_write_fails_alone_and_leaves_nothing(counting: Counting) -> None:
    """Whatever it is: a refusal, a constraint, a value that the database can't hold."""

    def refused(connection: Connection) -> int:
        leaf(98)(connection)
        raise InvalidInput("too large")

    def constrained(connection: Connection) -> int:
        leaf(99)(connection)
        connection.execute(insert(bodies).values(idx=7, pseudonym=None, nonce=b"", ciphertext=b""))
        raise AssertionError

    def unfit(connection: Connection) -> int:
        leaf(97)(connection)
        connection.execute(insert(used_tickets).values(nonce="n", expires=2**70))
        raise AssertionError

    works = [leaf(0), refused, leaf(1), constrained, unfit, leaf(2)]
    futures = behind_a_gate(GroupCommit(counting), works)
    assert [futures[at].result() for at in (0, 2, 5)] == [2, 3, 4]
    with pytest.raises(InvalidInput, match="too large"):
        futures[1].result()
    with pytest.raises(StoreUnavailable, match=r"(?i)not[ -]null constraint"):
        futures[3].result()
    with pytest.raises((OverflowError, InvalidInput)):
        futures[4].result()
    assert counting.transactions == 2
    assert not [content for content in leaves_of(counting) if b'"n":9' in content]
    check(counting)


@pytest.mark.parametrize("statement", ["ROLLBACK", "COMMIT_FAILS"])
def test_a_failed_transaction_fails_all_of_its_members_and_nobody_else(counting: Counting, statement: str) -> None:
    """A database gives a whole transaction up at some faults; and a commit can fail."""
    group = GroupCommit(counting)

    def broken(connection: Connection) -> int:
        if statement == "ROLLBACK":
            connection.exec_driver_sql("ROLLBACK")
            raise StoreUnavailable("disk full")
        connection.exec_driver_sql("CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TEMP TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.exec_driver_sql("INSERT INTO child VALUES (1)")
        return leaf(0)(connection)

    futures = behind_a_gate(group, [leaf(1), broken, leaf(2)])
    errors = [future.exception() for future in futures]
    assert all(isinstance(error, StoreUnavailable) for error in errors), errors
    said = "disk full" if statement == "ROLLBACK" else "foreign key constraint"
    assert all(said in str(error).casefold() for error in errors)
    assert len({id(error) for error in errors}) == 3
    assert len(leaves_of(counting)) == 2  # the genesis, and what held the gate
    assert group.run(leaf(3)) == 2
    check(counting)


def test_an_interrupted_leader_leaves_nobody_waiting(counting: Counting) -> None:
    group, gate = GroupCommit(counting), Gate()

    def interrupted(connection: Connection) -> int:
        gate(connection)
        raise KeyboardInterrupt

    raised: list[type[BaseException]] = []

    def lead() -> None:
        try:
            group.run(interrupted)
        except KeyboardInterrupt as error:
            raised.append(type(error))

    leader = threading.Thread(target=lead)
    leader.start()
    assert gate.entered.wait(30)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(group.run, leaf(1))
        while not group.waiting():
            pass
        gate.opened.set()
        assert other.result(30) == 1
    leader.join()
    assert raised == [KeyboardInterrupt]
    check(counting)


def test_an_interrupted_follower_leaves_nobody_waiting(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told to end while it waits, at worst when it has just been made the leader."""
    group, gate = GroupCommit(counting), Gate()
    waited = threading.Event.wait

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        done = waited(event, timeout)
        if threading.current_thread().name == "ended":
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(threading.Event, "wait", wait)
    ended: list[bool] = []

    def follow() -> None:
        try:
            group.run(leaf(5))
        except KeyboardInterrupt:
            ended.append(True)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(group.run, gate)
        assert gate.entered.wait(30)
        follower = threading.Thread(target=follow, name="ended")
        follower.start()
        while group.waiting() < 1:
            pass
        last = pool.submit(group.run, leaf(6))
        while group.waiting() < 2:
            pass
        gate.opened.set()
        assert [first.result(30), last.result(30)] == [1, 2]
        follower.join()
    assert ended == [True]
    assert group.run(leaf(7)) == 3
    check(counting)


def test_many_threads_with_faults_among_them_lose_nothing_and_fork_nothing(counting: Counting) -> None:
    """Every result is the index of what its thread wrote; every fault is its own thread's."""
    group = GroupCommit(counting)
    found: dict[int, int] = {}
    faults: list[int] = []

    def many(thread: int) -> None:
        chance = random.Random(FAULTS + thread)  # noqa: S311 - faults, not secrets
        for number in range(40):
            name = thread * 1000 + number
            if chance.random() < 0.2:
                with pytest.raises(InvalidInput, match=f"fault {name}$"):
                    group.run(_faulty(name))
                faults.append(name)
            else:
                found[name] = group.run(leaf(name))

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(many, thread) for thread in range(8)]:
            future.result()
    check(counting)
    contents = leaves_of(counting)
    assert len(found) + len(faults) == 8 * 40
    assert len(contents) == len(found) + 1
    for name, index in found.items():
        assert f'"n":{name},'.encode() in contents[index]
    for thread in range(8):  # in the order in which one thread wrote them
        mine = [index for name, index in sorted(found.items()) if name // 1000 == thread]
        assert mine == sorted(mine)
    assert counting.transactions < 8 * 40


def _faulty(name: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        leaf(name)(connection)
        raise InvalidInput(f"fault {name}")

    return work


def test_what_was_returned_is_there_for_whoever_opens_the_file(counting: Counting, tmp_path: Path) -> None:
    """Durable before it is returned: another connection finds it at once."""
    group = GroupCommit(counting)
    other = open_database(counting.target)

    def one(n: int) -> bool:
        index = group.run(leaf(n))
        return f'"n":{n},'.encode() in leaves_of(other)[index]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(80)))
    other.close()
