"""The lexical retriever: BM25 (Lucene's variant) by bm25s, over words and over pairs of neighbouring words.

A pair that stands in the question and in a passage alike counts with a small weight beside its two words (Metzler and
Croft 2005, doi 10.1145/1076034.1076115: ordered windows of the sequential dependence model). Pairs are columns behind
the words' in the same index, their weight already in them, so a query only adds up more columns.

Only bm25s's own arrays are saved with it; passages are kept by us, in the same order. The vocabulary is sorted
before indexing, so the files don't depend on PYTHONHASHSEED.
"""

from __future__ import annotations

import json
import logging
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.analysis import tokens
from index.errors import DamagedEdition

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009; Lucene's defaults
PAIR_WEIGHT = 0.2  # of a pair's score beside its words' (docs/decisions/0009-ranking.md)
EXPANSION_WEIGHT = 0.5  # of what is searched beside the question (docs/decisions/0012-lexicon.md)
_VOCABULARY, _PAIRS = "vocabulary.json", "pairs.npy"
logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG


def build_bm25(token_lists: Iterable[Sequence[str]], folder: Path) -> None:
    """Writes the index of ``token_lists`` (one a passage, in order, each read once) to ``folder``.

    What it takes in memory are numbers, some thirty bytes a word.
    """
    vocabulary, ids = _numbered(token_lists)
    keys = [_pairs(row, len(vocabulary)) for row in ids]
    known = np.unique(np.concatenate(keys))
    words = _retriever(ids, len(vocabulary))
    if len(known):  # bm25s divides by the average length, which must not be 0
        pairs = _retriever([np.searchsorted(known, row).tolist() for row in keys], len(known))
        _append(words.scores, pairs.scores)
    words.save(str(folder), corpus=None, show_progress=False)
    np.save(folder / _PAIRS, known)
    (folder / "vocab.index.json").unlink()
    languages = Counter(token.split(":", 1)[0] for token in vocabulary)
    meaning = {"tokens": list(vocabulary), "languages": sorted(languages)}
    (folder / _VOCABULARY).write_text(json.dumps(meaning, ensure_ascii=False) + "\n", encoding="utf-8")


def _numbered(token_lists: Iterable[Sequence[str]]) -> tuple[dict[str, int], list[list[int]]]:
    """The sorted vocabulary, each token with its number, and the rows as numbers."""
    seen: dict[str, int] = {}  # in the order of their coming
    rows = [array("i", [seen.setdefault(token, len(seen)) for token in row]) for row in token_lists]
    vocabulary = {token: number for number, token in enumerate(sorted(seen))}
    numbers = [vocabulary[token] for token in seen]
    return vocabulary, [[numbers[first] for first in row] for row in rows]


def _pairs(ids: Sequence[int], words: int) -> NDArray[np.int64]:
    """The pairs of neighbours in a row of word numbers, each as one number."""
    row = np.array(ids, dtype=np.int64)
    return row[:-1] * words + row[1:]


def _retriever(ids: list[list[int]], columns: int) -> Any:
    """bm25s's index of ``ids``, with one column more, which stays empty."""
    retriever = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
    # bm25s drops no empty passage: their count is checked when the index is opened.
    vocabulary = {str(column): column for column in range(columns)}
    retriever.index((ids, {**vocabulary, "": columns}), create_empty_token=False, show_progress=False)
    return retriever


def _append(words: dict[str, Any], pairs: dict[str, Any]) -> None:
    """Puts the columns of ``pairs``, weighted, behind those of ``words``."""
    weighted = (PAIR_WEIGHT * pairs["data"]).astype(words["data"].dtype)
    ends = pairs["indptr"][1:] + words["indptr"][-1]
    words["data"] = np.concatenate([words["data"], weighted])
    words["indices"] = np.concatenate([words["indices"], pairs["indices"]])
    words["indptr"] = np.concatenate([words["indptr"], ends.astype(words["indptr"].dtype)])


class Bm25:
    """An opened lexical index. ``scores`` is exact for every passage."""

    def __init__(self, folder: Path, passages: int) -> None:
        meaning = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
        self.languages: tuple[str, ...] = tuple(meaning["languages"])
        self.vocabulary: Mapping[str, int] = {token: index for index, token in enumerate(meaning["tokens"])}
        self._pairs: NDArray[np.int64] = np.load(folder / _PAIRS, mmap_mode="r")
        opened = bm25s.BM25.load(str(folder), mmap=True, load_vocab=False, load_corpus=False).scores
        if int(opened["num_docs"]) != passages:
            raise DamagedEdition(f"{folder}: its passages are not those of the edition; publish again")
        self._passages = passages
        # Postings column by column. As plain arrays over the mapped files: each slice of a memmap costs microseconds.
        self._starts, self._numbers, self._values = map(
            np.asarray, (opened["indptr"], opened["indices"], opened["data"])
        )

    def scores(self, query: str, meanings: Sequence[str] = ()) -> NDArray[np.float32]:
        """The BM25 score of every passage, shape (passages,); each language's passages by its own analyser.

        What ``meanings`` of its words add to the query, each word once, counts EXPANSION_WEIGHT of itself.
        """
        asked = self._columns(query)
        added = {column for meaning in meanings for column in self._columns(meaning)}.difference(asked)
        found = np.zeros(self._passages, np.float32)
        for column in asked:
            at = slice(self._starts[column], self._starts[column + 1])
            found[self._numbers[at]] += self._values[at]  # a passage stands once in a column
        for column in sorted(added):
            at = slice(self._starts[column], self._starts[column + 1])
            found[self._numbers[at]] += np.float32(EXPANSION_WEIGHT) * self._values[at]
        return found

    def _columns(self, text: str) -> list[int]:
        """The columns of a text's words and pairs, as often as they stand in it."""
        columns: list[int] = []
        for language in self.languages:
            row = [self.vocabulary.get(token) for token in tokens(text, language)]
            columns += [index for index in row if index is not None]
            columns += self._columns_of_pairs(row)
        return columns

    def _columns_of_pairs(self, row: Sequence[int | None]) -> list[int]:
        """The columns of the neighbours in a question's row of word numbers that are neighbours in a passage."""
        count = len(self.vocabulary)
        keys = [first * count + second for first, second in pairwise(row) if first is not None and second is not None]
        at = np.searchsorted(self._pairs, keys)
        found = [(int(place), key) for place, key in zip(at, keys, strict=True) if place < len(self._pairs)]
        return [count + 1 + place for place, key in found if self._pairs[place] == key]  # behind the empty column

    def document_frequency(self, token: str) -> int:
        """In how many passages a token (with its language mark) occurs."""
        index = self.vocabulary.get(token)
        if index is None:
            return 0
        return int(self._starts[index + 1] - self._starts[index])
