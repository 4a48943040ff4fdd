"""The service is killed while adverse events are told to it: whoever was answered has a case, and none goes astray."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from chatbot.safety.book import open_cases_of
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.safety.receivers import SECRET, Receiver, receiving
from tests.end_to_end.conftest import Serve, Served
from tests.homes import copied

ROUNDS = 100  # a tenth without --acceptance
CRASHES = 20261122  # the seed of the moments of death
TELLERS = 3


@pytest.fixture
def sending(small: Home, tmp_path: Path) -> Iterator[tuple[Home, Receiver]]:
    """A home whose cases are sent, and who takes them."""
    home = copied(small, tmp_path / "home")
    (home.root / "secret").write_bytes(SECRET)
    with receiving() as receiver:
        home.safety.write_text(f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "secret"\n', encoding="utf-8")
        yield home, receiver


def tell(served: Served, headers: dict[str, str], name: str, stop: threading.Event) -> list[tuple[str, Any]]:
    """Tells one case after the other until the service is gone; what was told and answered."""
    answered = []
    for number in range(1_000):
        text = f"My patient number {name}{number} developed a severe rash after the second tablet of Velmarin."
        try:
            status, value = served.post("/api/v1/turns", {"text": text}, headers)
        except (OSError, URLError, ValueError):  # cut off, or nobody is there any more
            break
        assert status in (200, 429), value
        if status == 200:
            answered.append((text, value))
        if stop.is_set():
            break
    return answered


def killed_while_told(serve: Serve, home: Home, name: str, moment: float) -> list[tuple[str, Any]]:
    """What a service answered before it was killed, ``moment`` seconds after its first answer."""
    stop, once = threading.Event(), threading.Event()
    once.set()
    with serve(home) as served, ThreadPoolExecutor(TELLERS) as pool:
        headers = served.token()
        first = tell(served, headers, f"{name}-first-", once)
        told = [pool.submit(tell, served, headers, f"{name}-{teller}-", stop) for teller in range(TELLERS)]
        time.sleep(moment)
        served.kill()
        stop.set()
        return first + [each for one in told for each in one.result()]


def test_no_case_that_was_answered_is_lost_to_kill_9(sending: tuple[Home, Receiver], serve: Serve, whole: bool) -> None:
    home, receiver = sending
    chance = random.Random(CRASHES)  # noqa: S311 - moments, not secrets
    answered: list[tuple[str, Any]] = []
    for number in range(ROUNDS if whole else ROUNDS // 10):
        answered += killed_while_told(serve, home, f"round{number}", chance.uniform(0, 0.2))
    database = open_database(home.database)
    book, log = open_cases_of(home, database), AuditLog(database, KeyStore(home.keys))
    kept = {case.id: book.vault.read(case.id, "safety") for case in book.cases(datetime.now(UTC))}
    assert len(answered) > (ROUNDS if whole else ROUNDS // 10)
    assert len(log.replies()) >= len(answered)
    for text, turn in answered:
        assert turn["reply"]["handovers"][0]["to"] == "safety"
        (case_id,) = json.loads(log.record(turn["record"]["index"]).leaf)["refs"]
        assert kept[case_id] == (text,)
    for index in log.replies():  # a record is never of a case that isn't there
        assert set(json.loads(log.record(index).leaf)["refs"]) <= set(kept)
    for body in list(receiver.bodies):
        sent = json.loads(body)
        assert sent["id"] == f"{sent['case']}.1"
        assert tuple(report["text"] for report in sent["reports"]) == kept[sent["case"]]
    database.close()
