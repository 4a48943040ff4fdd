"""XLSX by openpyxl: each sheet as a heading, its tables row by row, single cells as paragraphs.

Values are quoted as Excel shows them, formulas by the value that was kept with them. Comments, headers, footers,
pictures and charts are left out. Sheets, rows and columns that are hidden and have text are refused: nobody who looked
at the sheet approved them. openpyxl's read-only mode knows neither them nor merged cells, so sheets are read whole.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import coordinate_to_tuple, get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.errors import Quarantined
from ingest.flow import Merged, block, first_heading, heading, raised, slug, squeezed, table
from ingest.language import language_of
from ingest.limits import MAX_XLSX_CELLS, MAX_XLSX_MERGED
from ingest.lines import RawBlock
from ingest.office import EXCEL, check_package
from ingest.symbols import readable
from ingest.xlsx_sheet import Shown, regions
from ingest.xlsx_shown import Locale, shown

_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_LAST = 2**20  # more than a sheet has columns, and its last row: where a range names none
_WHITE = frozenset({"FFFFFFFF", "00FFFFFF"})


def read_xlsx(content: bytes) -> tuple[str, list[RawBlock]]:
    """The file's own title, and the blocks; raises ``Quarantined``."""
    check_package(content, EXCEL)
    _check_parts(content)
    formulas, values = _open(content, data_only=False), _open(content, data_only=True)
    locale = Locale.of(language_of(" ".join(_words(values))))
    merged = Merged()
    blocks = []
    for sheet in values.worksheets:
        cells = _cells(sheet, formulas[sheet.title], locale)
        if cells:
            _check_shown(sheet, cells)
            blocks.append(heading(sheet.title, 2, slug(sheet.title)))
            blocks.extend(_blocks(sheet, cells, merged))
    if not blocks:
        raise Quarantined("its sheets have no text; provide it again")
    return values.properties.title or first_heading(blocks), blocks


def _open(content: bytes, *, data_only: bool) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl would drop on saving: lists to choose from, extensions
        try:
            return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only, rich_text=True, keep_links=False)
        except MemoryError:  # a limit, and no fault of its form
            raise
        except Exception as error:
            raise Quarantined(f"its parts can't be read: {error}; save it in Excel as {EXCEL.kind} again") from error


def _check_parts(content: bytes) -> None:
    """Raises ``Quarantined`` for more than openpyxl is given to read, and for text that stands in no cell."""
    cells = places = 0
    for name, element in _elements(content):
        tag = str(element.tag).rpartition("}")[2]
        cells += tag == "c"
        if tag in ("mergeCell", "hyperlink"):  # openpyxl makes a cell for every place in them
            left, top, right, bottom = range_boundaries(element.get("ref", "A1"))
            places += ((right or _LAST) - (left or 1) + 1) * ((bottom or _LAST) - (top or 1) + 1)
        text = element.text or ""
        if "/drawings/" in name and element.tag == _TEXT and text.strip():
            raise Quarantined(f"the text '{text[:40]}' stands in a shape; write it in a cell")
    if cells > MAX_XLSX_CELLS:
        raise Quarantined(f"it has {cells:,} cells, more than {MAX_XLSX_CELLS:,}: data, not text; divide it")
    if places > MAX_XLSX_MERGED:
        raise Quarantined(
            f"its merged cells and links cover {places:,} places, more than {MAX_XLSX_MERGED:,}; divide them"
        )


