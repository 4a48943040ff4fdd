"""The cache of passage vectors: an unchanged passage is never encoded twice. Safe to delete."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.errors import CacheUnusable

BATCH = 256  # texts encoded between two commits: what a kill can cost, about three seconds' work


def encode_cached(
    texts: Sequence[str],
    encoder: Encoder,
    digest: str,
    cache: Path,
    workers: int,
    progress: Callable[[int, int], None],
) -> tuple[NDArray[np.float32], int]:
    """The vectors of ``texts``, shape (texts, dimensions), and how many were encoded just now.

    ``digest`` is the encoder's; ``progress`` is told texts done and texts in all.
    """
    cache.parent.mkdir(parents=True, exist_ok=True)
    keys = [hashlib.sha256(f"{digest}\n{text}".encode()).digest() for text in texts]
    vectors = np.zeros((len(texts), encoder.dimensions), np.float32)
    connection = sqlite3.connect(cache)
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS encodings (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        missing = []
        for row, key in enumerate(keys):
            found = connection.execute("SELECT vector FROM encodings WHERE key = ?", (key,)).fetchone()
            if found is None:
                missing.append(row)
            else:
                vectors[row] = np.frombuffer(found[0], np.float32)
        progress(len(texts) - len(missing), len(texts))
        for start in range(0, len(missing), BATCH):
            rows = missing[start : start + BATCH]
            vectors[rows] = encoder.encode_all([texts[row] for row in rows], workers)
            with connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO encodings VALUES (?, ?)",
                    [(keys[row], vectors[row].tobytes()) for row in rows],
                )
            progress(len(texts) - len(missing) + start + len(rows), len(texts))
    except sqlite3.DatabaseError as error:
        raise CacheUnusable(f"{cache}: {error}; free disk space, or delete the file: it is only a cache") from error
    finally:
        connection.close()
    return vectors, len(missing)
