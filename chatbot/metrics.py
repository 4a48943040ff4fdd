"""What Prometheus reads. No label holds anything a reader typed.

Where several processes serve, each counts in files of its own in a folder they share, and any of them tells the sums:
prometheus_client's own way, which it takes when PROMETHEUS_MULTIPROC_DIR names the folder before it is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from chatbot.errors import Misconfigured

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """Counts of one process, or with ``folder`` of all that share it."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises ``Misconfigured`` for a folder that prometheus_client wasn't told of when it was imported."""
        if folder is not None and (
            values.ValueClass is values.MutexValue or os.environ.get(FOLDER_VARIABLE) != str(folder)
        ):
            raise Misconfigured(f"set {FOLDER_VARIABLE} to {folder} before anything imports prometheus_client")
        own = CollectorRegistry()
        self._shown = own if folder is None else CollectorRegistry()
        if folder is not None:
            MultiProcessCollector(self._shown, str(folder))  # type: ignore[no-untyped-call]
        self.turns = Counter("signpost_turns", "Replies given", ["kind"], registry=own)
        self.repeats = Counter("signpost_turn_repeats", "First answers given again", registry=own)
        self.failures = Counter("signpost_turn_failures", "Turns without a reply", ["error"], registry=own)
        self.seconds = Histogram("signpost_turn_seconds", "Time of a turn with its record", registry=own)
        self._workers = Gauge("signpost_workers", "Processes that serve", registry=own, multiprocess_mode="livesum")

    def serving(self) -> None:
        """This process takes requests from now on."""
        self._workers.set(1)

    def exposition(self) -> bytes:
        """Prometheus text format."""
        return generate_latest(self._shown)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Counts what ends a turn early."""
        try:
            yield
        except Exception as error:
            self.failures.labels(type(error).__name__).inc()
            raise


def forget_process(pid: int, folder: Path) -> None:
    """A process that has ended serves no more; what it counted stays counted."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
