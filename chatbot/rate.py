"""How often one reader may ask: a sliding window, in memory, for a script must not crowd out the ward."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from chatbot.errors import TooManyTurns
from chatbot.limits import TURNS_IN_WINDOW, WINDOW_SECONDS

_FORGET_EVERY = 1_000  # turns: readers who are gone are forgotten then


class Rate:
    """The turns of each reader within the last WINDOW_SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[str, deque[float]] = {}
        self._count = 0

    def take(self, pseudonym: str) -> None:
        """Counts one turn; raises ``TooManyTurns`` when the window holds TURNS_IN_WINDOW already."""
        with self._lock:
            now = self._clock()
            turns = self._turns.setdefault(pseudonym, deque())
            while turns and turns[0] <= now - WINDOW_SECONDS:
                turns.popleft()
            if len(turns) >= TURNS_IN_WINDOW:
                raise TooManyTurns(f"{TURNS_IN_WINDOW} turns in {WINDOW_SECONDS} seconds; wait a moment")
            turns.append(now)
            self._count += 1
            if self._count % _FORGET_EVERY == 0:
                self._turns = {
                    who: kept for who, kept in self._turns.items() if kept and kept[-1] > now - WINDOW_SECONDS
                }
