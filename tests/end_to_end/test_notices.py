"""What stands before an answer and beside it: notices, small talk, lists of documents, safety information."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.end_to_end.reader import ANSWERED, Reader, Visit, bare, notice, okay, turn

MASKED = "Personal data was masked before your question was used: name, date of birth."
MACHINE = "This is an automated assistant, not a person."
HELLO = "Hello. What would you like to know about our products?"
IMPORTANT = ("personal_data", "off_label", "comparison", "patient_specific", "safety_route", "language")
ACTS = ("greeting", "thanks", "goodbye", "help", "bot_identity", "repeat", "feedback", "chitchat")
LOOK = """node => { const style = getComputedStyle(node);
    return [style.fontSize, style.color, style.fontWeight, style.borderInlineStartColor, style.backgroundColor]; }"""


def opened(visit: Visit, **options: Any) -> Reader:
    """A reader with the panel open."""
    reader = visit("/", **options)
    reader.open_panel()
    return reader


def balanced() -> dict[str, Any]:
    """An answer on efficacy, with the safety text that stands beside it."""
    citation = json.loads(turn()["body"])["reply"]["citations"][0]
    other = {
        **citation,
        "number": 2,
        "document": "ZEL-2",
        "title": "Zelpidan safety",
        "url": "/api/v1/documents/ZEL-2/1.0",
    }
    value = json.loads(turn(citations=[citation, other])["body"])
    value["reply"]["safety_information"] = [{"citation": 2, "text": "Liver injury has been reported."}]
    return okay({**value, "tickets": {"1": "once", "2": "twice"}})


@pytest.mark.parametrize("kind", [*IMPORTANT, "injection", "assumed_approval", "something_new"])
def test_a_notice_has_a_sign_with_a_name_and_its_text(kind: str, visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(turn(notices=[notice(kind, MASKED)]))
    card = reader.ask(ANSWERED)
    shown = card.locator("[part=notice]")
    name, sign = ("Important", "!") if kind in IMPORTANT else ("Note", "i")
    assert shown.get_by_role("img", name=name).inner_text() == sign
    assert MASKED in shown.inner_text()
    assert reader.said() == f"{MASKED} Answer with 1 source."
    assert reader.find("[role=alert]").count() == 0


@pytest.mark.parametrize("kind", ACTS)
def test_small_talk_is_a_plain_line(kind: str, visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(bare("notice", notices=[notice(kind, HELLO)]))
    card = reader.ask("hello")
    assert card.inner_text() == HELLO
    assert card.get_by_role("img").count() == 0
    ground = card.locator("[part=notice]").evaluate("node => getComputedStyle(node).backgroundColor")
    assert ground == "rgba(0, 0, 0, 0)"
    assert reader.said() == HELLO


def test_that_nobody_but_a_machine_answers_is_said_small_and_once_a_conversation(visit: Visit) -> None:
    reader = opened(visit)
    talk = [notice("disclosure", MACHINE), notice("greeting", HELLO)]
    reader.answers(bare("notice", notices=talk), turn(notices=talk[:1]), turn(notices=talk[:1]))
    reader.ask("hello")
    reader.ask(ANSWERED)
    log = reader.find(".log")
    assert log.inner_text().count(MACHINE) == 1
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    small = reader.find(".disclosure p")
    assert small.evaluate(size) < reader.find(".act p").evaluate(size)
    assert small.evaluate(size) >= 13
    assert MACHINE not in reader.said()
    reader.find("button:text-is('Start over')").click()
    reader.ask(ANSWERED)
    assert log.inner_text().count(MACHINE) == 1


def test_a_disclosure_that_never_showed_is_said_with_the_next_answer(visit: Visit) -> None:
    reader = opened(visit)
    held = reader.hangs()
    reader.send("hello")
    reader.find(".skeleton").wait_for()
    first = turn(notices=[notice("disclosure", MACHINE)])
    reader.page.unroute("**/api/v1/turns")
    reader.answers(first)
    reader.ask(ANSWERED)
    assert len(held) == 1
    assert reader.find(".log").inner_text().count(MACHINE) == 1


def test_a_list_of_documents_is_links_that_open_with_their_tickets(visit: Visit) -> None:
    reader = opened(visit)
    steps = [{"title": f"Zelpidan {name}", "url": f"/api/v1/documents/{name}/1", "cue": "Label"} for name in "AB"]
    value = json.loads(
        bare("notice", notices=[notice("documents", "Approved documents that match:")], next_steps=steps)["body"]
    )
    reader.answers(okay({**value, "tickets": {"next-1": "once", "next-2": "twice"}}))
    card = reader.ask("Zelpidan SmPC")
    assert card.locator("h4").all_inner_texts() == ["Documents"]
    links = card.locator(".next a").evaluate_all("links => links.map((link) => link.pathname + link.search)")
    assert links == ["/api/v1/documents/A/1?ticket=once", "/api/v1/documents/B/1?ticket=twice"]
    assert card.inner_text().count("Approved documents that match:") == 1
    assert reader.said() == "Approved documents that match: 2 documents."


def test_safety_information_looks_like_the_quotes_it_stands_beside(visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(balanced())
    card = reader.ask("How well does Zelpidan work?")
    part = card.locator("[part=safety]")
    assert part.locator("h4").inner_text() == "Safety information"
    efficacy, safety = card.locator("blockquote").all()
    assert safety.inner_text() == "Liver injury has been reported. [2]"
    assert safety.evaluate(LOOK) == efficacy.evaluate(LOOK)
    assert part.locator("h4").evaluate("node => getComputedStyle(node).fontSize") == efficacy.evaluate(LOOK)[0]
    link = part.locator("a.action")
    assert link.get_attribute("href").endswith("/api/v1/documents/ZEL-2/1.0?ticket=twice")
    order = card.locator("> *").evaluate_all("nodes => nodes.map((node) => node.part.value)")
    assert order.index("safety") == order.index("quotes") + 1
    assert reader.said() == "Answer with 2 sources."


@pytest.mark.parametrize("kind", ["documents", "off_label", "greeting", "disclosure", "new"])
def test_html_in_a_notice_is_text(kind: str, visit: Visit) -> None:
    reader = opened(visit)
    html = "<img src=x onerror=alert(1)>"
    reader.answers(turn(notices=[notice(kind, html)]))
    assert reader.ask(ANSWERED).inner_text().count(html) == 1
    assert reader.find("img").count() == 0


def test_an_address_in_a_text_of_the_service_is_a_link(visit: Visit) -> None:
    reader = opened(visit)
    text = (
        "Reported to Yellow Card (https://card.example/a?b=1), or see https://desk.example/report. javascript:alert(1)"
    )
    reader.answers(bare("notice", notices=[notice("safety_route", text)]))
    card = reader.ask("How do I report a reaction?")
    assert card.locator("[part=notice] p").inner_text() == text
    hrefs = card.locator("[part=notice] a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    assert hrefs == ["https://card.example/a?b=1", "https://desk.example/report"]
