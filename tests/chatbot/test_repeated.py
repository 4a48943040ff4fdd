"""A question that a client sends twice is answered once: the same record, one case, and nothing that was withdrawn."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.audit.leaf import commitment
from chatbot.audit.log import AuditRecord, Entry
from chatbot.limits import KEY_CHARACTERS, KEY_SECONDS, TURNS_IN_WINDOW
from corpus.calendar import end_of_day
from corpus.database import open_database
from corpus.errors import StoreUnavailable
from corpus.registry import Event
from tests.chatbot.conftest import Portal
from tests.corpus.test_ledger import check

KEY = "3f2c-the-client-made-this"
MISSED = "What to do after a missed dose of Lumetra?"
OTHER = "starting dose of Velmarin in renal impairment"
REACTION = "My patient developed a severe rash after the second tablet of Velmarin."


def post(portal: Portal, text: str = MISSED, key: str = KEY, subject: str = "dr-1", **body: str) -> Any:
    headers = portal.headers(subject=subject) | {"Idempotency-Key": key}
    return portal.http.post("/api/v1/turns", json={"text": text, **body}, headers=headers)


def same(one: Any, other: Any) -> bool:
    """The same turn with the same reply; tickets are new, as each works once."""
    assert (one.status_code, other.status_code) == (200, 200)
    first, second = one.json(), other.json()
    assert first.pop("tickets").keys() == second.pop("tickets").keys()
    return bool(first == second)


def replies(portal: Portal) -> int:
    return len(portal.assistant.log.replies())


def withdraw(portal: Portal, number: str, version: str) -> None:
    event = Event("withdraw", number, version, "GB", {}, "tester", "2026-06-01T00:00:00Z", "recalled")
    portal.assistant.store.append([event])


def cited(answer: Any) -> set[str]:
    return {citation["document"] for citation in answer.json()["reply"]["citations"]}


@pytest.fixture
def second(portal: Portal) -> Iterator[Portal]:
    """Another service over the same home: another process, or the same after a restart."""
    database = open_database(portal.assistant.home.database)
    assistant = Assistant(portal.assistant.home, database, trial=True)
    with TestClient(create_app(assistant, portal.identity), raise_server_exceptions=False) as http:
        yield Portal(http, portal.identity, assistant)
    database.close()


@pytest.mark.parametrize("question", [MISSED, "starting dose in renal impairment", "lisinopril dose", REACTION])
def test_a_repeat_gets_the_first_answer_with_its_record(portal: Portal, second: Portal, question: str) -> None:
    first = post(portal, question)
    assert same(first, post(portal, question))
    assert same(first, post(second, question))
    assert replies(portal) == 1
    check(portal.assistant.store.database)


def test_a_repeat_opens_its_sources(portal: Portal) -> None:
    first, again = post(portal).json(), post(portal).json()
    assert first["tickets"] != again["tickets"]
    for answer in (first, again):
        url = f"{answer['reply']['citations'][0]['url']}&ticket={answer['tickets']['1']}"
        portal.http.cookies.clear()
        assert portal.http.get(url).status_code == 200
        for name in (name for name in answer["tickets"] if name.startswith("next-")):
            step = answer["reply"]["next_steps"][int(name.removeprefix("next-")) - 1]
            assert portal.http.get(f"{step['url']}?ticket={answer['tickets'][name]}").status_code == 200


@pytest.mark.parametrize("body", [{"text": OTHER}, {"language": "de"}, {"conversation": "x"}, {"text": f"{MISSED} "}])
def test_a_key_with_another_body_is_refused(portal: Portal, body: dict[str, str]) -> None:
    post(portal)
    refused = post(portal, **body)
    assert refused.status_code == 409
    value = refused.json()
    assert value["type"] == "urn:signpost:problem:idempotency-key-reused"
    assert KEY not in refused.text
    assert value["safety"]["url"]
    assert replies(portal) == 1


def test_what_is_refused_for_its_key_is_screened_all_the_same(portal: Portal) -> None:
    post(portal)
    before = len(portal.assistant.cases.cases(_now()))
    assert post(portal, REACTION).status_code == 409
    assert len(portal.assistant.cases.cases(_now())) == before + 1


def test_a_key_is_its_readers_alone(portal: Portal) -> None:
    mine, theirs = post(portal), post(portal, OTHER, subject="dr-2")
    assert theirs.status_code == 200
    assert mine.json()["record"] != theirs.json()["record"]
    assert same(mine, post(portal))


def test_without_a_key_or_with_another_one_a_question_is_a_new_one(portal: Portal) -> None:
    indexes = {post(portal, key=key).json()["record"]["index"] for key in ("a", "b")}
    indexes |= {portal.ask(MISSED)["record"]["index"] for _ in range(2)}  # type: ignore[index]
    assert len(indexes) == 4


@pytest.mark.parametrize("key", ["", " ", "with space", "ü", "a" * (KEY_CHARACTERS + 1), "tab\tin"])
def test_a_key_that_is_none_is_refused(portal: Portal, key: str) -> None:
    headers: Any = {**portal.headers(), "Idempotency-Key": key.encode("latin-1")}
    refused = portal.http.post("/api/v1/turns", json={"text": MISSED}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:signpost:problem:invalid-request"
    assert replies(portal) == 0
    assert post(portal, key="!~" * (KEY_CHARACTERS // 2)).status_code == 200


def test_a_case_is_opened_once(portal: Portal, second: Portal) -> None:
    first = post(portal, REACTION)
    for again in (post(portal, REACTION), post(second, REACTION)):
        assert same(first, again)
    (case,) = portal.assistant.cases.cases(_now())
    assert len(case.reports) == 1
    leaf = json.loads(portal.assistant.log.record(first.json()["record"]["index"]).leaf)
    assert leaf["refs"] == [case.id]


def test_a_case_whose_answer_could_not_be_recorded_is_not_opened_again(
    portal: Portal, second: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes when the disk has room again: for the same case, conversation and turn."""

    def full(_entry: Entry) -> AuditRecord:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(portal.assistant.log, "append", full)
        assert post(portal, REACTION).status_code == 503
        assert post(portal, REACTION).status_code == 503
    answer = post(second, REACTION).json()
    (case,) = portal.assistant.cases.cases(_now())
    assert [report.sequence for report in case.reports] == [1]
    assert case.conversation == answer["conversation"]
    leaf = json.loads(portal.assistant.log.record(answer["record"]["index"]).leaf)
    assert (leaf["refs"], leaf["id"]) == ([case.id], answer["turn"])


