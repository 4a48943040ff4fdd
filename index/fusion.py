"""Two scores -> one ranking. Pure functions over the scores of the passages that may be cited.

TM2C2: convex combination with theoretical minima (Bruch, Gai, Ingber 2023, doi 10.1145/3596512, section 4.2): each
score is scaled by its least possible value (-1 for the cosine, 0 for BM25) and its largest for this query.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.8  # weight of the cosine; measured on NFCorpus and SciFact, see specs of the evaluation
FEEDBACK_PASSAGES = 3  # dense pseudo-relevance feedback (Li et al. 2021, arXiv 2108.11044): how many best passages
FEEDBACK_WEIGHT = 0.4  # and their weight beside the query
SENTENCE_WEIGHT = 0.25  # of a passage's best sentence beside its fused score (docs/decisions/0009-ranking.md)


def fuse(
    cosines: NDArray[np.float32], bm25: NDArray[np.float32], best_cosine: float, best_bm25: float
) -> NDArray[np.float64]:
    """The fused scores, same shape; ``best_*`` are the largest scores among all passages that may be cited."""
    dense = (cosines.astype(np.float64) + 1.0) / (best_cosine + 1.0)
    lexical = bm25.astype(np.float64) / best_bm25 if best_bm25 > 0 else np.zeros(len(bm25))
    return ALPHA * dense + (1.0 - ALPHA) * lexical


def least_bm25(score: float, cosine: float, best_cosine: float, best_bm25: float) -> float:
    """The BM25 that a passage of at most this ``cosine`` needs for a fused score of ``score``: ``fuse`` solved for it.

    Minus infinity where the cosine alone may do, infinity where no BM25 is enough.
    """
    lacking = score - ALPHA * (cosine + 1.0) / (best_cosine + 1.0)
    if lacking <= 0:
        return -math.inf
    return lacking / (1.0 - ALPHA) * best_bm25 if best_bm25 > 0 else math.inf


def with_sentences(fused: NDArray[np.float64], cosines: NDArray[np.float32]) -> NDArray[np.float64]:
    """Fused scores that also say how near each passage's best sentence is, (passages,); scaled as ``fuse`` scales.

    What no passage beside them can get by its sentence is 0, so those that are left out stay behind these.
    """
    near = (cosines.astype(np.float64) + 1.0) / (float(cosines.max()) + 1.0)
    return (1.0 - SENTENCE_WEIGHT) * fused + SENTENCE_WEIGHT * near


def with_feedback(query: NDArray[np.float32], best: NDArray[np.float32]) -> NDArray[np.float32]:
    """``query`` (dimensions,) moved towards the mean of the ``best`` passages' vectors, as a unit vector."""
    moved = query + FEEDBACK_WEIGHT * best.mean(axis=0)
    unit: NDArray[np.float32] = (moved / np.linalg.norm(moved)).astype(np.float32)
    return unit
