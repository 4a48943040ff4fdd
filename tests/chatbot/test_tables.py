"""A quoted row is shown as a small table: its cells, and the header it stands under, are slices of the document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatbot.answer.reply import Answer, Citation, Ground, Quote, Reply
from chatbot.answer.tables import Table, table_of
from chatbot.answer.wire import reply_value
from chatbot.errors import Ungrounded
from corpus.model import Document, Span, document_bytes, document_from_bytes
from ingest.canonical import canonical
from ingest.flow import Cell, Row, block, heading, table
from tests.builders import GB, NOON, approval, document, registry

DOSES = [
    Row((Cell("Clearance"), Cell("Dose", column=1), Cell("Daily", column=2)), header=True),
    Row((Cell("30 to 59"), Cell("20 mg", column=1), Cell("once", column=2)), header=False),
    Row((Cell("below 30"), Cell("", column=1), Cell("never", column=2)), header=False),
]
REACTIONS = [
    Row((Cell("Reaction"), Cell("Velmarin", 2, column=1), Cell("Placebo", 2, column=3)), header=True),
    Row(tuple(Cell(text, column=at) for at, text in enumerate(("n", "%", "n", "%"), 1)), header=True),
    Row((Cell("Nervous system", 5),), header=True),
    Row(tuple(Cell(text, column=at) for at, text in enumerate(("Headache", "12", "3", "4", "1"))), header=False),
    Row((Cell("Dizziness"), Cell("not known", 4, column=1)), header=False),
]


def made_of(*tables: list[Row]) -> Document:
    """A document with these tables, each under a heading and followed by a sentence."""
    parts = [
        part
        for at, rows in enumerate(tables, 1)
        for part in (heading(f"Table {at}", 2, None), *table(rows), block("paragraph", "Take it with water.", None))
    ]
    made = canonical(parts, (), "en")
    blocks = tuple(
        replace(each, sentences=tuple(replace(sentence, confirmed=True) for sentence in each.sentences))
        for each in made.blocks
    )
    return replace(document(made.text, name="doses.docx"), text=made.text, pages=(), blocks=blocks)


LABEL = made_of(DOSES, REACTIONS)


def span_of(text: str, of: Document = LABEL) -> Span:
    start = of.text.index(text)
    return Span(start, start + len(text))


def found(*texts: str, of: Document = LABEL) -> Table | None:
    return table_of(of, [span_of(text, of) for text in texts])


def quote(*texts: str, of: Document = LABEL, shown: Table | None = None) -> Quote:
    under = approval(of)
    spans = tuple(span_of(text, of) for text in texts)
    ground = Ground(registry(under), GB, NOON, {of.source.sha256: under})
    citation = Citation(1, of, under, spans, None, (), ground)
    path = of.block_at(spans[0].start).path
    return Quote(citation, citation.text, path, shown or table_of(of, spans))


def on_the_wire(*texts: str) -> Any:
    return reply_value(Reply("dosing", (), Answer("Headline", (quote(*texts),))))["quotes"][0]["table"]


def test_a_row_stands_under_its_header_column_by_column() -> None:
    assert on_the_wire("30 to 59 20 mg once") == {
        "caption": ["Table 1"],
        "above": [],
        "header": ["Clearance", "Dose", "Daily"],
        "rows": [["30 to 59", "20 mg", "once"]],
        "merged": [],
    }


def test_where_nothing_stands_a_cell_is_empty() -> None:
    assert on_the_wire("below 30 never")["rows"] == [["below 30", "", "never"]]


def test_rows_that_are_quoted_together_stand_under_one_header() -> None:
    shown = on_the_wire("30 to 59 20 mg once", "below 30 never")
    assert shown["header"] == ["Clearance", "Dose", "Daily"]
    assert shown["rows"] == [["30 to 59", "20 mg", "once"], ["below 30", "", "never"]]


def test_a_header_of_two_rows_says_which_product_a_figure_is_of() -> None:
    assert on_the_wire("Headache 12 3 4 1") == {
        "caption": ["Table 2", "Nervous system"],
        "above": [["", "Velmarin", "", "Placebo", ""]],
        "header": ["Reaction", "n", "%", "n", "%"],
        "rows": [["Headache", "12", "3", "4", "1"]],
        "merged": [{"line": 0, "column": 1, "columns": 2}, {"line": 0, "column": 3, "columns": 2}],
    }
    assert {"line": 2, "column": 1, "columns": 4} in on_the_wire("Dizziness not known")["merged"]


def test_a_row_without_a_header_is_a_table_of_its_cells() -> None:
    label = made_of([replace(row, header=False) for row in DOSES])
    shown = found("Clearance Dose Daily", of=label)
    assert shown is not None
    assert (shown.header, [cell.text for cell in shown.rows[0]]) == ((), ["Clearance", "Dose", "Daily"])


def test_text_and_rows_whose_cells_are_not_known_are_no_table() -> None:
    without = replace(LABEL, blocks=tuple(replace(each, cells=()) for each in LABEL.blocks))
    kept = document_from_bytes(document_bytes(without))  # as it was kept before cells were read
    assert found("Take it with water.") is None
    assert found("30 to 59 20 mg once", of=kept) is None
    assert found("30 to 59", of=LABEL) is None  # a part of a row isn't one
    assert found("30 to 59 20 mg once", "Headache 12 3 4 1") is None  # under two headers
    assert reply_value(Reply("", (), Answer("", (quote("Take it with water."),))))["quotes"][0]["table"] is None


def test_cells_that_are_not_all_of_their_row_or_header_make_no_table() -> None:
    """The table is shown in the text's place: what it left out would not be shown at all."""
    for kind in ("row", "heading"):
        lacking = tuple(replace(b, cells=b.cells[1:]) if b.kind == kind else b for b in LABEL.blocks)
        assert found("Headache 12 3 4 1", of=replace(LABEL, blocks=lacking)) is None


def test_a_cell_that_differs_by_one_character_is_refused() -> None:
    shown = found("30 to 59 20 mg once")
    assert shown is not None
    row, header = shown.rows[0], shown.header[0]
    for changed in (replace(row[1], text="80 mg"), replace(row[1], span=Span(row[1].span.start, row[1].span.end + 1))):
        with pytest.raises(Ungrounded, match="not the document's text"):
            replace(shown, rows=((row[0], changed, row[2]),))
    with pytest.raises(Ungrounded, match="the cell 'Weekly' is not the document's text"):
        replace(shown, header=((*header[:2], replace(header[2], text="Weekly")),))
    with pytest.raises(Ungrounded, match="in one column"):
        replace(shown, rows=((row[0], replace(row[1], column=0), row[2]),))
    with pytest.raises(Ungrounded, match="at least one row"):
        replace(shown, rows=())


def test_a_table_of_other_rows_or_under_another_header_is_refused() -> None:
    right, other = found("30 to 59 20 mg once"), found("Headache 12 3 4 1")
    twin = made_of(DOSES, REACTIONS)
    assert right is not None and other is not None
    for wrong in (other, replace(right, document=twin), replace(right, rows=(right.rows[0][:2],))):
        with pytest.raises(Ungrounded, match="other rows than are quoted"):
            quote("30 to 59 20 mg once", shown=wrong)
    for wrong in (replace(right, header=other.header), replace(right, caption=("Table 9",))):
        with pytest.raises(Ungrounded, match="header or caption"):
            quote("30 to 59 20 mg once", shown=wrong)
