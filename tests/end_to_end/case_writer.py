"""A process that opens safety cases and sends them, until it is killed: `python -m tests.end_to_end.case_writer`."""

from __future__ import annotations

import itertools
import os
import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatbot.safety.book import open_cases_of
from chatbot.safety.cases import Detected
from chatbot.safety.deliver import Delivery
from chatbot.safety.outbox import Outbox, Pace
from chatbot.safety.webhook import Webhook
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.safety.receivers import SECRET

CANARY = "marzipanlemur"


def say(line: str) -> None:
    """Written in one piece, at once."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def run(root: Path, url: str, name: str) -> None:
    """Says each report's case, sequence and text as soon as it is acknowledged; each case has two."""
    home = Home(root)
    database = open_database(home.database)
    book = open_cases_of(home, database)
    channel = Webhook(url, SECRET, ssl.create_default_context(), 5)
    pace = Pace(timedelta(milliseconds=10), timedelta(milliseconds=50))
    Delivery(book, Outbox(database), [channel], home.delivery_lock, pace, 0.005).start()
    say("ready")
    for number in itertools.count():
        conversation = f"{name}-{number // 2}"
        text = f"{CANARY} {name} {number}"
        finding = Detected(
            conversation=conversation,
            turn=f"{name}-{number}",
            portal="demo",
            country="GB",
            language="en",
            subject="p",
            kind="adverse_event",
            rules=("safety.reaction",),
            text=text,
            origin="turn",
            at=datetime.now(UTC),
        )
        case = book.open(finding)
        say(f"{case.id} {len(case.reports)} {text}")


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
