"""Whom a reader is handed to: an emergency stands out, a report comes first, and no question stands in an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.reader import ANSWERED, Reader, Visit, bare, handover, notice, problem, turn

CALL = "If a life may be in danger, call 999 / 112 now."
FIRST = "Thank you for telling us. Please report it first."
PERSON = "Medical Information answers this person to person."
TYPED = "Zelpidan for cluster headache in a canary breeder?"
WRITTEN = "Zelpidan for cluster headache: is there a canary study?"
DESK = "/contact/medical-information"
ELSEWHERE = "https://desk.example/ask"
SAFETY = {
    "text": "Suspected adverse reactions are reported to the Yellow Card scheme or to our safety team.",
    "url": "/contact/safety",
    "scheme": "Yellow Card",
    "scheme_url": "https://yellowcard.example/report",
}


def asked(visit: Visit, response: dict[str, Any], **options: Any) -> Reader:
    """A reader who has asked, and got this response."""
    reader = visit("/", **options)
    reader.open_panel()
    reader.answers(response)
    reader.ask(TYPED)
    return reader


def request(url: str = DESK) -> dict[str, Any]:
    """A question that goes to a person."""
    desk = handover("medical_information", url, PERSON, question=TYPED, product="Zelpidan")
    return bare("handover", handovers=[desk], notices=[notice("off_label", "This asks about a use outside.")])


def began(reader: Reader) -> Any:
    """Opens the request; its field."""
    reader.find("button:text-is('Ask Medical Information')").click()
    return reader.find(".request textarea")


def test_an_emergency_is_an_alert_with_a_number_to_call(visit: Visit) -> None:
    reader = asked(visit, bare("handover", handovers=[handover("emergency", "tel:999", CALL)]), width=360)
    alert = reader.find("[role=alert]")
    assert CALL in alert.inner_text()
    assert alert.get_by_role("img", name="Important").is_visible()
    call = alert.get_by_role("link", name="Call 999")
    assert call.get_attribute("href") == "tel:999"
    assert call.get_attribute("target") is None
    box = call.bounding_box()
    assert box["height"] >= 56
    assert box["width"] >= 96
    assert reader.said() == ""  # the alert says it, once


def test_what_follows_an_emergency_is_said_politely_and_in_its_order(visit: Visit) -> None:
    desks = [handover("emergency", "tel:+44123", CALL), handover("safety", "/contact/safety", FIRST)]
    reader = asked(visit, bare("handover", handovers=desks))
    assert reader.find("[part=handovers] > *").count() == 2
    assert "emergency" in reader.find("[part=handovers] > *").first.get_attribute("class")
    assert reader.find("a.call").inner_text() == "Call +44123"
    assert reader.said() == FIRST


@pytest.mark.parametrize("kind", ["handover", "notice"])
def test_a_reply_without_a_body_says_nothing_twice(kind: str, visit: Visit) -> None:
    parts = {"handover": {"handovers": [handover("safety", "/contact/safety", FIRST)]}}
    reader = asked(visit, bare(kind, **parts.get(kind, {"notices": [notice("injection", FIRST)]})))
    assert reader.find(".card").inner_text().count(FIRST) == 1
    assert reader.find("[part=headline], .feedback").count() == 0
    assert reader.said().count(FIRST) == 1


def test_a_report_comes_first_and_what_was_asked_is_answered_below(visit: Visit) -> None:
    desk = handover("safety", "/contact/safety", FIRST, product="Zelpidan")
    reader = asked(visit, turn(handovers=[desk]))
    order = reader.find(".card > *").evaluate_all("nodes => nodes.map((node) => node.part.value)")
    assert order[:3] == ["handovers", "headline", "quotes"]
    with reader.page.context.expect_page() as opening:
        reader.find("button:text-is('Report it')").click()
    desk_page = opening.value
    desk_page.wait_for_load_state()
    assert urlsplit(desk_page.url)[2:4] == ("/contact/safety", "")
    assert desk_page.get_by_role("textbox", name="Product").input_value() == "Zelpidan"
    assert reader.find(".card").is_visible()  # the conversation is still there


def test_a_report_of_nothing_in_particular_is_a_link(visit: Visit) -> None:
    reader = asked(visit, turn(handovers=[handover("safety", ELSEWHERE, FIRST, product="Zelpidan")]))
    link = reader.find("a:text-is('Report it')")
    assert link.get_attribute("href") == ELSEWHERE
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")


def test_a_question_is_written_over_and_posted_to_a_desk_of_our_own(visit: Visit) -> None:
    reader = asked(visit, request())
    requests: list[Any] = []
    reader.page.context.on("request", lambda sent: requests.append(sent))
    assert reader.find(".request").is_hidden()
    field = began(reader)
    assert field.input_value() == TYPED
    assert field.evaluate("field => field === field.getRootNode().activeElement")
    assert field.evaluate("field => field.labels[0].textContent").startswith("Your question to Medical Information")
    assert "Zelpidan" in reader.find(".request").inner_text()
    field.fill(WRITTEN)
    assert requests == []
    with reader.page.context.expect_page() as opening:
        reader.find("button:text-is('Go on to Medical Information')").click()
    desk = opening.value
    desk.wait_for_load_state()
    assert desk.get_by_label("Your question").first.input_value() == WRITTEN
    assert desk.get_by_role("textbox", name="Product").input_value() == "Zelpidan"
    assert not any("canary" in sent.url or "headache" in sent.url for sent in requests)
    assert desk.evaluate("document.referrer.includes('canary')") is False


def test_what_is_written_for_a_desk_elsewhere_goes_nowhere_by_itself(visit: Visit) -> None:
    reader = asked(visit, request(ELSEWHERE), permissions=["clipboard-read", "clipboard-write"])
    requests: list[Any] = []
    reader.page.context.on("request", lambda sent: requests.append(sent))
    reader.page.context.route(f"{ELSEWHERE}**", lambda route: route.fulfill(body="A desk", content_type="text/plain"))
    began(reader).fill(WRITTEN)
    assert reader.find(".request form").count() == 0
    reader.find("button:text-is('Copy question')").click()
    reader.find("button:text-is('Question copied')").wait_for()
    assert reader.page.evaluate("navigator.clipboard.readText()") == WRITTEN
    with reader.page.context.expect_page() as opening:
        reader.find("a:text-is('Go on to Medical Information')").click()
    assert opening.value.url == ELSEWHERE
    desk = [sent for sent in requests if sent.url.startswith("https://desk.example")]
    assert [(sent.method, sent.url, sent.post_data) for sent in desk[:1]] == [("GET", ELSEWHERE, None)]


def test_a_question_for_a_desk_elsewhere_can_be_taken_by_hand(visit: Visit) -> None:
    reader = asked(visit, request("mailto:desk@desk.example"))
    reader.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    field = began(reader)
    reader.find("button:text-is('Copy question')").click()
    selected = "field => field.value.slice(field.selectionStart, field.selectionEnd)"
    reader.page.wait_for_timeout(100)
    assert field.evaluate(selected) == TYPED
    link = reader.find("a:text-is('Go on to Medical Information')")
    assert link.get_attribute("href") == "mailto:desk@desk.example"


def test_the_request_is_written_and_sent_by_keyboard_alone(visit: Visit) -> None:
    reader = asked(visit, request())
    reader.press("Shift+Tab")
    while reader.focused() != "Ask Medical Information":
        reader.press("Shift+Tab")
    reader.press("Enter")
    toggle = reader.find("button:text-is('Ask Medical Information')")
    assert toggle.get_attribute("aria-expanded") == "true"
    reader.press("Control+End")
    reader.page.keyboard.type(" Thanks.")
    reader.press("Tab")
    assert reader.focused() == "Go on to Medical Information"
    with reader.page.context.expect_page() as opening:
        reader.press("Enter")
    opening.value.wait_for_load_state()
    assert opening.value.get_by_label("Your question").first.input_value() == f"{TYPED} Thanks."
    toggle.click()
    assert reader.find(".request").is_hidden()
    assert toggle.get_attribute("aria-expanded") == "false"


def test_a_commercial_question_takes_nothing_along(visit: Visit) -> None:
    reader = asked(visit, bare("handover", handovers=[handover("commercial", "/contact/commercial", "Ask our team.")]))
    link = reader.find("a:text-is('Ask about prices and supply')")
    assert urlsplit(link.get_attribute("href"))[2:4] == ("/contact/commercial", "")
    assert reader.find(".card form, .card textarea").count() == 0


@pytest.mark.parametrize("status", [401, 413, 422, 429, 503])
def test_whatever_is_refused_says_where_a_reaction_is_reported(status: int, visit: Visit) -> None:
    reader = visit("/")
    reader.expect_failures()
    reader.open_panel()
    reader.answers(problem(status, "This was refused.", SAFETY))
    reader.send("My patient had a seizure after Zelpidan")
    block = reader.find(".problem")
    block.wait_for()
    assert SAFETY["text"] in block.inner_text()
    hrefs = {link.inner_text(): link.get_attribute("href") for link in block.locator("a").all()}
    assert urlsplit(hrefs.pop("Report an adverse event")).path == "/contact/safety"
    assert hrefs == {"Yellow Card": SAFETY["scheme_url"]}
    assert reader.said().endswith(SAFETY["text"])


def test_a_country_without_a_scheme_has_one_way_to_report(visit: Visit) -> None:
    reader = visit("/")
    reader.expect_failures()
    reader.open_panel()
    reader.answers(problem(429, "Sent too often.", {**SAFETY, "scheme": "", "scheme_url": ""}))
    reader.send(ANSWERED)
    reader.find(".problem").wait_for()
    assert reader.find(".problem a").all_inner_texts() == ["Report an adverse event"]
