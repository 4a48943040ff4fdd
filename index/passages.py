"""The passages of an edition, on the disk until they are asked for: a turn reads a few dozen of tens of thousands.

One line of JSON each, and beside them a table that says of each where its line starts, which document it is of, and
in which section it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from corpus.model import Passage, passage_from_row, passage_row
from index.errors import DamagedEdition
from index.slices import Slices


def build_passages(passages: Iterable[Passage], documents: Sequence[str], rows: Path, table: Path) -> int:
    """Writes ``passages`` to ``rows`` and the table over them; ``documents`` are the digests in their order.

    Returns how many there were.
    """
    position = {sha256: number for number, sha256 in enumerate(documents)}
    sections: dict[tuple[str, tuple[str, ...]], int] = {}
    found = []
    start = 0
    with rows.open("wb") as stream:
        for passage in passages:
            section = sections.setdefault((passage.document, passage.path), len(sections))
            found.append((start, position[passage.document], section))
            line = json.dumps(passage_row(passage), ensure_ascii=False, sort_keys=True) + "\n"
            start += stream.write(line.encode())
    np.save(table, np.array([*found, (start, -1, -1)], dtype=np.int64))  # the last row says where the last line ends
    return len(found)


def open_passages(rows: Path, table: Path, passages: int) -> Passages:
    """The passages that :func:`build_passages` wrote; raises ``DamagedEdition`` when they are not as many."""
    found: NDArray[np.int64] = np.load(table)
    if len(found) != passages + 1:
        raise DamagedEdition(f"{table}: its passages are not those of the edition; publish again")
    return Passages(Slices(rows).read, found)


class Passages(Sequence[Passage]):
    """Opened passages. Each access reads one anew, so keep what is used twice."""

    def __init__(self, read: Callable[[int, int], bytes], table: NDArray[np.int64]) -> None:
        self._read, self._starts = read, table[:, 0].tolist()
        self.owners: NDArray[np.int32] = table[:-1, 1].astype(np.int32)  # the number of each one's document
        self.sections: NDArray[np.int32] = table[:-1, 2].astype(np.int32)  # alike: one document, the same headings

    @overload
    def __getitem__(self, at: int) -> Passage: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Passage]: ...
    def __getitem__(self, at: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(f"no passage {at} of {len(self)}")
        return passage_from_row(json.loads(self._read(self._starts[at], self._starts[at + 1])))

    def __len__(self) -> int:
        return len(self.owners)
