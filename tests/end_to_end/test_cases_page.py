"""The console's safety cases in a browser: by keyboard, on a phone, and for axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chatbot.safety.book import CaseBook, open_cases_of
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.safety.conftest import found
from tests.end_to_end.conftest import Served
from tests.end_to_end.reader import Reader, Visit
from tests.end_to_end.test_accessibility import WIDTHS, violations

TOLD = "Quimbly rash\nafter the second tablet, " + "w" * 90


@pytest.fixture
def book(portal_home: Home, portal: Served) -> Iterator[CaseBook]:
    """The book of the portal's home."""
    database = open_database(portal_home.database)
    yield open_cases_of(portal_home, database)
    database.close()


def overdue(book: CaseBook) -> str:
    """A new case that is late; its id."""
    at = datetime.now(UTC) - timedelta(hours=30)
    conversation = f"conversation-{at.timestamp()}"
    book.open(found(TOLD, at=at, conversation=conversation))
    return book.open(found("and now in hospital", at=at, conversation=conversation, kind="emergency", cut=True)).id


def become_safety(reader: Reader) -> None:
    reader.page.get_by_role("button", name="Be the safety role").click()
    reader.page.get_by_role("button", name="Be a reviewer").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_pages_of_safety_cases(width: int, visit: Visit, book: CaseBook) -> None:
    case_id = overdue(book)
    reader = visit("/review/cases", width=width)
    assert not violations(reader.page)
    reader.page.goto("/review/cases?ended=true")
    assert not violations(reader.page)
    reader.page.goto(f"/review/cases/{case_id}")
    assert not violations(reader.page)
    become_safety(reader)
    reader.page.get_by_text("Quimbly rash").wait_for()
    assert not violations(reader.page)
    reader.expect_failures()
    form = reader.page.locator("form[aria-labelledby=to-not_a_case]")
    form.locator("[name=who]").fill("A. Lee")
    form.locator("[name=reason]").fill("   ")
    form.locator("button").click()
    reader.page.get_by_role("alert").wait_for()
    assert not violations(reader.page)


def test_no_page_of_safety_cases_scrolls_sideways_at_320_pixels(visit: Visit, book: CaseBook) -> None:
    case_id = overdue(book)
    reader = visit("/review/cases", width=320)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320
    reader.page.goto(f"/review/cases/{case_id}")
    become_safety(reader)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320


def tab_to(reader: Reader, name: str) -> None:
    """Presses Tab until a link, button or field has the focus whose text, id or address ends with ``name``."""
    ends = """name => ["A", "BUTTON", "INPUT"].includes(document.activeElement.tagName) &&
        [document.activeElement.textContent.trim(), document.activeElement.id, document.activeElement.href]
        .some(value => value?.endsWith(name))"""
    for _ in range(80):
        reader.press("Tab")
        if reader.page.evaluate(ends, name):
            return
    raise AssertionError(f"Tab does not reach {name}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_case_is_received_and_closed_by_keyboard(width: int, visit: Visit, book: CaseBook) -> None:
    case_id = overdue(book)
    reader = visit("/review", width=width)
    tab_to(reader, "Safety cases")
    reader.press("Enter")
    reader.page.get_by_role("heading", name="Safety cases").wait_for()
    tab_to(reader, "Be the safety role")
    reader.press("Enter")
    reader.page.get_by_role("button", name="Be a reviewer").wait_for()
    tab_to(reader, case_id)
    reader.press("Enter")
    reader.page.get_by_role("heading", name="Safety case", exact=True).wait_for()
    for field, value in (("received-reference", "ARGUS-17"), ("received-who", "A. Lee")):
        tab_to(reader, field)
        reader.page.keyboard.type(value)
    reader.press("Enter")
    reader.page.locator(".badge.received").wait_for()
    for field, value in (("closed-reason", "filed"), ("closed-who", "A. Lee")):
        tab_to(reader, field)
        reader.page.keyboard.type(value)
    reader.press("Enter")
    reader.page.locator(".badge.closed").wait_for()
    assert [event.state for event in book.case(case_id).events][-2:] == ["received", "closed"]


def test_a_clock_that_has_run_out_is_told_in_words_and_in_colour(visit: Visit, book: CaseBook) -> None:
    overdue(book)
    reader = visit("/review/cases")
    late = reader.page.locator(".clock.overdue").first
    assert late.inner_text() == "overdue by 6 h 0 min"
    colour = "element => getComputedStyle(element).color"
    assert late.evaluate(colour) == "rgb(163, 32, 42)"
    assert late.evaluate(colour) != reader.page.locator("h1").evaluate(colour)
