"""A document-management system's export, read as catalogue rows through a mapping; what could be wrong isn't guessed.

A cell that a spreadsheet changed (a date as a day number, a version as a date) can't be told back, so it is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from corpus.calendar import zones
from corpus.catalogue import CatalogueRow, check_unique, row_from_cells
from corpus.errors import InvalidInput
from corpus.mapping import DATES, LISTS, SKIP, ExportMapping

_DELIMITERS = (",", ";", "\t", "|")
_DAY_NUMBER = re.compile(r"\d{4,6}(\.\d+)?")  # 46022: how a spreadsheet keeps 2025-12-31
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E[+-]?\d+", re.IGNORECASE)  # 1.23E+11, once a number with twelve digits
_AS_DATE = re.compile(r"\d{1,2}[-. ][A-Za-z]{3,9}\.?|[A-Za-z]{3,9}[- ]\d{2}")  # 01-Feb, once a version 1.2
_AGAIN = "export again and don't save it from a spreadsheet"


@dataclass(frozen=True, slots=True)
class Export:
    """What an export says."""

    rows: tuple[CatalogueRow, ...]
    skipped: int  # rows with a status that the mapping skips
    unused: tuple[str, ...]  # columns that nothing is mapped to


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the file; ``where`` names file, row and line."""

    where: str
    cells: Mapping[str, str]


def read_export(path: Path, mapping: ExportMapping) -> Export:
    """All rows of an export; raises ``InvalidInput`` with row, column and the way out at the first wrong one."""
    text = _decoded(path, mapping)
    delimiter, header = _header(text, path, mapping)
    rows: list[CatalogueRow] = []
    skipped = 0
    for line in _lines(text, delimiter, path):
        made = _rows_of(line, mapping)
        skipped += not made
        rows.extend(made)
    check_unique(rows)
    needed = mapping.needed()
    return Export(tuple(rows), skipped, tuple(name for name in header if name not in needed))


def _decoded(path: Path, mapping: ExportMapping) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}; check the path") from error
    marked = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else ""
    marked = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else marked
    given = codecs.lookup(mapping.encoding).name if mapping.encoding else ""
    if marked and given and not marked.startswith(given):
        raise InvalidInput(f"{path}: its first bytes say {marked[:6]}, {mapping.path} says {given}; mend file.encoding")
    encoding = marked or given or "utf-8"
    if b"\0" in raw and not encoding.startswith(("utf-16", "utf-32")):
        raise InvalidInput(
            f"{path}: there are zero bytes in it: no CSV, or UTF-16 without its mark; export it as UTF-8"
        )
    try:
        text = raw.decode(encoding)
    except UnicodeError as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise InvalidInput(
            f'{path}: line {line} is not in {encoding}; export it as UTF-8, or say what it is: encoding = "cp1252" '
            f"(Latin-1, Windows) under [file] in the mapping"
        ) from error
    if given not in ("", "utf-8", "utf-8-sig") and not marked and not raw.isascii() and _is_utf8(raw):
        raise InvalidInput(f"{path}: it is in UTF-8, {mapping.path} says {given}; take file.encoding out")
    if any("\x80" <= char <= "\x9f" for char in text):
        raise InvalidInput(f'{path}: it has control characters for quotes and dashes; write encoding = "cp1252"')
    return text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header(text: str, path: Path, mapping: ExportMapping) -> tuple[str, tuple[str, ...]]:
    """The delimiter under which the first line has the mapped columns, and that line."""
    needed = mapping.needed()
    candidates = (mapping.delimiter,) if mapping.delimiter else _DELIMITERS
    best: tuple[str, tuple[str, ...]] = (candidates[0], ())
    for delimiter in candidates:
        names = tuple(name.strip() for name in next(_cells(text, delimiter, path), (0, []))[1])
        if not best[1] or _found(needed, names) > _found(needed, best[1]):
            best = (delimiter, names)
    missing = [name for name in needed if name not in best[1]]
    if missing:
        raise InvalidInput(
            f"{path}: line 1: no column {', '.join(missing)}; it has {', '.join(best[1]) or 'nothing'}; "
            f"export them too, or mend [columns] in {mapping.path}"
        )
    twice = sorted({name for name in needed if best[1].count(name) > 1})
    if twice:
        raise InvalidInput(f"{path}: line 1: columns that stand twice: {', '.join(twice)}; remove one of each")
    return best


def _found(needed: tuple[str, ...], names: tuple[str, ...]) -> int:
    return sum(name in names for name in needed)


def _lines(text: str, delimiter: str, path: Path) -> Iterator[_Line]:
    cells = _cells(text, delimiter, path)
    header = [name.strip() for name in next(cells)[1]]
    for number, (line, row) in enumerate(cells, 1):
        where = f"{path}: row {number} (line {line})"
        if len(row) != len(header):
            raise InvalidInput(f"{where}: {len(row)} cells under {len(header)} columns; quote cells with '{delimiter}'")
        # A line feed in a cell is layout, as in the system's form.
        yield _Line(where, {name: " ".join(cell.split()) for name, cell in zip(header, row, strict=True)})


