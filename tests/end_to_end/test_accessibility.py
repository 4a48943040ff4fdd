"""axe-core on every page and in every state of the element, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.end_to_end.reader import (
    ANSWERED,
    CLARIFICATION,
    TURNS,
    UNANSWERED,
    Reader,
    Visit,
    bare,
    handover,
    notice,
    problem,
    turn,
)

WIDTHS = (1280, 375)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
PAGES = (
    "/",
    "/?country=ES&language=es",
    "/products/velmarin",
    "/products/no-such",
    "/contact/medical-information",
    "/contact/safety",
    "/evaluation",
    "/open/HP-LUM-001/2.0?country=ES",
    "/open/HP-VEL-001/3.0",  # a source with pages, and one without
    "/open/HP-VEL-007/1.2",
)


def violations(page: Any) -> str:
    """What axe-core finds, a line a finding."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    lines = (f"{row['id']}: {node['target']} {node['failureSummary']}" for row in found for node in row["nodes"])
    return "\n".join(lines)


def _suggestions(reader: Reader) -> None:
    reader.find("#question").press_sequentially("velm")
    reader.find("[role=option]").first.wait_for()
    reader.press("ArrowDown")


def _clarification(reader: Reader) -> None:
    reader.answers(CLARIFICATION)
    reader.ask("missed dose")


def _handed_over(reader: Reader) -> None:
    reader.answers(turn(handovers=HANDOVERS, notices=NOTICES))
    reader.ask(ANSWERED)
    reader.find(".asking > button").click()


def _refused(reader: Reader) -> None:
    reader.expect_failures()
    route = {"text": "Report reactions.", "url": "/contact/safety", "scheme": "Yellow Card", "scheme_url": "/scheme"}
    reader.answers(problem(429, "Sent too often.", route))
    reader.send(ANSWERED)
    reader.find(".problem").wait_for()


def _listed(reader: Reader) -> None:
    steps = [{"title": "Zelpidan SmPC", "url": "/x", "cue": "Label"}]
    reader.answers(bare("notice", notices=[notice("documents", "Approved documents:")], next_steps=steps))
    reader.ask(ANSWERED)


def _balanced(reader: Reader) -> None:
    reader.answers(turn(safety_information=[{"citation": 1, "text": "Liver injury has been reported."}]))
    reader.ask(ANSWERED)


def _waiting(reader: Reader) -> None:
    reader.hangs()
    reader.send(ANSWERED)
    reader.find(".skeleton").wait_for()


def _failed(status: int) -> Callable[[Reader], None]:
    def fail(reader: Reader) -> None:
        reader.expect_failures()
        reader.answers(problem(status))
        reader.send(ANSWERED)
        reader.find(".problem").wait_for()

    return fail


def _offline(reader: Reader) -> None:
    reader.expect_failures()
    reader.page.route(TURNS, lambda route: route.abort("internetdisconnected"))
    reader.send(ANSWERED)
    reader.find(".problem").wait_for()


def _reasons(reader: Reader) -> None:
    reader.ask(ANSWERED)
    reader.find(".feedback button").nth(1).click()
    reader.find(".feedback button").nth(5).wait_for()


# Every desk and every look of a notice at once; the words are longer than a phone is wide.
HANDOVERS = [
    handover("emergency", "tel:999", "Call 999 now."),
    handover("safety", "/contact/safety", "Please report it first.", product="Zelpidan"),
    handover("medical_information", "/contact/medical-information", "Please ask them.", question="w" * 90),
    handover("commercial", "/contact/commercial", "Please ask them. https://desk.example/" + "w" * 90),
    handover("new_desk", "/desk"),
]
NOTICES = [notice(kind, f"{kind} " + "w" * 60) for kind in ("disclosure", "patient_specific", "injection", "greeting")]