@pytest.mark.parametrize("question", [MISSED, REACTION])
def test_two_requests_at_once_get_one_record(portal: Portal, second: Portal, question: str) -> None:
    """In two processes: both have composed before either is recorded."""
    barrier, once = threading.Barrier(2, timeout=60), threading.local()

    def meeting(service: Portal) -> None:
        append = service.assistant.log.append

        def at_once(entry: Entry) -> AuditRecord:
            if not getattr(once, "met", False):
                once.met = True
                barrier.wait()
            return append(entry)

        service.assistant.log.append = at_once  # type: ignore[method-assign]

    meeting(portal)
    meeting(second)
    with ThreadPoolExecutor(2) as pool:
        one, other = (pool.submit(post, service, question) for service in (portal, second))
    assert same(one.result(), other.result())
    assert replies(portal) == 1
    cases = portal.assistant.cases.cases(_now())
    assert [len(case.reports) for case in cases] == ([1] if question == REACTION else [])
    for case in cases:
        assert case.conversation == one.result().json()["conversation"]


def test_many_at_once_with_few_keys_get_one_record_each(portal: Portal) -> None:
    asked = [(number % 3, number) for number in range(18)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda each: post(portal, key=f"key-{each[0]}"), asked))
    for key, number in asked:
        assert same(answers[key], answers[number])
    assert replies(portal) == 3


def test_two_bodies_at_once_with_one_key_leave_one_answer_and_one_refusal(portal: Portal, second: Portal) -> None:
    append = portal.assistant.log.append

    def late(entry: Entry) -> AuditRecord:
        assert post(second, OTHER).status_code == 200
        return append(entry)

    portal.assistant.log.append = late  # type: ignore[method-assign]
    assert post(portal, MISSED).status_code == 409
    assert replies(portal) == 1


def test_what_was_withdrawn_does_not_come_back(portal: Portal) -> None:
    first = post(portal)
    assert cited(first) == {"LUM-1"}
    withdraw(portal, "LUM-1", "2.0")
    anew = post(portal)
    assert anew.status_code == 200
    assert cited(anew) == set()
    assert "LUM-1" not in anew.text
    assert anew.json()["turn"] != first.json()["turn"]
    assert same(anew, post(portal))  # what the key stands for from then on
    assert replies(portal) == 2
    check(portal.assistant.store.database)


def test_an_answer_that_cites_nothing_withdrawn_stays_the_same(portal: Portal) -> None:
    first = post(portal, OTHER)
    assert "LUM-1" not in first.text
    withdraw(portal, "LUM-1", "2.0")
    assert same(first, post(portal, OTHER))


