from __future__ import annotations

import pytest
from hypothesis import given

from corpus.model import Page
from ingest.blocks import blocks_of
from ingest.canonical import Canonical, canonical
from ingest.lines import LEVEL_BOLD, LEVEL_TITLE, Line, RawBlock, RawCell
from tests.ingest.test_blocks import FULL, lines_of_pages
from tests.ingest.typeset import line, typeset

A4 = (595.0, 842.0)


def made(*lines: Line, kind: str = "paragraph") -> Canonical:
    """The canonical form of one block."""
    pages = max(each.page or 1 for each in lines)
    return canonical([RawBlock(kind, lines)], [A4] * pages, "en")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("elsewhere", "first", "second", "joined"),
    [
        ("", "hypo-", "tension", "hypotension"),  # lower case on both sides and no other evidence: broken by the line
        ("a film-coated tablet", "film-", "coated", "film-coated"),
        ("hypotension", "hypo-", "tension", "hypotension"),
        ("", "Stevens-", "Johnson", "Stevens-Johnson"),
        ("the VELMARIN trial", "VEL-", "MARIN", "VELMARIN"),
        ("re-use and reuse and reuse", "re-", "use", "reuse"),  # the more frequent spelling decides
    ],
)
def test_a_hyphen_at_a_lines_end_follows_the_documents_own_spelling(
    elsewhere: str, first: str, second: str, joined: str
) -> None:
    blocks = [RawBlock("paragraph", (line(elsewhere or "Dose"),)), RawBlock("paragraph", (line(first), line(second)))]
    assert canonical(blocks, [A4], "en").text.split("\n")[1] == joined


def test_lines_are_joined_by_one_space_and_ideographs_by_none() -> None:
    assert made(line("once"), line("a day")).text == "once a day"
    assert made(line("每日"), line("一次")).text == "每日一次"


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("with food -", "or without", "with food - or without"),  # "or" stands elsewhere, but no word is broken here
        ("interleukin-", "6 receptor", "interleukin-6 receptor"),
        ("5 to 10-", "20 mg", "5 to 10-20 mg"),
        ("COX-2-", "selective", "COX-2-selective"),
    ],
)
def test_a_dash_between_words_and_a_hyphen_at_a_figure_stay(first: str, second: str, joined: str) -> None:
    assert made(line(first), line(second)).text == joined


def test_a_heading_stands_under_the_outer_ones_and_ends_what_is_not() -> None:
    def heading(text: str, level: int) -> RawBlock:
        return RawBlock("heading", (line(text),), level)

    dose = RawBlock("paragraph", (line("Take one."),))
    found = canonical(
        [
            heading("Velmarin", LEVEL_TITLE),
            dose,
            heading("4. Clinical", 1),
            heading("4.2 Posology", 2),
            heading("Elderly", LEVEL_BOLD),
            dose,
            heading("4.3 Contraindications", 2),
            dose,
            heading("5. Pharmacology", 1),
            dose,
        ],
        [A4],
        "en",
    )
    assert [block.path for block in found.blocks if block.kind == "paragraph"] == [
        ("Velmarin",),
        ("4. Clinical", "4.2 Posology", "Elderly"),
        ("4. Clinical", "4.3 Contraindications"),
        ("5. Pharmacology",),
    ]
    assert [block.path for block in found.blocks if block.kind == "heading"][3] == ("4. Clinical", "4.2 Posology")


@pytest.mark.parametrize(
    ("kind", "text", "sentences"),
    [
        ("item", "- anuria. Never with alcohol.", ["anuria.", "Never with alcohol."]),
        ("item", "(2) anuria", ["anuria"]),
        ("row", "Adults. Elderly. 5 mg", ["Adults. Elderly. 5 mg"]),  # a row is read as one
        ("heading", "4.2 Posology", []),  # a heading is no statement: it is never quoted
    ],
)
def test_what_is_quoted_of_a_block_leaves_out_its_marker(kind: str, text: str, sentences: list[str]) -> None:
    found = made(line(text), kind=kind)
    assert found.text == text
    assert [text[each.start : each.end] for each in found.blocks[0].sentences] == sentences


def test_the_cells_of_a_row_are_slices_of_its_text() -> None:
    lines = (line("Renal impair-"), line("ment"), line("40 mg"), line("once a day"))
    made = canonical([RawBlock("row", lines, cells=(RawCell(2, 0), RawCell(1, 1), RawCell(1, 2, 2)))], [A4], "en")
    assert made.text == "Renal impairment 40 mg once a day"
    assert [(made.text[cell.start : cell.end], cell.column, cell.columns) for cell in made.blocks[0].cells] == [
        ("Renal impairment", 0, 1),
        ("40 mg", 1, 1),
        ("once a day", 2, 2),
    ]


def test_a_word_over_a_page_end_belongs_to_the_page_it_starts_on() -> None:
    found = made(line("against hypo-"), line("tension only", page=2))
    assert found.text == "against hypotension only"
    assert found.pages == (Page(1, 0, 19), Page(2, 20, 24))


def test_every_character_keeps_the_box_it_was_drawn_in() -> None:
    lines = typeset(f"{FULL} hypo-", "tension", "# 4.2 Posology")
    found = canonical(blocks_of(lines), [A4], "en")
    at = found.text.index("tension")
    assert found.boxes.characters[at].tolist() == list(lines[1].boxes[0])
    assert found.boxes.characters[found.text.index("4.2")].tolist() == list(lines[2].boxes[0])


def test_a_format_without_pages_has_neither_pages_nor_boxes() -> None:
    found = canonical([RawBlock("paragraph", (Line("Take one.", None, (), "plain"),))], (), "en")
    assert (found.text, found.pages, len(found.boxes.characters)) == ("Take one.", (), 0)


@given(lines_of_pages)
def test_text_boxes_pages_blocks_and_sentences_fit_each_other(lines: list[Line]) -> None:
    found = canonical(blocks_of(lines), [A4] * 3, "en")
    text = found.text
    read = "".join(each.text for each in lines)
    assert text.translate({32: None, 10: None, 45: None}) == read.translate({32: None, 45: None})  # "-" may be dropped
    assert len(found.boxes.characters) == len(text)
    assert "\n".join(text[block.start : block.end] for block in found.blocks) == text
    on_pages = {at for page in found.pages for at in range(page.start, page.end)}
    assert sum(page.end - page.start for page in found.pages) == len(on_pages), "no character is on two pages"
    assert all(char.isspace() or at in on_pages for at, char in enumerate(text))
    for page in found.pages:
        assert page.start == 0 or text[page.start - 1].isspace(), "no page starts inside a word"
    for block in found.blocks:
        covered = {at for each in block.sentences for at in range(each.start, each.end)}
        assert covered <= set(range(block.start, block.end))
        if block.kind == "paragraph":
            assert all(text[at].isspace() or at in covered for at in range(block.start, block.end))
