"""Limits may refuse an answer, never the screening: what is refused opens its case before the refusal leaves."""

from datetime import UTC, datetime

import pytest

from chatbot.errors import TooManyTurns
from chatbot.limits import BODY_BYTES, TURNS_IN_WINDOW, WINDOW_SECONDS
from chatbot.rate import Rate
from chatbot.refused import text_of
from chatbot.safety.cases import SafetyCase
from tests.chatbot.conftest import Portal

TOLD = "My patient developed jaundice and vomiting two days after starting Velmarin, now admitted."
ASKED = "What is the starting dose of Velmarin?"


def cases(portal: Portal) -> list[SafetyCase]:
    return portal.assistant.cases.cases(datetime.now(UTC))


def test_a_case_told_without_a_token_is_opened_and_the_refusal_says_where_to_report(portal: Portal) -> None:
    response = portal.http.post("/api/v1/turns", json={"text": TOLD})
    assert response.status_code == 401
    assert response.json()["safety"]["text"]
    (case,) = cases(portal)
    assert case.reports[0].origin == "refused"
    assert portal.assistant.cases.vault.read(case.id, "safety")[0] == TOLD


def test_a_harmless_question_without_a_token_opens_nothing(portal: Portal) -> None:
    assert portal.http.post("/api/v1/turns", json={"text": ASKED}).status_code == 401
    assert not cases(portal)


@pytest.mark.parametrize(
    "body",
    [{"text": TOLD, "unknown": 1}, {"text": TOLD, "language": "english"}, {"text": TOLD, "conversation": "not-mine"}],
    ids=["an unknown field", "no language code", "another conversation"],
)
def test_a_case_in_a_request_that_can_not_be_taken_is_opened_once(portal: Portal, body: dict[str, object]) -> None:
    response = portal.http.post("/api/v1/turns", json=body, headers=portal.headers())
    assert response.status_code in (404, 422)
    assert len(cases(portal)) == 1


def test_a_case_at_the_start_of_a_body_that_is_too_large_is_opened(portal: Portal) -> None:
    body = {"text": f"{TOLD} {'and so on ' * BODY_BYTES}"}
    response = portal.http.post("/api/v1/turns", json=body, headers=portal.headers())
    assert response.status_code == 413
    assert len(cases(portal)) == 1


def test_a_reader_who_asks_too_often_is_refused_and_still_screened(portal: Portal) -> None:
    headers = portal.headers(subject="dr-fast")
    codes = {
        portal.http.post("/api/v1/turns", json={"text": "hello"}, headers=headers).status_code
        for _ in range(TURNS_IN_WINDOW)
    }
    assert codes == {200}
    refused = portal.http.post("/api/v1/turns", json={"text": TOLD}, headers=headers)
    assert (refused.status_code, len(cases(portal))) == (429, 1)
    assert portal.ask("hello")["reply"]  # another reader isn't held up


def test_what_is_edited_in_a_prefilled_form_is_screened(portal: Portal) -> None:
    response = portal.http.post("/contact/medical-information", data={"question": TOLD})
    assert response.status_code == 200
    assert [report.origin for case in cases(portal) for report in case.reports] == ["prefill"]


def test_the_window_of_a_reader_slides() -> None:
    clock = [0.0]
    rate = Rate(clock=lambda: clock[0])
    for _ in range(TURNS_IN_WINDOW):
        rate.take("dr-1")
    with pytest.raises(TooManyTurns):
        rate.take("dr-1")
    rate.take("dr-2")
    clock[0] = WINDOW_SECONDS + 0.1
    rate.take("dr-1")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"text": "one", "other": 3}', "one"),
        (b"question=two+words&product=Velmarin", "two words"),
        (b'{"text": "cut in the mid', '{"text": "cut in the mid'),
        (b"[1, 2]", "[1, 2]"),
        (b"", ""),
    ],
)
def test_the_text_of_a_body_is_found_whatever_its_form(body: bytes, text: str) -> None:
    assert text_of(body) == text
