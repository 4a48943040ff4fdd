"""A turn: what is answered, for whom, at which instant, and what is on record when the reply leaves (P1, P3-P5)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatbot.answer.reply import Answer, Clarification, NoAnswer
from chatbot.answer.wire import reply_bytes
from chatbot.assistant import Assistant
from chatbot.audit.leaf import commitment
from chatbot.audit.log import AuditLog, AuditRecord, Entry
from chatbot.errors import AuditUnavailable, InvalidQuestion, Misconfigured, UnknownConversation
from chatbot.limits import CONVERSATION_MINUTES, QUESTION_CHARACTERS
from chatbot.question import check_question
from chatbot.respond import Responded
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.errors import StoreUnavailable
from corpus.event_log import append_events
from corpus.model import Audience
from corpus.proofs.merkle import leaf_hash
from corpus.registry import Event
from corpus.store import Store
from index.layout import Home
from tests.chatbot.answering import replied
from tests.corpus.test_ledger import check

GB = Audience("GB", "physician", "cardiology", "en")
DE = Audience("DE", "physician", "cardiology", "de")
READER = Asker("dr-1", "portal", "hcp", GB)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DOSE = "starting dose of Velmarin in renal impairment"
UNNAMED = "starting dose in renal impairment"
KINDS = {DOSE: "answer", UNNAMED: "clarification", "lisinopril dose": "no_answer"}


@pytest.fixture
def assistant(small_copy: Home) -> Iterator[Assistant]:
    database = open_database(small_copy.database)
    yield Assistant(small_copy, database, trial=True)
    database.close()


def withdraw(assistant: Assistant, number: str, version: str, country: str = "GB") -> None:
    event = Event("withdraw", number, version, country, {}, "tester", NOW.isoformat(), "recalled")
    assistant.store.append([event])


def test_the_answer_is_verbatim_and_cites_the_version_in_force(assistant: Assistant) -> None:
    reply = assistant.turn(READER, "Is Velmarin removed by haemodialysis after an overdose?", instant=NOW).reply
    assert isinstance(reply.body, Answer)
    assert reply.body.quotes[0].text == "Lodisartan is not removed by haemodialysis."
    for citation in reply.citations:
        stored = assistant.store.document(citation.document.sha256).text
        assert citation.text == " ".join(stored[span.start : span.end] for span in citation.spans)
        assert citation.approval.country == "GB"


def test_the_same_turn_gives_the_same_bytes(assistant: Assistant) -> None:
    replies = {reply_bytes(assistant.turn(READER, DOSE, instant=NOW).reply) for _ in range(3)}
    assert len(replies) == 1
    reopened = Assistant(assistant.home, assistant.store.database, trial=True)
    assert reply_bytes(reopened.turn(READER, DOSE, instant=NOW).reply) in replies


def test_a_withdrawal_holds_from_the_next_question_on(assistant: Assistant) -> None:
    before = assistant.turn(READER, "What to do after a missed dose of Lumetra?", instant=NOW).reply
    assert {c.approval.document_number for c in before.citations} == {"LUM-1"}
    withdraw(assistant, "LUM-1", "2.0")
    after = assistant.turn(READER, "What to do after a missed dose of Lumetra?", instant=NOW).reply
    assert isinstance(after.body, NoAnswer)
    assert "LUM-1" not in reply_bytes(after).decode()


def test_an_approval_expires_without_any_job(assistant: Assistant) -> None:
    """In force to the end of 18 January 2031 in London, not a second longer."""
    last = datetime(2031, 1, 18, 23, 59, 59, tzinfo=UTC)
    question = "Velmarin hyperkalaemia above 6.0 mmol/L"
    assert assistant.turn(READER, question, instant=last).reply.citations
    later = assistant.turn(READER, question, instant=last + timedelta(seconds=1)).reply
    assert all(c.approval.document_number != "VEL-1" for c in later.citations)
    # And the clock may be asked about the past again: the cached mask belongs to its time.
    assert assistant.turn(READER, question, instant=NOW).reply.citations


def test_another_market_never_sees_this_ones_documents(assistant: Assistant) -> None:
    german = Asker("dr-2", "portal", "hcp", DE)
    for question in (DOSE, "Lumetra missed dose", "Velmarin Anfangsdosis bei Hypertonie", "loading dose of Quorvex"):
        reply = assistant.turn(german, question, instant=NOW).reply
        assert {c.approval.country for c in reply.citations} <= {"DE"}
        assert "Quorvex product information" not in reply_bytes(reply).decode()


def test_a_document_for_physicians_is_not_shown_to_a_nurse(assistant: Assistant) -> None:
    def cited(role: str) -> set[str]:
        reader = replace(READER, audience=replace(GB, role=role))
        questions = ("Velmarin starting dose at a glance", "Velmarin heart failure target dose", DOSE)
        replies = [assistant.turn(reader, question, instant=NOW).reply for question in questions]
        return {citation.approval.document_number for reply in replies for citation in reply.citations}

    assert cited("physician") == {"VEL-1", "VEL-CARD"}
    assert cited("nurse") == {"VEL-1"}


def test_a_question_that_fits_several_products_is_asked_back(assistant: Assistant) -> None:
    reply = assistant.turn(READER, UNNAMED, instant=NOW).reply
    assert isinstance(reply.body, Clarification)
    labels = [choice.label for choice in reply.body.choices]
    assert {"Velmarin", "Nerolin"} <= set(labels)
    for choice in reply.body.choices:
        assert isinstance(assistant.turn(READER, choice.text, instant=NOW).reply.body, Answer), choice.text


@pytest.mark.parametrize("question", ["lisinopril dose", "how much does paracetamol cost", "who won the match", "?"])
def test_what_the_documents_do_not_say_is_not_answered(assistant: Assistant, question: str) -> None:
    reply = replied(assistant, question, GB, NOW)
    assert isinstance(reply.body, NoAnswer)
    assert "Medical Information" in reply.body.headline


def test_a_follow_up_inherits_the_product(assistant: Assistant) -> None:
    first = assistant.turn(READER, "Nerolin starting dose", instant=NOW)
    second = assistant.turn(READER, "and in renal impairment?", first.conversation, instant=NOW)
    assert {c.approval.product for c in second.reply.citations} == {"Nerolin"}
    unrecorded = assistant.turn(READER, "and in renal impairment?", instant=NOW, context=("Nerolin starting dose",))
    assert reply_bytes(unrecorded.reply) == reply_bytes(second.reply)


def test_a_conversation_belongs_to_its_reader_and_ends(assistant: Assistant) -> None:
    mine = assistant.turn(READER, DOSE, instant=NOW).conversation
    for stranger in (replace(READER, subject="dr-9"), replace(READER, portal="elsewhere")):
        with pytest.raises(UnknownConversation):
            assistant.turn(stranger, "and then?", mine, instant=NOW)
    with pytest.raises(UnknownConversation, match="ended"):
        assistant.turn(READER, "and then?", mine, instant=NOW + timedelta(minutes=CONVERSATION_MINUTES + 1))
    with pytest.raises(UnknownConversation):
        assistant.turn(READER, "and then?", "no-such-conversation", instant=NOW)


def test_every_reply_kind_is_on_record_with_what_decided_it(assistant: Assistant) -> None:
    for question, kind in KINDS.items():
        turn = assistant.turn(READER, question, instant=NOW)
        record = assistant.log.record(turn.record.index)
        leaf = json.loads(record.leaf)
        assert turn.reply.kind == leaf["type"] == leaf["decision"]["kind"] == kind
        assert record.hash == leaf_hash(record.leaf).hex() == turn.record.hash
        assert leaf["edition"]["id"] == turn.edition
        assert leaf["registry_version"] == assistant.registry().version
        assert leaf["policy_sha256"] == assistant.policy.sha256
        assert leaf["as_of"] == "2026-06-01T12:00:00.000000Z"
        assert [c["quote_sha256"] for c in leaf["citations"]] == [c.sha256 for c in turn.reply.citations]
        body = assistant.log.body(turn.record.index)
        assert body.question == question
        assert body.reply == reply_bytes(turn.reply)
        assert leaf["body"]["reply"] == commitment(body.key, "reply", body.reply)


def test_the_database_holds_neither_question_nor_reader_in_the_clear(assistant: Assistant) -> None:
    canary = "zyxcanary"
    assistant.turn(replace(READER, subject=f"dr-{canary}"), f"Velmarin dose {canary}", instant=NOW)
    for file in assistant.home.root.iterdir():
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file.name


class FailingLog(AuditLog):
    """A log whose disk is full."""

    def append(self, entry: Entry) -> AuditRecord:
        raise StoreUnavailable("disk full")


def test_no_reply_leaves_when_it_cannot_be_recorded(assistant: Assistant) -> None:
    assistant.turn(READER, DOSE, instant=NOW)  # its policy is on record now
    size = assistant.log.size()
    working, assistant.log = assistant.log, FailingLog(assistant.store.database, assistant.keys)
    with pytest.raises(StoreUnavailable):
        assistant.turn(READER, DOSE, instant=NOW)
    assistant.log = working
    assert assistant.log.size() == size
    assert assistant.turn(READER, DOSE, instant=NOW).record.index == size


class WithdrawingLog(AuditLog):
    """Withdraws the cited document after the reply is composed and before it is recorded, a number of times."""

    def __init__(self, assistant: Assistant, times: int) -> None:
        super().__init__(assistant.store.database, assistant.keys)
        self.assistant, self.times = assistant, times

    def append(self, entry: Entry) -> AuditRecord:
        if self.times:
            self.times -= 1
            withdraw(self.assistant, "LUM-1", "2.0")
        return super().append(entry)


def test_a_reply_composed_while_its_document_is_withdrawn_does_not_cite_it(assistant: Assistant) -> None:
    assistant.log = WithdrawingLog(assistant, times=1)
    turn = assistant.turn(READER, "What to do after a missed dose of Lumetra?", instant=NOW)
    assert isinstance(turn.reply.body, NoAnswer)
    assert json.loads(turn.record.leaf)["registry_version"] == assistant.registry().version


def test_a_withdrawal_by_another_thread_while_a_reply_is_composed_is_heard(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply is composed, and cites; before its record is written another connection withdraws what it cites."""
    composed, withdrawn = threading.Event(), threading.Event()
    compose = assistant.answer
    cited: list[set[str]] = []

    def slow(*arguments: Any) -> Responded:
        responded = compose(*arguments)
        cited.append({citation.approval.document_number for citation in responded.composed.reply.citations})
        composed.set()
        assert withdrawn.wait(30)
        return responded

    def recall() -> None:
        assert composed.wait(30)
        database = open_database(assistant.home.database)
        event = Event("withdraw", "LUM-1", "2.0", "GB", {}, "tester", NOW.isoformat(), "recalled")
        Store(database).append([event])
        database.close()
        withdrawn.set()

    monkeypatch.setattr(assistant, "answer", slow)
    other = threading.Thread(target=recall)
    other.start()
    turn = assistant.turn(READER, "What to do after a missed dose of Lumetra?", instant=NOW)
    other.join()
    assert cited == [{"LUM-1"}, set()]
    assert isinstance(turn.reply.body, NoAnswer)
    assert json.loads(turn.record.leaf)["registry_version"] == assistant.registry().version
    assert len(assistant.log.replies()) == 1


