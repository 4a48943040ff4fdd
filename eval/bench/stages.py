"""Where the time of a search goes: its parts, each alone, over the same queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from eval.bench.ours import Signpost

WHOLE, REST = "whole", "the rest"
_REPEATS = 5  # the median of them, so that one interruption says nothing


def stages(engine: Signpost, queries: Sequence[str]) -> Mapping[str, float]:
    """Milliseconds of each part and of the whole search, medians over queries; the rest is what no part takes.

    A part runs again and again with its data at hand, so the rest holds what a search waits for memory, too.
    """
    rows = [_of_query(engine, query) for query in queries]
    found = {name: float(np.median([row[name] for row in rows])) for name in rows[0]}
    whole = found.pop(WHOLE)
    return {**found, REST: max(0.0, whole - sum(found.values())), WHOLE: whole}


def _of_query(engine: Signpost, query: str) -> dict[str, float]:
    parts = {**engine.parts(query), WHOLE: lambda: engine.search(query)}
    return {name: float(np.median([_milliseconds(part) for _ in range(_REPEATS)])) for name, part in parts.items()}


def _milliseconds(part: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    part()
    return (time.perf_counter_ns() - start) / 1e6
