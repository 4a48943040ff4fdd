"""Sends what the outbox holds: a thread a channel, at least once, until the channel has confirmed.

In this order: send, then keep the confirmation, and with it that the case is sent once every channel has confirmed
every report. A crash in between sends the message again with the same id.

Of all processes that serve a home one sends: whichever holds its lock. The others wait for it, and the system frees it
when its holder ends, however it ends.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from chatbot.errors import ChatbotError
from chatbot.limits import DELIVERY_POLL_SECONDS
from chatbot.safety.book import CaseBook, open_cases_of
from chatbot.safety.cases import SAFETY
from chatbot.safety.message import Channel, Undelivered, message_of
from chatbot.safety.outbox import Attempt, Outbox, Pace, Waiting
from chatbot.safety.settings import read_channels
from corpus.database import Database
from corpus.errors import CorpusError
from index.layout import Home

logger = logging.getLogger("signpost")
_STOP_SECONDS = 2.0  # a send that takes longer is left: its message goes out again at the next start


class Delivery:
    """The threads that send once ``lock`` is theirs; ``stop`` ends them."""

    def __init__(
        self,
        book: CaseBook,
        outbox: Outbox,
        channels: Sequence[Channel],
        lock: Path,
        pace: Pace | None = None,
        poll: float = DELIVERY_POLL_SECONDS,
    ) -> None:
        self.channels = tuple(channels)
        self._names = tuple(channel.name for channel in self.channels)
        self._book = book
        self._outbox = outbox
        self._pace = pace or Pace()
        self._poll = poll
        self._stopping = threading.Event()
        self._lock = lock
        self._waiting: threading.Thread | None = None
        self._threads = [
            threading.Thread(target=self._run, args=(channel,), name=f"safety-{channel.name}", daemon=True)
            for channel in self.channels
        ]

    def start(self) -> None:
        """Sends as soon as nobody else sends for this home; returns at once. Raises ``OSError`` for the lock's file."""
        file = self._lock.open("w")
        self._waiting = threading.Thread(target=self._send_alone, args=(file,), name="safety-delivery", daemon=True)
        self._waiting.start()

    def stop(self) -> None:
        """Ends the threads, at the latest when the process ends. Nothing is lost: the outbox is on disk."""
        self._stopping.set()
        if self._waiting is not None:
            self._waiting.join(_STOP_SECONDS * (len(self._threads) + 1))

    def _send_alone(self, file: TextIO) -> None:
        with file:  # closed, and so free for another process, after the last thread has ended
            while not _taken(file):
                if self._stopping.wait(self._poll):
                    return
            for thread in self._threads:
                thread.start()
            self._stopping.wait()
            for thread in self._threads:
                thread.join(_STOP_SECONDS)

    def send_due(self, channel: Channel, now: datetime) -> None:
        """Sends what is due on a channel once; raises ``CorpusError`` when the database can't be used now."""
        for waiting in self._outbox.waiting(channel.name):
            if self._stopping.is_set():
                return
            if waiting.next_try(self._pace) <= now:
                self._send(channel, waiting)

    def _run(self, channel: Channel) -> None:
        faults, settled = 0, False
        while not self._stopping.is_set():
            try:
                if not settled:  # a channel may have been taken out of the configuration
                    self._outbox.settle(self._names, datetime.now(UTC))
                    settled = True
                self.send_due(channel, datetime.now(UTC))
                faults = 0
            except CorpusError as error:
                faults += 1
                logger.error("safety cases can't be sent by %s now: %s", channel.name, error)
            except Exception as error:  # noqa: BLE001 - a thread that ends here would hold back every later case
                faults += 1
                logger.critical("sending safety cases by %s failed: %s", channel.name, type(error).__name__)
            # What was sent and couldn't be kept goes out again: not every second.
            self._stopping.wait(self._pace.after(faults).total_seconds() if faults else self._poll)

    def _send(self, channel: Channel, waiting: Waiting) -> None:
        why = self._tried(channel, waiting)
        attempt = Attempt(waiting.case_id, waiting.sequence, channel.name, datetime.now(UTC), not why, why)
        self._outbox.keep(attempt, self._names)
        if why:
            logger.warning(
                "safety case %s.%s is not sent by %s: %s", attempt.case_id, attempt.sequence, channel.name, why
            )

    def _tried(self, channel: Channel, waiting: Waiting) -> str:
        """Why it wasn't confirmed; empty when it was."""
        try:
            case = self._book.case(waiting.case_id)
            texts = self._book.vault.read(waiting.case_id, SAFETY)
            channel.deliver(message_of(case, texts, waiting.sequence))
        except (Undelivered, ChatbotError) as error:
            return str(error)
        except CorpusError:
            raise  # nothing can be kept of it either
        except Exception as error:  # noqa: BLE001 - one report that can't be sent holds up no other; its words stay here
            return f"a fault of ours: {type(error).__name__}"
        return ""


def delivery_of(home: Home, database: Database) -> Delivery | None:
    """What sends a home's cases where ``safety.toml`` says, once it is started; ``None`` when that names no channel.

    Raises ``Misconfigured`` for a wrong file, and when there are cases but not their key.
    """
    book = open_cases_of(home, database)
    book.vault.check()
    channels = read_channels(home.safety)
    return Delivery(book, Outbox(database), channels, home.delivery_lock) if channels else None


def _taken(file: TextIO) -> bool:
    """Whether the lock is this process's now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
