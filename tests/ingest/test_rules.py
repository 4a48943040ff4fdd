from __future__ import annotations

import io

import pypdf
import pytest

from corpus.boxes import UNIT
from ingest import rules
from ingest.blocks import blocks_of
from ingest.pdf import read_pdf
from tests.builders import pdf

FILLER = "Velmarin " * 30


def drawing(operators: str, *lines: str) -> bytes:
    """A page on which ``operators`` draw, below ``lines`` of text."""
    content = pdf([*lines, FILLER])
    at = 780 - 14 * len(lines)
    drawn = f"BT /F1 11 Tf 60 {at} Td ({FILLER}) Tj ET".encode()
    assert content.count(drawn) == 1
    return content.replace(drawn, operators.encode().ljust(len(drawn)))


def extents(operators: str) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each rule in whole points."""
    found = read_pdf(drawing(operators, "Dose")).rules
    return [(rule.left // UNIT, rule.top // UNIT, rule.right // UNIT, rule.bottom // UNIT) for rule in found]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ("60 700 200 0.5 re f", [(60, 141, 260, 142)]),
        ("60 600 0.5 100 re f", [(60, 142, 60, 242)]),
        ("0.2 w 60 700 m 260 700 l S", [(59, 141, 260, 142)]),
        ("60 700 0.5 0.5 re f", []),  # the corner between two lines
        ("60 600 200 100 re f", []),  # a shaded cell: its edges are no lines
        ("60 600 200 20 re S", [(60, 222, 260, 222), (260, 222, 260, 242), (60, 242, 260, 242), (60, 222, 60, 242)]),
        ("60 600 m 200 700 l S", []),  # a line of a drawing
    ],
)
def test_only_level_and_upright_lines_are_rules(operators: str, expected: list[tuple[int, int, int, int]]) -> None:
    assert sorted(extents(operators)) == sorted(expected)


def test_a_line_that_is_drawn_in_other_units_stands_where_it_is_seen() -> None:
    assert extents("q 2 0 0 2 10 20 cm 25 290 100 0.25 re f Q") == [(60, 241, 260, 242)]


def test_a_page_that_is_a_drawing_has_no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PAGE_OBJECTS", 2)
    assert extents("60 700 200 0.5 re f 60 600 200 0.5 re f") == []


def test_bookmarks_name_headings_that_nothing_else_shows() -> None:
    lines = ["When the dose is halved", "Adults with anuria take half of it, always at the same hour."]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(["Velmarin", "", "It is a tablet.", *lines])))
    outer = writer.add_outline_item(title="Velmarin", page_number=0)
    writer.add_outline_item(title="When  the dose is HALVED", page_number=0, parent=outer)
    stream = io.BytesIO()
    writer.write(stream)
    read = read_pdf(stream.getvalue())
    found = {block.lines[0].text: (block.kind, block.level) for block in blocks_of(read.lines, (), read.outline)}
    assert (found["Velmarin"], found[lines[0]]) == (("heading", 1), ("heading", 2))


def test_cells_of_one_line_keep_the_style_they_are_set_in() -> None:
    read = read_pdf(drawing("BT /F2 11 Tf 60 700 Td (Age) Tj /F1 11 Tf 200 0 Td (10 mg) Tj ET", "Dose"))
    assert [(line.text, line.style) for line in read.lines[-2:]] == [("Age", "bold"), ("10 mg", "plain")]
