from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import blocks_of
from ingest.lines import LEVEL_ANNEX, LEVEL_BOLD, LEVEL_GROUP, LEVEL_MINOR, LEVEL_TABLE, Line, RawBlock
from ingest.marks import strip_marker
from tests.ingest.typeset import line, typeset

FULL = "Adults take one tablet of lodisartan once a day, always at the same hour and"  # 76 characters: the margin
PROSE = (FULL, "with or without food.")


def texts(lines: list[Line]) -> list[tuple[str, str]]:
    return [(block.kind, " ".join(each.text for each in block.lines)) for block in blocks_of(lines)]


def headings(*given: str) -> list[tuple[str, int]]:
    """The headings among lines that are followed by prose."""
    blocks = blocks_of(typeset(*given, "", *PROSE))
    return [(block.lines[0].text, block.level) for block in blocks if block.kind == "heading"]


def test_a_paragraph_goes_on_when_the_next_word_would_not_have_fitted() -> None:
    assert texts(typeset(FULL, "Velmarin tablets are swallowed whole.")) == [
        ("paragraph", f"{FULL} Velmarin tablets are swallowed whole.")
    ]


def test_a_paragraph_ends_where_the_next_word_would_have_fitted() -> None:
    assert texts(typeset(*PROSE, "Velmarin is swallowed whole.")) == [
        ("paragraph", " ".join(PROSE)),
        ("paragraph", "Velmarin is swallowed whole."),
    ]


def test_a_gap_ends_a_paragraph_however_full_its_line() -> None:
    assert len(texts(typeset(FULL, "", "Velmarin tablets are swallowed whole."))) == 2


def test_a_paragraph_goes_on_over_a_page_end_inside_its_sentence() -> None:
    assert texts([*typeset(FULL, top=700), *typeset("with or without food.", page=2)]) == [
        ("paragraph", " ".join(PROSE))
    ]


def test_a_paragraph_that_ended_on_its_page_does_not_go_on() -> None:
    lines = [*typeset(f"{FULL[:-4]} now.", top=700), *typeset("Velmarin is swallowed whole.", page=2)]
    assert len(texts(lines)) == 2


def test_a_numbered_heading_has_the_depth_of_its_number() -> None:
    assert headings("4. Clinical particulars", "4.2 Posology", "4.2.1 Adults") == [
        ("4. Clinical particulars", 1),
        ("4.2 Posology", 2),
        ("4.2.1 Adults", 3),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "75 mg is the highest dose",
        "75 mg",
        "2 Tablets a day",  # a section number without a dot can't be told from a count
        "4.2 to 4.8 mmol is the range",
        "4.2 Take the tablets with water, always.",  # it ends as a sentence does
    ],
)
def test_a_line_that_starts_with_an_amount_is_no_heading(text: str) -> None:
    assert [found for found in headings(*PROSE, text) if found[1] < LEVEL_MINOR] == []


def test_an_amount_at_the_start_of_a_wrapped_line_does_not_break_the_paragraph() -> None:
    full = "Elderly patients with renal impairment are given a starting dose of at most"
    assert texts(typeset(full, "75 mg of lodisartan a day.")) == [("paragraph", f"{full} 75 mg of lodisartan a day.")]


def test_bold_capitals_are_outside_bold_words_and_bold_words_outside_a_lone_line() -> None:
    found = headings("# ANNEX ONE", "# Elderly", *PROSE, "", "Renal impairment")
    assert found == [("ANNEX ONE", LEVEL_ANNEX), ("Elderly", LEVEL_BOLD), ("Renal impairment", LEVEL_MINOR)]


def test_bold_is_no_heading_where_most_lines_are_bold() -> None:
    bold = [f"# {text}" for text in PROSE]
    found = blocks_of(typeset("# Velmarin", *bold, "# Keep out of sight.", *PROSE))
    assert not any(block.level == LEVEL_BOLD for block in found)


def test_a_long_bold_sentence_is_no_heading() -> None:
    long = "Tell your doctor before the first tablet when you have ever had swelling of your face or lips"
    assert headings(f"# {long}") == []


