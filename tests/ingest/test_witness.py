from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.model import Block, Cell, Document, Page, Sentence
from ingest.witness import confirm, fold, read_pages, stands_in
from tests.builders import document, pdf


def marks(made: Document, *pages: str) -> dict[str, bool]:
    """Each sentence with whether a second reader that read ``pages`` confirms it."""
    confirmed = confirm(made, [fold(page) for page in pages])
    return {made.text[s.start : s.end]: s.confirmed for block in confirmed.blocks for s in block.sentences}


def test_only_what_the_second_reader_read_is_confirmed() -> None:
    made = document("The dose is 5 mg.", "Never exceed 10 mg.")
    assert marks(made, "The dose is 5 mg. Never exceed 40 mg.") == {
        "The dose is 5 mg.": True,
        "Never exceed 10 mg.": False,
    }


def test_a_sentence_on_another_page_than_the_first_reader_said_is_unconfirmed() -> None:
    made = document("The dose is 5 mg.", "Never exceed 10 mg.", pages=2)
    assert set(marks(made, "Never exceed 10 mg.", "The dose is 5 mg.").values()) == {False}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Take it at once.", "Take  it\nat\u00a0once."),
        ("A ﬁrst eﬀect.", "A first effect."),
        ("Film-coated tablets.", "Film\u2010\ncoated tab\u00adlets."),
        ("Hypotension occurs.", "Hypo-\ntension occurs."),
    ],
)
def test_white_space_ligatures_and_hyphens_are_no_disagreement(first: str, second: str) -> None:
    assert marks(document(first), second) == {first: True}


@pytest.mark.parametrize(
    "second", ["The dose is 50 mg.", "The dose is 5 µg.", "The dose is 5, mg.", "the dose is 5 mg."]
)
def test_a_figure_a_unit_a_sign_or_a_capital_is_a_disagreement(second: str) -> None:
    assert marks(document("The dose is 5 mg."), second) == {"The dose is 5 mg.": False}


@pytest.mark.parametrize(("last", "confirmed"), [("in the evening.", True), ("in the morning.", False)])
def test_a_sentence_over_a_page_end_is_confirmed_when_each_part_stands_on_its_page(last: str, confirmed: bool) -> None:
    text = "Take it once a day in the evening."
    block = Block(0, len(text), "paragraph", (), None, (Sentence(0, len(text), False),))
    made = replace(document(text), pages=(Page(1, 0, 18), Page(2, 19, len(text))), blocks=(block,))
    assert marks(made, "Take it once a day", last) == {text: confirmed}


@pytest.mark.parametrize(("third", "confirmed"), [("40 mg", True), ("4 mg", False)])
def test_a_row_is_confirmed_when_each_of_its_cells_stands_on_the_page(third: str, confirmed: bool) -> None:
    """A merged cell is repeated in rows that it doesn't stand beside in the file."""
    text = "Elderly 5 mg 40 mg"
    cells = (Cell(0, 7, 0), Cell(8, 12, 1), Cell(13, 18, 2))
    row = Block(0, len(text), "row", (), None, (Sentence(0, len(text), False),), cells)
    made = replace(document(text), blocks=(row,))
    assert marks(made, f"Adults 10 mg {third} Elderly 5 mg") == {text: confirmed}


def test_confirming_changes_nothing_but_the_marks() -> None:
    made = document("The dose is 5 mg.")
    assert confirm(confirm(made, [""]), [fold(made.text)]) == made


def test_the_second_reader_reads_each_page_on_its_own() -> None:
    assert read_pages(pdf(["The dose", "is 5 mg."], ["Never", "", "exceed it."])) == ["Thedoseis5mg.", "Neverexceedit."]


def test_numbers_are_confirmed_as_numbers_not_as_digits() -> None:
    page = fold("Give 15 mg or 2.5 mg at -5 °C. Renewed 27 August 2007\n\n10. Clearance is 157-\n176 ml/min.")
    for there in ("15 mg", "2.5 mg", "-5 °C.", "Renewed 27 August 2007", "157-176 ml/min.", "157\u2013176 ml/min."):
        assert stands_in(fold(there), page), there
    for elsewhere in ("5 mg", "5 °C.", "Renewed 27 August 200", "76 ml/min.", "57-176 ml/min."):
        assert not stands_in(fold(elsewhere), page), elsewhere