def _elements(content: bytes) -> Iterator[tuple[str, etree._Element]]:
    """Every element of every part, with the part's folded name; raises ``Quarantined``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.casefold().endswith(".xml"):
                continue
            with archive.open(name) as stream:
                try:
                    for _, element in etree.iterparse(stream, resolve_entities=False, no_network=True):
                        yield name.casefold(), element
                        element.clear()
                except (etree.XMLSyntaxError, ValueError) as error:
                    raise Quarantined(f"its parts can't be read: {error}; save it in Excel again") from error


def _words(workbook: Workbook) -> Iterator[str]:
    values = (cell.value for sheet in workbook.worksheets for _, cell in _kept(sheet))
    yield from (str(value) for value in values if isinstance(value, str | CellRichText))


def _kept(sheet: Worksheet) -> list[tuple[tuple[int, int], Any]]:
    """The cells that a sheet has: ``iter_rows`` makes all up to the last one, which may be seventeen billion."""
    return sorted(sheet._cells.items())


def _cells(sheet: Worksheet, formulas: Worksheet, locale: Locale) -> dict[tuple[int, int], Shown]:
    """What each cell shows, by row and column; raises ``Quarantined`` with the cell's name."""
    kept = dict(_kept(formulas))
    found = {}
    for place, cell in _kept(sheet):
        try:
            text = _shown(cell, kept[place], locale)
        except Quarantined as error:
            raise Quarantined(f"{sheet.title}!{cell.coordinate}: {error}") from error
        if text:
            is_text = isinstance(cell.value, str | CellRichText)
            found[place] = Shown(text, is_text, bool(cell.font and cell.font.b))
    return found


def _shown(cell: Any, own: Any, locale: Locale) -> str:
    value = cell.value
    if value is None:
        if own.data_type == "f" and cell.data_type not in ("s", "str"):
            raise Quarantined("a formula was kept without its value; open the file in Excel and save it")
        return ""
    if cell.data_type == "e":
        raise Quarantined(f"it shows the error {value}; mend the formula")
    parts = value if isinstance(value, CellRichText) else [value]
    text = squeezed("".join(_part(part, cell, locale) for part in parts))
    if text and _is_white(cell):
        raise Quarantined(f"the text '{text[:40]}' is white on white; colour it or delete it")
    if not text and str(value).strip():
        raise Quarantined(f"the value '{str(value)[:40]}' is hidden by its format; show it or delete it")
    return text


def _part(part: object, cell: Any, locale: Locale) -> str:
    font = part.font if isinstance(part, TextBlock) else cell.font
    text = part.text if isinstance(part, TextBlock) else part
    text = shown(text, cell.number_format, locale)
    if font is None or not text.strip():
        return text
    if font.strike:
        raise Quarantined(f"struck-out text can't be quoted: '{text[:40]}'; remove it")
    name = (font.rFont if isinstance(part, TextBlock) else font.name) or ""
    text = readable(text, name)
    return raised(text) if font.vertAlign == "superscript" else text


def _is_white(cell: Any) -> bool:
    colour = cell.font.color if cell.font else None
    return colour is not None and colour.type == "rgb" and colour.rgb in _WHITE and cell.fill.fill_type is None


def _check_shown(sheet: Worksheet, cells: dict[tuple[int, int], Shown]) -> None:
    if sheet.sheet_state != "visible":
        raise Quarantined(f"the sheet {sheet.title} is hidden; show it or delete it")
    if sheet.sheet_format.zeroHeight:
        raise Quarantined(f"the sheet {sheet.title} hides its rows; show them or delete them")
    rows = {number for number, row in sheet.row_dimensions.items() if row.hidden or row.height == 0}
    columns = {
        number
        for each in sheet.column_dimensions.values()
        if each.hidden or each.width == 0
        for number in range(each.min or 0, min(each.max or 0, sheet.max_column) + 1)
    }
    for (row, column), cell in cells.items():
        if row in rows or column in columns:
            place = f"row {row}" if row in rows else f"column {get_column_letter(column)}"
            raise Quarantined(f"{sheet.title}: {place} is hidden and has '{cell.text[:40]}'; show it or delete it")


def _blocks(sheet: Worksheet, cells: dict[tuple[int, int], Shown], merged: Merged) -> Iterator[RawBlock]:
    anchor = slug(sheet.title)
    ranges = sheet.merged_cells.ranges
    spans = {(each.min_row, each.min_col): (each.size["rows"], each.size["columns"]) for each in ranges}
    marked = {each.ref.partition(":")[0] for each in sheet.tables.values() if each.headerRowCount != 0}
    marked |= {str(sheet.auto_filter.ref).partition(":")[0]} if sheet.auto_filter.ref else set()
    heads = frozenset(coordinate_to_tuple(each.replace("$", ""))[0] for each in marked)
    for region in regions(cells, spans, heads, merged, anchor):
        if region.is_table:
            yield from table(region.rows)
        else:
            yield from (block("paragraph", cell.text, anchor) for row in region.rows for cell in row.full)
