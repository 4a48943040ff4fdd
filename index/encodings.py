"""The cache of vectors by text: what was encoded once is never encoded again. Safe to delete.

A text that stands in many documents, as a label's sentences do in every strength's, is encoded once. While one batch
is encoded the next one is looked up; each is committed at its end, so that a kill costs two batches at most and never
leaves half a vector.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import CacheUnusable

BATCH = 256  # texts encoded between two commits, or a few more: about three seconds' work
_WAITING = 16 * BATCH  # texts held until enough new ones have come together; their vectors take 6 MB


class Encodes(Protocol):
    """What makes vectors of texts."""

    @property
    def dimensions(self) -> int:
        """Of a vector."""
        ...

    def encode_all(self, texts: Sequence[str], workers: int) -> NDArray[np.float32]:
        """The unit vectors of texts, shape (texts, dimensions)."""
        ...


class Elsewhere(Encodes, Protocol):
    """What makes them on other hardware than a processor: equal but for the last bits, so they are cached apart."""

    @property
    def name(self) -> str:
        """Of the hardware."""
        ...


@dataclass(slots=True)
class _Part:
    """Groups of texts, all looked up."""

    groups: list[list[bytes]] = field(default_factory=list)  # the keys of each group's texts
    known: dict[bytes, NDArray[np.float32]] = field(default_factory=dict)
    new: dict[bytes, str] = field(default_factory=dict)  # to be encoded
    awaited: set[bytes] = field(default_factory=set)  # encoded with the part before it


class Encodings:
    """What one encoder made of texts, and makes of new ones."""

    def __init__(self, encoder: Encodes, digest: str, cache: Path, workers: int) -> None:
        self._encoder, self._digest, self._cache, self._workers = encoder, digest, cache, workers
        self.dimensions = encoder.dimensions
        self.encoded = 0  # texts encoded by this object, each once

    def of(self, groups: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each group of texts in turn, shape (texts of the group, dimensions).

        Groups are read as they are needed. Raises ``CacheUnusable``.
        """
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._cache)) as connection:
                table = "CREATE TABLE IF NOT EXISTS encodings (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
                connection.execute(table)
                yield from self._of(groups, connection)
        except sqlite3.DatabaseError as error:
            way_out = "free disk space, or delete the file: it is only a cache"
            raise CacheUnusable(f"{self._cache}: {error}; {way_out}") from error

    def _of(self, groups: Iterable[Sequence[str]], connection: sqlite3.Connection) -> Iterator[NDArray[np.float32]]:
        with ThreadPoolExecutor(1, "encoding") as beside:
            last, being_made = _Part(), _nothing()
            for part in self._parts(groups, connection):
                made = dict(zip(last.new, being_made.result(), strict=True))
                part.known |= {key: made[key] for key in part.awaited}
                being_made = self._started(part, beside)
                yield from self._finished(last, made, connection)
                last = part
            yield from self._finished(last, dict(zip(last.new, being_made.result(), strict=True)), connection)

    def _parts(self, groups: Iterable[Sequence[str]], connection: sqlite3.Connection) -> Iterator[_Part]:
        """The groups in order, cut where enough new texts have come together. Of a part no text is in the cache
        until the next one but one is looked up.
        """
        last, part, held = _Part(), _Part(), 0
        for group in groups:
            keys = [self._key(text) for text in group]
            part.groups.append(keys)
            held += len(keys)
            for key, text in zip(keys, group, strict=True):
                if key in part.known or key in part.new:
                    continue
                if key in last.new:
                    part.awaited.add(key)
                elif (found := self._find(connection, key)) is not None:
                    part.known[key] = found
                else:
                    part.new[key] = text
            if len(part.new) >= BATCH or held >= _WAITING:
                yield part
                last, part, held = part, _Part(), 0
        yield part

    def _started(self, part: _Part, beside: ThreadPoolExecutor) -> Future[NDArray[np.float32]]:
        if not part.new:
            return _nothing()
        return beside.submit(self._encoder.encode_all, list(part.new.values()), self._workers)

    def _finished(
        self, part: _Part, made: dict[bytes, NDArray[np.float32]], connection: sqlite3.Connection
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors of each group of a part, once those that were ``made`` are in the cache."""
        with connection:
            connection.executemany(
                "INSERT OR REPLACE INTO encodings VALUES (?, ?)",
                [(key, vector.astype(np.float32).tobytes()) for key, vector in made.items()],
            )
        self.encoded += len(made)
        part.known |= made
        yield from (self._row(keys, part.known) for keys in part.groups)

    def _find(self, connection: sqlite3.Connection, key: bytes) -> NDArray[np.float32] | None:
        found = connection.execute("SELECT vector FROM encodings WHERE key = ?", (key,)).fetchone()
        if found is None or len(found[0]) != 4 * self.dimensions:
            return None
        return np.frombuffer(found[0], np.float32)

    def _row(self, keys: Sequence[bytes], known: dict[bytes, NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.array([known[key] for key in keys], np.float32).reshape(len(keys), self.dimensions)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._digest}\n{text}".encode()).digest()


def _nothing() -> Future[NDArray[np.float32]]:
    made: Future[NDArray[np.float32]] = Future()
    made.set_result(np.zeros((0, 0), np.float32))
    return made
