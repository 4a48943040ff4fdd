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
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.edition import Edition
from index.fusion import FEEDBACK_PASSAGES, SENTENCE_WEIGHT, fuse, least_bm25, with_feedback, with_sentences

DEPTH = 1_000  # nearest passages proposed at first; DEEPER times as many until the ranking is proved
DEEPER = 4
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
class _Eligible:
    """What is fixed for one query: the passages that may be cited, and what is known of each without its vector."""

    mask: NDArray[np.bool_]
    count: int
    bm25: NDArray[np.float32]  # (passages,); below 0 outside the mask
    best_bm25: float
    preference: NDArray[np.float32]  # added to the fused score


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Passages to be scored exactly with one vector, and what holds of all other eligible ones."""

    passages: NDArray[np.int64]  # sorted
    bound: float  # no other one has a larger cosine; minus infinity where there is no other one
    deeper: int  # how many to ask the vectors for where that isn't enough


_Ranking = tuple[NDArray[np.int64], NDArray[np.float64]]  # passages and their scores, best first


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
    eligible = _eligible(edition, query, mask, preference)
    candidates = _nearest(edition, vector, eligible, DEPTH)
    (first, _), candidates = _rank(edition, vector, eligible, candidates, FEEDBACK_PASSAGES)
    moved = with_feedback(vector, edition.vectors.rows(first))
    candidates = replace(candidates, bound=edition.vectors.bound(moved, vector, candidates.bound), deeper=DEPTH)
    (ids, fused), _ = _rank(edition, moved, eligible, candidates, max(count, REORDERED))
    ids, fused = _by_sentences(edition, vector, ids, fused)
    ids, fused = ids[:count], fused[:count]
    cosines = edition.vectors.scores(ids, vector)
    rows = zip(ids.tolist(), fused.tolist(), eligible.bm25[ids].tolist(), cosines.tolist(), strict=True)
    return Retrieval(edition.id, query, vector, tuple(Hit(rank, *row) for rank, row in enumerate(rows, 1)))


def _eligible(
    edition: Edition, query: str, mask: NDArray[np.bool_], preference: NDArray[np.float32] | None
) -> _Eligible:
    bm25 = edition.bm25.scores(query)
    bm25[~mask] = -1.0
    if preference is None:
        preference = np.zeros(len(mask), np.float32)
    return _Eligible(mask, int(np.count_nonzero(mask)), bm25, float(bm25.max()), preference)


def _nearest(edition: Edition, vector: NDArray[np.float32], eligible: _Eligible, depth: int) -> _Candidates:
    """The ``depth`` eligible passages nearest to ``vector``, or all there are."""
    passages, bound = edition.vectors.nearest(vector, min(depth, eligible.count), eligible.mask)
    return _Candidates(np.sort(passages), bound, depth * DEEPER)


def _rank(
    edition: Edition, vector: NDArray[np.float32], eligible: _Eligible, candidates: _Candidates, count: int
) -> tuple[_Ranking, _Candidates]:
    """The ``count`` best eligible passages by their fused scores, and the candidates that proved them."""
    count = min(count, eligible.count)
    candidates = _with(candidates, _best_worded(eligible, count))
    while True:
        ranking, best_cosine = _best(edition, vector, eligible, candidates.passages, count)
        reached = float(ranking[1][-1]) if len(ranking[1]) == count else -math.inf
        least = least_bm25(reached, candidates.bound, best_cosine, eligible.best_bm25)
        could = np.flatnonzero(eligible.bm25 >= max(0.0, least))
        if len(could) > candidates.deeper or candidates.bound > best_cosine:
            found = _nearest(edition, vector, eligible, max(candidates.deeper, count))
            candidates = _with(found, candidates.passages)
        else:
            proved = _with(candidates, could)
            if len(proved.passages) == len(candidates.passages):
                return ranking, candidates
            candidates = proved


def _with(candidates: _Candidates, passages: NDArray[np.int64]) -> _Candidates:
    return replace(candidates, passages=np.union1d(candidates.passages, passages))


def _best_worded(eligible: _Eligible, count: int) -> NDArray[np.int64]:
    """Some ``count`` passages with the highest BM25; fewer where fewer have any."""
    found = np.flatnonzero(eligible.bm25 > 0)
    return found[np.argpartition(eligible.bm25[found], -count)[-count:]] if len(found) > count else found


def _best(
    edition: Edition, vector: NDArray[np.float32], eligible: _Eligible, passages: NDArray[np.int64], count: int
) -> tuple[_Ranking, float]:
    """The ``count`` best of ``passages``, and the largest cosine among all of these."""
    cosines = edition.vectors.scores(passages, vector)
    best_cosine = float(cosines.max())
    fused = fuse(cosines, eligible.bm25[passages], best_cosine, eligible.best_bm25) + eligible.preference[passages]
    order = np.lexsort((passages, -fused))[:count]
    return (passages[order], fused[order]), best_cosine


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
