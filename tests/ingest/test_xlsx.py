from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from ingest import xlsx
from ingest.canonical import canonical
from ingest.errors import Quarantined
from ingest.xlsx import read_xlsx
from ingest.xlsx_shown import Locale, shown
from tests.ingest.test_office import repacked

Sheet = Any  # openpyxl has no types
DOSES = [["Clearance", "Dose in mg"], ["30 to 59 mL/min", 20], ["below 30 mL/min", 10]]


def workbook(*rows: list[object], title: str = "Dosing") -> Sheet:
    sheet = openpyxl.Workbook().active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return sheet


def saved(sheet: Sheet) -> bytes:
    stream = io.BytesIO()
    sheet.parent.save(stream)
    return stream.getvalue()


def blocks(content: bytes) -> list[tuple[str, tuple[str, ...], str]]:
    made = canonical(read_xlsx(content)[1], (), "en")
    return [(block.kind, block.path, made.text[block.start : block.end]) for block in made.blocks]


def cells(content: bytes) -> list[list[tuple[str, int, int]]]:
    made = canonical(read_xlsx(content)[1], (), "en")
    return [
        [(made.text[cell.start : cell.end], cell.column, cell.columns) for cell in block.cells]
        for block in made.blocks
        if block.cells
    ]


def texts(content: bytes) -> list[str]:
    return [text for _, _, text in blocks(content)][1:]


def test_each_sheet_is_a_section_and_each_row_stands_under_the_header() -> None:
    sheet = workbook(*DOSES)
    sheet.parent.create_sheet("Storage").append(["Keep it dry."])
    assert blocks(saved(sheet)) == [
        ("heading", (), "Dosing"),
        ("heading", ("Dosing",), "Clearance Dose in mg"),
        ("row", ("Dosing", "Clearance Dose in mg"), "30 to 59 mL/min 20"),
        ("row", ("Dosing", "Clearance Dose in mg"), "below 30 mL/min 10"),
        ("heading", (), "Storage"),
        ("paragraph", ("Storage",), "Keep it dry."),
    ]
    assert cells(saved(sheet))[1] == [("30 to 59 mL/min", 0, 1), ("20", 1, 1)]


def test_caption_and_notes_stand_round_a_table_and_an_empty_row_ends_it() -> None:
    sheet = workbook(["Table 1: doses"], *DOSES, ["* in adults"], [], ["Form", "Colour"], ["Tablet", "white"])
    assert [(kind, text) for kind, _, text in blocks(saved(sheet))][1:] == [
        ("paragraph", "Table 1: doses"),
        ("heading", "Clearance Dose in mg"),
        ("row", "30 to 59 mL/min 20"),
        ("row", "below 30 mL/min 10"),
        ("paragraph", "* in adults"),
        ("row", "Form Colour"),  # nothing says that this is a header
        ("row", "Tablet white"),
    ]


def test_a_bold_first_row_or_that_of_a_filter_is_the_header() -> None:
    for mark in (
        lambda sheet: [setattr(cell, "font", Font(bold=True)) for cell in sheet[1]],
        lambda sheet: setattr(sheet.auto_filter, "ref", "A1:B2"),
    ):
        sheet = workbook(["Form", "Colour"], ["Tablet", "white"])
        mark(sheet)
        assert blocks(saved(sheet))[1:] == [
            ("heading", ("Dosing",), "Form Colour"),
            ("row", ("Dosing", "Form Colour"), "Tablet white"),
        ]