def test_each_marker_starts_an_item_and_its_wrapped_line_stays_with_it() -> None:
    full = "- hypersensitivity to lodisartan or to any other of the excipients that are"
    assert texts(typeset(full, "listed below", "• pregnancy", "b) severe hepatic impairment", "(2) anuria")) == [
        ("item", f"{full} listed below"),
        ("item", "• pregnancy"),
        ("item", "b) severe hepatic impairment"),
        ("item", "(2) anuria"),
    ]


@pytest.mark.parametrize(("text", "marker"), [("• pregnancy", "• "), ("ii) anuria", "ii) "), ("–5 °C or less", "")])
def test_a_marker_is_only_what_stands_apart_from_the_words(text: str, marker: str) -> None:
    assert text[: strip_marker(text)] == marker


def test_each_table_row_is_a_block_and_a_cell_goes_on_below_it_in_lower_case() -> None:
    rows = typeset("Population\tStarting dose", "Adults\t10 mg once", "daily", "Elderly\t5 mg once daily")
    assert texts(rows) == [
        ("row", "Population Starting dose"),
        ("row", "Adults 10 mg once daily"),
        ("row", "Elderly 5 mg once daily"),
    ]


def test_a_bold_row_above_plain_ones_heads_its_table() -> None:
    rows = typeset("# Population\tStarting dose", "Adults\t10 mg once daily", "Elderly\t5 mg once daily")
    first, *others = blocks_of(rows)
    assert (first.kind, first.level) == ("heading", LEVEL_TABLE)
    assert [block.kind for block in others] == ["row", "row"]


def test_a_caption_heads_its_table_above_the_header_row() -> None:
    rows = typeset("Table 2: Starting dose by age", "# Population\tDose", "Adults\t10 mg", "Elderly\t5 mg")
    assert [(block.kind, block.level) for block in blocks_of(rows)][:3] == [
        ("heading", LEVEL_TABLE),
        ("heading", LEVEL_GROUP),
        ("row", 0),
    ]


def test_a_sentence_about_a_table_is_a_sentence() -> None:
    assert texts(typeset("Table 2 lists the doses.", "", "They are taken daily."))[0][0] == "paragraph"


def test_bold_rows_among_rows_are_rows() -> None:
    """A total, or a header of two lines of which only the last would be one: what isn't clear stays quotable."""
    total = typeset("Adults\t10 mg", "# All\t12 mg", "Elderly\t5 mg")
    assert texts(total) == [("row", "Adults 10 mg"), ("row", "All 12 mg"), ("row", "Elderly 5 mg")]
    assert texts(typeset("# Adults\t10 mg", "# Elderly\t5 mg"))[1][0] == "row"


def test_cells_read_one_by_one_are_one_row_when_they_stand_side_by_side() -> None:
    cells = [line("Adults"), line("10 mg", left=200), line("Elderly", top=312), line("5 mg", top=312, left=200)]
    assert texts(cells) == [("row", "Adults 10 mg"), ("row", "Elderly 5 mg")]


def test_a_superscript_joins_its_word_without_a_space() -> None:
    raised = [line("below 15 mL/min/1.73 m"), line("2", left=170, top=298)]
    assert texts(raised) == [("paragraph", "below 15 mL/min/1.73 m2")]


_TEXTS = st.one_of(
    st.sampled_from(
        ["4.2 Posology", "75 mg", "- pregnancy", "ii) anuria", FULL, "with-", "out food.", "Adults\t5 mg", "用量", "-"]
    ),
    st.text("aZ9 .-•)é用\t", min_size=1, max_size=30).map(str.strip),
)
lines_of_pages = st.lists(
    st.builds(
        line,
        _TEXTS,
        page=st.integers(1, 3),
        top=st.sampled_from([40, 300, 306, 312, 324]),
        left=st.sampled_from([60, 61, 90, 300]),
        style=st.sampled_from(["plain", "bold", "italic"]),
    ),
    max_size=12,
)


@given(lines_of_pages)
def test_every_character_of_the_lines_is_in_exactly_one_block(lines: list[Line]) -> None:
    blocks: list[RawBlock] = blocks_of(lines)
    read = "".join(each.text for each in lines)
    kept = "".join(each.text for block in blocks for each in block.lines)
    assert kept.replace(" ", "") == read.replace(" ", "")
    assert all(len(each.text) == len(each.boxes) for block in blocks for each in block.lines)
    assert all(block.lines for block in blocks)
