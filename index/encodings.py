"""The cache of vectors by text: what was encoded once is never encoded again. Safe to delete.

A text that stands in many documents, as a label's sentences do in every strength's, is encoded once. What is new is
committed in batches, so a kill costs one batch at most and never leaves half a vector.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import CacheUnusable

BATCH = 256  # texts encoded between two commits: what a kill can cost, about three seconds' work
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
        waiting: list[list[bytes]] = []
        known: dict[bytes, NDArray[np.float32]] = {}
        new: dict[bytes, str] = {}
        held = 0
        for group in groups:
            keys = [self._key(text) for text in group]
            for key, text in zip(keys, group, strict=True):
                if key not in known and key not in new:
                    found = self._find(connection, key)
                    if found is None:
                        new[key] = text
                    else:
                        known[key] = found
            waiting.append(keys)
            held += len(keys)
            if len(new) >= BATCH or held >= _WAITING:
                self._encode(connection, new, known)
                yield from (self._row(keys, known) for keys in waiting)
                waiting, known, new, held = [], {}, {}, 0
        self._encode(connection, new, known)
        yield from (self._row(keys, known) for keys in waiting)

    def _encode(
        self, connection: sqlite3.Connection, new: dict[bytes, str], known: dict[bytes, NDArray[np.float32]]
    ) -> None:
        """Adds the vectors of ``new`` to ``known`` and to the cache, BATCH at a time."""
        rows = list(new.items())
        for start in range(0, len(rows), BATCH):
            part = dict(rows[start : start + BATCH])
            made = dict(zip(part, self._encoder.encode_all(list(part.values()), self._workers), strict=True))
            with connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO encodings VALUES (?, ?)",
                    [(key, vector.astype(np.float32).tobytes()) for key, vector in made.items()],
                )
            known.update(made)
            self.encoded += len(made)

    def _find(self, connection: sqlite3.Connection, key: bytes) -> NDArray[np.float32] | None:
        found = connection.execute("SELECT vector FROM encodings WHERE key = ?", (key,)).fetchone()
        if found is None or len(found[0]) != 4 * self.dimensions:
            return None
        return np.frombuffer(found[0], np.float32)

    def _row(self, keys: Sequence[bytes], known: dict[bytes, NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.array([known[key] for key in keys], np.float32).reshape(len(keys), self.dimensions)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._digest}\n{text}".encode()).digest()
