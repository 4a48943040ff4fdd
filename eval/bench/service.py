"""The real service in a process of its own, asked over HTTP: how soon it is ready, what it holds, how long it takes.

Every turn that is timed is answered, recorded durably and read to its last byte.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chatbot.answer.wire import API
from chatbot.identity import DemoIdentity
from eval.bench.engines import NothingFound
from eval.bench.served import Served
from eval.bench.spent import family, processor_seconds, resident, share
from eval.bench.stock import READER, Stocked
from eval.model import Metric
from index.layout import Home

HOST = "127.0.0.1"
CONNECTIONS = 4  # that ask at once when turns a second are counted
UNTIMED = 10  # turns of each process before the clock starts: they read the index from the disk
_READERS = 400  # so that a thousand turns in some seconds are a few of each
_START_SECONDS = 120.0
_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class _Round:
    ready: float
    resident: float | None  # of the largest process
    together: float | None  # of all of them
    times: list[float]  # milliseconds
    rate: float
    processor: float | None  # milliseconds a turn, at that rate
    kinds: Counter[str]


@dataclass(frozen=True, slots=True)
class _Child:
    port: int
    pid: int
    ready: float  # seconds
    tokens: Iterator[str]  # of one reader after another: none asks more than a reader may


def measure_service(
    stocked: Stocked,
    questions: Sequence[str],
    rounds: int,
    processes: Sequence[int],
    scratch: Path,
    answered: Callable[[], None],
) -> list[Served]:
    """Starts the service ``rounds`` times with each number of ``processes`` and asks all ``questions`` each time.

    They take turns, so that a busy machine hurts all alike. ``answered`` is called after a turn. Raises
    ``NothingFound`` when the service doesn't start or a turn gets no reply.
    """
    found: dict[int, list[_Round]] = {count: [] for count in processes}
    for _ in range(rounds):
        for count, rows in found.items():
            rows.append(_round(stocked.home, questions, count, scratch, answered))
    return [_served(stocked, count, rows) for count, rows in found.items()]


def _served(stocked: Stocked, processes: int, found: Sequence[_Round]) -> Served:
    kinds = sum((row.kinds for row in found), Counter[str]())
    return Served(
        documents=stocked.documents,
        passages=stocked.passages,
        processes=processes,
        ready=_median("ready s", [row.ready for row in found]),
        resident=_known("resident MiB", [row.resident for row in found]),
        together=_known("together MiB", [row.together for row in found]),
        p50=_median("p50 ms", [float(np.percentile(row.times, 50)) for row in found]),
        p99=_median("p99 ms", [float(np.percentile(row.times, 99)) for row in found]),
        rate=_median("turns a second", [row.rate for row in found]),
        processor=_known("processor ms", [row.processor for row in found]),
        kinds=dict(sorted(kinds.items())),
    )


def turns(questions: int, rounds: int, processes: Sequence[int]) -> int:
    """How many turns are asked for at one size, with these numbers of processes."""
    return rounds * sum(min(UNTIMED * count, questions) + 2 * questions for count in processes)


def _round(home: Home, questions: Sequence[str], processes: int, scratch: Path, answered: Callable[[], None]) -> _Round:
    kinds: Counter[str] = Counter()
    with _serving(home, processes, scratch) as child:
        _rate(child, questions[-UNTIMED * processes :], answered)  # by several, so that every process has some
        with _connection(child) as ask:
            times = []
            for question in questions:
                start = time.perf_counter_ns()
                kind = ask(question)
                times.append((time.perf_counter_ns() - start) / 1e6)
                kinds[kind] += 1
                answered()
        pids = family(child.pid)
        before = _sum([processor_seconds(pid) for pid in pids])
        rate = _rate(child, questions, answered)
        after = _sum([processor_seconds(pid) for pid in pids])
        spent = None if before is None or after is None else (after - before) / len(questions) * 1e3
        largest = _most([resident(pid) for pid in pids])
        return _Round(child.ready, largest, _sum([share(pid) for pid in pids]), times, rate, spent, kinds)


def _rate(child: _Child, questions: Sequence[str], answered: Callable[[], None]) -> float:
    """Turns a second when CONNECTIONS share the questions."""

    def work(own: Sequence[str]) -> None:
        with _connection(child) as ask:
            for question in own:
                ask(question)
                answered()

    shares = [questions[at::CONNECTIONS] for at in range(CONNECTIONS)]
    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, shares))
    return len(questions) / (time.perf_counter() - start)


@contextmanager
def _serving(home: Home, processes: int, scratch: Path) -> Iterator[_Child]:
    """`signpost serve` as a portal would run it, with an identity provider of its own."""
    identity = DemoIdentity()
    key = scratch / "identity.pem"
    key.write_bytes(identity.identity.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    port = _free_port()
    command = [sys.executable, "-m", "signpost", "serve", "--home", str(home.root), "--host", HOST, "--port", str(port)]
    command += ["--identity-key", str(key), "--issuer", identity.identity.issuer]
    command += ["--workers", str(processes)]
    ours = {name: value for name, value in os.environ.items() if name != "SIGNPOST_DATABASE"}  # its home has a file
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=ours)  # noqa: S603 - our own words
        try:
            ready = _wait(process, port, start)
            if ready is None:
                said.seek(0)
                raise NothingFound(f"the service did not start: {said.read().decode(errors='replace').strip()[-500:]}")
            readers = (f"bench-{number}" for number in range(_READERS))
            tokens = [identity.token(reader, READER.country, READER.role, READER.specialty) for reader in readers]
            yield _Child(port, process.pid, ready, itertools.cycle(tokens))
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, start: float) -> float | None:
    """Seconds until it says that it is ready; None when it never does."""
    while process.poll() is None and time.perf_counter() - start < _START_SECONDS:
        connection = http.client.HTTPConnection(HOST, port, timeout=_START_SECONDS)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return time.perf_counter() - start
        except OSError:  # nobody listens yet
            time.sleep(_POLL_SECONDS)
        finally:
            connection.close()
    return None


@contextmanager
def _connection(child: _Child) -> Iterator[Callable[[str], str]]:
    """Asks over one connection that is kept; gives the kind of the reply."""
    connection = http.client.HTTPConnection(HOST, child.port, timeout=_START_SECONDS)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(question: str) -> str:
        headers = {"Authorization": f"Bearer {next(child.tokens)}", "Content-Type": "application/json"}
        connection.request("POST", f"{API}/turns", json.dumps({"text": question}).encode(), headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != http.HTTPStatus.OK:
            raise NothingFound(f"{question!r} got {response.status}: {content[:300].decode(errors='replace')}")
        return str(json.loads(content)["reply"]["kind"])

    try:
        yield ask
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _most(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _known(name: str, values: Sequence[float | None]) -> Metric | None:
    known = [value for value in values if value is not None]
    return _median(name, known) if known else None


def _median(name: str, values: Sequence[float]) -> Metric:
    return Metric(name, float(np.median(values)), min(values), max(values), len(values))