def test_merged_cells_stand_in_every_row_and_a_header_over_two_rows_is_one() -> None:
    sheet = workbook(
        ["Reaction", "Velmarin", None, "Placebo", None],
        [None, "n", "%", "n", "%"],
        ["Nervous system"],
        ["Headache", 12, 3, 4, 1],
        ["Skin", 2, 1, 2, 1],
        [None, 3, 1, 0, 0],
    )
    for merged in ("A1:A2", "B1:C1", "D1:E1", "A3:E3", "A5:A6"):
        sheet.merge_cells(merged)
    header = "Reaction Velmarin Placebo n % n %"
    assert blocks(saved(sheet))[1:] == [
        ("heading", ("Dosing",), header),
        ("heading", ("Dosing", header), "Nervous system"),
        ("row", ("Dosing", header, "Nervous system"), "Headache 12 3 4 1"),
        ("row", ("Dosing", header, "Nervous system"), "Skin 2 1 2 1"),
        ("row", ("Dosing", header, "Nervous system"), "Skin 3 1 0 0"),
    ]
    assert cells(saved(sheet))[0][:3] == [("Reaction", 0, 1), ("Velmarin", 1, 2), ("Placebo", 3, 2)]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (5, "General", "5"),
        (0.1 + 0.2, "General", "0.3"),
        (1 / 3, "General", "0.333333333"),
        (-2.5, "General", "-2.5"),
        (0.05, "0%", "5%"),
        (1.005, "0.00", "1.01"),
        (1234567.5, "#,##0.0", "1,234,567.5"),
        (40, '0" mg"', "40 mg"),
        (2.5, '0.0\\ "mg/kg"', "2.5 mg/kg"),
        (-3, "0;(0)", "(3)"),
        (0, '0;-0;"none"', "none"),
        (7, "00", "07"),
        (3, "[Red]0", "3"),
        (5, ";;;", ""),
        ("as directed", "@", "as directed"),
        (True, "General", "TRUE"),
        (date(2026, 5, 31), "yyyy-mm-dd", "2026-05-31"),
    ],
)
def test_a_value_is_quoted_as_it_is_shown(value: object, code: str, text: str) -> None:
    assert shown(value, code, Locale.of("en")) == text


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (date(2026, 5, 31), "dd/mm/yyyy", "looks different on every computer"),
        (10**12, "General", "shown with an exponent"),
        (3.0, "0E+00", "can't be shown as Excel does"),
        (3.5, "# ?/?", "can't be shown as Excel does"),
        (3, "[>2]0;0.0", "can't be shown as Excel does"),
        (-0.001, "0.0", "negative zero"),
        (1500, "#,##0,", "can't be shown as Excel does"),
    ],
)
def test_a_value_whose_look_is_not_certain_is_refused(value: object, code: str, said: str) -> None:
    with pytest.raises(Quarantined, match=said):
        shown(value, code, Locale.of("en"))


def test_numbers_are_written_as_in_the_language_of_the_file() -> None:
    german = Locale.of("de")
    assert shown(2.5, "0.00", german) == "2,50"
    assert shown(2.5, "General", german) == "2,5"
    assert shown(250, "#,##0", german) == "250"
    with pytest.raises(Quarantined, match="thousands like 2500 are parted in several ways"):
        shown(2500, "#,##0", german)


def test_a_formula_is_quoted_by_the_value_that_was_kept_and_refused_without_one() -> None:
    content = saved(workbook(["Dose", "Doubled"], [20, "=A2*2"]))
    with pytest.raises(Quarantined, match="Dosing!B2: a formula was kept without its value; open the file in Excel"):
        read_xlsx(content)

    def calculate(value: bytes) -> Callable[[dict[str, bytes]], None]:
        def change(parts: dict[str, bytes]) -> None:
            sheet = parts["xl/worksheets/sheet1.xml"]
            assert b"<f>A2*2</f><v />" in sheet or b"<f>A2*2</f><v/>" in sheet or b"<f>A2*2</f><v></v>" in sheet
            for empty in (b"<v />", b"<v/>", b"<v></v>"):
                sheet = sheet.replace(b"<f>A2*2</f>" + empty, b"<f>A2*2</f>" + value)
            parts["xl/worksheets/sheet1.xml"] = sheet

        return change

    assert texts(repacked(content, calculate(b"<v>40</v>"))) == ["Dose Doubled", "20 40"]


def test_what_is_raised_stays_raised() -> None:
    sheet = workbook(["Give"])
    sheet["A1"] = CellRichText("Give 10", TextBlock(InlineFont(vertAlign="superscript"), "9"), " cells.")
    assert texts(saved(sheet)) == ["Give 10⁹ cells."]


def hide_sheet(sheet: Sheet) -> None:
    sheet.parent.create_sheet("Secret").append(["Take two."])
    sheet.parent["Secret"].sheet_state = "veryHidden"


def hide_row(sheet: Sheet) -> None:
    sheet.row_dimensions[3].hidden = True


