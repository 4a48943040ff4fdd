"""Group commit: what threads of one process want to write at once shares a transaction, and its wait for the disk.

Whoever comes first writes at once, alone. Whoever comes meanwhile waits; when the transaction ends, the first of those
who wait writes for all of them, in the order in which they came. There is no timer and no thread beside, so a write
that meets no other takes no longer than it would without this.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from chatbot.errors import AuditUnavailable
from chatbot.limits import GROUP_WRITES
from corpus.database import Database
from corpus.errors import TransactionLost

_Result = TypeVar("_Result")


class _Member:
    """One write that waits, and what came of it."""

    __slots__ = ("done", "error", "result", "woken", "work")

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.woken = threading.Event()  # it is done, or leads
        self.done = False  # set after ``result`` or ``error``, before ``woken``
        self.result: Any = None
        self.error: BaseException | None = None


class GroupCommit:
    """Runs writes; those of many threads in few transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()  # of the two below
        self._waiting: deque[_Member] = deque()
        self._led = False  # whether somebody writes, or was woken to; without one nobody waits

    def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Does ``work`` inside a transaction that writes alone, and returns what it returned once that is durable.

        ``work`` may share the transaction: it is undone alone when it raises, and its error is its caller's. When the
        transaction itself fails, everyone in it gets what the database said, and nothing of theirs was changed.
        """
        member = _Member(work)
        with self._lock:
            self._waiting.append(member)
            waits = self._led
            self._led = True
        if waits:
            self._wait(member)
        if not member.done:
            self._lead()
        if member.error is not None:
            raise member.error
        result: _Result = member.result
        return result

    def waiting(self) -> int:
        """How many wait for whoever writes now."""
        with self._lock:
            return len(self._waiting)

    def _wait(self, member: _Member) -> None:
        try:
            member.woken.wait()
        except BaseException:  # interrupted: nobody may be left waiting for a leader who is gone
            with self._lock:
                leads = member.woken.is_set() and not member.done
                if member in self._waiting:
                    self._waiting.remove(member)
                if leads:
                    self._pass_on()
            raise

    def _lead(self) -> None:
        """Writes for those who wait, the caller first among them, and wakes them and the next leader."""
        with self._lock:
            members = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_WRITES))]
        try:
            self._write(members)
        finally:
            with self._lock:
                self._pass_on()
            for member in members:
                member.done = True
                member.woken.set()

    def _pass_on(self) -> None:
        """Makes the first of those who wait the leader; under the lock."""
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].woken.set()

    def _write(self, members: Sequence[_Member]) -> None:
        try:
            with self._database.writing() as connection:
                if len(members) == 1:  # the transaction is its own
                    members[0].result = members[0].work(connection)
                    return
                for member in members:
                    self._write_part(connection, member)
        except Exception as error:  # noqa: BLE001 - each member raises its copy
            _fail(members, error)
        except BaseException:  # the leader's thread is told to end
            _fail(members[1:], AuditUnavailable("the write was interrupted; nothing was changed: ask again"))
            raise

    def _write_part(self, connection: Connection, member: _Member) -> None:
        """One write of several: undone alone when it fails. Raises ``TransactionLost``."""
        try:
            with self._database.part(connection):
                member.result = member.work(connection)
        except TransactionLost:
            raise
        except Exception as error:  # noqa: BLE001 - its own thread raises it
            member.error = error


def _fail(members: Sequence[_Member], error: Exception) -> None:
    """Gives the error to each one that has none of its own; as a copy, since a raised error belongs to its thread."""
    for member in members:
        if member.error is None:
            member.error = copy.copy(error).with_traceback(error.__traceback__)
            member.error.__cause__ = error.__cause__
