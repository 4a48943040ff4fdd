"""Delivery to real receivers: at least once, with the id, and never called sent before it was confirmed."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.safety.book import CaseBook
from chatbot.safety.cases import CLOCK
from chatbot.safety.deliver import Delivery, delivery_of
from chatbot.safety.message import Channel, Message, Undelivered
from chatbot.safety.outbox import Outbox, Pace
from chatbot.safety.webhook import Webhook
from corpus.database import Database
from index.layout import Home
from tests.chatbot.safety.certificates import certificate
from tests.chatbot.safety.conftest import NOON, TOLD, found
from tests.chatbot.safety.receivers import SECRET, Answer, Broken, Receiver, confirm, hang_up, receiving, status
from tests.conftest import on_sqlite

FAST = Pace(timedelta(milliseconds=20), timedelta(milliseconds=100))


def webhook(receiver: Receiver, seconds: float = 5) -> Webhook:
    return Webhook(receiver.url, SECRET, ssl.create_default_context(), seconds)


def lock_of(database: Database) -> Path:
    """One file a database, wherever that is."""
    return Path(tempfile.gettempdir()) / f"delivery-{hashlib.sha256(str(database.target).encode()).hexdigest()}.lock"


@contextmanager
def delivering(book: CaseBook, database: Database, *channels: Channel) -> Iterator[Delivery]:
    delivery = Delivery(book, Outbox(database), channels, lock_of(database), FAST, 0.02)
    delivery.start()
    try:
        yield delivery
    finally:
        delivery.stop()
        lock_of(database).unlink(missing_ok=True)


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_a_case_is_posted_with_everything_safety_needs(book: CaseBook, database: Database) -> None:
    with receiving() as receiver, delivering(book, database, webhook(receiver)):
        case = book.open(found(cut=True))
        wait_until(lambda: book.case(case.id).state == "sent")
    assert receiver.values == [
        {
            "id": f"{case.id}.1",
            "case": case.id,
            "sequence": 1,
            "kind": "adverse_event",
            "portal": "demo",
            "country": "GB",
            "language": "en",
            "opened_at": "2026-03-02T12:00:00Z",
            "told_at": "2026-03-02T12:00:00Z",
            "due_at": "2026-03-03T12:00:00Z",
            "elements": ["product", "reaction"],
            "rules": ["safety.reaction"],
            "reports": [
                {
                    "sequence": 1,
                    "at": "2026-03-02T12:00:00Z",
                    "kind": "adverse_event",
                    "origin": "turn",
                    "turn": "turn-1",
                    "language": "en",
                    "rules": ["safety.reaction"],
                    "elements": ["product", "reaction"],
                    "cut": True,
                    "text": TOLD,
                }
            ],
        }
    ]
    (headers,) = receiver.headers
    signed = hmac.new(SECRET, receiver.bodies[0], hashlib.sha256).hexdigest()
    assert headers["x-signpost-signature"] == f"sha256={signed}"
    assert headers["idempotency-key"] == f"{case.id}.1"
    assert headers["content-type"] == "application/json"


def test_a_further_report_is_sent_under_the_same_id_with_all_texts_in_order(book: CaseBook, database: Database) -> None:
    with receiving() as receiver, delivering(book, database, webhook(receiver)):
        case = book.open(found("one \ud800"))
        wait_until(lambda: book.case(case.id).state == "sent")
        assert book.open(found("two", kind="emergency")).state == "detected"
        wait_until(lambda: book.case(case.id).state == "sent")
    assert receiver.ids == [f"{case.id}.1", f"{case.id}.2"]
    assert [[report["text"] for report in value["reports"]] for value in receiver.values] == [
        ["one \ud800"],
        ["one \ud800", "two"],
    ]
    assert [value["kind"] for value in receiver.values] == ["adverse_event", "emergency"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(500), "HTTP status 500"),
        (status(403), "HTTP status 403"),
        (hang_up, "no whole answer (RemoteDisconnected)"),
        (status(302, Location="http://127.0.0.1:1/elsewhere"), "HTTP status 302, which is not followed"),
        (status(307, Location="http://127.0.0.1:1/elsewhere"), "HTTP status 307, which is not followed"),
    ],
)
def test_what_was_not_confirmed_is_sent_again_with_the_same_bytes(
    book: CaseBook, database: Database, answer: Answer, said: str
) -> None:
    with receiving(answer, answer) as receiver, delivering(book, database, webhook(receiver)):
        case = book.open(found())
        wait_until(lambda: book.case(case.id).state == "sent")
    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1
    attempts = Outbox(database).attempts(case.id)
    assert [(attempt.confirmed, attempt.detail) for attempt in attempts] == [(False, said), (False, said), (True, "")]


def test_a_case_is_detected_as_long_as_nothing_confirmed_it(book: CaseBook, database: Database) -> None:
    states = []

    def look(handler: object) -> None:
        states.append(book.case(case.id).state)
        confirm(handler)  # type: ignore[arg-type]

    with receiving(status(503), look) as receiver:
        case = book.open(found())
        with delivering(book, database, webhook(receiver)):
            wait_until(lambda: book.case(case.id).state == "sent")
    assert states == ["detected"]


def test_a_receiver_that_is_not_there_yet_gets_the_case_when_it_is(book: CaseBook, database: Database) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    channel = Webhook(closed, SECRET, ssl.create_default_context(), 5)
    case = book.open(found())
    with delivering(book, database, channel):
        wait_until(lambda: len(Outbox(database).attempts(case.id)) >= 3)
    assert {attempt.detail for attempt in Outbox(database).attempts(case.id)} == {"Connection refused"}
    with receiving() as receiver, delivering(book, database, webhook(receiver)):
        wait_until(lambda: book.case(case.id).state == "sent")


def test_a_receiver_that_never_answers_is_left_after_the_time_limit(book: CaseBook) -> None:
    def sleep(handler: object) -> None:
        time.sleep(1)
        hang_up(handler)  # type: ignore[arg-type]

    with receiving(sleep) as receiver, pytest.raises(Undelivered, match=r"^timed out$"):
        webhook(receiver, seconds=0.2).deliver(message())


def message() -> Message:
    return Message("case-1", 1, "emergency", "GB", NOON + CLOCK, {"id": "case-1.1"})


@pytest.mark.parametrize("trusted", [True, False])
def test_a_text_goes_only_to_a_receiver_whose_certificate_is_trusted(tmp_path: Path, trusted: bool) -> None:
    made = certificate(tmp_path, "127.0.0.1")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.file, made.key_file)
    trust = ssl.create_default_context(cafile=str(made.file) if trusted else None)
    with receiving(wrap=lambda raw: server.wrap_socket(raw, server_side=True)) as receiver:
        channel = replace(webhook(receiver), trust=trust)
        if trusted:
            channel.deliver(message())
        else:
            with pytest.raises(Undelivered, match="certificate is not trusted: self-signed certificate"):
                channel.deliver(message())
        assert receiver.ids == (["case-1.1"] if trusted else [])


def test_one_case_that_cannot_be_sent_holds_up_no_other(book: CaseBook, database: Database) -> None:
    first, second = book.open(found()), book.open(found(conversation="other"))
    channel = Broken(first.id)
    with delivering(book, database, channel):
        wait_until(lambda: book.case(second.id).state == "sent")
    assert channel.delivered == [f"{second.id}.1"]
    assert book.case(first.id).state == "detected"
    assert Outbox(database).attempts(first.id)[0].detail == "a fault of ours: KeyError"


def test_a_case_is_sent_when_every_channel_has_confirmed(book: CaseBook, database: Database) -> None:
    case = book.open(found())
    with receiving() as receiver:
        good, bad = webhook(receiver), Broken(case.id)
        with delivering(book, database, good, bad):
            wait_until(lambda: len(Outbox(database).attempts(case.id)) >= 4)
        assert book.case(case.id).state == "detected"
        assert receiver.ids == [f"{case.id}.1"]  # the one that confirmed gets it no more
        with delivering(book, database, good):  # the other one was taken out of the configuration
            wait_until(lambda: book.case(case.id).state == "sent")
        assert receiver.ids == [f"{case.id}.1"]


def test_a_case_that_a_person_has_ended_is_sent_no_more(book: CaseBook, database: Database) -> None:
    ended, other = book.open(found()), book.open(found(conversation="other"))
    book.not_a_case(ended.id, "a test", "A. Lee", "safety", NOON)
    with receiving() as receiver, delivering(book, database, webhook(receiver)):
        wait_until(lambda: book.case(other.id).state == "sent")
    assert receiver.ids == [f"{other.id}.1"]


def test_what_a_person_has_marked_received_is_sent_all_the_same(book: CaseBook, database: Database) -> None:
    """Over the telephone something is said; the message has all of it."""
    case = book.open(found())
    book.receive(case.id, "by telephone", NOON, "A. Lee")
    with receiving() as receiver, delivering(book, database, webhook(receiver)):
        wait_until(lambda: Outbox(database).waiting("webhook") == [])
    assert receiver.ids == [f"{case.id}.1"]
    assert book.case(case.id).state == "received"


@on_sqlite
def test_a_database_that_cannot_be_written_stops_no_thread_and_floods_no_receiver(
    book: CaseBook, database: Database
) -> None:
    case = book.open(found())
    with database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON case_attempts BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    slow = Pace(timedelta(milliseconds=200), timedelta(seconds=1))
    with receiving() as receiver:
        delivery = Delivery(book, Outbox(database), [webhook(receiver)], lock_of(database), slow, 0.001)
        delivery.start()
        receiver.wait(2)
        time.sleep(0.3)
        assert len(receiver.bodies) < 6  # a look each millisecond would have sent hundreds
        with database.writing() as connection:
            connection.exec_driver_sql("DROP TRIGGER broken")
        wait_until(lambda: book.case(case.id).state == "sent")
        delivery.stop()
    assert set(receiver.ids) == {f"{case.id}.1"}


def test_delivery_starts_from_the_file_of_a_home_and_stops(home: Home, database: Database, book: CaseBook) -> None:
    assert delivery_of(home, database) is None
    case = book.open(found(at=datetime.now(UTC)))
    with receiving() as receiver:
        (home.root / "secret").write_bytes(SECRET + b"\n")
        home.safety.write_text(f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "secret"\n', encoding="utf-8")
        delivery = delivery_of(home, database)
        assert delivery is not None
        delivery.start()
        try:
            wait_until(lambda: book.case(case.id).state == "sent")
        finally:
            delivery.stop()
        later = book.open(found(conversation="later"))
        time.sleep(1.5)
        assert book.case(later.id).state == "detected"
    assert receiver.headers[0]["x-signpost-signature"].startswith("sha256=")


def test_of_two_that_would_send_one_does_until_it_ends(book: CaseBook, database: Database) -> None:
    with receiving() as receiver, delivering(book, database, webhook(receiver)) as first:
        wait_until(lambda: any(thread.name == "safety-webhook" for thread in threading.enumerate()))
        with delivering(book, database, webhook(receiver)):
            for number in range(3):
                book.open(found(conversation=f"both-{number}"))
            wait_until(lambda: {case.state for case in book.cases(NOON)} == {"sent"})
            assert [thread.name for thread in threading.enumerate()].count("safety-webhook") == 1
            first.stop()
            later = book.open(found(conversation="later"))
            wait_until(lambda: book.case(later.id).state == "sent")
    assert len(receiver.ids) == len(set(receiver.ids)) == 4
