"""`serve --workers`: real processes that are one service to whoever asks."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from chatbot.limits import TURNS_IN_WINDOW
from chatbot.safety.outbox import Outbox
from corpus.database import open_database
from corpus.proofs.merkle import leaf_hash
from eval.bench.spent import family
from index.layout import Home
from tests.chatbot.safety.receivers import SECRET, receiving
from tests.conftest import Cli
from tests.end_to_end.conftest import Serve, Served
from tests.homes import copied

WORKERS = 2
DOSE = "Velmarin starting dose"


def workers(served: Served) -> list[int]:
    return family(served.process.pid)[1:]


def wait_until(holds: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Ended, or ended and not yet waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def figure(served: Served, name: str) -> float:
    with urllib.request.urlopen(f"{served.url}/metrics", timeout=5) as response:  # noqa: S310 - our own server
        told = response.read().decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", told, re.MULTILINE))


def asked(served: Served, headers: dict[str, str], count: int, text: str = DOSE) -> list[tuple[int, Any]]:
    """So many questions of one reader, several at a time, each over a connection of its own."""

    def ask(_number: int) -> tuple[int, Any]:
        return served.post("/api/v1/turns", {"text": text}, headers)

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(ask, range(count)))


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    return copied(small, tmp_path / "home")


def test_several_processes_answer_into_one_log_and_count_as_one(home: Home, serve: Serve) -> None:
    with serve(home, "--workers", WORKERS) as served:
        given = [row for _ in range(2) for row in asked(served, served.token(), 25)]
        both = workers(served)
        spent = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[13] for pid in both]
        assert figure(served, "signpost_turns_total") == 50
        assert figure(served, "signpost_turn_seconds_count") == 50
        assert figure(served, "signpost_workers") == WORKERS
    assert len(both) == WORKERS
    assert all(int(ticks) > 0 for ticks in spent)
    assert {status for status, _ in given} == {200}
    database = open_database(home.database)
    log = AuditLog(database, KeyStore(home.keys))
    assert sorted(turn["record"]["index"] for _, turn in given) == log.replies()
    for _, turn in given:
        record = log.record(turn["record"]["index"])
        assert f"sha256:{leaf_hash(record.leaf).hex()}" == turn["record"]["leaf"]
    database.close()


def test_a_reader_has_one_window_however_many_processes_answer(home: Home, serve: Serve) -> None:
    with serve(home, "--workers", WORKERS) as served:
        headers = served.token()
        codes = [status for status, _ in asked(served, headers, TURNS_IN_WINDOW + 20)]
        _, other = served.post("/demo/token", {"country": "GB", "subject": "another"})
        status, _ = served.post("/api/v1/turns", {"text": DOSE}, {"Authorization": f"Bearer {other['token']}"})
    assert (codes.count(200), codes.count(429)) == (TURNS_IN_WINDOW, 20)
    assert status == 200


def test_what_one_process_gave_the_others_take(home: Home, serve: Serve) -> None:
    """Tokens, conversations and links: whoever answers knows them all, and a link still works once."""
    with serve(home, "--workers", WORKERS) as served:
        headers = served.token()
        _, first = served.post("/api/v1/turns", {"text": DOSE}, headers)
        for _ in range(10):
            body = {"text": "and the maximum?", "conversation": first["conversation"]}
            status, turn = served.post("/api/v1/turns", body, headers)
            assert (status, turn["conversation"]) == (200, first["conversation"])
        citation = first["reply"]["citations"][0]
        link = f"{served.url}{citation['url'].partition('#')[0]}"
        opened = [_status(f"{link}{'&' if '?' in link else '?'}ticket={first['tickets']['1']}") for _ in range(6)]
    assert sorted(opened) == [303, 410, 410, 410, 410, 410]


def _status(url: str) -> int:
    """Of a link, not followed, by a browser without cookies."""

    class Still(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_arguments: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Still).open(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_withdrawal_counts_in_every_process_from_the_next_question_on(home: Home, serve: Serve, cli: Cli) -> None:
    with serve(home, "--workers", WORKERS) as served:
        before = asked(served, served.token(), 12)
        number = before[0][1]["reply"]["citations"][0]["document"]
        done = cli("withdraw", number, "--reason", "a test", "--home", home.root)
        assert done.returncode == 0, done.stderr
        after = asked(served, served.token(), 12)
    cited = {each["document"] for _, turn in before for each in turn["reply"]["citations"]}
    assert number in cited
    assert number not in {each["document"] for _, turn in after for each in turn["reply"]["citations"]}


def test_a_process_that_dies_is_replaced_and_nothing_acknowledged_is_lost(home: Home, serve: Serve) -> None:
    with serve(home, "--workers", WORKERS) as served:
        asked(served, served.token(), 10)
        first, second = workers(served)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len(workers(served)) == WORKERS and first not in workers(served))
        wait_until(lambda: figure(served, "signpost_workers") == WORKERS)
        assert second in workers(served)
        assert {status for status, _ in asked(served, served.token(), 10)} == {200}
        assert figure(served, "signpost_turns_total") == 20  # what the dead one counted stays counted
        served.kill()
        said = served.process.stderr.read() if served.process.stderr else ""
    assert f"worker {first} ended with -9; another takes its place" in said
    assert said.count("Signpost serves sha256:") == 1
    assert "by 2 processes" in said


def test_connections_that_are_kept_are_shared_out(home: Home, serve: Serve) -> None:
    """Left to the system, four of them lie two and two in one case of three."""
    with serve(home, "--workers", WORKERS) as served:
        both = workers(served)
        time.sleep(1)  # what asked whether it is ready has closed its connection by then
        idle = [_sockets(pid) for pid in both]
        even = 0
        for _ in range(10):
            with ThreadPoolExecutor(4) as pool:
                kept = list(pool.map(_kept, [served] * 4))
            even += [_sockets(pid) - before for pid, before in zip(both, idle, strict=True)] == [2, 2]
            for connection in kept:
                connection.close()
            wait_until(lambda: [_sockets(pid) for pid in both] == idle)
            time.sleep(0.2)  # a process tells ten times a second what it has
    assert even >= 6


def _kept(served: Served) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/livez")
    connection.getresponse().read()
    return connection


def _sockets(pid: int) -> int:
    """What a process has open of that kind; files may be closed while they are counted."""

    def opened(each: Path) -> str:
        try:
            return str(each.readlink())
        except FileNotFoundError:
            return ""

    return sum(opened(each).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())


def test_the_one_that_watches_has_no_thread_to_lose_in_a_fork(home: Home, serve: Serve) -> None:
    with serve(home, "--workers", WORKERS) as served:
        asked(served, served.token(), 4)
        assert len(list(Path(f"/proc/{served.process.pid}/task").iterdir())) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_stopped_finishes_what_it_answers_and_leaves_nothing(
    home: Home, serve: Serve, number: signal.Signals
) -> None:
    with serve(home, "--workers", WORKERS) as served, ThreadPoolExecutor(1) as pool:
        headers = served.token()
        asked(served, headers, 4)
        both = workers(served)
        shared = _scratch_of(both[0])
        under_way = pool.submit(served.post, "/api/v1/turns", {"text": "long " * 390}, headers)
        time.sleep(0.02)
        served.process.send_signal(number)
        assert under_way.result()[0] in (200, 422)
        assert served.process.wait(20) == 0
    wait_until(lambda: all(gone(pid) for pid in both))
    assert not shared.exists()


def _scratch_of(pid: int) -> Path:
    """The folder of what is counted together, by what a process has open."""
    opened = (each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir())
    return next(path.parent for path in opened if path.parent.name.startswith("signpost-serve-"))


def test_the_processes_end_when_the_one_that_watches_is_killed(home: Home, serve: Serve) -> None:
    with serve(home, "--workers", WORKERS) as served:
        asked(served, served.token(), 4)
        both = workers(served)
        served.kill()
    wait_until(lambda: all(gone(pid) for pid in both))


def test_one_process_sends_the_safety_cases_and_another_takes_over(home: Home, serve: Serve) -> None:
    database = open_database(home.database)
    outbox = Outbox(database)
    with receiving() as receiver:
        (home.root / "secret").write_bytes(SECRET)
        content = f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "secret"\n'
        home.safety.write_text(content, encoding="utf-8")
        with serve(home, "--workers", WORKERS) as served:
            told = "My patient number {} developed a severe rash after the second tablet of Velmarin."
            for number in range(5):
                served.post("/api/v1/turns", {"text": told.format(number)}, served.token())
            receiver.wait(5)
            wait_until(lambda: not outbox.waiting("webhook"))  # confirmed, not only received: else it is sent again
            sender = _holder(home.delivery_lock)
            assert sender in workers(served)
            os.kill(sender, signal.SIGKILL)
            wait_until(lambda: _holder(home.delivery_lock) in set(workers(served)) - {sender})
            for number in range(5, 10):
                served.post("/api/v1/turns", {"text": told.format(number)}, served.token())
            receiver.wait(10)
            time.sleep(1.5)  # as long as a second sender would need
    assert len(receiver.ids) == len(set(receiver.ids)) == 10
    database.close()


def _holder(lock: Path) -> int:
    """Whose lock it is, by the kernel's own table (proc(5), /proc/locks); 0 when it is nobody's."""
    inode = lock.stat().st_ino
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        fields = line.split()
        if "->" not in fields and fields[1] == "FLOCK" and int(fields[5].rpartition(":")[2]) == inode:
            return int(fields[4])
    return 0


@pytest.mark.parametrize(("option", "said"), [("0", "--workers"), ("two", "--workers")])
def test_a_service_has_one_process_or_more(home: Home, cli: Cli, option: str, said: str) -> None:
    done: subprocess.CompletedProcess[str] = cli("serve", "--demo", "--workers", option, "--home", home.root)
    assert done.returncode == 2
    assert said in done.stderr
