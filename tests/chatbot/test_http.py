"""The HTTP edge: answers, problems, sources. What a portal's developer and its security team see."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.errors import Gone, Misconfigured, Unauthenticated
from chatbot.identity import DemoIdentity
from chatbot.limits import BODY_BYTES, PAGE_NUMBER, QUESTION_CHARACTERS, TICKET_SECONDS
from chatbot.schemas import TurnResponse
from chatbot.tickets import Tickets, View
from chatbot.turns import Asker
from corpus.errors import StoreUnavailable
from corpus.model import Audience
from corpus.registry import Event, approval_payload
from ingest.limits import MAX_PAGES
from tests.chatbot.conftest import Portal
from tests.corpus.test_ledger import check

DOSE = "starting dose of Velmarin in renal impairment"
MISSED = "What to do after a missed dose of Lumetra?"


def link(answer: dict[str, Any], number: int = 1) -> str:
    return f"{answer['reply']['citations'][number - 1]['url']}&ticket={answer['tickets'][str(number)]}"


def withdraw(portal: Portal, number: str, version: str) -> None:
    event = Event("withdraw", number, version, "GB", {}, "tester", "2026-06-01T00:00:00Z", "recalled")
    portal.assistant.store.append([event])


def assert_problem(response: Any, status: int, slug: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    value = response.json()
    assert value["type"] == f"urn:signpost:problem:{slug}"
    assert value["status"] == status
    assert value["detail"].endswith(".")


def test_a_turn_has_the_contracts_form(portal: Portal) -> None:
    answer = portal.ask(DOSE)
    assert set(answer) == {"conversation", "turn", "edition", "reply", "redactions", "record", "tickets"}
    record: Any = answer["record"]
    assert portal.assistant.log.record(record["index"]).hash == record["leaf"].removeprefix("sha256:")


def test_a_quote_is_the_served_text_at_its_spans(portal: Portal) -> None:
    """An outside check, as CONTRACT describes it: over HTTP alone."""
    reply: Any = portal.ask(DOSE)["reply"]
    for quote, citation in zip(reply["quotes"], reply["citations"], strict=True):
        path = citation["url"].split("?")[0]
        text = portal.http.get(f"{path}/text", headers=portal.headers()).text
        assert quote["text"] == " ".join(text[span["start"] : span["end"]] for span in citation["spans"])


def test_a_source_opens_marked_once_and_can_be_reloaded(portal: Portal) -> None:
    answer: Any = portal.ask(MISSED)
    url = link(answer)
    opened = portal.http.get(url)
    assert opened.status_code == 200
    assert "ticket" not in str(opened.url)
    marked = re.search(r'<mark id="mark">(.*?)</mark>', opened.text)
    assert marked is not None
    assert marked.group(1) == answer["reply"]["quotes"][0]["text"]
    assert portal.http.get(str(opened.url)).status_code == 200  # the view's cookie
    assert portal.http.get(url).status_code == 200  # the same browser follows the link again
    portal.http.cookies.clear()
    assert_problem(portal.http.get(url), 410, "gone")  # someone else does
    page = portal.http.get(url, headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert "<h1>This link shows nothing any more</h1>" in page.text


def test_a_mark_that_does_not_fit_marks_nothing(portal: Portal) -> None:
    url = link(portal.ask(MISSED))
    for wrong in ("mark=0-99999999", "mark=5-2", "mark=x", "mark=0-5,999999-9999999"):
        page = portal.http.get(re.sub(r"mark=[^&]*", wrong, link(portal.ask(MISSED))))
        assert page.status_code == 200
        assert "<mark" not in page.text
    other_text = portal.http.get(re.sub(r"text=[0-9a-f]*", "text=" + "0" * 16, url))
    assert "<mark" not in other_text.text


def test_a_source_is_shut_without_a_ticket_and_for_everyone_elses(portal: Portal) -> None:
    answer = portal.ask(MISSED)
    url = link(answer)
    bare = url.split("&ticket=")[0]
    assert_problem(portal.http.get(bare), 401, "unauthenticated")
    for forged in ("forged.ticket", "forged.%C3%A9", "", "."):
        assert_problem(portal.http.get(f"{bare}&ticket={forged}"), 401, "unauthenticated")
    other = url.replace("/LUM-1/2.0?", "/VEL-1/3.0?")
    assert other != url
    assert_problem(portal.http.get(other), 401, "unauthenticated")


@pytest.mark.parametrize("page", ["9" * 200, str(PAGE_NUMBER + 1), "0", "-1", "x"])
def test_a_page_that_no_source_can_have_is_refused(page: str, portal: Portal) -> None:
    opened = portal.http.get(link(portal.ask(MISSED)))
    path = opened.url.path
    assert_problem(portal.http.get(f"{path}/pages/{page}"), 422, "invalid-request")
    assert_problem(portal.http.get(f"{path}/pages/1"), 410, "gone")
    assert PAGE_NUMBER == MAX_PAGES


def test_an_open_source_shuts_when_its_document_is_withdrawn(portal: Portal) -> None:
    opened = portal.http.get(link(portal.ask(MISSED)))
    withdraw(portal, "LUM-1", "2.0")
    gone = portal.http.get(str(opened.url))
    assert_problem(gone, 410, "gone")
    assert "three days" not in gone.text


def test_a_ticket_expires(portal: Portal) -> None:
    tickets = Tickets(portal.assistant.store.database, b"secret")
    view = View("DOC", "1", Audience("GB", "physician", "", "en"))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    late = now + timedelta(seconds=TICKET_SECONDS)
    with pytest.raises(Unauthenticated, match="expired"):
        tickets.redeem(tickets.ticket(view, now), "DOC", "1", late)
    ticket = tickets.ticket(view, now)
    assert tickets.redeem(ticket, "DOC", "1", now) == view
    with pytest.raises(Gone):
        tickets.redeem(ticket, "DOC", "1", now)
    with pytest.raises(Unauthenticated):  # a view's cookie is no ticket
        tickets.redeem(tickets.cookie(view, now), "DOC", "1", now)


def test_a_withdrawal_changes_the_next_answer(portal: Portal) -> None:
    before: Any = portal.ask(MISSED)
    withdraw(portal, "LUM-1", "2.0")
    after: Any = portal.ask(MISSED)
    assert before["reply"]["kind"] == "answer"
    assert after["reply"]["kind"] == "no_answer"


@pytest.mark.usefixtures("past_routing")
def test_the_country_of_the_token_decides(portal: Portal) -> None:
    german: Any = portal.ask("Velmarin Anfangsdosis bei Hypertonie", country="DE", language="de")
    british: Any = portal.ask(DOSE)
    assert {c["document"] for c in german["reply"]["citations"]} == {"VEL-DE"}
    assert "VEL-DE" not in {c["document"] for c in british["reply"]["citations"]}


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"text": ""}, 422, "invalid-question"),
        ({"text": "\u200b"}, 422, "invalid-question"),
        ({"text": "dose", "conversation": "not-mine"}, 404, "unknown-conversation"),
        ({}, 422, "invalid-request"),
        ({"text": 5}, 422, "invalid-request"),
        ({"text": "dose", "language": "english"}, 422, "invalid-request"),
        ({"text": "dose", "unknown": 1}, 422, "invalid-request"),
        ({"text": "a" * BODY_BYTES}, 413, "request-too-large"),
    ],
)
def test_a_wrong_question_gets_a_problem_that_repeats_nothing(
    portal: Portal, body: dict[str, Any], status: int, slug: str
) -> None:
    response = portal.http.post("/api/v1/turns", json=body, headers=portal.headers())
    assert_problem(response, status, slug)
    assert "aaaa" not in response.text
    assert portal.assistant.log.replies() == []


def test_a_question_that_is_too_long_is_answered_with_a_plain_no(portal: Portal) -> None:
    """It was read to its end, for what it may tell of an adverse event, so it is a turn with its record."""
    reply: Any = portal.ask("a" * (QUESTION_CHARACTERS + 1))["reply"]
    assert reply["kind"] == "no_answer"
    assert "too long" in reply["headline"]
    assert len(portal.assistant.log.replies()) == 1


def test_a_body_without_announced_length_is_bounded_too(portal: Portal) -> None:
    def endless() -> Any:
        for _ in range(1_000):
            yield b"a" * 1_000

    response = portal.http.post("/api/v1/turns", content=endless(), headers=portal.headers())
    assert_problem(response, 413, "request-too-large")


def test_who_is_not_signed_in_learns_nothing_about_the_body(portal: Portal) -> None:
    response = portal.http.post("/api/v1/turns", json={"wrong": 1})
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_full_disk_is_a_503_and_the_next_turn_is_answered(portal: Portal) -> None:
    append = portal.assistant.log.append

    def full(_entry: object) -> Any:
        raise StoreUnavailable("database or disk is full")

    portal.assistant.log.append = full  # type: ignore[method-assign]
    response = portal.http.post("/api/v1/turns", json={"text": DOSE}, headers=portal.headers())
    assert_problem(response, 503, "unavailable")
    assert "Velmarin" not in response.text
    portal.assistant.log.append = append  # type: ignore[method-assign]
    assert portal.ask(DOSE)["record"] is not None


def test_a_fault_of_ours_is_a_500_that_says_nothing(portal: Portal) -> None:
    def broken(_entry: object) -> Any:
        raise RuntimeError("secret detail")

    portal.assistant.log.append = broken  # type: ignore[method-assign]
    response = portal.http.post("/api/v1/turns", json={"text": DOSE}, headers=portal.headers())
    assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_contract_says_how_to_sign_in(portal: Portal) -> None:
    """So that /docs can be used for trying."""
    schema = portal.http.get("/openapi.json").json()
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert schema["paths"]["/api/v1/turns"]["post"]["security"] == [{"HTTPBearer": []}]


def test_every_page_forbids_what_it_does_not_need(portal: Portal) -> None:
    source = portal.http.get(link(portal.ask(MISSED)))
    for response in (source, portal.http.get("/"), portal.http.get("/readyz"), portal.http.get("/nowhere")):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "style=" not in response.text
        assert "<script>" not in response.text


def test_document_text_cannot_become_markup(portal: Portal) -> None:
    from chatbot.routes import _templates
    from chatbot.source_view import Piece, SourcePage, TextBlock
    from tests.builders import approval, document

    evil = document("<script>alert(1)</script>")
    page = SourcePage(approval(evil), evil, 0, 0, 0.0, 0.0, (), (TextBlock("paragraph", (Piece(evil.text, True),)),))
    html = _templates.get_template("source.html").render(source=page, path="/x", query="")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_metrics_count_turns_and_say_nothing_of_them(portal: Portal) -> None:
    portal.ask(f"{DOSE} canary")
    portal.http.post("/api/v1/turns", json={"text": DOSE})
    text = portal.http.get("/metrics").text
    assert 'signpost_turns_total{kind="answer"} 1.0' in text
    assert 'signpost_turn_failures_total{error="Unauthenticated"} 1.0' in text
    assert "canary" not in text
    assert "dr-1" not in text


def test_liveness_readiness_and_the_contract_are_served(portal: Portal) -> None:
    assert portal.http.get("/livez").json() == {"status": "ok"}
    ready = portal.http.get("/readyz").json()
    assert ready["edition"] == portal.assistant.edition().id
    paths = portal.http.get("/openapi.json").json()["paths"]
    assert {"/api/v1/turns", "/api/v1/documents/{document}/{version}", "/readyz", "/metrics"} <= set(paths)
    assert "http" not in re.sub(r"http://testserver\S*", "", portal.http.get("/docs").text).replace(
        "https://json-schema", ""
    )


def test_trial_approvals_are_served_only_as_a_demo(portal: Portal) -> None:
    entry = portal.assistant.registry().entries[("VEL-1", "3.0", "GB")]
    assumed = replace(entry.approval, assumed=True)
    payload = approval_payload(assumed)
    portal.assistant.store.append([Event("amend", *assumed.key, payload, "tester", "2026-06-01T00:00:00Z", "trial")])
    with pytest.raises(Misconfigured, match="--demo"):
        create_app(portal.assistant, DemoIdentity().identity)
    answer: Any = portal.ask(DOSE)
    assert "assumed_approval" in {notice["kind"] for notice in answer["reply"]["notices"]}


def test_trial_approvals_that_come_while_it_runs_count_for_nothing(portal: Portal) -> None:
    """Someone ingests with --assume-approved into the home of a service that faces readers."""
    strict = Assistant(portal.assistant.home, portal.assistant.store.database, trial=False)
    asker = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "", "en"))
    assert {c.approval.product for c in strict.turn(asker, MISSED).reply.citations} == {"Lumetra"}
    entry = strict.registry().entries[("LUM-1", "2.0", "GB")]
    assumed = replace(entry.approval, assumed=True)
    payload = approval_payload(assumed)
    strict.store.append([Event("amend", *assumed.key, payload, "tester", "2026-06-01T00:00:00Z", "trial")])
    assert strict.turn(asker, MISSED).reply.citations == ()


def test_a_problem_names_what_the_log_has_its_cause_under(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "signpost")
    response = portal.http.post("/api/v1/turns", json={"text": DOSE}, headers={"Authorization": "Bearer forged"})
    reference = response.json()["instance"].removeprefix("urn:uuid:")
    assert f"[{reference}]" in caplog.text
    assert "instance" not in portal.http.post("/api/v1/turns", json={}, headers=portal.headers()).json()


def test_a_person_at_a_wrong_address_reads_a_page_and_a_program_a_problem(portal: Portal) -> None:
    page = portal.http.get("/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>Not Found</h1>" in page.text
    assert portal.http.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_a_turn_is_what_the_contract_says_it_is(portal: Portal) -> None:
    """It is sent without being checked, so it is checked here: nothing missing, nothing beyond."""
    for question in ("starting dose of velmarin", "velmarin or nerolin", "who won the world cup"):
        value = portal.ask(question)
        assert TurnResponse.model_validate(value, strict=True).model_dump() == value


def test_a_database_without_room_refuses_every_turn_and_answers_the_same_keys_when_there_is_room(
    portal: Portal,
) -> None:
    """SQLite's own word for a full disk, where nothing may be mounted; several at once, as they share transactions."""
    database = portal.assistant.store.database

    def room(pages: int) -> None:
        database.close()
        event.listen(database.engine, "connect", lambda one, _: one.execute(f"PRAGMA max_page_count={pages}").close())

    def ask(number: int) -> Any:
        headers = portal.headers() | {"Idempotency-Key": f"question-{number}"}
        return portal.http.post("/api/v1/turns", json={"text": DOSE}, headers=headers)

    begin = portal.ask(DOSE)["record"]["index"]  # type: ignore[index]
    room(1)  # SQLite takes the present size: not a page more
    with ThreadPoolExecutor(4) as pool:
        before = list(pool.map(ask, range(20)))
    refused = [response for response in before if response.status_code != 200]
    for response in refused:
        assert_problem(response, 503, "unavailable")
    assert refused
    room(1_000_000)
    after = [ask(number) for number in range(20)]
    assert {response.status_code for response in after} == {200}
    assert sorted(one.json()["record"]["index"] for one in after) == list(range(begin + 1, begin + 21))
    for one, other in zip(before, after, strict=True):
        assert one.status_code != 200 or one.json()["record"] == other.json()["record"]
    check(database)
