from __future__ import annotations

from ingest.columns import in_reading_order
from ingest.lines import Line
from tests.ingest.typeset import line

LEFT, RIGHT = 60, 320
WORDS = "velmarin is taken once a day with or without any"  # 48 characters: a column of 240 points


def columns(rows: int) -> tuple[list[Line], list[Line]]:
    left = [line(f"L{number:02} {WORDS[:44]}", top=100 + 12 * number, left=LEFT) for number in range(rows)]
    right = [line(f"R{number:02} {WORDS[:44]}", top=100 + 12 * number, left=RIGHT) for number in range(rows)]
    return left, right


def read(lines: list[Line]) -> list[str]:
    return [each.text[:3] for each in in_reading_order(lines)]


def test_columns_that_are_written_line_by_line_are_read_one_after_the_other() -> None:
    left, right = columns(8)
    turns = [each for pair in zip(left, right, strict=True) for each in pair]
    assert read(turns) == [each.text[:3] for each in (*left, *right)]


def test_a_line_that_holds_both_columns_is_cut_between_them() -> None:
    left, right = columns(8)
    whole = [
        Line(f"{one.text} {other.text}", 1, (*one.boxes, (0, 0, 0, 0), *other.boxes), "plain")
        for one, other in zip(left, right, strict=True)
    ]
    assert read(whole) == [each.text[:3] for each in (*left, *right)]


def test_what_stands_over_both_columns_divides_them() -> None:
    left, right = columns(8)
    title = line("T" * 98, top=80, left=LEFT)
    middle = line("M" * 98, top=100 + 12 * 4 - 1, left=LEFT)
    below = [line(each.text, top=each.top / 20 + 12, left=each.left / 20) for each in (*left[4:], *right[4:])]
    above = [*left[:4], *right[:4]]
    mixed = [title, *above, middle, *below]
    mixed = [*mixed[::2], *mixed[1::2]]
    expected = ["TTT", *(each.text[:3] for each in above), "MMM", *(each.text[:3] for each in below)]
    assert read(mixed) == expected


def test_the_order_of_the_file_is_kept_where_it_reads_column_by_column() -> None:
    left, right = columns(8)
    late = [*left[1:], left[0], *right]  # a box that was written last: who knows why
    assert read(late) == [each.text[:3] for each in late]


def test_two_columns_of_cells_are_no_prose() -> None:
    cells = [
        line(text, top=100 + 12 * number, left=left)
        for number in range(10)
        for text, left in ((f"Age {number}", LEFT), (f"{number} mg", RIGHT))
    ]
    assert in_reading_order(cells) == cells


def test_one_column_is_left_alone() -> None:
    prose = [line("P" * 98, top=100 + 12 * number) for number in range(20)]
    assert in_reading_order(prose) == prose
