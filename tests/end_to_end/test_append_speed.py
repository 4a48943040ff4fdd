"""How fast replies go on record, with and without a shared transaction. No test asserts a time."""

from __future__ import annotations

import math
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chatbot.audit import log as audit_log
from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from corpus.database import Database, open_database
from tests.conftest import ROOT
from tests.end_to_end.log_writer import entry

THREADS = (1, 4, 8)
SECONDS = 8.0  # of each measurement; a tenth without --acceptance
ROUNDS = 3
RESULT = ROOT / "docs" / "measurements" / "append.md"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement."""

    rate: float  # records a second, of all threads
    times: list[float]  # milliseconds of each append, sorted
    transactions: int

    def at(self, share: float) -> float:
        """The time that this share of the appends kept within."""
        return self.times[max(0, math.ceil(share * len(self.times)) - 1)]


class Counted(Database):
    """Counts its transactions."""

    transactions = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.transactions += 1
        with super().writing() as connection:
            yield connection


class Alone:
    """What group commit is compared with: each write in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, work: Callable[[Connection], Any]) -> Any:
        with self._database.writing() as connection:
            return work(connection)


def measure(folder: Path, threads: int, seconds: float) -> Measured:
    """Appends for so long with so many threads, to a log of its own; entries are sealed before the clock runs."""
    folder.mkdir()
    open_database(folder / "signpost.db").close()
    database = Counted(folder / "signpost.db")
    log = AuditLog(database, KeyStore(folder / "keys.db"))
    times: list[float] = []
    end = time.perf_counter() + seconds

    def write(thread: int) -> None:
        number = 0
        while time.perf_counter() < end:
            given = entry(log, thread, number)
            begun = time.perf_counter()
            log.append(given)
            times.append((time.perf_counter() - begun) * 1000)
            number += 1

    workers = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    database.close()
    return Measured(len(times) / seconds, sorted(times), database.transactions)


def test_replies_go_on_record_faster_when_they_share_transactions(
    tmp_path: Path, whole: bool, monkeypatch: Any
) -> None:
    seconds, found = SECONDS if whole else SECONDS / 10, {}
    for number in range(ROUNDS if whole else 1):  # in turns, as the machine's load changes
        for threads in THREADS:
            for kind in ("shared", "alone"):
                with monkeypatch.context() as patch:
                    if kind == "alone":
                        patch.setattr(audit_log, "GroupCommit", Alone)
                    place = tmp_path / f"{kind}-{threads}-{number}"
                    found.setdefault((threads, kind), []).append(measure(place, threads, seconds))
    for (threads, kind), each in found.items():
        for one in each:
            records = len(one.times)
            if kind == "alone" or threads == 1:
                assert one.transactions == records
            else:
                assert one.transactions < records
    if whole:
        RESULT.write_text(_report(found), encoding="utf-8")


def _report(found: dict[tuple[int, str], list[Measured]]) -> str:
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    lines = [
        "# Records",
        "",
        "Written by `make acceptance` (`tests/end_to_end/test_append_speed.py`): replies of 900 bytes, sealed before,",
        f"appended to a new log on SQLite with `synchronous=FULL`; {machine}, a load of {os.getloadavg()[0]:.0f}.",
        f"{ROUNDS} rounds of {SECONDS:.0f} s in turns: median (lowest – highest). The time is of the record alone,",
        "from the call to the durable commit.",
        "",
        "| threads | transactions | records a second | p50 ms | p99 ms | records a transaction |",
        "|---|---|---|---|---|---|",
    ]
    for (threads, kind), each in found.items():
        of_each = (
            [one.rate for one in each],
            [one.at(0.5) for one in each],
            [one.at(0.99) for one in each],
            [len(one.times) / one.transactions for one in each],
        )
        rate, p50, p99, size = (sorted(values) for values in of_each)
        cells = (_spread(rate, 0), _spread(p50, 1), _spread(p99, 1), _spread(size, 1))
        lines.append(f"| {threads} | {kind} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _spread(values: list[float], digits: int) -> str:
    return f"{values[len(values) // 2]:.{digits}f} ({values[0]:.{digits}f} – {values[-1]:.{digits}f})"
