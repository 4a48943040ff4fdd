"""What the element promises the page it stands on, and what it does with what comes back."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from sqlalchemy import select

from chatbot.audit.feedback import Reason
from corpus.database import open_database
from corpus.tables import feedback
from index.layout import Home
from tests.end_to_end.conftest import Served
from tests.end_to_end.reader import ANSWERED, Reader, Visit, handover, problem, turn
from widget import ELEMENT

OTHER = "Velmarin storage"
HTML = "<img src=x onerror=alert(1)><script>alert(2)</script>"
BARE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of somebody else</title>
<main><h1>A page</h1><signpost-chat></signpost-chat></main><script type="module" src="/bare.js"></script>"""
# Sets the token before the element is there, as a page whose loader is `async` does.
BARE_JS = """document.querySelector("signpost-chat").getToken = async () => {
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  return (await (await fetch("/demo/token", init)).json()).token;
};
await import("/widget/signpost-chat.js");"""
# Every event of the element, with what it carries.
HEAR = """window.heard = [];
for (const name of %s) addEventListener(name, (event) => heard.push([name, JSON.stringify(event.detail)]));"""
REFERENCE = (
    r"Medical Affairs UK\. .+\. Version \d\.\d, HP-VEL-\d{3}; approved \d{4}-\d\d-\d\d \(MLR-[\d-]+\)\."
    r"( p\. \d+\.)? \[cited \d{4}-\d\d-\d\d\]\."
)


def documented_events() -> list[str]:
    """The names in the documentation of the class."""
    text = (ELEMENT / "chat.js").read_text(encoding="utf-8").split("Events bubble")[1].split("*/")[0]
    return ["signpost-" + name for name in re.findall(r"`(?:signpost)?-([a-z-]+)`", text)]


def opened(visit: Visit, path: str = "/", **options: Any) -> Reader:
    """A reader with the panel open."""
    reader = visit(path, **options)
    reader.open_panel()
    return reader


def test_a_strict_page_without_any_style_source_can_embed_the_element(visit: Visit, portal: Served) -> None:
    reader = visit("about:blank")
    policy = f"default-src 'none'; script-src {portal.url}; connect-src {portal.url}/api/v1/ {portal.url}/demo/token"
    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
    reader.page.route("**/bare", lambda route: route.fulfill(body=BARE, headers=headers))
    reader.page.route("**/bare.js", lambda route: route.fulfill(body=BARE_JS, content_type="text/javascript"))
    reader.page.goto("/bare")
    launcher = reader.find(".launcher")
    launcher.click()
    reader.ask(ANSWERED)
    style = launcher.evaluate("node => [getComputedStyle(node).position, getComputedStyle(node).backgroundColor]")
    assert style == ["fixed", "rgb(11, 87, 164)"]
    assert reader.find(".quotes a.action").count() >= 1  # and, at the end of each test, no complaint of the policy


def test_events_have_the_documented_names_and_never_carry_the_question(visit: Visit) -> None:
    names = documented_events()
    assert len(names) == 8
    reader = visit("about:blank")
    reader.expect_failures()
    reader.page.add_init_script(HEAR % json.dumps(names))
    reader.page.goto("/")
    reader.open_panel()
    reader.ask(ANSWERED)
    with reader.page.context.expect_page():
        reader.find(".quotes a.action").first.click()
    reader.find(".feedback button").first.click()
    reader.find(".feedback p").wait_for()
    reader.answers(problem(503))
    reader.send(OTHER)
    reader.find(".problem").wait_for()
    reader.find("button:text-is('Close')").click()
    reader.find(".launcher[aria-expanded=false]").wait_for()
    heard = reader.page.evaluate("heard")
    assert [name for name, _ in heard] == [
        *("signpost-ready", "signpost-open", "signpost-ask", "signpost-answer", "signpost-source-open"),
        *("signpost-feedback", "signpost-ask", "signpost-error", "signpost-close"),
    ]
    assert {name for name, _ in heard} == set(names)
    assert not any(word in detail for _, detail in heard for word in ("clearance", "storage"))


