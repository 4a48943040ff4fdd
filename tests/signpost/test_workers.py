"""The one that watches: what it does with processes that end. In a process of its own, since it forks."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from tests.conftest import ROOT

WATCHES = """
import os, signal, sys, time
from signpost.workers import Workers

def work(slot):
    print("began", slot, os.getpid(), flush=True)
    {work}

Workers({count}, work, lambda pid: print("ended", pid, flush=True)).run()
print("done", flush=True)
"""


def watching(work: str, count: int = 1) -> subprocess.Popen[str]:
    code = WATCHES.format(work=work, count=count)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def test_a_worker_that_always_dies_keeps_no_core_busy() -> None:
    process = watching("os._exit(7)")
    time.sleep(3)
    process.terminate()
    said, told = process.communicate(timeout=30)
    assert 2 <= said.count("began 0") <= 6
    assert said.count("ended") - said.count("began 0") in (0, 1)  # the last one may end before it says that it began
    assert "ended with 7; another takes its place" in told
    assert said.endswith("done\n")


def test_each_worker_keeps_its_number() -> None:
    process = watching("time.sleep(600)", 2)
    began = sorted(line.split()[1:] for line in lines(process, 2))
    assert [slot for slot, _ in began] == ["0", "1"]
    subprocess.run(["kill", "-9", began[1][1]], check=True)
    assert lines(process, 1) == [f"ended {began[1][1]}"]
    assert lines(process, 1)[0].startswith("began 1 ")
    process.terminate()
    assert process.communicate(timeout=30)[0].endswith("done\n")


def test_a_worker_that_is_told_to_end_before_it_serves_ends() -> None:
    """The signal comes while it starts: between the fork and the server's own handling none is lost."""
    for _ in range(5):
        process = watching("time.sleep(600)", 2)
        lines(process, 1)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.communicate(timeout=30)[0].endswith("done\n")
        assert time.monotonic() - began < 5
