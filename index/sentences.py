"""The sentences of passages as vectors: what a passage says best, apart from what it says on the whole.

A passage's own vector is a mean over everything it says; a question asks for one thing. Each row is kept in eight
bits a component with its own scale, half the room of half precision: cosines change by less than 0.002.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.model import Passage
from index.analysis import words
from index.errors import DamagedEdition
from index.slices import Slices

SENTENCE_WORDS = 4  # shorter ones say too little to be compared: "Adults", "Not known"
_STEPS = 127  # of eight bits, either side of zero
_PART = 8192  # vectors written at a time
_VECTORS, _SCALES, _ENDS = "vectors.npy", "scales.npy", "ends.npy"


def sentence_texts(passage: Passage) -> list[str]:
    """The sentences of a passage that are compared, in text order."""
    texts = (passage.text[part.start - passage.start : part.end - passage.start] for part in passage.sentences)
    return [text for text in texts if is_compared(text)]


def is_compared(sentence: str) -> bool:
    """Whether a sentence says enough to have a vector."""
    return len(words(sentence)) >= SENTENCE_WORDS


def build_sentences(vectors: NDArray[np.float32], counts: Sequence[int], folder: Path) -> None:
    """Writes unit ``vectors``, shape (sentences, dimensions), of which ``counts`` belong to each passage, in order.

    They may be mapped from a file: some thousand are read at a time.
    """
    folder.mkdir()
    scales = np.empty(len(vectors), np.float32)
    with (folder / _VECTORS).open("wb") as stream:
        header = {"descr": "|i1", "fortran_order": False, "shape": vectors.shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for start in range(0, len(vectors), _PART):
            part = vectors[start : start + _PART]
            scale = np.abs(part).max(axis=1, initial=0.0).astype(np.float32) / _STEPS
            scales[start : start + _PART] = scale
            stream.write(np.rint(part / scale[:, None]).astype(np.int8).tobytes())
    np.save(folder / _SCALES, scales)
    np.save(folder / _ENDS, np.cumsum([0, *counts], dtype=np.int64))


class Sentences:
    """Opened sentence vectors."""

    def __init__(self, folder: Path, passages: int) -> None:
        header = np.load(folder / _VECTORS, mmap_mode="r")
        self._dimensions, self._first = int(header.shape[1]), int(header.offset)
        self._vectors = Slices(folder / _VECTORS)
        self._scales: NDArray[np.float32] = np.load(folder / _SCALES)
        ends: NDArray[np.int64] = np.load(folder / _ENDS)
        if len(ends) != passages + 1:
            raise DamagedEdition(f"{folder}: its passages are not those of the edition; publish again")
        self._starts, self._counts = ends[:-1], np.diff(ends)

    def taken(self, passages: NDArray[np.int64]) -> Sentences:
        """The sentences of these passages alone, in this order; a passage may come twice. Copies no vector."""
        found = copy(self)
        found._starts, found._counts = self._starts[passages], self._counts[passages]
        return found

    def best(
        self, passages: NDArray[np.int64], query: NDArray[np.float32], otherwise: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The cosine of ``query`` (dimensions,) with the nearest sentence of each of ``passages``, same shape.

        A passage without sentences gets its value of ``otherwise``.
        """
        starts, counts = self._starts[passages], self._counts[passages]
        found = otherwise.copy()
        some = counts > 0
        if not some.any():
            return found
        starts, counts = starts[some], counts[some]
        first = np.cumsum(counts) - counts  # where each passage's sentences begin among those read
        found[some] = np.maximum.reduceat(self._cosines(starts, counts, query), first)
        return found

    def cosines(self, passage: int, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of ``query`` (dimensions,) with each sentence of one passage that is compared, in text order."""
        at = slice(passage, passage + 1)
        return self._cosines(self._starts[at], self._counts[at], query)

    def _cosines(
        self, starts: NDArray[np.int64], counts: NDArray[np.int64], query: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """With runs of ``counts`` sentences from ``starts`` on, one behind the other."""
        ends, size = np.cumsum(counts), self._dimensions
        rows = np.empty(int(ends[-1]) * size, np.int8)
        runs = zip((self._first + starts * size).tolist(), (counts * size).tolist(), strict=True)
        self._vectors.read_runs(rows.view(np.uint8).data, runs)
        # Not `@`: see Vectors.scores.
        found: NDArray[np.float32] = np.einsum("ij,j->i", rows.reshape(-1, size).astype(np.float32), query)
        found *= self._scales[np.arange(len(found)) + np.repeat(starts - ends + counts, counts)]
        return found
