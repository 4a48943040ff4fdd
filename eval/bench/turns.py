"""The clock: engines over the same passages, taking turns on the same queries, on one thread.

A turn is ten queries. Engines follow each other turn by turn, in an order drawn anew each time, so that a busy machine
hurts all alike; what is compared is always one query's times with each other. The first searches of a turn aren't
timed: they read the engine back from memory after the others, and the fast ones take half as long again for it.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from eval.bench.engines import TOP, Engine, Entry, NothingFound, Setting, Timing
from eval.bench.ours import BARE, SIGNPOST, Signpost
from eval.bench.stages import stages
from eval.model import Metric

THREADS = 1  # for each of them: a query is one small job, and a service answers many at once
TURN = 10  # queries
UNTIMED = 3  # searches at the start of each turn
_RESAMPLES = 10_000
_SEED = 1  # of the order of turns and of the bootstrap: the same times give the same figures
Times = Mapping[str, NDArray[np.float64]]  # by engine: milliseconds, (rounds, queries)


def measure(
    entries: Sequence[Entry],
    setting: Setting,
    queries: Sequence[str],
    rounds: int,
    searched: Callable[[], None],
) -> list[Timing]:
    """Makes the engines, each in a folder below the setting's, and times them; ``searched`` is called after a search.

    Signpost must be among them. Raises ``NothingFound``.
    """
    engines: dict[str, Engine] = {}
    count = len(setting.passages)
    try:
        for entry in entries:
            engines[entry.name] = _made(entry, setting)  # on as many threads as it takes: that isn't measured
        with one_thread():
            times, overlaps = _take_turns(engines, count, queries, rounds, searched)
            parts = {name: stages(engine, queries) for name, engine in engines.items() if isinstance(engine, Signpost)}
    finally:
        for engine in engines.values():
            engine.close()
    return [_timing(entry, count, times, overlaps[entry.name], parts.get(entry.name, {})) for entry in entries]


def searches(queries: int, rounds: int) -> int:
    """How many searches one engine does at one size."""
    turns = [min(TURN, queries - start) for start in range(0, queries, TURN)]
    return rounds * sum(min(UNTIMED, turn) + turn for turn in turns)


@contextmanager
def one_thread() -> Iterator[None]:
    """``THREADS`` for every library that has threads of its own, until it ends."""
    try:
        import torch
        from threadpoolctl import threadpool_limits
    except ImportError:  # only the products compute with them
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        with threadpool_limits(THREADS):
            yield
    finally:
        torch.set_num_threads(before)


def median_metric(name: str, values: NDArray[np.float64]) -> Metric:
    """The median of ``values`` (queries,), with its 95 % percentile bootstrap interval over queries."""
    drawn = np.random.default_rng(_SEED).integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.quantile(np.median(values[drawn], axis=1), (0.025, 0.975))
    return Metric(name, float(np.median(values)), float(low), float(high), len(values))


def _made(entry: Entry, setting: Setting) -> Engine:
    folder = setting.folder / entry.name
    folder.mkdir(parents=True)
    return entry.make(Setting(setting.passages, setting.weights, folder, setting.edition))


def _take_turns(
    engines: Mapping[str, Engine], count: int, queries: Sequence[str], rounds: int, searched: Callable[[], None]
) -> tuple[Times, Mapping[str, float]]:
    """All times, and how much of what Signpost found each one found."""
    names = list(engines)
    times = {name: np.zeros((rounds, len(queries))) for name in names}
    found: dict[str, dict[int, set[int]]] = {name: {} for name in names}
    random = np.random.default_rng(_SEED)
    gc.collect()
    gc.freeze()  # one engine's millions of objects are no reason to stop another in the middle of a query
    try:
        for number, first in itertools.product(range(rounds), range(0, len(queries), TURN)):
            turn = queries[first : first + TURN]
            for name in random.permutation(names).tolist():
                for query in turn[-UNTIMED:]:
                    engines[name].search(query)
                    searched()
                for at, query in enumerate(turn, first):
                    start = time.perf_counter_ns()
                    hits = engines[name].search(query)
                    times[name][number, at] = (time.perf_counter_ns() - start) / 1e6
                    found[name][at] = _checked(name, query, hits, count)
                    searched()
    finally:
        gc.unfreeze()
    ours = found[SIGNPOST.name]
    shares = {name: [len(hits & ours[at]) / len(ours[at]) for at, hits in found[name].items()] for name in names}
    return times, {name: float(np.mean(values)) for name, values in shares.items()}


def _timing(entry: Entry, count: int, times: Times, overlap: float, parts: Mapping[str, float]) -> Timing:
    own = times[entry.name]
    medians = np.median(own, axis=0)
    bare = times.get(BARE.name)
    return Timing(
        engine=entry.name,
        title=entry.title,
        passages=count,
        p50=_spread("p50", own, 50),
        p99=_spread("p99", own, 99),
        ratio=median_metric("ratio", medians / np.median(times[SIGNPOST.name], axis=0)),
        over_bare=None if bare is None else median_metric("over bare", medians - np.median(bare, axis=0)),
        overlap=overlap,
        per_query=tuple(float(value) for value in medians),
        parts=parts,
    )


def _spread(name: str, times: NDArray[np.float64], percent: float) -> Metric:
    """A percentile of all times, between the smallest and the largest of a round."""
    value = float(np.percentile(times, percent))
    rounds = np.percentile(times, percent, axis=1)
    # Of few times a percentile is interpolated: that of all can lie just outside those of the rounds.
    return Metric(name, value, min(value, float(rounds.min())), max(value, float(rounds.max())), times.size)


def _checked(name: str, query: str, hits: list[int], count: int) -> set[int]:
    found = set(hits)
    if not found or len(found) != len(hits) or len(hits) > TOP or min(found) < 0 or max(found) >= count:
        raise NothingFound(f"{name}: {query!r} gave {hits}; expected 1 to {TOP} different passages of {count}")
    return found
