from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.boxes import UNIT
from ingest.furniture import without_furniture
from ingest.lines import Line
from tests.ingest.typeset import line

A4 = (595.0, 842.0)
TOP, MIDDLE, BOTTOM = 30, 400, 800


def body(lines: list[Line], pages: int) -> list[str]:
    kept, removed = without_furniture(lines, [A4] * pages)
    assert sorted(map(id, kept + removed)) == sorted(map(id, lines)), "every line is kept or removed, once"
    return [each.text for each in kept]


def test_a_running_header_is_removed_though_its_number_changes() -> None:
    lines = [line(text, page, top) for page in (1, 2, 3) for text, top in ((f"Revision {page}", TOP), ("Dose", MIDDLE))]
    assert body(lines, 3) == ["Dose"] * 3


def test_a_line_that_repeats_in_the_middle_of_the_pages_is_body() -> None:
    lines = [line("Do not exceed the dose.", page, MIDDLE) for page in range(1, 7)]
    assert body(lines, 6) == ["Do not exceed the dose."] * 6


def test_a_line_at_the_top_of_both_pages_of_two_is_a_header() -> None:
    lines = [line(text, page, top) for page in (1, 2) for text, top in (("Velmarin", TOP), ("Dose", MIDDLE))]
    assert body(lines, 2) == ["Dose"] * 2


def test_a_line_at_the_top_of_two_pages_of_three_proves_nothing() -> None:
    assert body([line("Velmarin", page, TOP) for page in (1, 2)], 3) == ["Velmarin"] * 2


def test_a_line_at_the_top_of_too_few_of_many_pages_is_body() -> None:
    assert body([line("Renal impairment", page, TOP) for page in (1, 5, 9)], 20) == ["Renal impairment"] * 3


def test_equal_lines_at_different_heights_are_no_header() -> None:
    lines = [line("Velmarin", page, top) for page, top in ((1, 20), (2, 40), (3, 60))]
    assert body(lines, 3) == ["Velmarin"] * 3


@pytest.mark.parametrize("number", ["7", "- 7 -", "7/12", "Page 7 of 12", "Seite 7 von 12", "7 de 12"])
def test_a_page_number_at_the_edge_is_removed_even_once(number: str) -> None:
    assert body([line("Dose", 1, MIDDLE), line(number, 1, BOTTOM)], 1) == ["Dose"]


@pytest.mark.parametrize("number", ["7", "75"])
def test_a_bare_number_in_the_middle_of_the_page_is_body(number: str) -> None:
    """It may be a cell of a table of doses."""
    assert body([line(number, 1, MIDDLE)], 1) == [number]


def test_a_dose_at_the_edge_is_no_page_number() -> None:
    assert body([line("75 mg", 1, BOTTOM)], 1) == ["75 mg"]


def page(footer: str, height: float = 6) -> list[Line]:
    """One page of text with a header and a footer in small print."""
    small = [line(text, 1, top) for text, top in (("Velmarin, version 2", TOP), (footer, BOTTOM))]
    scaled = [
        replace(each, boxes=tuple((b[0], b[1], b[2], b[1] + round(height * UNIT)) if b[2] else b for b in each.boxes))
        for each in small
    ]
    return [scaled[0], *(line(f"Dose {number}", 1, 200 + 12 * number) for number in range(6)), scaled[1]]


def test_a_single_page_has_a_header_and_footer_too() -> None:
    lines = page("For prescribers. Never for patients. 1 / 1")
    assert body(lines, 1) == [f"Dose {number}" for number in range(6)]


def test_a_sentence_at_the_foot_of_a_single_page_stays_for_it_may_be_a_warning() -> None:
    assert body(page("Report what you see."), 1)[-1] == "Report what you see."


def test_the_last_line_of_a_single_page_in_the_size_of_its_text_is_body() -> None:
    assert body(page("Medical Affairs", height=10), 1)[-1] == "Medical Affairs"
