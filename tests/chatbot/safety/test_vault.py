"""The vault opens for one role and one key, and nothing else in a home holds a word of it."""

from __future__ import annotations

import logging
import sqlite3
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from chatbot.errors import Forbidden, Misconfigured, VaultUnavailable
from chatbot.safety.book import CaseBook, open_cases_of
from chatbot.safety.deliver import Delivery
from chatbot.safety.message import Message, Undelivered
from chatbot.safety.outbox import Outbox, Pace
from corpus.database import Database
from corpus.errors import StoreUnavailable
from index.layout import Home
from tests.chatbot.safety.conftest import NOON, found
from tests.conftest import on_sqlite

CANARY = "zanzibarquokka"


def words_in_home(home: Home, word: str) -> list[str]:
    """The files of a home that hold a word, in any of the encodings that it might stand in."""
    forms = {word.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    files = [path for path in home.root.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def test_a_text_is_read_as_it_was_typed_by_the_role_safety_alone(book: CaseBook) -> None:
    typed = "Ms Ellen Roe, 12/03/1961:\n\tswelling \u200b of the lips"
    case = book.open(found(typed))
    assert book.vault.read(case.id, role="safety") == (typed,)
    for role in ("", "medical", "reviewer", "Safety", "safety "):
        with pytest.raises(Forbidden, match="'safety'"):
            book.vault.read(case.id, role=role)


def test_the_key_is_made_for_the_first_case_and_only_its_owner_reads_it(home: Home, book: CaseBook) -> None:
    book.vault.check()
    assert not home.safety_key.exists()
    book.open(found())
    assert home.safety_key.stat().st_mode & 0o777 == 0o600
    assert len(home.safety_key.read_bytes()) == 32
    assert [path.name for path in home.root.glob("safety*")] == ["safety.key"]


def test_a_key_that_others_may_read_is_taken_from_them(home: Home, database: Database, book: CaseBook) -> None:
    book.open(found())
    home.safety_key.chmod(0o644)
    open_cases_of(home, database).vault.check()
    assert home.safety_key.stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_left_of_a_key_is_in_nobodys_way(home: Home, book: CaseBook) -> None:
    home.safety_key.with_suffix(".part").write_bytes(b"half")
    case = book.open(found())
    assert len(book.vault.read(case.id, "safety")) == 1


@pytest.mark.parametrize("content", [None, b"", b"short", b"x" * 32])
def test_a_lost_or_wrong_key_is_said_and_never_replaced(
    home: Home, database: Database, book: CaseBook, content: bytes | None
) -> None:
    case = book.open(found())
    home.safety_key.unlink()
    if content is not None:
        home.safety_key.write_bytes(content)
    again = open_cases_of(home, database)
    for use in (
        again.vault.check,
        lambda: again.open(found()),
        lambda: again.vault.read(case.id, "safety"),
    ):
        with pytest.raises(Misconfigured, match=r"safety\.key .*restore it from its backup"):
            use()
    assert home.safety_key.exists() is (content is not None)
    assert len(again.case(case.id).reports) == 1  # its clock can still be read


def test_books_that_open_their_first_case_at_once_share_one_key(home: Home, database: Database) -> None:
    barrier = threading.Barrier(8, timeout=30)

    def first(number: int) -> str:
        mine = open_cases_of(home, database)
        barrier.wait()
        return mine.open(found(f"text {number}", conversation=str(number))).id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(first, range(8)))
    fresh = open_cases_of(home, database)
    assert [fresh.vault.read(case_id, "safety") for case_id in ids] == [(f"text {number}",) for number in range(8)]


@on_sqlite
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE case_reports SET ciphertext = zeroblob(length(ciphertext))",
        "UPDATE case_reports SET sequence = 2",  # another one's place
    ],
)
def test_a_text_that_is_not_what_was_sealed_is_said(book: CaseBook, database: Database, change: str) -> None:
    case = book.open(found())
    with closing(sqlite3.connect(database.target)) as connection, connection:
        connection.execute("DROP TRIGGER case_reports_no_update")  # whoever owns the file can
        connection.execute(change)
    with pytest.raises(VaultUnavailable, match=r"report \d of case .*backup"):
        book.vault.read(case.id, "safety")


def test_the_same_text_is_never_sealed_to_the_same_bytes(book: CaseBook, database: Database) -> None:
    for conversation in ("a", "b"):
        book.open(found(conversation=conversation))
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT nonce, ciphertext FROM case_reports").all()
    assert len({nonce for nonce, _ in rows}) == len({ciphertext for _, ciphertext in rows}) == 2


class Refusing:
    """A channel whose every failure carries the text, as a careless library's might."""

    name = "webhook"
    target = "nowhere"

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def deliver(self, message: Message) -> None:
        if self._error is Undelivered:
            raise Undelivered("HTTP status 500")
        raise self._error(str(message.value))


@on_sqlite
@pytest.mark.parametrize("error", [Undelivered, RuntimeError, ValueError])
def test_no_word_of_a_text_stands_anywhere_but_in_the_vault(
    home: Home, database: Database, book: CaseBook, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG)
    case = book.open(found(f"{CANARY} after the tablet", at=NOON))
    book.open(found(f"and {CANARY} again", at=NOON))
    delivery = Delivery(book, Outbox(database), [Refusing(error)], home.delivery_lock, Pace())
    delivery.send_due(delivery.channels[0], NOON)
    attempts = Outbox(database).attempts(case.id)
    assert [attempt.confirmed for attempt in attempts] == [False, False]
    assert all(attempt.detail for attempt in attempts)
    book.not_a_case(case.id, "a test", "A. Lee", "safety", NOON)
    assert (home.root / "signpost.db-wal").stat().st_size > 0
    assert words_in_home(home, CANARY) == []
    assert words_in_home(home, "A. Lee") != []  # the search does find what stands there
    assert case.id in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in repr(book.case(case.id)) + repr(found(CANARY))


@on_sqlite
def test_a_case_that_cannot_be_kept_says_so_without_its_text(book: CaseBook, database: Database) -> None:
    book.open(found())
    with database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON case_events BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(StoreUnavailable, match="nothing was changed") as refused:
        book.open(found(CANARY, conversation="other"))
    assert CANARY not in "".join(traceback.format_exception(refused.value))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cases").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM case_reports").scalar() == 1
