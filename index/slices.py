"""A file that is read in places. What isn't asked for takes no memory of the process, as mapped pages would."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from pathlib import Path


class Slices:
    """An opened file; closed when nobody holds it any more. Any thread may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end``; raises ``OSError`` when the file has become shorter."""
        found = os.pread(self._file, end - start, start)
        self._check(len(found), end - start)
        return found

    def read_runs(self, target: memoryview, runs: Iterable[tuple[int, int]]) -> None:
        """Fills ``target``, of bytes, with runs of them, each from its start on and as long as it says, one behind the
        other; raises ``OSError`` when there are fewer.
        """
        read, file, at, have = os.preadv, self._file, 0, 0
        for start, size in runs:
            have += read(file, [target[at : at + size]], start)
            at += size
        self._check(have, at)

    def _check(self, have: int, wanted: int) -> None:
        if have != wanted:
            raise OSError(f"{self._path}: {have} bytes where {wanted} were; the edition was changed, publish again")
