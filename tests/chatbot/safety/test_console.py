"""The console's pages of safety cases: clocks for everybody, texts for one role, and forms that only they can send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from chatbot.app import create_app
from chatbot.safety import pages
from chatbot.safety.book import CaseBook, open_cases_of
from chatbot.safety.cases import SafetyCase
from chatbot.safety.outbox import Attempt, Outbox
from tests.chatbot.conftest import Portal
from tests.chatbot.safety.conftest import found

TOLD = "Quimbly rash <b>after</b>\nthe second tablet"
HOUR = timedelta(hours=1)


@pytest.fixture
def kept(portal: Portal) -> CaseBook:
    """The book of the portal's home."""
    return open_cases_of(portal.assistant.home, portal.assistant.store.database)


@pytest.fixture
def case(kept: CaseBook) -> SafetyCase:
    return kept.open(found(TOLD, at=datetime.now(UTC) - 2 * HOUR))


@pytest.fixture
def as_safety(portal: Portal) -> Iterator[Portal]:
    """The portal, whose visitor has taken the safety role."""
    token = token_of(portal.http.get("/review/cases").text)
    done = portal.http.post("/review/role", data={"token": token, "role": "safety"})
    assert done.status_code == 200
    yield portal


def token_of(html: str) -> str:
    return re.findall(r'name="token" value="([0-9a-f]{64})"', html)[0]


def send(portal: Portal, case: SafetyCase, **fields: str) -> tuple[int, str]:
    """Sends a form of the case's page; the page that comes of it."""
    html = portal.http.get(f"/review/cases/{case.id}").text
    form = {"token": token_of(html), "seen": str(len(case.reports)), "who": "A. Lee", **fields}
    done = portal.http.post(f"/review/cases/{case.id}", data=form)
    return done.status_code, unescape(done.text)


def test_the_list_shows_the_clock_and_no_text(portal: Portal, kept: CaseBook, case: SafetyCase) -> None:
    late = kept.open(found(TOLD, conversation="late", kind="emergency", at=datetime.now(UTC) - 26 * HOUR))
    html = portal.http.get("/review/cases").text
    assert re.findall(r'href="/review/cases/([0-9a-f-]{36})"', html) == [late.id, case.id]
    assert '<span class="clock overdue">overdue by 2 h 0 min</span>' in html
    assert '<span class="clock running">21 h 59 min left</span>' in html
    assert "<strong>1 overdue:</strong>" in html
    assert "emergency" in html
    assert "Cases are sent nowhere" in html
    assert "Quimbly" not in html


def test_only_the_safety_role_reads_what_was_told(portal: Portal, case: SafetyCase) -> None:
    html = portal.http.get(f"/review/cases/{case.id}").text
    assert "Quimbly" not in html
    assert "for the safety role alone" in html
    assert 'action="/review/cases' not in html
    done = portal.http.post(
        "/review/role", data={"token": token_of(html), "role": "safety", "place": f"/review/cases/{case.id}"}
    )
    assert done.url.path == f"/review/cases/{case.id}"
    assert "Quimbly rash &lt;b&gt;after&lt;/b&gt;\nthe second tablet" in done.text
    assert done.headers["cache-control"] == "no-store"
    back = portal.http.post(
        "/review/role", data={"token": token_of(done.text), "role": "admin", "place": f"/review/cases/{case.id}"}
    )
    assert "Demo account: reviewer" in back.text
    assert "Quimbly" not in back.text


def test_a_case_is_received_and_closed_in_the_console(as_safety: Portal, kept: CaseBook, case: SafetyCase) -> None:
    status, html = send(as_safety, case, to="received", reference="ARGUS-17")
    assert status == 200
    assert "reference ARGUS-17" in html
    assert "Mark received" not in html
    status, html = send(as_safety, case, to="closed", reason="filed as 17")
    assert (status, kept.case(case.id).state) == (200, "closed")
    assert "by A. Lee as safety, filed as 17" in html
    assert '<form class="card action"' not in html
    assert case.id not in as_safety.http.get("/review/cases").text
    assert case.id in as_safety.http.get("/review/cases?ended=true").text


