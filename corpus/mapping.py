"""The mapping file: how another system's export says what our catalogue says. TOML, written once by a person.

Our field ← their column or columns, constants, values in their words, the forms of their dates.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.catalogue import COLUMNS, OPTIONAL, REQUIRED, REQUIRED_WHEN_APPROVED, STATUSES
from corpus.errors import InvalidInput

SKIP = "skip"  # a status: rows that have it are left out, and counted
LISTS = ("country", "roles", "specialties")  # several values in one cell; each country is an approval of its own
DATES = ("approved_on", "effective_on", "expires_on")
_FIELDS = (*COLUMNS, *OPTIONAL)
_TABLES = ("file", "columns", "constants", "values")
_FILE_KEYS = ("encoding", "delimiter", "dates", "separator")


@dataclass(frozen=True, slots=True)
class ExportMapping:
    """A mapping that has a source for everything an approval needs."""

    path: Path
    columns: Mapping[str, tuple[str, ...]]  # our field ← their columns; a version's are joined with "."
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]  # by our field: their word, casefolded → ours
    dates: tuple[str, ...] = ("%Y-%m-%d",)  # strptime's forms, tried in turn; two that disagree are an error
    separator: str = ","  # between the values of one cell
    encoding: str | None = None  # None: UTF-8, or UTF-16 that says so
    delimiter: str | None = None  # None: the one under which the header has the columns

    def needed(self) -> tuple[str, ...]:
        """Every column of theirs that is read."""
        return tuple(dict.fromkeys(column for columns in self.columns.values() for column in columns))


def read_mapping(path: Path) -> ExportMapping:
    """The mapping in a TOML file; raises ``InvalidInput`` with the key that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: not a readable mapping: {error}; mend the file") from error
    tables = {name: _table(raw, name, path) for name in _TABLES}
    unknown = [*(set(raw) - set(_TABLES)), *(f"file.{key}" for key in set(tables["file"]) - set(_FILE_KEYS))]
    if unknown:
        known = f"[{'], ['.join(_TABLES)}] and, in [file], {', '.join(_FILE_KEYS)}"
        raise InvalidInput(f"{path}: unknown: {', '.join(sorted(unknown))}; what it can have: {known}")
    columns = {field: _columns(field, given, path) for field, given in tables["columns"].items()}
    constants = {field: _string(given, f"constants.{field}", path) for field, given in tables["constants"].items()}
    values = {field: _values(field, given, path) for field, given in tables["values"].items()}
    _check_fields(path, columns, constants, values)
    return ExportMapping(path, columns, constants, values, **_file_settings(tables["file"], path))


def _check_fields(
    path: Path, columns: Mapping[str, Any], constants: Mapping[str, Any], values: Mapping[str, Mapping[str, str]]
) -> None:
    for name, table in (("columns", columns), ("constants", constants), ("values", values)):
        unknown = sorted(set(table) - set(_FIELDS))
        if unknown:
            raise InvalidInput(f"{path}: [{name}] has {', '.join(unknown)}; our fields are {', '.join(_FIELDS)}")
    twice = sorted(set(columns) & set(constants))
    if twice:
        raise InvalidInput(f"{path}: {', '.join(twice)} stands in [columns] and in [constants]; remove one of each")
    missing = [name for name in (*REQUIRED, *REQUIRED_WHEN_APPROVED) if name not in columns and name not in constants]
    if missing:
        raise InvalidInput(f"{path}: nothing gives {', '.join(missing)}; add them to [columns] or [constants]")
    wrong = sorted({ours for ours in values.get("status", {}).values() if ours not in (*STATUSES, SKIP)})
    if wrong:
        raise InvalidInput(f"{path}: [values.status] gives {', '.join(wrong)}; ours are {', '.join((*STATUSES, SKIP))}")


def _file_settings(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {
        name: _string(value, f"file.{name}", path) for name, value in table.items() if name != "dates"
    }
    for name in ("delimiter", "separator"):
        if name in settings and len(settings[name]) != 1:
            raise InvalidInput(f"{path}: file.{name} '{settings[name]}' is not one character")
    if "encoding" in settings:
        try:
            codecs.lookup(settings["encoding"])
        except LookupError as error:
            raise InvalidInput(f"{path}: file.encoding: {error}; write utf-8, cp1252 or latin-1, say") from error
    if "dates" in table:
        forms = table["dates"]
        if not isinstance(forms, list) or not forms or not all(isinstance(form, str) for form in forms):
            raise InvalidInput(f'{path}: file.dates is a list of forms, such as ["%Y-%m-%d", "%d-%b-%Y"]')
        for form in forms:
            if not re.search("%Y", form) or not re.search("%[mbB]", form) or "%d" not in form:
                raise InvalidInput(f"{path}: file.dates: '{form}' lacks a day, a month or a year of four digits")
        settings["dates"] = tuple(forms)
    return settings


def _table(raw: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise InvalidInput(f"{path}: write [{name}] as a table")
    return table


def _columns(field: str, given: Any, path: Path) -> tuple[str, ...]:
    names = given if isinstance(given, list) else [given]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise InvalidInput(f"{path}: columns.{field}: write the name of their column in quotes")
    if len(names) > 1 and field != "version":
        raise InvalidInput(f"{path}: columns.{field}: only a version is put together from several columns; name one")
    return tuple(names)


def _values(field: str, given: Any, path: Path) -> Mapping[str, str]:
    if not isinstance(given, dict):
        raise InvalidInput(f"{path}: write [values.{field}] as a table: their word = our word")
    return {word.casefold(): _string(ours, f"values.{field}.{word}", path) for word, ours in given.items()}


def _string(value: Any, key: str, path: Path) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{path}: {key} is no text; write it in quotes")
    return value
