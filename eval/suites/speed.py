"""How long a turn takes, and its retrieval alone, on this machine now. Never the same twice; no test asserts a time."""

from __future__ import annotations

import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from chatbot.assistant import Assistant
from chatbot.limits import HITS
from corpus.errors import InvalidInput
from corpus.model import Audience
from eval.measuring.statistics import CONFIDENCE
from eval.model import Case, Metric, Progress, Result
from eval.replies import FAILED, named
from eval.sets import Question

STAGES = ("turn", "retrieval")  # a turn holds its retrieval; neither writes a record
PERCENTS = (50, 90, 99)


def speed(
    assistant: Assistant,
    questions: Sequence[Question],
    audience: Audience,
    instant: datetime,
    rounds: int,
    *,
    dataset: str,
    data: Mapping[str, str],
    progress: Progress,
) -> Result:
    """Times each question ``rounds`` times, after one round that isn't counted; a question's time is its median.

    A round asks everything once, and rounds take turns in which stage comes first: what slows the machine for a while
    slows every question and both stages alike. Sentences encoded before are remembered, as they are in service. Raises
    ``InvalidInput`` for no round.
    """
    if rounds < 1:
        raise InvalidInput(f"{rounds} rounds measure nothing; take 1 or more")
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    failed: dict[str, str] = {}  # why a question can't be timed, by its id
    for turn in range(rounds + 1):
        for at, question in enumerate(questions, 1):
            stages = _stages(assistant, question, question.audience(audience), instant)
            for stage in STAGES if turn % 2 else reversed(STAGES):
                try:
                    took = _milliseconds(stages[stage])
                except FAILED as error:
                    failed[question.id] = named(assistant, error)
                    continue
                if turn:  # the first round only warms up
                    times[question.id, stage].append(took)
            progress(turn * len(questions) + at, (rounds + 1) * len(questions))
    cases = tuple(_case(question, times, failed) for question in questions)
    timed = [case.values for case in cases if case.values]
    return Result(
        suite="speed",
        dataset=dataset,
        cases=cases,
        metrics=tuple(_metrics(timed)) if timed else (),
        data=data,
        invalid=() if timed else ("no question was answered, so nothing could be timed",),
        timed=True,
    )


def _metrics(timed: Sequence[Mapping[str, float]]) -> Iterator[Metric]:
    for stage in STAGES:
        times = [values[f"{stage} ms"] for values in timed]
        yield from (percentile_metric(f"{stage} p{percent} ms", times, percent) for percent in PERCENTS)


def percentile_metric(name: str, values: Sequence[float], percent: int) -> Metric:
    """The nearest-rank percentile of ``values``, at least one, with its 95 % interval between order statistics.

    Distribution-free (Conover 1999, Practical Nonparametric Statistics, 3.2): how many of n values lie below the true
    percentile is binomial. Where too few values lie beyond, as for p99 of less than some 370, the interval ends at the
    extreme one and holds with less confidence than it says.
    """
    ordered, n, share = sorted(values), len(values), percent / 100
    tail = (1 - CONFIDENCE) / 2
    at = max(math.ceil(share * n), 1)
    low = max(_binomial_quantile(tail, n, share), 1)
    high = min(_binomial_quantile(1 - tail, n, share) + 1, n)
    return Metric(name, ordered[at - 1], ordered[min(low, at) - 1], ordered[max(high, at) - 1], n)


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    """The smallest k with P(X <= k) >= ``probability``, X of n draws."""
    from scipy.stats import binom

    return int(binom.ppf(probability, n, share))


def _stages(
    assistant: Assistant, question: Question, audience: Audience, instant: datetime
) -> dict[str, Callable[[], object]]:
    return {
        "turn": lambda: assistant.reply(audience, question.text, instant),
        "retrieval": lambda: assistant.search(question.text, audience, HITS, instant),
    }


def _milliseconds(stage: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    stage()
    return (time.perf_counter_ns() - start) / 1e6


def _case(question: Question, times: Mapping[tuple[str, str], Sequence[float]], failed: Mapping[str, str]) -> Case:
    """Without times where a question ended in an error: what an error takes is no turn."""
    if question.id in failed:
        return Case(id=question.id, text=question.text, values={}, got=failed[question.id], slices=question.slices)
    values = {f"{stage} ms": statistics.median(times[question.id, stage]) for stage in STAGES}
    return Case(id=question.id, text=question.text, values=values, slices=question.slices)
