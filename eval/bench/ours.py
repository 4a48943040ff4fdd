"""Signpost itself, and the bare loop: the exact one without our steps.

That is one encoding, one BM25 scoring and one search of every vector. An approximate search can be faster than it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from eval.bench.engines import TOP, Engine, Entry, Setting
from index.bm25 import Bm25, build_bm25
from index.documents import Documents
from index.edition import Edition
from index.encoder import Encoder
from index.layout import EditionFiles
from index.passages import Passages
from index.reading import search_tokens
from index.retrieve import DEPTH, REORDERED, retrieve
from index.vectors import Vectors, build_vectors

_PROPOSED = 100  # by each retriever of the bare loop
_RANK_OFFSET = 60  # of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009, doi 10.1145/1571941.1572114)


class Signpost:
    """The retrieval that the service answers from."""

    def __init__(self, edition: Edition, passages: int) -> None:
        self._edition = edition
        self._mask = np.ones(passages, bool)

    def search(self, query: str) -> list[int]:
        """Every passage may be cited."""
        return [hit.passage for hit in retrieve(self._edition, query, TOP, self._mask).hits]

    def parts(self, query: str) -> Mapping[str, Callable[[], object]]:
        """What a search is made of, each part to be run alone; the rest is fusing, feedback and order."""
        edition, mask = self._edition, self._mask
        vector = edition.encoder.encode(query)
        depth = min(DEPTH, len(mask))
        near = edition.vectors.nearest(vector, depth, mask)[0][:REORDERED]
        cosines = edition.vectors.scores(near, vector)
        return {
            "encoding": lambda: edition.encoder.encode(query),
            "words": lambda: edition.bm25.scores(query),
            "vectors": lambda: edition.vectors.nearest(vector, depth, mask),
            "sentences": lambda: edition.sentences.best(near, vector, cosines),
        }

    def close(self) -> None:
        """Nothing: the index is mapped, not held."""


class Bare:
    """What no hybrid search over these passages can do without."""

    def __init__(self, setting: Setting) -> None:
        files = _files(setting)
        self._encoder = Encoder(setting.weights.encoder)
        self._bm25 = Bm25(files.bm25, len(setting.passages))
        self._vectors = Vectors(files.vectors, len(setting.passages))
        self._mask = np.ones(len(setting.passages), bool)
        self._proposed = min(_PROPOSED, len(setting.passages))

    def search(self, query: str) -> list[int]:
        """Reciprocal rank fusion of what the two retrievers propose."""
        near, _ = self._vectors.nearest(self._encoder.encode(query), self._proposed, self._mask)
        scores = self._bm25.scores(query)
        lexical = np.argpartition(-scores, self._proposed - 1)[: self._proposed]
        lexical = lexical[np.argsort(-scores[lexical], kind="stable")]
        found, which = np.unique(np.concatenate([near, lexical]), return_inverse=True)
        points = np.tile(1.0 / (_RANK_OFFSET + np.arange(self._proposed)), 2)
        best = np.argsort(-np.bincount(which, points), kind="stable")[:TOP]
        return cast("list[int]", found[best].tolist())

    def close(self) -> None:
        """Nothing: the index is mapped, not held."""


def assembled(setting: Setting) -> Edition:
    """The passages as an edition that ``retrieve`` can search, from the parts that ``index.build`` makes.

    For sizes that are no whole corpus: ``build_edition`` would encode them, and repeated passages have no encoding.
    """
    count = len(setting.passages)
    files = _files(setting)
    indexes = (Bm25(files.bm25, count), Vectors(files.vectors, count))
    opened = (*indexes, setting.passages.sentences, Encoder(setting.weights.encoder))
    unread = Passages(lambda _start, _end: b"", np.zeros((count + 1, 3), np.int64))
    return Edition("sha256:assembled", Documents(()), unread, unread.owners, *opened, None)


def _files(setting: Setting) -> EditionFiles:
    """Both indexes, written to the setting's folder."""
    files, passages = EditionFiles(setting.folder), setting.passages
    read = zip(passages.texts, passages.languages, strict=True)
    build_bm25([search_tokens(text, language) for text, language in read], files.bm25)
    build_vectors(passages.vectors, files.vectors)
    return files


def _signpost(setting: Setting) -> Engine:
    edition = assembled(setting) if setting.edition is None else setting.edition
    return Signpost(edition, len(setting.passages))


SIGNPOST = Entry("signpost", "Signpost", (), _signpost)
BARE = Entry("bare", "bare loop", (), Bare)
