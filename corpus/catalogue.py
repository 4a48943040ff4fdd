"""The catalogue: what the review says of each file, read from one CSV or from sidecars beside the files.

A CSV has one row a document and country. A sidecar ``NAME.toml`` stands beside ``NAME.pdf``; its top-level keys
hold for all its ``[[approval]]`` tables, one a country, or are themselves the only approval.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from corpus.calendar import zones
from corpus.errors import InvalidInput
from corpus.lifecycle import AMENDABLE
from corpus.model import Approval

COLUMNS = (
    "document_number",
    "version",
    "country",
    "title",
    "status",
    "product",
    "indication",
    "document_type",
    "roles",
    "specialties",
    "language",
    "approval_id",
    "approved_on",
    "effective_on",
    "expires_on",
    "owner",
)
OPTIONAL = ("file",)
STATUSES = ("approved", "withdrawn", "draft", "in_review")
REQUIRED = ("document_number", "version", "country", "title", "status", "document_type", "language")
REQUIRED_WHEN_APPROVED = ("approval_id", "approved_on", "effective_on", "owner")
_UNSAFE = set('/\\"<>|*?:') | {chr(code) for code in range(32)}


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One row: what an approval says, but for the digest of the file it belongs to."""

    where: str  # file and line, for messages
    file: str | None  # file name, when the row names it
    status: str
    document_number: str
    version: str
    country: str
    title: str
    product: str
    indication: str
    document_type: str
    roles: tuple[str, ...]
    specialties: tuple[str, ...]
    language: str
    approval_id: str
    approved_on: date | None
    effective_on: date | None
    expires_on: date | None
    owner: str

    def describes(self, name: str) -> bool:
        """Whether the row is about the file ``name``: by its ``file``, else by number, or number and version."""
        if self.file is not None:
            return self.file == name
        stem = Path(name).stem.casefold()
        number, version = self.document_number.casefold(), self.version.casefold()
        return stem in {number, *(f"{number}{mark}{version}" for mark in ("-", "_", " ", "-v", "_v", " v"))}


def read_catalogue(path: Path) -> tuple[CatalogueRow, ...]:
    """All rows of a CSV; raises ``InvalidInput`` with line and column at the first wrong one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            _check_columns(reader.fieldnames, path)
            rows = tuple(row_from_cells(row, f"{path}: line {reader.line_num}") for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path}: not a readable catalogue: {error}; save it as CSV in UTF-8") from error
    check_unique(rows)
    return rows


def read_sidecar(path: Path, name: str) -> tuple[CatalogueRow, ...]:
    """The rows of the sidecar of the file ``name``; raises ``InvalidInput``."""
    try:
        common = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: not a readable sidecar: {error}; mend the file") from error
    tables = common.pop("approval", [{}])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidInput(f"{path}: write one [[approval]] table a country")
    rows = []
    for number, table in enumerate(tables, 1):
        where = f"{path}: approval {number}"
        values = {**common, **table, "file": name}
        unknown = set(values) - {*COLUMNS, *OPTIONAL}
        if unknown:
            raise InvalidInput(f"{where}: unknown keys {sorted(unknown)}; the keys are {', '.join(COLUMNS)}")
        bare = [key for key, value in values.items() if isinstance(value, float)]
        if bare:  # 1.10 would be read as 1.1
            raise InvalidInput(f"{where}: {', '.join(bare)} is a bare number; write it in quotes")
        rows.append(row_from_cells({key: _text(value) for key, value in values.items()}, where))
    check_unique(tuple(rows))
    return tuple(rows)


def check_number(value: str, what: str, where: str) -> str:
    """A document number or version that can stand in a path; raises ``InvalidInput``."""
    if not value or set(value) & _UNSAFE or value in {".", ".."} or len(value) > 200:
        raise InvalidInput(f"{where}: {what} '{value}' must be 1 to 200 characters without / \\ : * ? \" < > |")
    return value


def _check_columns(names: object, path: Path) -> None:
    found = list(names) if isinstance(names, (list, tuple)) else []
    missing = [column for column in COLUMNS if column not in found]
    unknown = [name for name in found if name not in {*COLUMNS, *OPTIONAL}]
    twice = sorted({str(name) for name in found if found.count(name) > 1})
    if twice:
        raise InvalidInput(f"{path}: line 1: columns that stand twice: {', '.join(twice)}; remove one of each")
    if missing or unknown:
        raise InvalidInput(
            f"{path}: line 1: columns missing: {', '.join(missing) or 'none'}; unknown: "
            f"{', '.join(map(str, unknown)) or 'none'}; the header is {','.join(COLUMNS)}"
        )


def check_unique(rows: Iterable[CatalogueRow]) -> None:
    """Raises ``InvalidInput`` when a document version has two rows for one country."""
    seen: dict[tuple[str, str, str], str] = {}
    for row in rows:
        key = (row.document_number, row.version, row.country)
        if key in seen:
            raise InvalidInput(f"{row.where}: {' '.join(key)} stands already at {seen[key]}; remove one of them")
        seen[key] = row.where


def amended(approval: Approval, values: Mapping[str, str]) -> Approval:
    """``approval`` with some of its fields set anew, written as in a catalogue's cells; raises ``InvalidInput``."""
    wrong = [name for name in values if name not in AMENDABLE]
    if wrong:
        raise InvalidInput(f"{', '.join(wrong)} can't be amended; what can: {', '.join(AMENDABLE)}")
    cells = {name: _cell(getattr(approval, name)) for name in COLUMNS if name != "status"}
    row = row_from_cells({**cells, "status": "approved", **values}, " ".join(approval.key))
    return replace(approval, **{name: getattr(row, name) for name in values})


