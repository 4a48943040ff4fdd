"""The files of an export, and the one way in which each of them is written.

An export is a folder or a .zip: `log.json` (what it says it has), `checkpoint` (the newest signed note),
`consistency.jsonl` (older notes, each with the proof that the newest goes on from it), `records.jsonl` (index, leaf,
inclusion proof), `key`, and, where texts were asked for, `bodies.jsonl` (texts with the keys of their commitments).
Every line of JSON is written in one way only, so that no byte can be changed unnoticed.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpus.proofs.merkle import HASH_BYTES

FORMAT = 1
LOG, CHECKPOINT, CONSISTENCY, RECORDS, BODIES, KEY = (
    *("log.json", "checkpoint", "consistency.jsonl", "records.jsonl", "bodies.jsonl", "key"),
)
# What can be wrong with an export; its README and docs/guide.md list them.
KINDS: Mapping[str, str] = {
    "missing": "a file of the export isn't there",
    "form": "a file isn't written as an export writes it",
    "key": "the key that lies in the export isn't the one that was given",
    "checkpoint": "the checkpoint isn't signed by that key, or is another log's",
    "consistency": "the log isn't shown to go on from an older checkpoint",
    "record": "a record is another log's, or stands twice or out of order",
    "proof": "a record isn't shown to stand in the log where it says",
    "count": "there are more or fewer records, checkpoints or texts than the export says",
    "body": "a text isn't the one that was recorded",
    "witness": "a checkpoint that was kept elsewhere says something else",
}


class Unreadable(Exception):
    """The export can't be read at all."""


class Wrong(Exception):
    """One thing that is wrong; ``kind`` is one of KINDS."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.kind = kind


class Files:
    """The files of a folder or a .zip."""

    def __init__(self, place: Path) -> None:
        """Raises ``Unreadable``."""
        self._folder = place
        self._zip: zipfile.ZipFile | None = None
        if place.is_dir():
            return
        try:
            self._zip = zipfile.ZipFile(place)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable(f"{place} is no folder and no .zip that can be read ({error})") from error

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return (self._folder / name).is_file() if self._zip is None else name in self._zip.namelist()

    @contextmanager
    def lines(self, name: str) -> Iterator[Iterator[str]]:
        """The lines of a file, each with its line feed."""
        if not self.has(name):
            raise Wrong("missing", f"{name} isn't there")
        try:
            raw = (self._folder / name).open("rb") if self._zip is None else self._zip.open(name)
            with raw, io.TextIOWrapper(raw, encoding="utf-8", newline="\n") as text:
                yield text
        except (UnicodeDecodeError, zipfile.BadZipFile) as error:
            raise Wrong("form", f"{name} can't be read ({error})") from error

    def text(self, name: str) -> str:
        """A small file."""
        with self.lines(name) as lines:
            return "".join(lines)


def line_of(value: Mapping[str, Any]) -> str:
    """The one way in which an export writes a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def value_of(line: str, where: str) -> Mapping[str, Any]:
    """The inverse of ``line_of``; raises ``Wrong``."""
    try:
        value = json.loads(line)
        if isinstance(value, dict) and line_of(value) == line:
            return value
    except ValueError:
        pass
    raise Wrong("form", f"{where} isn't written as an export writes it")


def hashes_of(proof: Any) -> list[bytes]:
    """A proof's hashes from base64 in its one form; raises ``ValueError``."""
    found = [base64.b64decode(each, validate=True) for each in proof]
    if any(len(each) != HASH_BYTES for each in found) or [base64.b64encode(each).decode() for each in found] != proof:
        raise ValueError("a proof is a list of hashes in base64")
    return found