def _cells(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that isn't blank, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in reader:
            if row:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(f"{path}: line {begins}: not readable as CSV: {error}; {_AGAIN}") from error


def _rows_of(line: _Line, mapping: ExportMapping) -> list[CatalogueRow]:
    """One row a country; none when the status is one to skip."""
    status = _word(line, mapping, "status", _text(line, mapping, "status"))
    if status == SKIP:
        return []
    countries = _several(line, mapping, "country")
    if not countries:
        raise InvalidInput(f"{line.where}: {_told(mapping, 'country')} is empty; an approval is for a country")
    for country in countries:
        _check_country(line, mapping, country)
    cells = {"status": status}
    for field in (*mapping.columns, *mapping.constants):
        if field in LISTS:
            cells[field] = ";".join(_several(line, mapping, field))
        elif field not in (*DATES, "status"):
            cells[field] = _word(line, mapping, field, _text(line, mapping, field))
    return [_row(line, mapping, cells, country) for country in countries]


def _check_country(line: _Line, mapping: ExportMapping, country: str) -> None:
    try:
        zones(country.upper())
    except InvalidInput as error:
        raise InvalidInput(
            f"{line.where}: {_told(mapping, 'country')}: {error}, or add the word to [values.country] in {mapping.path}"
        ) from error


def _row(line: _Line, mapping: ExportMapping, cells: Mapping[str, str], country: str) -> CatalogueRow:
    values = {**cells, "country": country}
    for field in DATES:
        if field in mapping.columns or field in mapping.constants:
            values[field] = _day(line, mapping, field, country.upper())
    try:
        return row_from_cells(values, line.where)
    except InvalidInput as error:
        fields = [field for field in mapping.columns if re.search(rf"\b{field}\b", str(error))]
        told = "; ".join(_told(mapping, field) for field in fields)
        raise InvalidInput(f"{error}{f' ({told})' if told else ''}") from error


def _text(line: _Line, mapping: ExportMapping, field: str) -> str:
    """What the export says, before our words for it."""
    if field in mapping.constants:
        return mapping.constants[field]
    columns = mapping.columns[field]
    texts = [line.cells[column] for column in columns]
    for text, column in zip(texts, columns, strict=True):
        mangled = _SCIENTIFIC.fullmatch(text) or (field == "version" and _AS_DATE.fullmatch(text))
        if field in ("document_number", "version") and mangled:
            raise InvalidInput(f"{line.where}: {column} '{text}' is what a spreadsheet made of it; {_AGAIN}")
    if len(columns) > 1 and not all(texts):
        raise InvalidInput(f"{line.where}: {_told(mapping, field)}: one of them is empty; give all")
    return ".".join(texts)


def _word(line: _Line, mapping: ExportMapping, field: str, text: str) -> str:
    """Our word for theirs, where the mapping has words for the field: then one that it lacks is an error."""
    words = mapping.values.get(field)
    if words is None or field in mapping.constants or (not text and "" not in words):
        return text
    if text.casefold() not in words:
        raise InvalidInput(
            f"{line.where}: {_told(mapping, field)} has '{text}', for which [values.{field}] in {mapping.path} "
            "has no word; add it there"
        )
    return words[text.casefold()]


def _several(line: _Line, mapping: ExportMapping, field: str) -> list[str]:
    text = _text(line, mapping, field) if field in {*mapping.columns, *mapping.constants} else ""
    # A value that has the separator in it is quoted inside its cell.
    parts = next(csv.reader([text], delimiter=mapping.separator, skipinitialspace=True), [])
    words = (_word(line, mapping, field, part.strip()) for part in parts if part.strip())
    return list(dict.fromkeys(words))


def _day(line: _Line, mapping: ExportMapping, field: str, country: str) -> str:
    """A date as our catalogue writes it.

    An instant with its zone is a day in the country: where it could be two, the approval starts later and ends earlier.
    """
    text = _text(line, mapping, field)
    if not text:
        return ""
    days = {day for form in mapping.dates for day in _days(text, form, country, first=field == "expires_on")}
    if len(days) > 1:
        read = " and ".join(sorted(map(str, days)))
        raise InvalidInput(
            f"{line.where}: {_told(mapping, field)} '{text}' reads as {read}; leave one form in file.dates"
        )
    if days:
        return days.pop().isoformat()
    if _DAY_NUMBER.fullmatch(text) or set(text) == {"#"}:
        raise InvalidInput(
            f"{line.where}: {_told(mapping, field)} '{text}' is what a spreadsheet made of a date; {_AGAIN}"
        )
    forms = ", ".join(mapping.dates)
    raise InvalidInput(
        f"{line.where}: {_told(mapping, field)} '{text}' is no date in {forms}; add its form to file.dates"
    )


def _days(text: str, form: str, country: str, *, first: bool) -> Iterator[date]:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return
    if moment.tzinfo is None:
        yield moment.date()
    else:
        days = [moment.astimezone(zone).date() for zone in zones(country)]
        yield min(days) if first else max(days)


def _told(mapping: ExportMapping, field: str) -> str:
    columns = mapping.columns.get(field)
    return f"{field} (from {' and '.join(columns)})" if columns else f"{field} (a constant)"