def test_replies_that_wait_to_be_recorded_while_their_document_is_withdrawn_do_not_cite_it(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four at once: each has composed, and stands in line behind the withdrawal's transaction."""
    question, readers = "What to do after a missed dose of Lumetra?", 4
    assert assistant.turn(READER, question, instant=NOW).reply.citations
    waiting = threading.Semaphore(0)
    append = assistant.log.append
    monkeypatch.setattr(assistant.log, "append", lambda entry: waiting.release() or append(entry))
    event = Event("withdraw", "LUM-1", "2.0", "GB", {}, "tester", NOW.isoformat(), "recalled")
    with ThreadPoolExecutor(readers) as pool:
        with assistant.store.database.writing() as connection:
            futures = [pool.submit(assistant.turn, READER, question, instant=NOW) for _ in range(readers)]
            for _ in futures:
                assert waiting.acquire(timeout=60)
            append_events(connection, lambda _: [event])
        turns = [future.result() for future in futures]
    assert [turn.reply.citations for turn in turns] == [()] * readers
    for turn in turns:
        assert json.loads(turn.record.leaf)["registry_version"] == assistant.registry().version
    check(assistant.store.database)


def test_a_registry_that_never_rests_ends_in_an_error_not_in_a_stale_reply(assistant: Assistant) -> None:
    assistant.log = WithdrawingLog(assistant, times=100)
    with pytest.raises(AuditUnavailable):
        assistant.turn(READER, DOSE, instant=NOW)
    assert assistant.log.replies() == []


def test_stored_text_that_was_changed_behind_our_back_is_not_quoted(assistant: Assistant) -> None:
    import sqlite3
    import zlib

    with sqlite3.connect(assistant.home.database) as connection:
        connection.execute("DROP TRIGGER documents_no_update")
        for number, content in connection.execute("SELECT id, content FROM documents").fetchall():
            forged = zlib.compress(zlib.decompress(content).replace(b"20 mg once", b"90 mg once"))
            connection.execute("UPDATE documents SET content = ? WHERE id = ?", (forged, number))
    connection.close()
    with pytest.raises(StoreUnavailable, match="not what it was"):
        assistant.turn(READER, DOSE, instant=NOW)


def test_no_answer_names_a_product_of_another_market(assistant: Assistant) -> None:
    german = Asker("dr-2", "portal", "hcp", DE)
    text = reply_bytes(assistant.turn(german, "davicetam dose", instant=NOW).reply).decode()
    assert "erolin" not in text


def test_a_choice_can_always_be_asked(assistant: Assistant) -> None:
    filled = "starting dose in renal impairment " + "please " * 280
    body = assistant.turn(READER, filled, instant=NOW).reply.body
    for choice in body.choices if isinstance(body, Clarification) else ():
        check_question(choice.text)


def test_an_edition_that_can_not_be_opened_leaves_the_old_one_answering(assistant: Assistant) -> None:
    active = assistant.home.current.read_text(encoding="ascii")
    assistant.home.current.write_text(f"sha256:{'0' * 64}\n", encoding="ascii")
    turn = assistant.turn(READER, DOSE, instant=NOW)
    assert isinstance(turn.reply.body, Answer)
    assert turn.edition == active.strip()


def test_a_lost_key_store_is_said_and_not_made_anew(assistant: Assistant) -> None:
    assistant.turn(READER, DOSE, instant=NOW)
    assistant.home.keys.unlink()
    for _ in range(2):
        with pytest.raises(Misconfigured, match="restore it"):
            Assistant(assistant.home, assistant.store.database, trial=True)


def test_questions_are_cleaned_of_what_hides_and_refused_when_nothing_is_left() -> None:
    assert check_question("  dose\u200b of\n\u202eVelmarin ") == "dose of Velmarin"
    assert check_question("e\u0301") == "é"
    for nothing in ("", " \n", "\u200b\u2066"):
        with pytest.raises(InvalidQuestion, match="empty"):
            check_question(nothing)
    with pytest.raises(InvalidQuestion, match="shorten"):
        check_question("a" * (QUESTION_CHARACTERS + 1))
