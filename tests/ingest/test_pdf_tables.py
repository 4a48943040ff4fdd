from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from corpus.boxes import UNIT
from corpus.model import Block
from ingest.blocks import blocks_of
from ingest.canonical import canonical
from ingest.lines import Line, RawBlock
from ingest.rules import Rule
from tests.ingest.test_blocks import FULL, lines_of_pages
from tests.ingest.typeset import line, typeset

A4 = (595.0, 842.0)
X = (60, 200, 340, 480)  # borders of three columns
PITCH = 30  # points between two level borders: two lines of text
TOP = 100


def level(y: float, left: float = X[0], right: float = X[-1], page: int = 1) -> Rule:
    return Rule(page, round(left * UNIT), round(y * UNIT), round(right * UNIT), round(y * UNIT) + 10)


def upright(x: float, top: float, bottom: float, page: int = 1) -> Rule:
    return Rule(page, round(x * UNIT), round(top * UNIT), round(x * UNIT) + 10, round(bottom * UNIT))


def grid(rows: int, page: int = 1, xs: Sequence[float] = X) -> list[Rule]:
    """All borders of a table of ``rows``."""
    foot = TOP + rows * PITCH
    lying = [level(TOP + row * PITCH, xs[0], xs[-1], page) for row in range(rows + 1)]
    return lying + [upright(x, TOP, foot, page) for x in xs]


def cell(text: str, row: int, column: int, page: int = 1, under: int = 0) -> Line:
    """A line in a cell, ``under`` lines below its first; "# " is bold."""
    bold = text.startswith("# ")
    top = TOP + row * PITCH + 3 + 12 * under
    return line(text.removeprefix("# "), page, top, X[column] + 5, "bold" if bold else "plain")


def row(*texts: str, at: int, page: int = 1) -> list[Line]:
    return [cell(text, at, column, page) for column, text in enumerate(texts) if text]


def shown(blocks: Sequence[RawBlock]) -> list[tuple[str, ...]]:
    """Each block as its kind and cells, "2+3:text" for one that begins in column 2 and covers 3; or its text."""
    found = []
    for block in blocks:
        lines = iter(block.lines)
        cells = [
            f"{each.column}{f'+{each.columns}' if each.columns > 1 else ''}:"
            + " ".join(next(lines).text for _ in range(each.lines))
            for each in block.cells
        ]
        found.append((block.kind, *cells) if cells else (block.kind, " ".join(each.text for each in block.lines)))
    return found


HEADER = row("# Age", "# Dose", "# Limit", at=0)
ADULTS = row("Adults", "10 mg", "40 mg", at=1)
ELDERLY = row("Elderly", "5 mg", "20 mg", at=2)
HEADED = ("heading", "0:Age", "1:Dose", "2:Limit")


def test_a_row_has_its_cells_and_a_bold_one_above_heads_the_columns() -> None:
    assert shown(blocks_of([*HEADER, *ADULTS, *ELDERLY], grid(3))) == [
        HEADED,
        ("row", "0:Adults", "1:10 mg", "2:40 mg"),
        ("row", "0:Elderly", "1:5 mg", "2:20 mg"),
    ]


def test_a_cell_of_two_lines_is_one_cell_of_one_row() -> None:
    lines = [*HEADER, cell("Adults with", 1, 0), cell("anuria", 1, 0, under=1), *ADULTS[1:], *ELDERLY]
    assert shown(blocks_of(lines, grid(3)))[1] == ("row", "0:Adults with anuria", "1:10 mg", "2:40 mg")


def test_a_line_that_runs_over_the_borders_is_cut_at_them() -> None:
    whole = typeset("Adults\t10 mg\t40 mg", top=TOP + PITCH + 3)
    rules = [*(level(TOP + at * PITCH) for at in range(4)), *(upright(x, TOP, TOP + 90) for x in (58, 110, 170, 230))]
    assert shown(blocks_of([*HEADER[:1], *whole, *ELDERLY[:1]], rules))[1] == ("row", "0:Adults", "1:10 mg", "2:40 mg")


