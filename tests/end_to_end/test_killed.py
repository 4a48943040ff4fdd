"""The service is killed under load: whoever was answered finds it on record, a case that was told is kept, and what is
sent again with its key is on record once.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from chatbot.safety.book import CaseBook, open_cases_of
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.safety.receivers import SECRET, Receiver, receiving
from tests.corpus.test_ledger import check
from tests.end_to_end.conftest import Serve, Served
from tests.homes import copied

ROUNDS = 300  # a tenth without --acceptance
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


@dataclass(frozen=True, slots=True)
class Told:
    """What one reader sent until the service was gone."""

    answered: list[tuple[str, Any]]  # text and turn
    unanswered: str  # the last text, if it was cut off


def text_of(name: str, number: int) -> str:
    """Every other one tells an adverse event; each is said once."""
    if number % 2:
        return f"My patient number {name}{number} developed a severe rash after the second tablet of Velmarin."
    return f"What to do after a missed dose of Lumetra, {name}{number}?"


def send(served: Served, headers: dict[str, str], text: str) -> Any:
    """The turn, or nothing when one reader has asked too often; the text is its key too, without its blanks."""
    key = {"Idempotency-Key": text.replace(" ", "_")}
    status, value = served.post("/api/v1/turns", {"text": text}, headers | key)
    assert status in (200, 429), value
    return value if status == 200 else None


def tell(served: Served, headers: dict[str, str], name: str, stop: threading.Event) -> Told:
    """Asks and tells one after the other until the service is gone."""
    answered: list[tuple[str, Any]] = []
    for number in range(1_000):
        text = text_of(name, number)
        try:
            turn = send(served, headers, text)
        except (OSError, URLError, HTTPException, ValueError):  # cut off, or nobody is there any more
            return Told(answered, text)
        if turn:
            answered.append((text, turn))
        if stop.is_set():
            break
    return Told(answered, "")


def killed_under_load(serve: Serve, home: Home, name: str, moment: float, again: list[str]) -> list[Told]:
    """What a service answered before it was killed, ``moment`` seconds after it was given ``again`` once more."""
    stop = threading.Event()
    with serve(home) as served, ThreadPoolExecutor(TELLERS) as pool:
        headers = served.token()
        repeated = [(text, turn) for text in again if (turn := send(served, headers, text))]
        assert len(repeated) == len(again)
        told = [pool.submit(tell, served, headers, f"{name}-{teller}-", stop) for teller in range(TELLERS)]
        time.sleep(moment)
        served.kill()
        stop.set()
        return [Told(repeated, ""), *(one.result() for one in told)]


def test_nothing_that_was_answered_is_lost_to_kill_9(sending: tuple[Home, Receiver], serve: Serve, whole: bool) -> None:
    home, receiver = sending
    chance = random.Random(CRASHES)  # noqa: S311 - moments, not secrets
    rounds = ROUNDS if whole else ROUNDS // 10
    answered: list[tuple[str, Any]] = []
    again: list[str] = []
    for number in range(rounds):
        told = killed_under_load(serve, home, f"round{number}", chance.uniform(0.1, 0.4), again)
        answered += [pair for one in told for pair in one.answered]
        again = [one.unanswered for one in told if one.unanswered]
    database = open_database(home.database)
    check(database)
    log = AuditLog(database, KeyStore(home.keys))
    assert len(answered) > rounds
    assert_on_record(log, answered)
    assert_cases_kept(open_cases_of(home, database), log, answered, receiver)
    database.close()


def assert_on_record(log: AuditLog, answered: list[tuple[str, Any]]) -> None:
    """Each acknowledged reply as it was given; no reply without its body, and no question twice."""
    for _, turn in answered:
        record = log.record(turn["record"]["index"])
        assert record.hash == turn["record"]["leaf"].removeprefix("sha256:")
        assert json.loads(log.body(record.index).reply) == turn["reply"]
    pairs = {(text, turn["record"]["index"]) for text, turn in answered}
    acknowledged = {index for _, index in pairs}
    assert len({text for text, _ in pairs}) == len(pairs) == len(acknowledged)
    silent = set(log.replies()) - acknowledged  # recorded, and cut off before they were given: of the last round alone
    assert len(silent) <= TELLERS
    for index in silent:
        assert log.body(index).reply


def assert_cases_kept(book: CaseBook, log: AuditLog, answered: list[tuple[str, Any]], receiver: Receiver) -> None:
    """Each told case as it was told, once; no record of a case that isn't there; only kept ones were sent."""
    kept = {case.id: book.vault.read(case.id, "safety") for case in book.cases(datetime.now(UTC))}
    assert len(set(kept.values())) == len(kept)
    for text, turn in answered:
        refs = json.loads(log.record(turn["record"]["index"]).leaf)["refs"]
        if "rash" in text:
            assert turn["reply"]["handovers"][0]["to"] == "safety"
            (case_id,) = refs
            assert kept[case_id] == (text,)
        else:
            assert refs == []
    for index in log.replies():
        assert set(json.loads(log.record(index).leaf)["refs"]) <= set(kept)
    for body in list(receiver.bodies):
        sent = json.loads(body)
        assert sent["id"] == f"{sent['case']}.1"
        assert tuple(report["text"] for report in sent["reports"]) == kept[sent["case"]]