def test_an_approval_that_expires_meanwhile_does_not_come_back(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event says so: the date alone."""
    first = post(portal, OTHER)
    approvals = portal.assistant.registry().entries.values()
    ends = min(
        end_of_day(each.approval.expires_on, "GB")
        for each in approvals
        if each.approval.document_number in cited(first) and each.approval.expires_on
    )

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return ends.astimezone(tz or UTC)

    monkeypatch.setattr("chatbot.routes.datetime", Later)
    monkeypatch.setattr("chatbot.assistant.datetime", Later)
    assert cited(first)
    assert not cited(first) & cited(post(portal, OTHER))


def test_a_sentence_that_was_marked_meanwhile_does_not_come_back(portal: Portal) -> None:
    first = post(portal)
    citation = json.loads(portal.assistant.log.record(first.json()["record"]["index"]).leaf)["citations"][0]
    start, end = citation["spans"][0]
    payload = {"sha256": citation["text_sha256"], "kind": "do_not_cite", "place": [start, end], "beside": None}
    event = Event("mark", "LUM-1", "2.0", "GB", payload, "tester", "2026-06-01T00:00:00Z", "wrong")
    portal.assistant.store.append([event])
    quote = first.json()["reply"]["quotes"][0]["text"]
    again = post(portal)
    assert again.status_code == 200
    assert quote not in [each["text"] for each in again.json()["reply"]["quotes"]]


def test_a_clarification_offers_nothing_that_was_withdrawn(portal: Portal) -> None:
    question = "starting dose in renal impairment"
    first = post(portal, question).json()
    assert first["reply"]["choices"]
    for entry in list(portal.assistant.registry().entries.values()):
        if entry.approval.country == "GB" and entry.approval.product == "Nerolin":
            withdraw(portal, entry.approval.document_number, entry.approval.version)
    assert "Nerolin" not in [choice["label"] for choice in post(portal, question).json()["reply"]["choices"]]


def test_an_erased_answer_does_not_come_back(portal: Portal) -> None:
    first = post(portal)
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection, connection:
        connection.execute("DELETE FROM bodies")
    anew = post(portal)
    assert anew.json()["turn"] != first.json()["turn"]
    assert replies(portal) == 2


def test_a_reader_whose_token_says_otherwise_by_now_is_answered_anew(portal: Portal) -> None:
    question = "Velmarin starting dose at a glance"
    first = post(portal, question)
    headers = portal.headers(role="nurse") | {"Idempotency-Key": KEY}
    as_nurse = portal.http.post("/api/v1/turns", json={"text": question}, headers=headers)
    assert "VEL-CARD" in cited(first)
    assert "VEL-CARD" not in cited(as_nurse)


def test_a_key_is_forgotten_after_ten_minutes(portal: Portal) -> None:
    now = [1_000_000.0]
    portal.assistant.idempotency.clock = lambda: now[0]
    first = post(portal)
    now[0] += KEY_SECONDS - 1
    assert same(first, post(portal))
    now[0] += 1
    assert post(portal, OTHER).status_code == 200  # the key stood for nothing, so any body is as good
    assert replies(portal) == 2


def test_a_row_goes_with_the_next_record_after_its_time(portal: Portal) -> None:
    portal.assistant.idempotency.clock = lambda: 1_000_000.0  # long ago
    post(portal)
    assert len(_rows(portal)) == 1
    portal.ask(OTHER)
    assert _rows(portal) == []


def test_neither_a_key_nor_a_question_is_kept_and_the_leaf_commits_to_the_key(portal: Portal) -> None:
    answer = post(portal, f"{MISSED} zyxcanary", key="zyxcanarykey")
    record = portal.assistant.log.record(answer.json()["record"]["index"])
    body = portal.assistant.log.body(record.index)
    committed = json.loads(record.leaf)["body"]["idempotency_key"]
    assert committed == commitment(body.key, "idempotency_key", b"zyxcanarykey")
    for file in portal.assistant.home.root.iterdir():
        if file.is_file():
            assert b"zyxcanary" not in file.read_bytes(), file.name
    ((key, value, *_, index, _),) = _rows(portal)
    assert len(key) == len(value) == 64
    assert index == record.index
    unkeyed: Any = portal.ask(OTHER)["record"]
    assert json.loads(portal.assistant.log.record(unkeyed["index"]).leaf)["body"]["idempotency_key"] is None


def test_a_repeat_is_no_question_more(portal: Portal) -> None:
    """Whoever's connection breaks is not refused for sending again."""
    first = post(portal)
    for _ in range(TURNS_IN_WINDOW + 5):
        assert same(first, post(portal))
    text = portal.http.get("/metrics").text
    assert f"signpost_turn_repeats_total {TURNS_IN_WINDOW + 5}.0" in text
    assert 'signpost_turns_total{kind="answer"} 1.0' in text


def test_a_repeat_in_a_conversation_leaves_it_as_it_is(portal: Portal) -> None:
    conversation = str(portal.ask("Nerolin starting dose")["conversation"])
    first = post(portal, "and in renal impairment?", conversation=conversation)
    assert same(first, post(portal, "and in renal impairment?", conversation=conversation))
    assert len(portal.assistant.log.turns(conversation)) == 2


def test_openapi_has_the_key_and_its_refusal(portal: Portal) -> None:
    turns = portal.http.get("/openapi.json").json()["paths"]["/api/v1/turns"]["post"]
    (header,) = turns["parameters"]
    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", False)
    assert str(KEY_CHARACTERS) in json.dumps(header)
    assert "409" in turns["responses"]


def _rows(portal: Portal) -> list[Any]:
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection:
        return connection.execute("SELECT * FROM idempotency_keys").fetchall()


def _now() -> datetime:
    return datetime.now(UTC)