def test_a_cell_over_several_columns_says_so() -> None:
    rules = [rule for rule in grid(3) if not (rule.left == X[2] * UNIT and rule.top == TOP * UNIT)]
    rules += [upright(X[2], TOP + PITCH, TOP + 3 * PITCH)]
    lines = [cell("Age", 0, 0), cell("Dose", 0, 1), *row("", "first", "later", at=1), *ELDERLY]
    assert shown(blocks_of(lines, rules)) == [
        ("heading", "0:Age", "1+2:Dose", "1:first", "2:later"),
        ("row", "0:Elderly", "1:5 mg", "2:20 mg"),
    ]


def test_a_cell_over_several_rows_stands_in_each() -> None:
    rules = [rule for rule in grid(3) if rule.top != (TOP + 2 * PITCH) * UNIT]
    rules += [level(TOP + 2 * PITCH, X[0], X[2])]
    blocks = blocks_of([*HEADER, *ADULTS, *ELDERLY[:2]], rules)
    assert shown(blocks)[1:] == [("row", "0:Adults", "1:10 mg", "2:40 mg"), ("row", "0:Elderly", "1:5 mg", "2:40 mg")]
    assert blocks[2].lines[-1].boxes == blocks[1].lines[-1].boxes


def test_a_row_with_one_cell_heads_the_rows_below_it() -> None:
    lines = [*HEADER, cell("Renal impairment", 1, 0), *row("Elderly", "5 mg", "20 mg", at=2)]
    assert shown(blocks_of(lines, grid(3)))[1] == ("heading", "Renal impairment")
    assert paths(lines, grid(3))["Elderly 5 mg 20 mg"] == ("Age Dose Limit", "Renal impairment")


def made(lines: Sequence[Line], rules: Sequence[Rule]) -> tuple[str, tuple[Block, ...]]:
    canon = canonical(blocks_of(lines, rules), [A4] * 3, "en")
    return canon.text, canon.blocks


