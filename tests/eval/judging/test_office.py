"""What ingestion reads of slides and sheets is found again by a reader that shares nothing with it."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pptx
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pptx.util import Inches

from eval.judging.folding import fold, stands_in
from eval.judging.office import pptx_text, xlsx_text
from ingest.canonical import canonical
from ingest.lines import RawBlock
from ingest.pptx import read_pptx
from ingest.xlsx import read_xlsx


def saved(made: Any) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def quotable(blocks: list[RawBlock]) -> list[str]:
    made = canonical(blocks, (), "en")
    return [made.text[block.start : block.end] for block in made.blocks if block.kind != "heading"]


def deck() -> bytes:
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "Dosing"
    frame = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame
    frame.text = "Give 10"
    run = frame.paragraphs[0].add_run()
    run.text = "9"
    run.font._element.set("baseline", "30000")
    table = slide.shapes.add_table(3, 2, 0, 0, Inches(4), Inches(2)).table
    for at, text in enumerate(("Form", "Dose", "Tablet", "5 mg", "", "10 mg")):
        table.cell(at // 2, at % 2).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    slide.notes_slide.notes_text_frame.text = "Food doesn't matter."
    return saved(made)


def workbook(*words: str) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Group", "Dose", "Share", "Ratio"],
        ["Adults", 40, 0.05, 1 / 3],
        [None, 2.5, 0.125, 1234.5],
        [CellRichText("Give 10", TextBlock(InlineFont(vertAlign="superscript"), "9"), " cells")],
        *([word] for word in words),
    ):
        sheet.append(row)
    for place, code in (("B2", '0" mg"'), ("B3", '0.0\\ "mg"'), ("C2", "0%"), ("C3", "0.0%"), ("D3", "0.00")):
        sheet[place].number_format = code
    sheet.merge_cells("A2:A3")
    return saved(made)


def test_every_text_and_row_of_a_slide_is_found_again() -> None:
    content = deck()
    texts = quotable(read_pptx(content)[1])
    assert texts == ["Give 10⁹", "Tablet 5 mg", "Tablet 10 mg", "Food doesn't matter."]
    assert all(stands_in(fold(text), fold(pptx_text(content))) for text in texts)
    assert not stands_in(fold("Tablet 15 mg"), fold(pptx_text(content)))
    assert not stands_in(fold("Give 109"), fold(pptx_text(content)))


@pytest.mark.parametrize(
    ("words", "row"),
    [
        (("Take it every day with a glass of water.",) * 3, "Adults 2.5 mg 12.5% 1234.50"),
        (("Nehmen Sie die Tablette jeden Tag mit einem Glas Wasser ein.",) * 3, "Adults 2,5 mg 12,5% 1234,50"),
    ],
)
def test_every_row_of_a_sheet_is_found_again_as_its_numbers_are_shown(words: tuple[str, ...], row: str) -> None:
    content = workbook(*words)
    texts = quotable(read_xlsx(content)[1])
    assert row in texts
    assert "Give 10⁹ cells" in texts
    assert all(stands_in(fold(text), fold(xlsx_text(content))) for text in texts)
    assert not stands_in(fold(row.replace("mg", "g")), fold(xlsx_text(content)))