def test_a_page_that_cancels_the_question_keeps_it_unsent(visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(turn())
    reader.page.evaluate("addEventListener('signpost-ask', (event) => event.preventDefault())")
    reader.send(ANSWERED)
    reader.page.wait_for_timeout(300)
    assert sent == []
    assert reader.find(".exchange").count() == 0
    assert reader.find("#question").input_value() == ANSWERED


def test_a_page_that_cancels_opening_a_source_keeps_the_reader(visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(turn())
    reader.ask(ANSWERED)
    reader.page.evaluate("addEventListener('signpost-source-open', (event) => event.preventDefault())")
    reader.find(".quotes a.action").click()
    reader.page.wait_for_timeout(300)
    assert len(reader.page.context.pages) == 1


def test_destroy_takes_the_element_away_and_aborts_what_it_waits_for(visit: Visit) -> None:
    reader = opened(visit)
    reader.hangs()
    reader.send(ANSWERED)
    reader.find(".skeleton").wait_for()
    with reader.page.expect_event("requestfailed"):
        reader.page.evaluate("document.querySelector('signpost-chat').destroy()")
    assert reader.page.locator("signpost-chat").count() == 0
    reader.page.locator(".brand a").click()  # nothing lies over the page any more


def test_moving_the_element_in_the_page_keeps_the_conversation(visit: Visit) -> None:
    reader = visit("/products/velmarin")
    reader.ask(ANSWERED)
    reader.page.evaluate("document.querySelector('main').prepend(document.querySelector('signpost-chat'))")
    assert reader.find(".card").count() == 1
    assert reader.find("#question").count() == 1


def test_html_in_a_title_or_a_quote_is_text(visit: Visit) -> None:
    reader = opened(visit)
    quote = {"citation": 1, "text": HTML, "heading": [HTML], "table": None}
    table = {"citation": 1, "text": "", "heading": [], "table": {"header": [HTML], "rows": [[HTML]]}}
    citation = json.loads(turn()["body"])["reply"]["citations"][0]
    reader.answers(
        turn(
            headline=HTML,
            quotes=[quote, table],
            citations=[{**citation, "title": HTML, "cues": [HTML]}],
            next_steps=[{"title": HTML, "url": "/x", "cue": HTML}],
            suggestions=[HTML],
        )
    )
    card = reader.ask(HTML)
    assert card.inner_text().count(HTML) == 10
    assert reader.find("img").count() == reader.find("script").count() == 0
    assert reader.find("h3").inner_text() == HTML


def test_a_reference_is_copied_as_one_cites_it(visit: Visit) -> None:
    reader = opened(visit, permissions=["clipboard-read", "clipboard-write"])
    reader.ask(ANSWERED)
    copy = reader.find(".copier button").first
    copy.click()
    reader.find("button:text-is('Reference copied')").wait_for()
    assert re.fullmatch(REFERENCE, reader.page.evaluate("navigator.clipboard.readText()"))
    assert reader.said() == "Reference copied"


def test_a_reference_can_be_taken_by_hand_where_the_clipboard_refuses(visit: Visit) -> None:
    reader = opened(visit)
    reader.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    reader.ask(ANSWERED)
    reader.find(".copier button").first.click()
    field = reader.find(".copier input")
    field.wait_for()
    assert re.fullmatch(REFERENCE, field.input_value())
    assert reader.focused() == "Copy the reference from here"
    selected = field.evaluate("input => input.value.slice(input.selectionStart, input.selectionEnd)")
    assert selected == field.input_value()


def given(home: Home) -> list[tuple[bool, str]]:
    """The feedback the service keeps, newest first."""
    database = open_database(home.database)
    with database.reading() as connection:
        rows = connection.execute(select(feedback.c.helpful, feedback.c.reason).order_by(feedback.c.id.desc())).all()
    database.close()
    return [(row.helpful, row.reason) for row in rows]


def test_yes_is_kept_by_the_service(visit: Visit, portal_home: Home) -> None:
    reader = opened(visit)
    reader.ask(ANSWERED)
    reader.find(".feedback button:text-is('Yes')").click()
    reader.find(".feedback p").wait_for()
    assert given(portal_home)[0] == (True, "")
    assert reader.said().startswith("Thank you.")
    assert reader.focused().startswith("Thank you.")


def test_no_asks_why_and_every_reason_is_one_that_the_service_takes(visit: Visit, portal_home: Home) -> None:
    reader = opened(visit)
    reader.ask(ANSWERED)
    reader.find(".feedback button:text-is('No')").click()
    reasons = reader.find(".feedback button")
    assert reasons.count() == len(get_args(Reason))
    assert reader.focused() == "Wrong source"
    reader.find(".feedback button:text-is('Out of date')").click()
    reader.find(".feedback p").wait_for()
    assert given(portal_home)[0] == (False, "out_of_date")


@pytest.mark.parametrize("kind", ["answer", "no_answer", "clarification"])
def test_the_way_to_people_is_in_the_same_place_whatever_was_replied(kind: str, visit: Visit) -> None:
    reader = opened(visit)
    before = reader.find(".foot").bounding_box()
    reader.answers(turn(kind=kind))
    reader.ask(ANSWERED)
    assert reader.find(".foot").bounding_box() == before
    links = reader.find(".foot a").evaluate_all("links => links.map((link) => new URL(link.href).pathname)")
    assert links == ["/contact/medical-information", "/contact/safety"]


def test_a_reply_that_hands_over_says_to_whom_before_anything_else_in_the_order_it_came_in(visit: Visit) -> None:
    reader = opened(visit)
    desks = ("emergency", "safety", "medical_information", "commercial", "new_desk", "constructor")
    reader.answers(turn(handovers=[handover(to, f"/desk/{to}") for to in desks]))
    card = reader.ask(ANSWERED)
    links = card.locator("[part=handovers] a")
    assert links.all_inner_texts() == [
        *("Emergency help", "Report it", "Ask Medical Information", "Ask about prices and supply"),
        *("Contact: new desk", "Contact: constructor"),
    ]
    assert links.first.get_attribute("href").endswith("/desk/emergency")
    assert card.locator("> *").first.get_attribute("part") == "handovers"
    assert reader.said().startswith("Report an adverse event. Ask Medical Information. ")
    assert reader.said().endswith(" Answer with 1 source.")


def test_medical_information_is_offered_once(visit: Visit) -> None:
    reader = opened(visit)
    desk = handover("medical_information", "/desk")
    reader.answers(turn(kind="no_answer", quotes=[], citations=[], handovers=[desk]), turn(kind="no_answer"))
    assert reader.ask(ANSWERED).locator("a:text-is('Ask Medical Information')").count() == 1
    assert reader.ask(OTHER).locator("a:text-is('Ask Medical Information')").count() == 1


def test_one_document_of_a_choice_is_not_counted_as_documents(visit: Visit) -> None:
    reader = opened(visit)
    choices = [{"label": name, "text": name, "count": count} for name, count in (("Lumetra", 1), ("Quorvex", 2))]
    reader.answers(turn(kind="clarification", quotes=[], citations=[], choices=choices))
    labels = reader.ask("missed dose").locator(".chip").all_inner_texts()
    assert labels == ["Lumetra (1 document)", "Quorvex (2 documents)"]