def paths(lines: Sequence[Line], rules: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
    text, blocks = made(lines, rules)
    return {text[block.start : block.end]: block.path for block in blocks}


def test_a_caption_of_two_lines_heads_its_table_and_notes_stay_under_it() -> None:
    above = [line("Table 2", top=70, style="bold"), line("Dose by age", top=84, style="bold")]
    notes = [line("a once a day", top=192), line("b in the morning", top=203)]
    found = paths([*above, *HEADER, *ADULTS, *ELDERLY, *notes, *typeset(FULL, top=300)], grid(3))
    caption = "Table 2 Dose by age"
    assert found["Adults 10 mg 40 mg"] == (caption, "Age Dose Limit")
    assert (found["a once a day"], found["b in the morning"], found[FULL]) == ((caption,), (caption,), ())


def test_a_table_goes_on_over_a_page_end_and_its_repeated_header_is_no_row() -> None:
    lines = [*HEADER, *ADULTS, cell("Renal impairment", 2, 0), *row("mild", "5 mg", "20 mg", at=3)]
    lines += [*row("# Age", "# Dose", "# Limit", at=0, page=2), *row("severe", "2 mg", "4 mg", at=1, page=2)]
    rules = [*grid(4), *grid(2, page=2)]
    assert [kind for kind, *_ in shown(blocks_of(lines, rules))] == [
        *("heading", "row", "heading", "row", "heading", "row")
    ]
    assert paths(lines, rules)["severe 2 mg 4 mg"] == ("Age Dose Limit", "Renal impairment")


def test_a_row_that_a_page_end_cuts_in_two_is_one() -> None:
    lines = [*HEADER, *row("Adults", "10 mg once", "40 mg", at=1), *row("", "daily", "", at=0, page=2)]
    lines += row("Elderly", "5 mg", "20 mg", at=1, page=2)
    assert shown(blocks_of(lines, [*grid(2), *grid(2, page=2)]))[1:] == [
        ("row", "0:Adults", "1:10 mg once daily", "2:40 mg"),
        ("row", "0:Elderly", "1:5 mg", "2:20 mg"),
    ]


def test_rows_and_columns_that_only_the_joints_of_the_frame_tell_are_found() -> None:
    """Word draws the frame of a table cell by cell, though no border is seen inside."""
    parts = [(X[0], X[1]), (X[1], X[2]), (X[2], X[3])]
    rules = [level(y, left, right) for y in (TOP, TOP + 90) for left, right in parts]
    rules += [upright(x, TOP + at * PITCH, TOP + (at + 1) * PITCH) for x in (X[0], X[-1]) for at in range(3)]
    lines = [*row("Adults", "10 mg", "40 mg", at=0), cell("Elderly", 1, 0), cell("frail", 1, 0, under=1)]
    lines += [cell("5 mg", 1, 1), *row("Children", "1 mg", "2 mg", at=2)]
    assert shown(blocks_of(lines, rules)) == [
        ("row", "0:Adults", "1:10 mg", "2:40 mg"),
        ("row", "0:Elderly frail", "1:5 mg"),
        ("row", "0:Children", "1:1 mg", "2:2 mg"),
    ]


def test_between_level_borders_a_row_begins_where_the_file_goes_back_to_the_first_column() -> None:
    lines = [*row("", "Lower", "Upper", at=0), cell("Patients who", 1, 0), cell("respond", 1, 0, under=1)]
    lines += [cell("15/88", 1, 1), cell("(17 %)", 1, 1, under=1), cell("36/86", 1, 2)]
    lines += [cell("Week 30", 2, 0), cell("Remission", 2, 0, under=1), cell("27", 2, 1, under=1)]
    lines += [cell("51", 2, 2, under=1)]
    rules = [level(TOP), level(TOP + PITCH), level(TOP + 3 * PITCH)]
    assert shown(blocks_of(lines, rules)) == [
        ("heading", "1:Lower", "2:Upper"),
        ("row", "0:Patients who respond", "1:15/88 (17 %)", "2:36/86"),
        ("heading", "Week 30"),
        ("row", "0:Remission", "1:27", "2:51"),
    ]


def test_a_shorter_border_in_a_header_tells_what_a_cell_is_over() -> None:
    lines = [cell("Lodisartan", 0, 1), *row("Placebo", "5 mg", "10 mg", at=1), *row("12", "34", "56", at=2)]
    rules = [level(TOP), level(TOP + PITCH, X[1], X[3]), level(TOP + 2 * PITCH), level(TOP + 3 * PITCH)]
    assert shown(blocks_of(lines, rules)) == [
        ("heading", "1+2:Lodisartan", "0:Placebo", "1:5 mg", "2:10 mg"),
        ("row", "0:12", "1:34", "2:56"),
    ]


def test_a_box_around_text_is_no_table() -> None:
    box = [level(290), level(330), upright(55, 290, 330), upright(470, 290, 330)]
    assert shown(blocks_of(typeset(FULL, "with or without food."), box)) == [
        ("paragraph", f"{FULL} with or without food.")
    ]


def test_underlined_lines_are_no_table() -> None:
    lines = typeset("Renal impairment", "", FULL, "", "Elderly", "", FULL)
    rules = [level(311, 60, 140), level(359, 60, 95)]
    assert [block.kind for block in blocks_of(lines, rules)] == ["heading", "paragraph", "heading", "paragraph"]


def test_prose_between_the_lines_over_header_and_footer_is_prose() -> None:
    rules = [level(280), level(500)]
    assert [kind for kind, _ in shown(blocks_of(typeset(FULL, FULL, FULL, "it ends."), rules))] == ["paragraph"]


_RULES = st.lists(
    st.builds(
        lambda upwards, at, start, length, page: (
            upright(at, start, start + length, page)
            if upwards
            else level(at + 240, start - 240, start - 240 + length, page)
        ),
        st.booleans(),
        st.sampled_from([58, 90, 200, 340]),
        st.sampled_from([298, 310, 322]),
        st.sampled_from([20, 140, 400]),
        st.integers(1, 3),
    ),
    max_size=12,
).map(lambda rules: sorted(rules, key=lambda rule: rule.page))


@given(lines_of_pages.map(lambda lines: sorted(lines, key=lambda each: each.page or 0)), _RULES)
def test_every_character_is_in_a_block_whatever_lines_are_drawn(lines: list[Line], rules: list[Rule]) -> None:
    blocks = blocks_of(lines, rules)
    kept = [box for block in blocks for each in block.lines for box in each.boxes if box[2] > box[0]]
    read = [box for each in lines for box in each.boxes if box[2] > box[0]]
    assert set(kept) == set(read)
    assert all(len(each.text) == len(each.boxes) for block in blocks for each in block.lines)
    assert all(sum(each.lines for each in block.cells) == len(block.lines) for block in blocks if block.cells)
    columns = [[each.column for each in block.cells] for block in blocks if block.kind == "row"]
    assert all(row == sorted(set(row)) for row in columns)
