"""The dense retriever: exact inner products by FAISS over vectors of eight bits a component.

Every component is stored on one scale, the same for all passages and editions, so that no passage changes what another
one scores. Cosines change by less than 0.005 (docs/decisions/0013-speed.md), and a search reads half of what half
precision reads.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedEdition

DEVIATIONS = 6.0  # of a unit vector's components, 1/√dimensions each: as far as eight bits reach; more is cut to it
_STEPS = 127  # of eight bits, either side of zero
LONGEST = 1.0 + DEVIATIONS / (2 * _STEPS)  # of a stored unit vector: each component is half a step off at most
_PART = 8192  # vectors written at a time
_SUMS = 1e-6  # what a sum of products in single precision may be off


def build_vectors(vectors: NDArray[np.float32], path: Path) -> None:
    """Writes unit ``vectors``, shape (passages, dimensions), as a FAISS ``SQ8_direct_signed`` index.

    They may be mapped from a file: some thousand are read at a time.
    """
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    index.train(_stored(vectors[:_PART]))  # there is nothing to learn, but FAISS wants to be asked
    for start in range(0, len(vectors), _PART):
        index.add(_stored(vectors[start : start + _PART]))
    faiss.write_index(index, str(path))


def _stored(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.clip(np.rint(vectors / _step(vectors.shape[1])), -_STEPS, _STEPS)
    return found


def _step(dimensions: int) -> float:
    return DEVIATIONS / math.sqrt(dimensions) / _STEPS


class Vectors:
    """An opened vector index."""

    def __init__(self, path: Path, passages: int) -> None:
        faiss.omp_set_num_threads(1)  # for this thread; a single query is searched on one thread anyway
        self._index = cast(Any, faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        if self._index.ntotal != passages:
            raise DamagedEdition(f"{path}: its passages are not those of the edition; publish again")
        codes = faiss.rev_swig_ptr(self._index.codes.data(), passages * self._index.code_size)
        self._codes: NDArray[np.uint8] = codes.reshape(passages, self._index.d)
        self._step = _step(self._index.d)

    def nearest(
        self, query: NDArray[np.float32], count: int, mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Some ``count`` ids inside ``mask`` near to ``query`` (dimensions,), nearest first, and a bound behind each.

        No passage inside the mask that isn't among the first n has a larger score than the n-th bound; behind the
        last of all passages inside the mask it is minus infinity.
        """
        # FAISS would cut the query to whole numbers too, by its own rule; so it is given whole numbers, and what was
        # rounded off is in the bounds. Sums of whole numbers are the same on every processor.
        step = float(np.abs(query).max()) / _STEPS
        rounded = np.rint(query / np.float32(step))
        # Asking for each passage costs a tenth, so where nothing is masked nothing is asked.
        parameters = None
        if not mask.all():
            bits = np.packbits(mask, bitorder="little")  # is read until the search ends
            selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
            parameters = cast(Any, faiss.SearchParameters)(sel=selector)
        sums, ids = self._index.search(rounded[None, :], count, params=parameters)
        found: NDArray[np.int64] = ids[0][ids[0] >= 0]
        off = float(np.linalg.norm(query - rounded * np.float32(step))) * LONGEST
        bounds = sums[0][: len(found)].astype(np.float64) * step * self._step + off + _SUMS
        if len(found) == np.count_nonzero(mask):
            bounds[-1:] = -math.inf
        return found, bounds

    def bound(self, moved: NDArray[np.float32], query: NDArray[np.float32], score: float) -> float:
        """The largest inner product with ``moved`` of any row whose one with ``query`` is at most ``score``.

        Both are unit vectors: no row comes nearer than by the angle between them.
        """
        along = min(1.0, float(query.astype(np.float64) @ moved.astype(np.float64)))
        if score <= -LONGEST:
            return score
        if score >= along * LONGEST:
            return LONGEST
        across = math.sqrt((1.0 - along * along) * (LONGEST * LONGEST - score * score))
        return along * score + across + _SUMS

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors of ``ids``, shape (ids, dimensions)."""
        return self._numbers(ids) * np.float32(self._step)

    def scores(self, ids: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner products of the stored vectors of ``ids`` with ``query`` (dimensions,), shape (ids,)."""
        # Not `@`: BLAS sums a row in an order that depends on how many rows there are and where it stands,
        # so equal passages would not tie and a score would change with what else was proposed.
        found: NDArray[np.float32] = np.einsum("ij,j->i", self._numbers(ids), query) * np.float32(self._step)
        return found

    def _numbers(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """What is stored of ``ids``, in steps."""
        # Bytes as long as it can be: a second array of floats is fresh memory, which takes longer than the sums.
        below: NDArray[np.uint8] = self._codes.take(ids, axis=0)
        below -= np.uint8(_STEPS + 1)
        return below.view(np.int8).astype(np.float32)
