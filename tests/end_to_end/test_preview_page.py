"""The preview of a document in a browser: by keyboard, on a phone, for axe-core, and marks that hold at once."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import Keep, Served
from tests.end_to_end.reader import ANSWERED, Reader, Visit
from tests.end_to_end.test_accessibility import WIDTHS, violations

FILE = "HP-LUM-006_2.0.pdf"


def tab_to(reader: Reader, name: str) -> None:
    """Presses Tab until what has the focus says ``name`` alone, or has an id that begins so."""
    named = (
        """name => document.activeElement.id.startsWith(name) || document.activeElement.textContent.trim() === name"""
    )
    for _ in range(200):
        reader.press("Tab")
        if reader.page.evaluate(named, name):
            return
    raise AssertionError(f"Tab does not reach {name}")


def opened(visit: Visit, width: int = 1280, file: str = FILE, height: int = 900) -> Reader:
    """The preview of a file, seen by the content owner."""
    reader = visit("/review/documents", width=width, height=height)
    reader.page.get_by_role("button", name="Be the content owner").click()
    reader.page.get_by_role("link", name=file).click()
    reader.page.get_by_role("heading", name="What was read").wait_for()
    return reader


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_pages_of_documents(width: int, visit: Visit) -> None:
    reader = visit("/review/documents", width=width)
    assert not violations(reader.page)
    reader.page.goto("/review/waiting")
    assert not violations(reader.page)
    reader = opened(visit, width)
    assert not violations(reader.page)
    reader.page.locator(".passage").nth(2).click()
    reader.page.locator("#chosen summary").first.click()
    reader.page.locator("#chosen summary").last.click()
    assert not violations(reader.page)
    reader = opened(visit, width, "HP-VEL-007_1.2.docx")
    reader.page.locator(".passage").first.click()
    assert not violations(reader.page)


def test_no_page_of_documents_scrolls_sideways_at_320_pixels(visit: Visit) -> None:
    reader = opened(visit, width=320)
    for place in ("/review/documents", "/review/waiting", reader.page.url):
        reader.page.goto(place)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_passage_that_is_clicked_is_marked_on_the_picture_of_its_page(visit: Visit, keep: Keep) -> None:
    reader = opened(visit, file="HP-VEL-001_4.0.pdf", height=1000)
    reader.page.get_by_role("link", name="Next page").click()
    passage = reader.page.locator(".passage").filter(has_text="Velmarin tablets are swallowed with water")
    passage.click()
    mark = reader.page.locator(".page svg rect.mark").first
    box, page = mark.bounding_box(), reader.page.locator(".page svg").bounding_box()
    # The sentence begins its line, and stands in the page's lower half.
    assert box["x"] - page["x"] < 0.25 * page["width"]
    assert 0.5 < (box["y"] - page["y"]) / page["height"] < 0.9
    assert reader.page.locator("#chosen blockquote").inner_text().startswith("Velmarin tablets are swallowed")
    picture = reader.page.evaluate("fetch(document.querySelector('.page image').href.baseVal).then(r => r.status)")
    assert picture == 200
    reader.page.locator("#chosen summary").first.click()
    keep(reader.page, "preview")


def answered(portal: Served) -> list[str]:
    """What the reply to ANSWERED quotes."""
    status, value = portal.ask(ANSWERED)
    assert status == 200
    return [quote["text"] for quote in value["reply"]["quotes"]]


def test_a_mark_is_set_by_keyboard_and_holds_for_the_next_question(visit: Visit, portal: Served) -> None:
    cited = portal.ask(ANSWERED)[1]["reply"]["citations"][0]
    first, *_ = answered(portal)
    reader = opened(visit, file=cited["file"])
    reader.page.goto(f"{reader.page.url}?page={cited['page']}")
    tab_to(reader, f"p-{cited['spans'][0]['start']}")
    reader.press("Enter")
    reader.page.locator("#chosen").wait_for()
    tab_to(reader, "Never cite this")
    reader.press("Enter")
    for field, value in (("cite-reason", "out of its context"), ("cite-who", "A. Lee")):
        tab_to(reader, field)
        reader.page.keyboard.type(value)
    reader.press("Enter")
    reader.page.get_by_text("out of its context").wait_for()
    assert reader.page.locator(".badge.do_not_cite").count() == 1
    assert reader.page.locator("#chosen").inner_text().count("A. Lee") == 1
    assert not any(first in text for text in answered(portal))
    for field, value in (("unmark", "read again"), ("unmark", "B. Diaz")):
        tab_to(reader, field)
        reader.page.keyboard.type(value)
    reader.press("Enter")
    reader.page.locator(".badge.do_not_cite").wait_for(state="detached")
    assert answered(portal)[0] == first
