"""The dense retriever: exact inner products over half-precision vectors by FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedEdition


def build_vectors(vectors: NDArray[np.float32], path: Path) -> None:
    """Writes unit ``vectors``, shape (passages, dimensions), as a FAISS ``SQfp16`` index."""
    faiss.write_index(_index(vectors), str(path))


def _index(vectors: NDArray[np.float32]) -> faiss.IndexScalarQuantizer:
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    return index


class Vectors:
    """An opened vector index."""

    def __init__(self, path: Path, passages: int) -> None:
        faiss.omp_set_num_threads(1)  # for this thread; a single query is searched on one thread anyway
        self._index = cast(Any, faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        if self._index.ntotal != passages:
            raise DamagedEdition(f"{path}: its passages are not those of the edition; publish again")
        codes = faiss.rev_swig_ptr(self._index.codes.data(), passages * self._index.code_size)
        self._rows: NDArray[np.float16] = codes.view(np.float16).reshape(passages, self._index.d)

    def nearest(self, query: NDArray[np.float32], count: int, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The ids of the ``count`` passages inside ``mask`` nearest to ``query`` (dimensions,), nearest first."""
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
        parameters = cast(Any, faiss.SearchParameters)(sel=selector)
        _, ids = self._index.search(query[None, :], count, params=parameters)
        found: NDArray[np.int64] = ids[0][ids[0] >= 0]
        return found

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors of ``ids``, shape (ids, dimensions)."""
        return self._rows[ids].astype(np.float32)

    def scores(self, ids: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner products of the stored vectors of ``ids`` with ``query`` (dimensions,), shape (ids,)."""
        # Not `@`: BLAS sums a row in an order that depends on how many rows there are and where it stands,
        # so equal passages would not tie and a score would change with what else was proposed.
        found: NDArray[np.float32] = np.einsum("ij,j->i", self.rows(ids), query)
        return found
