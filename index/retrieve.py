"""Query -> Retrieval: both retrievers over the passages that may be cited, fused exactly.

Each retriever proposes candidates, and every candidate is scored exactly by both. No passage that the vectors didn't
propose has a cosine above a known bound; so what could still reach the ranking must have a BM25 above another, and all
of that is scored too. The ranking is then the formula's over every passage: it depends on the query alone, not on where
a list was cut.

It is made twice, for feedback moves the query towards the best passages. Nothing that was far from the query is near to
the moved one, so what was proposed at first is mostly proof enough, and the vectors aren't searched again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.edition import Edition
from index.fusion import FEEDBACK_PASSAGES, SENTENCE_WEIGHT, fuse, least_bm25, with_feedback, with_sentences

DEPTH = 400  # nearest passages proposed at first; DEEPER times as many until the ranking is proved
DEEPER = 4
FEW = 100  # of these for the first ranking, of which the very best are wanted alone
REORDERED = 50  # passages whose sentences are read: as many as an answer looks at


@dataclass(frozen=True, slots=True)
class Hit:
    """One ranked passage."""

    rank: int  # 1-based
    passage: int  # its number in the edition
    score: float
    bm25: float
    cosine: float  # with the question and its meanings, before feedback


@dataclass(frozen=True, slots=True)
class Retrieval:
    """All hits of one query over one edition."""

    edition: str
    query: str
    vector: NDArray[np.float32]  # of the query
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class _Eligible:
    """What is fixed for one query: the passages that may be cited, and what is known of each without its vector."""

    mask: NDArray[np.bool_]
    count: int
    bm25: NDArray[np.float32]  # (passages,); below 0 outside the mask
    best_bm25: float
    worded: NDArray[np.int64]  # those with a high BM25, REORDERED of them at most: where the best may be
    preference: NDArray[np.float32] | None  # added to the fused score


_Ranking = tuple[NDArray[np.int64], NDArray[np.float64]]  # passages and their scores, best first


def retrieve(
    edition: Edition,
    query: str,
    count: int,
    mask: NDArray[np.bool_],
    preference: NDArray[np.float32] | None = None,
    meanings: Sequence[str] = (),
    vector: NDArray[np.float32] | None = None,
) -> Retrieval:
    """The ``count`` best passages inside ``mask`` (passages,); ``preference`` (passages,) is added to each score.

    ``meanings`` of its words are searched beside the query: by BM25 with less weight, by the encoder together with it.
    ``vector`` is the query's encoding where it is known. ``preference`` must not be positive. Ties go to the lower
    passage number, which is the order of passage ids.
    """
    if vector is None:
        vector = edition.encoder.encode(" ".join([query, *meanings]))
    if not mask.any():
        return Retrieval(edition.id, query, vector, ())
    eligible = _eligible(edition, query, meanings, mask, preference)
    near, bounds = edition.vectors.nearest(vector, min(DEPTH, eligible.count), mask)
    few = min(FEW, len(near))
    first, _ = _Ranker(edition, vector, eligible, float(bounds[few - 1]), near[:few]).best(FEEDBACK_PASSAGES)
    moved = with_feedback(vector, edition.vectors.rows(first))
    bound = edition.vectors.bound(moved, vector, float(bounds[-1]))
    ids, fused = _Ranker(edition, moved, eligible, bound, near).best(max(count, REORDERED))
    ids, fused = _by_sentences(edition, vector, ids, fused)
    ids, fused = ids[:count], fused[:count]
    cosines = edition.vectors.scores(ids, vector)
    rows = zip(ids.tolist(), fused.tolist(), eligible.bm25[ids].tolist(), cosines.tolist(), strict=True)
    return Retrieval(edition.id, query, vector, tuple(Hit(rank, *row) for rank, row in enumerate(rows, 1)))


def _eligible(
    edition: Edition,
    query: str,
    meanings: Sequence[str],
    mask: NDArray[np.bool_],
    preference: NDArray[np.float32] | None,
) -> _Eligible:
    bm25 = edition.bm25.scores(query, meanings)
    if not mask.all():
        bm25[~mask] = -1.0
    best = float(bm25.max())
    worded = np.flatnonzero(bm25 >= best / 2) if best > 0 else np.zeros(0, np.int64)
    if len(worded) > REORDERED:
        worded = worded[np.argpartition(bm25[worded], -REORDERED)[-REORDERED:]]
    return _Eligible(mask, int(np.count_nonzero(mask)), bm25, best, worded, preference)


class _Ranker:
    """Candidates with their exact scores, and what holds of all other eligible passages."""

    def __init__(
        self,
        edition: Edition,
        vector: NDArray[np.float32],
        eligible: _Eligible,
        bound: float,
        candidates: NDArray[np.int64],
    ) -> None:
        """No eligible passage outside ``candidates`` has a cosine above ``bound`` with ``vector``."""
        self._edition, self._vector, self._eligible, self._bound = edition, vector, eligible, bound
        self._known = np.zeros(len(eligible.mask), bool)
        self._passages = np.zeros(0, np.int64)
        self._cosines = np.zeros(0, np.float32)
        self._add(candidates)
        self._add(eligible.worded)

    def best(self, count: int) -> _Ranking:
        """The ``count`` best eligible passages by their fused scores; candidates are added until they are proved."""
        given, depth = self._eligible, DEPTH
        count = min(count, given.count)
        while True:
            best_cosine = float(self._cosines.max())
            ids, fused = self._ranking(best_cosine, count)
            reached = float(fused[-1]) if len(fused) == count else -math.inf
            least = least_bm25(reached, self._bound, best_cosine, given.best_bm25)
            could = np.flatnonzero(given.bm25 >= max(0.0, least))
            if len(could) > depth or self._bound > best_cosine:
                near, bounds = self._edition.vectors.nearest(
                    self._vector, min(max(depth, count), given.count), given.mask
                )
                self._bound = min(self._bound, float(bounds[-1]))
                self._add(near)
                depth *= DEEPER
            elif not self._add(could):
                return ids, fused

    def _add(self, passages: NDArray[np.int64]) -> bool:
        """Scores those of ``passages`` that are new; whether any was."""
        new = passages[~self._known[passages]]
        if not len(new):
            return False
        self._known[new] = True
        self._passages = np.concatenate([self._passages, new])
        self._cosines = np.concatenate([self._cosines, self._edition.vectors.scores(new, self._vector)])
        return True

    def _ranking(self, best_cosine: float, count: int) -> _Ranking:
        given, passages = self._eligible, self._passages
        fused = fuse(self._cosines, given.bm25[passages], best_cosine, given.best_bm25)
        if given.preference is not None:
            fused += given.preference[passages]
        if count < len(fused):  # only those that may be among the first are put in order
            kept = np.flatnonzero(fused >= np.partition(fused, -count)[-count])
            passages, fused = passages[kept], fused[kept]
        order = np.lexsort((passages, -fused))[:count]
        return passages[order], fused[order]


def _by_sentences(
    edition: Edition, vector: NDArray[np.float32], ids: NDArray[np.int64], fused: NDArray[np.float64]
) -> _Ranking:
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
