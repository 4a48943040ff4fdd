"""The tables of the release as they stand in their files, with the remarks that were written for their readers."""

from __future__ import annotations

import ast
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.policy import PATTERN_FILES, TABLE_FILES, THRESHOLD_MODULES

_ROOT = Path(__file__).parents[2]
_HEAD = re.compile(r"^\[([\w.\"-]+)\]\s*#\s*(.+)$", re.MULTILINE)
_LIMIT = re.compile(r"^([A-Z][A-Z0-9_]*) = .*?  # (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TableFile:
    """One TOML file that shapes replies."""

    name: str  # its path, from the package on
    sha256: str
    remark: str  # the comment it starts with
    remarks: Mapping[str, str]  # by table, the comment behind its heading
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One module whose patterns are in the digest, byte for byte."""

    name: str
    sha256: str
    idea: str  # the first line of its docstring


@dataclass(frozen=True, slots=True)
class Bound:
    """One number or list that code holds replies to."""

    module: str
    name: str
    value: str
    because: str  # empty where the code doesn't say


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of one table of a file, as they are printed."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_tables() -> tuple[TableFile, ...]:
    """Every table that is in the policy's digest, by name."""
    return tuple(_table(file) for file in TABLE_FILES)


def read_code() -> tuple[CodeFile, ...]:
    """Every module whose patterns are in the policy's digest, by name."""
    found = []
    for file in PATTERN_FILES:
        content = file.read_bytes()
        idea = (ast.get_docstring(ast.parse(content)) or "").partition("\n")[0]
        found.append(CodeFile(_name(file), hashlib.sha256(content).hexdigest(), idea))
    return tuple(sorted(found, key=lambda row: row.name))


def read_bounds() -> tuple[Bound, ...]:
    """Every limit and threshold that is in the policy's digest, with the reason that stands behind it."""
    found = []
    for module in THRESHOLD_MODULES:
        reasons = dict(_LIMIT.findall(Path(str(module.__file__)).read_text(encoding="utf-8")))
        for name, value in sorted(vars(module).items()):
            if name.isupper() and not name.startswith("REVIEW_"):  # the review pages shape no reply
                found.append(Bound(module.__name__, name, said(value), reasons.get(name, "")))
    return tuple(found)


def grids(data: Mapping[str, Any], title: str = "") -> Iterator[Grid]:
    """A file's tables for printing: lists of tables as rows, and everything else as names with values."""
    rows: list[tuple[str, ...]] = []
    for key, value in data.items():
        if isinstance(value, Mapping) and any(isinstance(part, (Mapping, list)) for part in value.values()):
            yield from grids(value, f"{title}.{key}" if title else key)
        elif _is_rows(value):
            columns = tuple(dict.fromkeys(name for row in value for name in row))
            cells = tuple(tuple(said(row[name]) if name in row else "" for name in columns) for row in value)
            yield Grid(f"{title}.{key}" if title else key, columns, cells)
        else:
            rows.append((key, said(value)))
    if rows:
        yield Grid(title, ("name", "value"), tuple(rows))


def said(value: object) -> str:
    """A value as a reader sees it; the same one in every process."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {said(part)}" for name, part in value.items())
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(map(said, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _table(file: Path) -> TableFile:
    content = file.read_bytes()
    text = content.decode("utf-8")
    return TableFile(
        _name(file), hashlib.sha256(content).hexdigest(), _remark(text), dict(_HEAD.findall(text)), tomllib.loads(text)
    )


def _remark(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(filter(None, lines))


def _name(file: Path) -> str:
    return file.relative_to(_ROOT).as_posix()


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