def _status(cells: Mapping[str, str], where: str) -> str:
    """The status of a row that has what its status needs; raises ``InvalidInput``."""
    status = cells.get("status", "").casefold()
    if status not in STATUSES:
        raise InvalidInput(f"{where}: status '{status}' is none of {', '.join(STATUSES)}")
    for column in REQUIRED + (REQUIRED_WHEN_APPROVED if status == "approved" else ()):
        if not cells.get(column):
            raise InvalidInput(f"{where}: '{column}' is empty; a document that is {status} needs it")
    return status


def row_from_cells(values: Mapping[Any, Any], where: str) -> CatalogueRow:
    """A row of cells named as ``COLUMNS``; raises ``InvalidInput``, which says ``where`` it stands.

    A cell without a name, or a name without a cell, is `csv.DictReader`'s way to say that their numbers differ.
    """
    if None in values or None in values.values():
        raise InvalidInput(f"{where}: more or fewer cells than the header has columns; quote cells with commas")
    cells = {str(key): str(value).strip() for key, value in values.items()}
    status = _status(cells, where)
    country = cells["country"].upper()
    try:
        zones(country)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error
    row = CatalogueRow(
        where=where,
        file=cells.get("file") or None,
        status=status,
        document_number=check_number(cells["document_number"], "document_number", where),
        version=check_number(cells["version"], "version", where),
        country=country,
        title=cells["title"],
        product=cells.get("product", ""),
        indication=cells.get("indication", ""),
        document_type=cells["document_type"],
        roles=_list(cells.get("roles", "")),
        specialties=_list(cells.get("specialties", "")),
        language=cells["language"].casefold(),
        approval_id=cells.get("approval_id", ""),
        approved_on=_date(cells, "approved_on", where),
        effective_on=_date(cells, "effective_on", where),
        expires_on=_date(cells, "expires_on", where),
        owner=cells.get("owner", ""),
    )
    if row.expires_on and row.effective_on and row.expires_on < row.effective_on:
        raise InvalidInput(
            f"{where}: expires_on {row.expires_on} lies before effective_on {row.effective_on}; mend one"
        )
    return row


def _date(cells: Mapping[str, str], column: str, where: str) -> date | None:
    value = cells.get(column, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise InvalidInput(f"{where}: {column} '{value}' is no date; write YYYY-MM-DD") from error


def _list(value: str) -> tuple[str, ...]:
    return tuple(sorted(part.strip().casefold() for part in value.replace(",", ";").split(";") if part.strip()))


def _cell(value: Any) -> str:
    return ";".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _text(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)