def test_a_case_that_is_none_is_signed_as_none(as_safety: Portal, kept: CaseBook, case: SafetyCase) -> None:
    assert send(as_safety, case, to="not_a_case", reason="a drill")[0] == 200
    event = kept.case(case.id).events[-1]
    assert (event.state, event.who, event.role, event.reason) == ("not_a_case", "A. Lee", "safety", "a drill")


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"to": "closed", "reason": "filed"}, 409, "it can be marked received or ended as not a case now"),
        ({"to": "not_a_case", "reason": " "}, 422, "give a reason"),
        ({"to": "not_a_case", "reason": "a drill", "who": ""}, 422, "give a name"),
        ({"to": "not_a_case", "reason": "a drill", "seen": "2"}, 409, "has reports 1 to 1 now, and 1 to 2 were read"),
        ({"to": "not_a_case", "reason": "a drill", "seen": "x"}, 409, "read it again"),
        ({"to": "received", "reference": "R", "seen": "0"}, 409, "read it again"),
        ({"to": "received", "reference": ""}, 422, "give a reference"),
        ({"to": "detected"}, 422, "choose one of the forms"),
        ({}, 422, "choose one of the forms"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why_and_changes_nothing(
    as_safety: Portal, kept: CaseBook, case: SafetyCase, fields: dict[str, str], status: int, said: str
) -> None:
    got, html = send(as_safety, case, **fields)
    assert got == status
    assert said in html
    assert "Nothing was changed" in html
    assert kept.case(case.id).state == "detected"


def test_a_form_without_the_token_of_its_session_changes_nothing(
    as_safety: Portal, kept: CaseBook, case: SafetyCase
) -> None:
    path = f"/review/cases/{case.id}"
    token = token_of(as_safety.http.get(path).text)
    form = {"to": "received", "reference": "R", "who": "Mallory", "seen": "1"}
    stranger = TestClient(as_safety.http.app)
    other = token_of(stranger.get(path).text)
    for client, given in ((as_safety.http, ""), (as_safety.http, "é"), (as_safety.http, other), (stranger, token)):
        assert client.post(path, data={**form, "token": given}).status_code == 403
    stranger.cookies.clear()
    assert stranger.post(path, data={**form, "token": token}).status_code == 403
    assert kept.case(case.id).state == "detected"
    assert as_safety.http.post(path, data={**form, "token": token}).status_code == 200


def test_a_role_cannot_be_written_into_the_cookie(portal: Portal, case: SafetyCase) -> None:
    portal.http.get("/review/cases")
    value = portal.http.cookies.get("signpost-review") or ""
    assert ".reviewer." in value
    stranger = TestClient(portal.http.app)
    for forged in (value.replace(".reviewer.", ".safety."), "x.safety.", "..", "é.safety.é"):
        headers = {"Cookie": f"signpost-review={forged}".encode()}
        assert "Quimbly" not in stranger.get(f"/review/cases/{case.id}", headers=headers).text
    set_cookie = portal.http.get("/review/cases").headers["set-cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=strict" in set_cookie
    assert "Path=/review" in set_cookie


def test_a_reviewer_takes_no_case_further(portal: Portal, kept: CaseBook, case: SafetyCase) -> None:
    status, _ = send(portal, case, to="received", reference="R")
    assert status == 403
    assert kept.case(case.id).state == "detected"


def test_the_timeline_counts_failures_that_repeat(as_safety: Portal, kept: CaseBook, case: SafetyCase) -> None:
    outbox = Outbox(as_safety.assistant.store.database)
    for number in range(3):
        tried = case.opened_at + number * HOUR
        outbox.keep(Attempt(case.id, 1, "webhook", tried, False, "HTTP status 503"), ["webhook"])
    outbox.keep(Attempt(case.id, 1, "webhook", datetime.now(UTC), True, ""), ["webhook"])
    html = as_safety.http.get(f"/review/cases/{case.id}").text
    assert "not confirmed: HTTP status 503, 3 times, first " in html
    assert html.count("<li>") == 5  # told, detected, failures, confirmed, sent
    assert "sent, report 1" in html


def test_texts_that_cannot_be_opened_hide_no_clock(as_safety: Portal, case: SafetyCase) -> None:
    as_safety.assistant.home.safety_key.unlink()
    with TestClient(create_app(as_safety.assistant, as_safety.identity)) as http:
        http.cookies.update(as_safety.http.cookies)
        page = http.get(f"/review/cases/{case.id}")
    assert page.status_code == 200
    assert "The texts can" in page.text
    assert "left</span>" in page.text


def test_long_lists_have_pages(portal: Portal, kept: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "REVIEW_CASES", 2)
    ids = [kept.open(found(conversation=str(n), at=datetime.now(UTC) - n * HOUR)).id for n in (4, 3, 2, 1, 0)]
    seen: list[str] = []
    path: str | None = "/review/cases"
    while path:
        html = portal.http.get(path).text
        seen += re.findall(r'href="/review/cases/([0-9a-f-]{36})"', html)
        following = re.findall(r'href="([^"]*)" rel="next"', html)
        path = unescape(following[0]) if following else None
    assert seen == ids
    for case_id in ids:
        kept.not_a_case(case_id, "a drill", "A. Lee", "safety", datetime.now(UTC))
    ended = portal.http.get("/review/cases?ended=true").text
    assert re.findall(r'href="/review/cases/([0-9a-f-]{36})"', ended) == ids[:2:-1]
    assert "/review/cases?ended=true&amp;from=2" in ended
    assert "No more cases" in portal.http.get("/review/cases?from=9").text
    assert "No case is open" in portal.http.get("/review/cases").text


def test_the_pages_need_neither_script_nor_inline_style(as_safety: Portal, case: SafetyCase) -> None:
    for path in ("/review/cases", "/review/cases?ended=true", f"/review/cases/{case.id}"):
        page = as_safety.http.get(path)
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        assert page.text.count("<h1>") == 1
        ids = re.findall(r'\sid="([^"]*)"', page.text)
        assert len(ids) == len(set(ids))
        references = re.findall(r'(?:aria-labelledby|for)="([^"]*)"|href="#([^"]*)"', page.text)
        assert {label or target for label, target in references} <= set(ids)


def test_the_pages_are_not_there_outside_the_demo(portal: Portal, case: SafetyCase) -> None:
    with TestClient(create_app(portal.assistant, portal.identity.identity)) as http:
        for path in ("/review/cases", f"/review/cases/{case.id}"):
            assert http.get(path).status_code == 404
        for path in ("/review/role", f"/review/cases/{case.id}"):
            assert http.post(path, data={}).status_code == 404


@pytest.mark.parametrize("path", ["/review/cases/x", "/review/cases/%ed%a0%80", f"/review/cases/{'0' * 36}"])
def test_a_case_that_is_not_there_is_a_404(as_safety: Portal, path: str) -> None:
    assert as_safety.http.get(path).status_code == 404
    token = token_of(as_safety.http.get("/review/cases").text)
    form = {"token": token, "to": "received", "reference": "R", "who": "A. Lee"}
    assert as_safety.http.post(path, data=form).status_code == 404