STATES: dict[str, Callable[[Reader], object]] = {
    "opened": lambda reader: None,
    "suggestions": _suggestions,
    "waiting": _waiting,
    "answer": lambda reader: reader.ask(ANSWERED),
    "clarification": _clarification,
    "handed over": _handed_over,
    "refused": _refused,
    "list of documents": _listed,
    "safety information": _balanced,
    "no answer": lambda reader: reader.ask(UNANSWERED),
    "unavailable": _failed(503),
    "signed out": _failed(401),
    "offline": _offline,
    "reasons": _reasons,
}


# Wider than a phone, with words that a narrow screen can't break.
TABLE = {
    "header": ["System organ class", "Frequency", "Reaction"],
    "rows": [["Gastrointestinal", "Common", "Nausea"]] * 3,
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_a_page_of_the_portal(path: str, width: int, visit: Visit) -> None:
    reader = visit("about:blank", width=width)
    reader.expect_failures()  # a page that says what is missing is a 404
    reader.page.goto(path)
    assert not violations(reader.page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_the_element(state: str, width: int, visit: Visit) -> None:
    reader = visit("/", width=width)
    reader.open_panel()
    STATES[state](reader)
    assert not violations(reader.page)


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_an_element_within_the_page(width: int, visit: Visit) -> None:
    reader = visit("/products/velmarin", width=width)
    reader.ask(ANSWERED)
    assert not violations(reader.page)


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_the_log(width: int, visit: Visit) -> None:
    reader = visit("/products/velmarin", width=width)
    reader.ask(ANSWERED)
    reader.page.goto("/review")
    assert not violations(reader.page)
    reader.page.locator("table.turns a").first.click()
    reader.page.locator("#source-1").wait_for()
    assert not violations(reader.page)


def test_axe_sees_into_the_shadow_root(visit: Visit) -> None:
    """Else all of the above would say nothing."""
    reader = visit("/")
    reader.open_panel()
    reader.find("#question").evaluate("input => input.labels[0].remove()")
    assert "label:" in violations(reader.page)


@pytest.mark.parametrize("path", [*PAGES, "/review"])
def test_no_page_scrolls_sideways_at_320_pixels(path: str, visit: Visit) -> None:
    reader = visit("about:blank", width=320)
    reader.expect_failures()
    reader.page.goto(path)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_answer_with_a_table_does_not_scroll_sideways_at_320_pixels(visit: Visit) -> None:
    reader = visit("/", width=320)
    reader.open_panel()
    quote = {"citation": 1, "text": "", "heading": ["4.8 Undesirable effects of long " + "w" * 80], "table": TABLE}
    reader.answers(turn(quotes=[quote], next_steps=[{"title": "x" * 90, "url": "/x", "cue": "Study"}]))
    reader.ask("w" * 200)
    assert reader.find(".log").evaluate("log => log.scrollWidth - log.clientWidth") <= 0
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320
    rows = reader.find("tbody").bounding_box()
    assert rows["height"] < 200  # its words are whole; it scrolls by itself
    assert not violations(reader.page)


@pytest.mark.parametrize("state", ["handed over", "refused", "list of documents", "safety information"])
def test_no_state_scrolls_sideways_on_a_phone(state: str, visit: Visit) -> None:
    reader = visit("/", width=360)
    reader.open_panel()
    STATES[state](reader)
    assert reader.find(".log").evaluate("log => log.scrollWidth - log.clientWidth") <= 0
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("width", "modal"), [(375, True), (1280, False)])
def test_the_panel_is_modal_on_a_phone_alone(width: int, modal: bool, visit: Visit) -> None:
    reader = visit("/", width=width)
    reader.open_panel()
    assert reader.find("dialog").evaluate("dialog => dialog.matches(':modal')") is modal
    if modal:
        box = reader.find("dialog").bounding_box()
        assert (box["x"], box["width"]) == (0, width)


def test_a_reader_who_wants_no_motion_sees_none(visit: Visit) -> None:
    reader = visit("/", reduced_motion="reduce")
    reader.open_panel()
    _waiting(reader)
    assert reader.page.evaluate("document.getAnimations().length") == 0
