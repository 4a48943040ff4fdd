"""JSON lines, read strictly: what is wrong is said with its file and line, and nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput


def read_lines(path: Path, wanted: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, by number. Only a line feed ends one: texts hold other separators.

    A byte-order mark is none of the text: spreadsheets and Windows' editors write one. Raises ``InvalidInput``, which
    says that ``wanted`` is to be given.
    """
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if line.strip():
                    yield number, line
    except OSError as error:
        raise InvalidInput(f"{path}: not readable: {error}; {wanted}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: not UTF-8: {error}; save it as UTF-8") from error


def read_rows(path: Path, wanted: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Id, object and place of each line; no id comes twice. Raises ``InvalidInput``."""
    seen: dict[str, int] = {}
    for number, line in read_lines(path, wanted):
        where = f"{path}: line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{where}: no JSON: {error}; write one object a line") from error
        if not isinstance(row, dict) or not isinstance(row.get("_id"), str) or not row["_id"]:
            raise InvalidInput(f'{where}: no object with an id; write {{"_id": "…", "text": "…"}}')
        first = seen.setdefault(row["_id"], number)
        if first != number:
            raise InvalidInput(f"{where}: {row['_id']!r} stands on line {first} already; ids differ")
        yield row["_id"], row, where
    if not seen:
        raise InvalidInput(f"{path}: nothing in it; write one JSON object a line")


def text_of(row: Mapping[str, object], name: str, where: str) -> str:
    """A value that must be a text; raises ``InvalidInput``."""
    value = row.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"{where}: {name!r} is no text; write a string")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # "\ud800" alone is JSON, and no text that could be stored or searched
        raise InvalidInput(f"{where}: {name!r} holds half a character: {error}; write it whole") from error
    return value
