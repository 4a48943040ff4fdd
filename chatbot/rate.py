"""How often one reader may ask: a sliding window, for a script must not crowd out the ward.

Counted in SQLite because several processes may serve: then in a file that they share, else in memory. Nothing of it is
kept: it lies in a scratch folder, a turn stands there for WINDOW_SECONDS, and readers stand under their pseudonyms.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from chatbot.errors import TooManyTurns
from chatbot.limits import TURNS_IN_WINDOW, WINDOW_SECONDS
from corpus.errors import StoreUnavailable

_IN_MEMORY = ":memory:"
_FORGET_EVERY = 1_000  # turns: those that the window has left behind are forgotten then
_BUSY_SECONDS = 10.0  # for another process's turn, which takes some thirty microseconds

# In one statement, so that two processes can't both take the last place.
_TAKE = """
INSERT INTO turns SELECT :reader, :now
WHERE (SELECT count(*) FROM turns WHERE reader = :reader AND at > :begin) < :most
"""


class Rate:
    """The turns of each reader within the last WINDOW_SECONDS."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """With a ``path``, every process that names it counts together; ``clock`` must be the same in all of them."""
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None  # made at the first turn: none may be there when we fork
        self._count = 0

    def take(self, pseudonym: str) -> None:
        """Counts one turn; raises ``TooManyTurns`` when the window holds TURNS_IN_WINDOW already.

        Raises ``StoreUnavailable`` when turns can't be counted.
        """
        with self._lock:
            now = self._clock()
            counted = {"reader": pseudonym, "now": now, "begin": now - WINDOW_SECONDS, "most": TURNS_IN_WINDOW}
            try:
                taken = self._opened().execute(_TAKE, counted).rowcount
                self._forget(now)
            except sqlite3.Error as error:
                raise StoreUnavailable(
                    f"turns can't be counted: {error}; free disk space, or start it again"
                ) from error
            if not taken:
                raise TooManyTurns(f"{TURNS_IN_WINDOW} turns in {WINDOW_SECONDS} seconds; wait a moment")

    def _forget(self, now: float) -> None:
        self._count += 1
        if self._count % _FORGET_EVERY == 0:
            self._opened().execute("DELETE FROM turns WHERE at <= ?", (now - WINDOW_SECONDS,))

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            name = _IN_MEMORY if self._path is None else str(self._path)
            made = sqlite3.connect(name, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            made.execute("PRAGMA synchronous=OFF")  # it needn't outlive the service
            made.execute("CREATE TABLE IF NOT EXISTS turns (reader TEXT NOT NULL, at REAL NOT NULL)")
            made.execute("CREATE INDEX IF NOT EXISTS of_reader ON turns (reader, at)")
            self._connection = made
        return self._connection
