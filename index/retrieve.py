"""Query -> Retrieval: both retrievers over the passages that may be cited, fused exactly.

Each retriever proposes candidates; every candidate is then scored exactly by both. A passage that neither proposed
can't reach the ranking: its cosine and BM25 are bounded by the last proposed ones, and when that bound is not below
the last returned hit, the depth is doubled. So the ranking depends on the query alone, not on where a list was cut.
The first REORDERED of that ranking are then put in order by their best sentences too, however many are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.edition import Edition
from index.fusion import FEEDBACK_PASSAGES, SENTENCE_WEIGHT, fuse, with_feedback, with_sentences

DEPTH = 200  # candidates of each retriever at first; doubled until the ranking is proved
REORDERED = 50  # passages whose sentences are read: as many as an answer looks at


@dataclass(frozen=True, slots=True)
class Hit:
    """One ranked passage."""

    rank: int  # 1-based
    passage: int  # its number in the edition
    score: float
    bm25: float
    cosine: float  # with the question itself, before feedback


@dataclass(frozen=True, slots=True)
class Retrieval:
    """All hits of one query over one edition."""

    edition: str
    query: str
    vector: NDArray[np.float32]  # of the query
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class _Scores:
    """What is fixed for one query: BM25 of every passage that may be cited, and the mask."""

    bm25: NDArray[np.float32]
    best_bm25: float
    order: NDArray[np.int64]  # eligible passages by falling BM25, ties by number
    mask: NDArray[np.bool_]
    preference: NDArray[np.float32]  # added to the fused score


def retrieve(
    edition: Edition,
    query: str,
    count: int,
    mask: NDArray[np.bool_],
    preference: NDArray[np.float32] | None = None,
) -> Retrieval:
    """The ``count`` best passages inside ``mask`` (passages,); ``preference`` (passages,) is added to each score.

    ``preference`` must not be positive. Ties go to the lower passage number, which is the order of passage ids.
    """
    vector = edition.encoder.encode(query)
    if not mask.any():
        return Retrieval(edition.id, query, vector, ())
    scores = _scores(edition, query, mask, preference)
    first, _ = _rank(edition, vector, scores, min(FEEDBACK_PASSAGES, int(mask.sum())))
    moved = with_feedback(vector, edition.vectors.rows(first))
    ids, fused = _rank(edition, moved, scores, min(max(count, REORDERED), int(mask.sum())))
    ids, fused = _by_sentences(edition, vector, ids, fused)
    ids, fused = ids[:count], fused[:count]
    cosines = edition.vectors.scores(ids, vector)
    hits = tuple(
        Hit(rank, int(i), float(score), float(scores.bm25[i]), float(cosine))
        for rank, (i, score, cosine) in enumerate(zip(ids, fused, cosines, strict=True), 1)
    )
    return Retrieval(edition.id, query, vector, hits)


def _by_sentences(
    edition: Edition, vector: NDArray[np.float32], ids: NDArray[np.int64], fused: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ranking with its first REORDERED passages in the order that their best sentences give them too.

    By the question itself, not moved by feedback: the passages it was moved to would only be confirmed. A passage
    without sentences is compared as a whole.
    """
    first = ids[:REORDERED]
    nearest = edition.sentences.best(first, vector, edition.vectors.scores(first, vector))
    scores = (1.0 - SENTENCE_WEIGHT) * fused
    scores[:REORDERED] = with_sentences(fused[:REORDERED], nearest)
    order = np.lexsort((ids, -scores))
    return ids[order], scores[order]


def _scores(edition: Edition, query: str, mask: NDArray[np.bool_], preference: NDArray[np.float32] | None) -> _Scores:
    bm25 = edition.bm25.scores(query)
    eligible = np.flatnonzero(mask)
    order = eligible[np.argsort(-bm25[eligible], kind="stable")]
    if preference is None:
        preference = np.zeros(len(mask), np.float32)
    return _Scores(bm25, float(bm25[order[0]]), order, mask, preference)


def _rank(
    edition: Edition, vector: NDArray[np.float32], scores: _Scores, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ``count`` best eligible passages and their fused scores, best first."""
    depth = max(DEPTH, count)
    while True:
        near = edition.vectors.nearest(vector, min(depth, len(scores.order)), scores.mask)
        candidates = np.union1d(near, scores.order[:depth])
        cosines = edition.vectors.scores(candidates, vector)
        best_cosine = float(cosines.max())
        fused = fuse(cosines, scores.bm25[candidates], best_cosine, scores.best_bm25)
        fused = fused + scores.preference[candidates]
        top = np.lexsort((candidates, -fused))[:count]
        if depth >= len(scores.order):
            return candidates[top], fused[top]
        last_cosine = cosines[np.searchsorted(candidates, near[-1:])]
        last_bm25 = scores.bm25[scores.order[depth - 1 : depth]]
        unseen = fuse(last_cosine, last_bm25, best_cosine, scores.best_bm25)
        if fused[top[-1]] > unseen[0] + 1e-6:  # FAISS sums in another order than NumPy
            return candidates[top], fused[top]
        depth *= 2
