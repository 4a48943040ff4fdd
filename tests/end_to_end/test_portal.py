"""The demo portal and its log as a reader goes through them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.reader import ANSWERED, UNANSWERED, Reader, Visit

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def switch(reader: Reader, name: str, value: str) -> None:
    """Chooses for whom the portal shows its content."""
    reader.page.select_option(f"select[name={name}]", value)
    reader.page.click("button.pending:has-text('Switch now')")  # the choice isn't made yet, and says so
    reader.page.wait_for_load_state()


def products(reader: Reader) -> list[str]:
    """The products in the menu."""
    return list(reader.page.locator("nav[aria-label=Products] a").all_inner_texts())


def in_view(page: Any, selector: str) -> bool:
    """Whether the first such thing lies wholly within the window."""
    box, window = page.locator(selector).first.bounding_box(), page.viewport_size
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return min(box["x"], box["y"]) >= 0 and right <= window["width"] and bottom <= window["height"]


@pytest.mark.parametrize(("country", "hidden"), [("ES", "Lumetra"), ("DE", "Quorvex")])
def test_a_country_without_a_product_shows_nothing_of_it(country: str, hidden: str, visit: Visit) -> None:
    reader = visit()
    assert hidden in products(reader)
    switch(reader, "country", country)
    assert len(products(reader)) == 3
    assert hidden not in reader.page.locator("main").inner_text()
    reader.open_panel()
    reader.ask(f"{hidden} dose")
    assert reader.find(".card").count() == 1
    assert hidden not in " ".join(reader.find(".quotes, .next").all_inner_texts())
    reader.expect_failures()
    assert reader.page.goto(f"/products/{hidden.lower()}?country={country}").status == 404
    assert "No such product here" in reader.page.locator("h1").inner_text()


def test_the_specialty_orders_the_products_and_the_language_the_documents(visit: Visit) -> None:
    reader = visit()
    assert products(reader)[0] == "Velmarin"
    switch(reader, "specialty", "neurology")
    assert products(reader)[0] == "Nerolin"
    reader.page.goto("/products/nerolin?country=ES&language=es")
    first = reader.page.locator(".documents a").first
    assert (first.inner_text(), first.get_attribute("lang")) == ("Nerolin ficha técnica", "es")


def test_who_is_reading_stays_from_page_to_page(visit: Visit) -> None:
    reader = visit("/?country=DE&specialty=neurology&role=nurse&language=de")
    reader.page.click("nav a:text-is('Nerolin')")
    reader.page.click(".brand a")
    chosen = reader.page.locator(".reader select").evaluate_all("selects => selects.map((select) => select.value)")
    assert chosen == ["DE", "neurology", "nurse", "de"]


def test_a_link_of_the_portal_opens_its_source(visit: Visit) -> None:
    reader = visit("/products/velmarin")
    with reader.page.context.expect_page() as opening:
        reader.page.click(".documents a:text-is('Velmarin product information')")
    source = opening.value
    source.locator("svg image").wait_for()
    assert source.url.endswith("/api/v1/documents/HP-VEL-001/3.0#mark")
    assert "approved 2026-01-12" in source.locator("header").inner_text()


@pytest.mark.parametrize("path", ["/open/HP-LUM-001/2.0?country=ES", "/open/HP-QUO-011/1.0", "/open/none/1"])
def test_a_link_to_what_a_reader_may_not_open_says_so_on_a_page_of_the_portal(path: str, visit: Visit) -> None:
    reader = visit("about:blank")
    reader.expect_failures()
    assert reader.page.goto(path).status == 404
    assert reader.page.locator("h1").inner_text() == "This document isn’t for you here"
    assert len(products(reader)) >= 3


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("question", [ANSWERED, "Can patients on warfarin take Velmarin?"])
def test_a_source_opens_with_the_passage_in_sight(question: str, viewport: dict[str, int], visit: Visit) -> None:
    reader = visit("/", **viewport)
    reader.open_panel()
    links = reader.ask(question).locator(".quotes a.action")
    for index in range(links.count()):
        with reader.page.context.expect_page() as opening:
            links.nth(index).click()
        source = opening.value
        source.locator("#mark").wait_for()
        source.wait_for_load_state()
        assert in_view(source, "#mark")
        assert "ticket" not in source.url


def test_the_search_of_the_first_page_asks_in_the_panel(visit: Visit) -> None:
    reader = visit()
    reader.page.locator("#search").press_sequentially("velm ren")
    reader.page.locator("#search-suggestions [role=option]").first.wait_for()
    reader.press("ArrowDown", "Enter")
    reader.find(".card").wait_for()
    assert reader.find("h3").inner_text() == reader.page.input_value("#search")


def test_every_starter_is_answered_or_made_precise(visit: Visit) -> None:
    for path in ("/", "/products/velmarin", "/products/lumetra", "/products/nerolin", "/products/quorvex"):
        reader = visit(path)
        if path == "/":
            reader.open_panel()
        for index in range(reader.find(".welcome .chip").count()):
            reader.find(".welcome .chip").nth(index).click()
            reader.find(".card").wait_for()
            assert reader.find(".quotes, .chips").count() > 0, reader.find("h3").inner_text()
            reader.find("button:text-is('Start over')").click()


def test_the_log_shows_what_was_asked_with_its_evidence(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    card = reader.ask(ANSWERED)
    quotes = card.locator("blockquote").all_inner_texts()
    reader.ask(UNANSWERED)
    reader.page.goto("/")
    reader.page.click("text=The log")
    asked = reader.page.locator("table.turns a").all_inner_texts()[:2]
    assert asked == [UNANSWERED, ANSWERED]
    reader.page.locator("table.turns a", has_text=ANSWERED).first.click()
    said = reader.page.locator("#chosen blockquote").all_inner_texts()
    assert len(said) == len(quotes) == 3
    for number, (text, quote) in enumerate(zip(said, quotes, strict=True), 1):  # a table says more
        assert " ".join(quote.split()).endswith(f"{text} [{number}]")
    assert reader.page.locator(".checks .fails").count() == 0
    assert reader.page.locator("dd.fails").count() == 0


def test_the_portal_can_be_read_without_scripts(visit: Visit) -> None:
    reader = visit("/", java_script_enabled=False)
    assert "needs scripts" in reader.page.locator("noscript").inner_text()
    reader.page.click("nav a:text-is('Velmarin')")
    assert reader.page.locator(".documents a").count() > 5


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "before its script has loaded"])
def test_a_question_never_lands_in_the_address(scripts: bool, visit: Visit) -> None:
    reader = visit("about:blank", java_script_enabled=scripts)
    reader.expect_failures()
    reader.page.route("**/portal.js", lambda route: route.abort())
    reader.page.goto("/?country=DE")
    visited: list[str] = []
    reader.page.on("framenavigated", lambda frame: visited.append(frame.url))
    reader.page.fill("#search", "canary dose")
    reader.press("Enter")
    reader.page.locator("form.search button").click(force=True)
    reader.page.wait_for_timeout(500)
    assert visited == []
    assert reader.page.input_value("#search") == "canary dose"
    assert reader.page.locator("form.search [name]").count() == 0
