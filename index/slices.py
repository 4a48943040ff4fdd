"""A file that is read in places. What isn't asked for takes no memory of the process, as mapped pages would."""

from __future__ import annotations

import os
import weakref
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

    def read_into(self, target: memoryview, start: int) -> None:
        """Fills ``target`` with the bytes from ``start`` on; raises ``OSError`` when there are fewer."""
        self._check(os.preadv(self._file, [target], start), target.nbytes)

    def _check(self, have: int, wanted: int) -> None:
        if have != wanted:
            raise OSError(f"{self._path}: {have} bytes where {wanted} were; the edition was changed, publish again")
