"""Sends what the outbox holds: a thread a channel, at least once, until the channel has confirmed.

In this order: send, then keep the confirmation, and with it that the case is sent once every channel has confirmed
every report. A crash in between sends the message again with the same id.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

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
    """The threads that send; ``stop`` ends them."""

    def __init__(
        self,
        book: CaseBook,
        outbox: Outbox,
        channels: Sequence[Channel],
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
        self._threads = [
            threading.Thread(target=self._run, args=(channel,), name=f"safety-{channel.name}", daemon=True)
            for channel in self.channels
        ]

    def start(self) -> None:
        """Starts sending; returns at once. Raises ``StoreUnavailable``."""
        self._outbox.settle(self._names, datetime.now(UTC))  # a channel may have been taken out of the configuration
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads, at the latest when the process ends. Nothing is lost: the outbox is on disk."""
        self._stopping.set()
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
        faults = 0
        while not self._stopping.is_set():
            try:
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


def start_delivery(home: Home, database: Database) -> Delivery | None:
    """Starts to send a home's safety cases where ``safety.toml`` says; ``None`` when it names no channel.

    Raises ``Misconfigured`` for a wrong file, and when there are cases but not their key.
    """
    book = open_cases_of(home, database)
    book.vault.check()
    channels = read_channels(home.safety)
    if not channels:
        return None
    delivery = Delivery(book, Outbox(database), channels)
    delivery.start()
    return delivery
