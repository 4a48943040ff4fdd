"""A table's rows and headers know their cells, whichever format they came in."""

from __future__ import annotations

import io

import docx
from hypothesis import given
from hypothesis import strategies as st

from ingest.canonical import canonical
from ingest.docx import read_docx
from ingest.flow import Cell, Row, table
from ingest.html import read_html
from ingest.lines import RawBlock
from ingest.markdown import read_markdown

Cells = list[tuple[str, int, int]]  # text, first column, columns

DOSES = b"""# Velmarin

| Clearance | Dose | Daily |
|---|---|---|
| 30 to 59 | 20 mg | once |
| below 30 | | never |
"""
NAMED = """<main><table>
<tr><th rowspan=2>Reaction</th><th colspan=2>Velmarin</th><th colspan=2>Placebo</th></tr>
<tr><th>n</th><th>%</th><th>n</th><th>%</th></tr>
<tr><th colspan=5>Nervous system</th></tr>
<tr><td>Headache</td><td>12</td><td>3</td><td>4</td><td>1</td></tr>
<tr><td>Dizziness</td><td colspan=4>not known</td></tr>
</table></main>"""


def cells(blocks: list[RawBlock]) -> list[tuple[str, Cells]]:
    made = canonical(blocks, (), "en")
    return [
        (block.kind, [(made.text[cell.start : cell.end], cell.column, cell.columns) for cell in block.cells])
        for block in made.blocks
    ]


def test_each_cell_has_its_column_and_an_empty_one_is_none() -> None:
    assert cells(read_markdown(DOSES)[1]) == [
        ("heading", []),
        ("heading", [("Clearance", 0, 1), ("Dose", 1, 1), ("Daily", 2, 1)]),
        ("row", [("30 to 59", 0, 1), ("20 mg", 1, 1), ("once", 2, 1)]),
        ("row", [("below 30", 0, 1), ("never", 2, 1)]),
    ]


def test_a_header_of_two_rows_gives_both_and_a_group_has_no_cells() -> None:
    assert cells(read_html(NAMED.encode())[1]) == [
        (
            "heading",
            [
                *[("Reaction", 0, 1), ("Velmarin", 1, 2), ("Placebo", 3, 2)],
                *[("n", 1, 1), ("%", 2, 1), ("n", 3, 1), ("%", 4, 1)],
            ],
        ),
        ("heading", []),
        ("row", [("Headache", 0, 1), ("12", 1, 1), ("3", 2, 1), ("4", 3, 1), ("1", 4, 1)]),
        ("row", [("Dizziness", 0, 1), ("not known", 1, 4)]),
    ]


def test_the_first_group_of_a_table_stands_under_its_header_and_not_in_it() -> None:
    groups = NAMED.replace("</table>", "<tr><th colspan=5>Gut</th></tr><tr><td>Nausea<td>1<td>0<td>0<td>0</tr></table>")
    made = canonical(read_html(groups.encode())[1], (), "en")
    header = "Reaction Velmarin Placebo n % n %"
    paths = {made.text[block.start : block.end]: block.path for block in made.blocks if block.kind == "row"}
    assert paths["Headache 12 3 4 1"] == (header, "Nervous system")
    assert paths["Nausea 1 0 0 0"] == (header, "Gut")


def test_a_cell_that_goes_on_from_above_stands_in_its_own_column() -> None:
    document = docx.Document()
    made = document.add_table(3, 3)
    for row, texts in zip(
        made.rows, (("Form", "Dose", "Daily"), ("Tablet", "5 mg", "once"), ("", "10 mg", "twice")), strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    made.cell(1, 0).merge(made.cell(2, 0))
    stream = io.BytesIO()
    document.save(stream)
    assert cells(read_docx(stream.getvalue())[1])[1:] == [
        ("row", [("Tablet", 0, 1), ("5 mg", 1, 1), ("once", 2, 1)]),
        ("row", [("Tablet", 0, 1), ("10 mg", 1, 1), ("twice", 2, 1)]),
    ]


def test_columns_that_only_a_file_knows_of_are_none() -> None:
    """Word's own grid has a column wherever any cell of a table once ended; a file can claim a billion."""
    rows = [
        Row((Cell("Form", 1000, column=0), Cell("Dose", 10**9, column=1000)), header=True),
        Row((Cell("Tablet", column=0), Cell("5 mg", column=1000), Cell("", column=1500)), header=False),
    ]
    assert cells(list(table(rows))) == [
        ("heading", [("Form", 0, 1), ("Dose", 1, 1)]),
        ("row", [("Tablet", 0, 1), ("5 mg", 1, 1)]),
    ]


ROWS = st.lists(
    st.builds(
        lambda texts, spans, header: Row(
            tuple(Cell(text, span, column=4 * at) for at, (text, span) in enumerate(zip(texts, spans, strict=False))),
            header,
        ),
        st.lists(st.sampled_from(["", "5 mg", "once a day", "co-\u00adamol", "比較"]), max_size=5),
        st.lists(st.integers(1, 30), min_size=5, max_size=5),
        st.booleans(),
    ),
    max_size=6,
)


@given(ROWS)
def test_the_cells_of_a_block_are_all_of_its_text_and_no_two_of_a_row_overlap(rows: list[Row]) -> None:
    made = canonical(list(table(rows)), (), "en")
    for block in made.blocks:
        if block.cells:
            texts = [made.text[cell.start : cell.end] for cell in block.cells]
            assert " ".join(texts) == made.text[block.start : block.end]
        if block.kind == "row":
            assert block.cells
            for left, right in zip(block.cells, block.cells[1:], strict=False):
                assert left.column + left.columns <= right.column
