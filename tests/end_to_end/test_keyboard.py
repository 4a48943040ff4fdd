"""Without a mouse and without sight: where the focus is, what is announced, and what stays where it is."""

from __future__ import annotations

import pytest

from tests.end_to_end.reader import ANSWERED, CLARIFICATION, Reader, Visit

LAUNCHER, INPUT, LOG = "Ask", "question", "Conversation"


def tab_to(reader: Reader, name: str, key: str = "Tab") -> list[str]:
    """Presses Tab until ``name`` has the focus; what had it on the way."""
    passed: list[str] = []
    while len(passed) < 60:
        reader.press(key)
        passed.append(reader.focused())
        if passed[-1] == name:
            return passed
    raise AssertionError(f"Tab does not reach {name}: {passed}")


def suggestions(reader: Reader, typed: str = "velm ren") -> list[str]:
    """Types, and waits for what is suggested."""
    reader.find("#question").press_sequentially(typed)
    reader.find("[role=option]").first.wait_for()
    return list(reader.find("[role=option]").all_inner_texts())


def question_offset(reader: Reader) -> float:
    """How far below the top of the log the last question stands."""
    log = reader.find(".log").bounding_box()
    return float(reader.find("h3").last.bounding_box()["y"] - log["y"])


@pytest.mark.parametrize("width", [1280, 375])
def test_a_question_is_asked_and_everything_in_its_reply_is_reached_by_keyboard(width: int, visit: Visit) -> None:
    reader = visit("/", width=width)
    tab_to(reader, LAUNCHER)
    reader.press("Enter")
    assert reader.focused() == INPUT
    reader.page.keyboard.type(ANSWERED)
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.focused() == INPUT
    passed = tab_to(reader, "Start over", "Shift+Tab")
    assert any(name.startswith("Open ") for name in passed)
    for name in ("No", "Yes", "Copy reference", LOG, "Close"):
        assert name in passed
    tab_to(reader, INPUT)
    assert tab_to(reader, "Report an adverse event") == ["Ask", "Ask Medical Information", "Report an adverse event"]


def test_nothing_is_preselected_and_enter_sends_what_was_typed(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    suggestions(reader)
    assert reader.find("[aria-selected=true]").count() == 0
    assert reader.find("#question").get_attribute("aria-activedescendant") is None
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.find("h3").inner_text() == "velm ren"
    assert reader.find("[role=option]").count() == 0


def test_arrow_keys_choose_a_suggestion_and_enter_asks_it(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    offered = suggestions(reader)
    field = reader.find("#question")
    reader.press("ArrowDown", "ArrowDown")
    assert reader.find("[aria-selected=true]").all_inner_texts() == [offered[1]]
    selected = field.get_attribute("aria-activedescendant")
    assert reader.find(f"#{selected}").inner_text() == offered[1]
    reader.press("ArrowUp", "ArrowUp")  # back to what was typed
    assert field.get_attribute("aria-activedescendant") is None
    reader.press("ArrowUp")
    assert reader.find("[aria-selected=true]").all_inner_texts() == [offered[-1]]
    assert reader.focused() == INPUT
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.find("h3").inner_text() == offered[-1]
    assert field.input_value() == ""


@pytest.mark.parametrize("width", [1280, 375])
def test_escape_closes_the_suggestions_then_the_panel_and_gives_the_focus_back(width: int, visit: Visit) -> None:
    reader = visit("/", width=width)
    tab_to(reader, LAUNCHER)
    reader.press("Enter")
    suggestions(reader)
    reader.press("Escape")
    assert reader.find(".suggestions").is_hidden()
    assert reader.find("dialog").is_visible()
    assert reader.find("#question").input_value() == "velm ren"
    reader.press("Escape")
    assert reader.find("dialog").is_hidden()
    assert reader.focused() == LAUNCHER
    reader.find(".launcher[aria-expanded=false]").wait_for()


def test_a_panel_that_the_search_opened_gives_the_focus_back_to_the_search(visit: Visit) -> None:
    reader = visit()
    reader.page.fill("#search", ANSWERED)
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.focused() == INPUT
    reader.press("Escape")
    assert reader.focused() == "search"


def test_the_focus_is_not_lost_with_the_button_that_was_pressed(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    reader.find(".welcome .chip").first.focus()
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.focused() == LOG


def test_one_polite_status_says_what_came_and_the_log_is_not_live(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    card = reader.ask(ANSWERED)
    count = card.locator(".quotes a.action").count()
    assert reader.said().endswith(f"Answer with {count} source{'' if count == 1 else 's'}.")
    reader.answers(CLARIFICATION)
    reader.ask("missed dose")
    assert reader.said() == "Which one do you mean? 2 choices."
    assert reader.find("[role=status]").count() == 1
    assert reader.find("[role=log], [role=alert], [aria-live]").count() == 0


def test_the_same_announcement_is_made_anew(visit: Visit) -> None:
    reader = visit()
    reader.open_panel()
    reader.ask(ANSWERED)
    held = reader.hangs()
    reader.send(ANSWERED)
    reader.page.wait_for_timeout(100)
    assert len(held) == 1
    assert reader.said() == ""  # so that the next text is a change, whatever it is


@pytest.mark.parametrize("width", [1280, 375])
def test_the_question_stands_at_the_top_and_the_view_stays_when_its_reply_comes(width: int, visit: Visit) -> None:
    reader = visit("/", width=width)
    reader.open_panel()
    reader.ask(ANSWERED)
    assert question_offset(reader) <= 1
    held = reader.hangs()
    reader.send("Velmarin storage")
    reader.find(".skeleton").wait_for()
    assert question_offset(reader) <= 1
    before = reader.find(".log").evaluate("log => log.scrollTop")
    held[0].continue_()
    reader.find(".exchange:last-child .card").wait_for()
    assert reader.find(".log").evaluate("log => log.scrollTop") == before
    assert question_offset(reader) <= 1
