"""Which way a case goes, what belongs to it, and what its clock says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from chatbot.errors import CaseRefused, Forbidden
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import NEXT, CaseEvent, SafetyCase, State, clock
from chatbot.safety.outbox import Attempt, Outbox
from chatbot.safety.rows import insert_event
from corpus.database import Database
from corpus.errors import InvalidInput, NotFound
from tests.chatbot.safety.conftest import NOON, TOLD, found
from tests.conftest import on_sqlite

HOUR = timedelta(hours=1)
SIGNED = {"reason": "a duplicate of 7", "who": "A. Lee", "role": "safety", "at": NOON + 2 * HOUR}


def sent(database: Database, case: SafetyCase) -> None:
    for report in case.reports:
        Outbox(database).keep(Attempt(case.id, report.sequence, "webhook", NOON + HOUR, True, ""), ["webhook"])


def test_a_finding_opens_a_case_with_a_clock_of_24_calendar_hours(book: CaseBook) -> None:
    case = book.open(found())
    assert (case.state, case.kind, case.country, case.portal) == ("detected", "adverse_event", "GB", "demo")
    assert case.opened_at == NOON
    assert case.due_at == NOON + timedelta(hours=24)
    assert case.elements == ("product", "reaction")
    assert case.id[14] == "7"  # UUID version 7
    assert book.case(case.id) == case


def test_the_hours_of_the_clock_are_the_same_over_a_change_of_summer_time(book: CaseBook) -> None:
    local = datetime(2026, 3, 28, 20, 0, tzinfo=timezone(HOUR))  # the night to 29 March has 23 hours in Germany
    assert book.open(found(at=local)).due_at == datetime(2026, 3, 29, 20, 0, tzinfo=timezone(HOUR))


def test_what_is_told_over_several_turns_of_a_conversation_is_one_case(book: CaseBook) -> None:
    first = book.open(found("one", kind="adverse_event", elements=("product",)))
    second = book.open(found("two", at=NOON + HOUR, kind="emergency", elements=("patient",), turn="turn-2"))
    third = book.open(found("three", at=NOON + 24 * HOUR, origin="feedback", turn=None))
    assert first.id == second.id == third.id
    assert [report.sequence for report in third.reports] == [1, 2, 3]
    assert book.vault.read(first.id, "safety") == ("one", "two", "three")
    assert third.kind == "emergency"
    assert second.elements == ("patient", "product")
    assert third.due_at == NOON + 24 * HOUR  # the first turn's: more words buy no time


@pytest.mark.parametrize(
    "changes",
    [
        {"at": NOON + timedelta(hours=24, seconds=1)},
        {"conversation": "conversation-2"},
        {"subject": "pseudonym-2"},
        {"portal": "other"},
    ],
)
def test_another_day_conversation_reader_or_portal_is_another_case(book: CaseBook, changes: dict[str, object]) -> None:
    assert book.open(found()).id != book.open(found(**changes)).id


def test_findings_without_a_conversation_never_join(book: CaseBook) -> None:
    refused = {"conversation": "", "subject": "", "origin": "refused", "turn": None}
    assert book.open(found(**refused)).id != book.open(found(**refused)).id


def test_a_case_that_has_ended_takes_no_more_reports(book: CaseBook) -> None:
    case = book.open(found())
    book.not_a_case(case.id, **SIGNED)
    assert book.open(found()).id != case.id


def test_a_case_goes_from_detected_to_closed_and_keeps_every_step(book: CaseBook, database: Database) -> None:
    case = book.open(found())
    sent(database, case)
    assert book.case(case.id).state == "sent"
    assert book.receive(case.id, "ARGUS-17", NOON + HOUR, "A. Lee").state == "received"
    closed = book.close(case.id, **{**SIGNED, "reason": "filed"})
    assert [event.state for event in closed.events] == ["detected", "sent", "received", "closed"]
    assert [(event.who, event.role, event.reason) for event in closed.events[2:]] == [
        ("A. Lee", "", "ARGUS-17"),
        ("A. Lee", "safety", "filed"),
    ]
    assert closed.events[-1].at == SIGNED["at"]


def test_a_further_report_puts_a_case_back_to_detected_with_its_own_clock(book: CaseBook, database: Database) -> None:
    case = book.open(found())
    sent(database, case)
    book.receive(case.id, "ARGUS-17", NOON + HOUR)
    more = book.open(found("and now she is in hospital", at=NOON + 3 * HOUR))
    assert more.state == "detected"
    assert more.due_at == NOON + 27 * HOUR
    with pytest.raises(CaseRefused, match="it can be marked received or ended as not a case now"):
        book.close(case.id, **SIGNED)


def case_in(book: CaseBook, database: Database, state: State) -> SafetyCase:
    case = book.open(found())
    if state != "detected":
        with database.writing() as connection:
            insert_event(connection, case.id, CaseEvent(state, 1, NOON, "test", "", ""))
    return book.case(case.id)


@pytest.mark.parametrize("state", ["detected", "sent", "received", "closed", "not_a_case"])
@pytest.mark.parametrize("to", ["received", "closed", "not_a_case"])
def test_a_step_that_is_not_allowed_says_what_is(book: CaseBook, database: Database, state: State, to: State) -> None:
    case = case_in(book, database, state)
    if to in NEXT[state]:
        case.check(to)
        return
    take = {
        "received": lambda: book.receive(case.id, "R", NOON),
        "closed": lambda: book.close(case.id, **SIGNED),
        "not_a_case": lambda: book.not_a_case(case.id, **SIGNED),
    }
    with pytest.raises(CaseRefused) as refused:
        take[to]()
    assert case.id in str(refused.value)
    assert ("it can be" if case.actions() else "it has ended") in str(refused.value)
    assert book.case(case.id) == case


def test_only_the_role_safety_ends_a_case(book: CaseBook) -> None:
    case = book.open(found())
    for end in (book.close, book.not_a_case):
        with pytest.raises(Forbidden, match="'safety'"):
            end(case.id, **{**SIGNED, "role": "medical"})
    assert book.case(case.id) == case


def test_no_step_is_taken_when_more_was_told_than_was_read(book: CaseBook) -> None:
    case = book.open(found())
    book.open(found("more"))
    with pytest.raises(CaseRefused, match="has reports 1 to 2 now, and 1 to 1 were read"):
        book.not_a_case(case.id, **SIGNED, seen=1)
    with pytest.raises(CaseRefused, match="read it again"):
        book.receive(case.id, "ARGUS-17", NOON, seen=1)
    assert book.receive(case.id, "ARGUS-17", NOON, seen=2).state == "received"
    assert book.not_a_case(case.id, **SIGNED, seen=2).state == "not_a_case"


@pytest.mark.parametrize("empty", ["", "  ", "x" * 1001])
def test_a_reason_a_name_and_a_reference_are_needed(book: CaseBook, empty: str) -> None:
    case = book.open(found())
    for key in ("reason", "who"):
        with pytest.raises(InvalidInput, match="of 1 to 1000 characters"):
            book.not_a_case(case.id, **{**SIGNED, key: empty})
    with pytest.raises(InvalidInput, match="reference"):
        book.receive(case.id, empty, NOON)
    assert book.case(case.id) == case


def test_a_case_that_is_not_there_is_not_found(book: CaseBook) -> None:
    for ask in (
        lambda: book.case("x"),
        lambda: book.case("\udcff"),
        lambda: book.receive("x", "R", NOON),
        lambda: book.vault.read("x", "safety"),
    ):
        with pytest.raises(NotFound, match="signpost cases list"):
            ask()


def test_overdue_cases_come_first_then_those_with_the_least_time(book: CaseBook) -> None:
    now = NOON + 30 * HOUR
    ids = {}
    for hours in (12, 2, 20, 1):
        ids[hours] = book.open(found(conversation=f"c{hours}", at=NOON + hours * HOUR)).id
    book.receive(ids[2], "R", NOON + 3 * HOUR)
    assert [case.id for case in book.cases(now)] == [ids[1], ids[12], ids[20], ids[2]]
    book.not_a_case(ids[12], **SIGNED)
    assert ids[12] not in [case.id for case in book.cases(now)]
    assert [case.id for case in book.ended(0, 10)] == [ids[12]]
    assert book.ended(1, 10) == []


@pytest.mark.parametrize(
    ("after", "says", "overdue"),
    [
        (timedelta(0), "24 h 0 min left", False),
        (timedelta(hours=18, minutes=48), "5 h 12 min left", False),
        (timedelta(hours=23, minutes=18), "42 min left", False),
        (timedelta(hours=24, minutes=3), "overdue by 3 min", True),
        (timedelta(days=3, hours=2), "overdue by 2 d 2 h", True),
    ],
)
def test_the_clock_is_told_in_words(book: CaseBook, after: timedelta, says: str, overdue: bool) -> None:
    case = book.open(found())
    assert clock(case, NOON + after) == says
    assert case.overdue(NOON + after) is overdue
    received = book.receive(case.id, "R", NOON + 2 * HOUR)
    assert clock(received, NOON + after) == "stopped after 2 h 0 min"
    assert not received.overdue(NOON + after)


@pytest.mark.parametrize(
    "changes", [{"kind": "rumour"}, {"origin": "guess"}, {"elements": ("dose",)}, {"at": NOON.replace(tzinfo=None)}]
)
def test_a_finding_that_nothing_can_be_is_refused_without_its_text(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError) as refused:
        found(**changes)
    assert TOLD not in str(refused.value)
    assert TOLD not in repr(found())


def test_names_that_no_database_can_hold_lose_no_report(book: CaseBook) -> None:
    case = book.open(found("odd \ud800 \0 text", conversation="odd \ud800 \0", subject="\udfff"))
    assert book.vault.read(case.id, "safety") == ("odd \ud800 \0 text",)


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET country = 'DE'",
        "DELETE FROM cases",
        "REPLACE INTO cases SELECT id, 'other', portal, country, pseudonym, opened_at FROM cases",
        "UPDATE OR IGNORE case_reports SET at = ''",
        "DELETE FROM case_reports",
        "REPLACE INTO case_reports SELECT case_id, sequence, at, '{}', nonce, ciphertext FROM case_reports",
        "UPDATE case_events SET reason = ''",
        "DELETE FROM case_events",
        "REPLACE INTO case_events SELECT id, case_id, 'closed', report, at, who, role, reason FROM case_events",
        "UPDATE case_attempts SET confirmed = 0",
        "DELETE FROM case_attempts",
        "REPLACE INTO case_attempts SELECT id, case_id, sequence, channel, at, 0, detail FROM case_attempts",
    ],
)
def test_no_program_can_change_what_a_case_keeps(book: CaseBook, database: Database, statement: str) -> None:
    sent(database, book.open(found()))
    with closing(sqlite3.connect(database.target)) as connection:
        before = list(connection.iterdump())
        with pytest.raises(sqlite3.IntegrityError, match=r"(cases|case_\w+) is append-only"):
            connection.execute(statement)
        connection.commit()
        assert list(connection.iterdump()) == before