def hide_column(sheet: Sheet) -> None:
    sheet.column_dimensions["B"].hidden = True


def whiten(sheet: Sheet) -> None:
    sheet["B3"].font = Font(color="FFFFFFFF")


def format_away(sheet: Sheet) -> None:
    sheet["B3"].number_format = ";;;"


def strike(sheet: Sheet) -> None:
    sheet["A3"].font = Font(strike=True)


def err(sheet: Sheet) -> None:
    sheet["B3"] = "#DIV/0!"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hide_sheet, "the sheet Secret is hidden; show it or delete it"),
        (hide_row, "Dosing: row 3 is hidden and has 'below 30 mL/min'; show it"),
        (hide_column, "Dosing: column B is hidden and has 'Dose in mg'; show it"),
        (whiten, "Dosing!B3: the text '10' is white on white"),
        (format_away, "Dosing!B3: the value '10' is hidden by its format"),
        (strike, "Dosing!A3: struck-out text can't be quoted: 'below 30 mL/min'"),
        (err, "Dosing!B3: it shows the error #DIV/0!"),
    ],
)
def test_what_nobody_sees_or_can_not_be_quoted_is_refused_with_its_place(
    change: Callable[[Sheet], None], said: str
) -> None:
    sheet = workbook(*DOSES)
    change(sheet)
    with pytest.raises(Quarantined, match=said):
        read_xlsx(saved(sheet))


def test_hidden_rows_columns_and_sheets_without_text_do_no_harm() -> None:
    sheet = workbook(*DOSES)
    sheet.row_dimensions[9].hidden = True
    sheet.column_dimensions["K"].hidden = True
    sheet.parent.create_sheet("Empty").sheet_state = "hidden"
    assert texts(saved(sheet))[1] == "30 to 59 mL/min 20"


def test_text_in_a_shape_is_refused() -> None:
    drawing = b'<x:wsDr xmlns:x="urn:x" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>Boxed.</a:t></x:wsDr>'
    content = repacked(saved(workbook(*DOSES)), lambda parts: parts.update({"xl/drawings/drawing1.xml": drawing}))
    with pytest.raises(Quarantined, match=r"the text 'Boxed\.' stands in a shape; write it in a cell"):
        read_xlsx(content)


def test_a_sheet_of_data_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_XLSX_CELLS", 5)
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(Quarantined, match="it has 6 cells, more than 5"):
        read_xlsx(saved(workbook(*DOSES)))


def test_a_cell_in_the_last_place_of_a_sheet_costs_nothing() -> None:
    sheet = workbook(*DOSES)
    sheet["XFD1048576"] = "The end."
    sheet.merge_cells("A3:A9")
    assert texts(saved(sheet))[-2:] == ["below 30 mL/min 10", "The end."]


@pytest.mark.parametrize("area", ["A1:XFD1048576", "A:XFD"])
@pytest.mark.parametrize(
    "bomb",
    [
        '<mergeCells count="1"><mergeCell ref="{}"/></mergeCells>',
        '<hyperlinks><hyperlink ref="{}" location="x"/></hyperlinks>',
    ],
)
def test_merged_cells_over_a_whole_sheet_are_refused_before_it_is_opened(
    bomb: str, area: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(parts: dict[str, bytes]) -> None:
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", b"</sheetData>" + bomb.format(area).encode())

    content = repacked(saved(workbook(*DOSES)), change)
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(Quarantined, match=r"its merged cells and links cover .* places, more than 200,000"):
        read_xlsx(content)


def test_what_openpyxl_would_drop_on_saving_is_no_matter_here() -> None:
    """A warning of a reader would stand in the middle of the progress."""
    lists = b'</sheetData><extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>'

    def extend(parts: dict[str, bytes]) -> None:
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = sheet[: sheet.index(b"</sheetData>")] + lists + b"</worksheet>"

    content = repacked(saved(workbook(*DOSES)), extend)
    with pytest.warns(UserWarning, match="not supported"):
        openpyxl.load_workbook(io.BytesIO(content))
    assert texts(content)[1] == "30 to 59 mL/min 20"


def test_a_workbook_without_text_is_refused() -> None:
    with pytest.raises(Quarantined, match="no text"):
        read_xlsx(saved(workbook()))
