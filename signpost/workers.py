"""Several processes that serve one listening socket: forked from one that has opened everything, so that what they only
read is in memory once, and one that dies is back at once.

The parent only watches. It holds no connection and no thread when it forks: neither survives that.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

from chatbot.limits import WORKER_PAUSE_SECONDS, WORKER_STOP_SECONDS
from signpost.terminal import note

CONTEXT = multiprocessing.get_context("fork")
_ENDING = (signal.SIGTERM, signal.SIGINT)
_GRACE_SECONDS = 5.0  # beyond what a worker gives its requests: it closes what it has open


@dataclass(frozen=True, slots=True)
class _Worker:
    slot: int
    process: ForkProcess
    began: float  # seconds, monotonic


class Workers:
    """``count`` processes that each run ``work`` with their number, from 0, until SIGTERM; ``ended`` is told the id of
    each that has ended.
    """

    def __init__(self, count: int, work: Callable[[int], None], ended: Callable[[int], None]) -> None:
        self._count = count
        self._work = work
        self._ended = ended
        self._stopping = False
        self._running: list[_Worker] = []

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then they finish what they answer, and what takes too long is ended."""
        wake, bell = os.pipe()
        os.set_blocking(bell, False)
        before = [(number, signal.signal(number, self._stop)) for number in _ENDING]
        woken = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        try:
            self._running = [self._started(slot) for slot in range(self._count)]
            while not self._stopping:
                wait([wake, *(worker.process.sentinel for worker in self._running)])
                if not self._stopping:
                    self._running = [self._kept(worker) for worker in self._running]
        finally:
            self._end()
            signal.set_wakeup_fd(woken)
            for number, handler in before:
                signal.signal(number, handler)
            os.close(wake)
            os.close(bell)

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _started(self, slot: int) -> _Worker:
        process = CONTEXT.Process(target=_serve, args=(self._work, slot))
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # until the worker hears them itself: none may be lost
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        return _Worker(slot, process, time.monotonic())

    def _kept(self, worker: _Worker) -> _Worker:
        """The worker, or when it has ended another one in its place."""
        if worker.process.is_alive():
            return worker
        self._bury(worker)
        note(f"worker {worker.process.pid} ended with {worker.process.exitcode}; another takes its place")
        if time.monotonic() - worker.began < WORKER_PAUSE_SECONDS:
            time.sleep(WORKER_PAUSE_SECONDS)  # a signal ends it: its handler only says so, and sleep goes on
        return self._started(worker.slot)

    def _end(self) -> None:
        for worker in self._running:
            worker.process.terminate()
        end = time.monotonic() + WORKER_STOP_SECONDS + _GRACE_SECONDS
        for worker in self._running:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.is_alive():
                note(f"worker {worker.process.pid} did not end in time and is killed; no reply leaves unrecorded")
                worker.process.kill()
                worker.process.join()
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        assert worker.process.pid is not None  # noqa: S101 - it was started
        self._ended(worker.process.pid)


def _serve(work: Callable[[int], None], slot: int) -> None:
    """In a worker: its signals are its own, and it ends when its parent does, however that ends."""
    signal.set_wakeup_fd(-1)
    for number in _ENDING:  # uvicorn catches them while it serves, and raises them again when it has finished
        signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    work(slot)


def _leave(_number: int, _frame: object) -> None:
    """Ends the process as a program ends, so that what is open is closed."""
    sys.exit()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - we were started by one
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
