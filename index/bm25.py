"""The lexical retriever: BM25 (Lucene's variant) by bm25s.

Only bm25s's own arrays are saved with it; passages are kept by us, in the same order. The vocabulary is sorted
before indexing, so the files don't depend on PYTHONHASHSEED.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.analysis import tokens
from index.errors import DamagedEdition

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009; Lucene's defaults
_VOCABULARY = "vocabulary.json"
logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG


def build_bm25(token_lists: Sequence[Sequence[str]], folder: Path) -> None:
    """Writes the index of ``token_lists`` (one a passage, in order) to ``folder``."""
    vocabulary = {token: index for index, token in enumerate(sorted({t for row in token_lists for t in row}))}
    ids = [[vocabulary[token] for token in row] for row in token_lists]
    # bm25s drops no empty passage: their count is checked when the index is opened.
    retriever = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
    retriever.index((ids, {**vocabulary, "": len(vocabulary)}), create_empty_token=False, show_progress=False)
    retriever.save(str(folder), corpus=None, show_progress=False)
    (folder / "vocab.index.json").unlink()
    languages = Counter(token.split(":", 1)[0] for token in vocabulary)
    meaning = {"tokens": list(vocabulary), "languages": sorted(languages)}
    (folder / _VOCABULARY).write_text(json.dumps(meaning, ensure_ascii=False) + "\n", encoding="utf-8")


class Bm25:
    """An opened lexical index. ``scores`` is exact for every passage."""

    def __init__(self, folder: Path, passages: int) -> None:
        meaning = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
        self.languages: tuple[str, ...] = tuple(meaning["languages"])
        self.vocabulary: Mapping[str, int] = {token: index for index, token in enumerate(meaning["tokens"])}
        self._retriever = bm25s.BM25.load(str(folder), mmap=True, load_vocab=False, load_corpus=False)
        if int(self._retriever.scores["num_docs"]) != passages:
            raise DamagedEdition(f"{folder}: its passages are not those of the edition; publish again")

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of every passage, shape (passages,); each language's passages by its own analyser."""
        ids = [
            index
            for language in self.languages
            for token in tokens(query, language)
            if (index := self.vocabulary.get(token)) is not None
        ]
        result: NDArray[np.float32] = self._retriever.get_scores_from_ids(ids)
        return result

    def document_frequency(self, token: str) -> int:
        """In how many passages a token (with its language mark) occurs."""
        index = self.vocabulary.get(token)
        if index is None:
            return 0
        bounds = self._retriever.scores["indptr"]
        return int(bounds[index + 1] - bounds[index])
