"""Rankings against judgements: one value per judged query and measure. Pure, and equal to trec_eval.

Every judged query gets a value: one that is missing from the run, or whose list is empty, gets the measure's default.
A query of the run that nobody judged has no value and changes none; :func:`unjudged` names them, so that a caller can
say how many there were.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from corpus.errors import InvalidInput
from eval.measuring.measures import measure

Qrels = Mapping[str, Mapping[str, int]]  # query -> document -> grade; 1 or more is relevant
Run = Mapping[str, Mapping[str, float]]  # query -> document -> score, more is better
Grades = Sequence[int]  # of the ranked documents, best first; 0 where nobody judged

_NAME = re.compile(r"(\w+)@(\d+)")


def per_query(qrels: Qrels, run: Run, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """The values by query, then by measure, in the order of ``qrels`` and ``names``.

    Raises ``InvalidInput`` for a query without judgements, a score that is no number, and a measure that isn't one of
    a ranking's.
    """
    measures = [(name, *_computed(name)) for name in names]
    values: dict[str, dict[str, float]] = {}
    for query, judged in qrels.items():
        if not judged:
            raise InvalidInput(f"query {query!r} has no judgement; leave it out of the judgements")
        scores = run.get(query) or {}
        grades = [judged.get(document, 0) for document in ranked(scores)]
        values[query] = {
            name: compute(grades, list(judged.values()), depth) if scores else measure(name).default
            for name, compute, depth in measures
        }
    return values


def ranked(scores: Mapping[str, float]) -> tuple[str, ...]:
    """The documents, best first, in trec_eval's order; raises ``InvalidInput`` for a score that is no number.

    trec_eval keeps scores in single precision, and where two are equal the document whose id sorts later comes first.
    """
    for document, score in scores.items():
        if not math.isfinite(score):
            raise InvalidInput(f"document {document!r} has the score {score}; give a finite number")
    with np.errstate(over="ignore"):
        single = np.array(list(scores.values()), dtype=np.float64).astype(np.float32).tolist()
    pairs = sorted(zip(single, scores, strict=True), reverse=True)
    return tuple(document for _, document in pairs)


def untied(ranking: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Documents and scores, best first, as scores that any evaluator puts in this very order.

    Evaluators break ties each in their own way (trec_eval by falling id, MS MARCO by rising id), so equal documents
    would give them different figures. Each score that isn't below the one before it, in single precision, becomes the
    next one below: what Lin and Yang 2019 (SIGIR, doi 10.1145/3331184.3331339) found to make figures repeatable.
    """
    scores: dict[str, float] = {}
    last = np.float32(np.inf)
    for document, score in ranking:
        last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
        scores[document] = float(last)
    return scores


def unjudged(qrels: Qrels, run: Run) -> tuple[str, ...]:
    """The queries of a run that have no judgement, in the run's order."""
    return tuple(query for query in run if query not in qrels)


def _computed(name: str) -> tuple[Callable[[Grades, Grades, int], float], int]:
    found = _NAME.fullmatch(measure(name).name)
    if found is None or found[1] not in _COMPUTED:
        raise InvalidInput(f"{name!r} is not a measure of a ranking; those are {', '.join(_COMPUTED)}, each @depth")
    return _COMPUTED[found[1]], int(found[2])


def _ndcg(grades: Grades, judged: Grades, depth: int) -> float:
    best = _gain(sorted(judged, reverse=True)[:depth])
    return _gain(grades[:depth]) / best if best else 0.0


def _gain(grades: Grades) -> float:
    return math.fsum(max(grade, 0) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _reciprocal_rank(grades: Grades, judged: Grades, depth: int) -> float:
    return next((1 / rank for rank, grade in enumerate(grades[:depth], 1) if grade > 0), 0.0)


def _recall(grades: Grades, judged: Grades, depth: int) -> float:
    relevant = _relevant(judged)
    return _relevant(grades[:depth]) / relevant if relevant else 0.0


def _precision(grades: Grades, judged: Grades, depth: int) -> float:
    return _relevant(grades[:depth]) / depth


def _average_precision(grades: Grades, judged: Grades, depth: int) -> float:
    relevant = _relevant(judged)
    ranks = [rank for rank, grade in enumerate(grades[:depth], 1) if grade > 0]
    return math.fsum(found / rank for found, rank in enumerate(ranks, 1)) / relevant if relevant else 0.0


def _relevant(grades: Grades) -> int:
    return sum(grade > 0 for grade in grades)


_COMPUTED: dict[str, Callable[[Grades, Grades, int], float]] = {
    "nDCG": _ndcg,
    "MRR": _reciprocal_rank,
    "R": _recall,
    "P": _precision,
    "AP": _average_precision,
}
