"""Two runs, query by query: what changed, how surely, and which questions got worse.

A query that the later run left out scores its measure's default: silence can't win. When the set itself has changed,
the queries of both are compared and the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from eval.baseline import Baseline, Kept
from eval.measuring.measures import measure
from eval.measuring.statistics import bootstrap_interval, holm, randomisation_test

WORST = 3
# Their cases are the replies that show something to judge: which those are is an outcome, so one less is no silence.
JUDGE_WHAT_CAME = frozenset({"grounding", "eligibility", "links", "replay"})


@dataclass(frozen=True, slots=True)
class Change:
    """One query before and after."""

    suite: str
    dataset: str
    measure: str
    id: str
    text: str  # empty where neither run kept it
    before: float
    after: float  # the measure's default where the query, or this value of it, is missing
    missing: bool

    @property
    def gain(self) -> float:
        """How much better it got; below 0 when it got worse, whichever way the measure points."""
        difference = self.after - self.before
        return difference if measure(self.measure).rising else -difference


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of one suite in both runs."""

    suite: str
    dataset: str
    measure: str
    before: float
    after: float
    low: float | None  # the 95 % interval of the mean difference; None where no query has a value of its own
    high: float | None
    p: float | None  # that the difference is chance
    adjusted: float | None  # p, corrected by Holm for all tests of the comparison
    changes: tuple[Change, ...]  # the worst first

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def wins(self) -> int:
        """Queries that got better."""
        return sum(change.gain > 0 for change in self.changes)

    @property
    def losses(self) -> int:
        """Queries that got worse."""
        return sum(change.gain < 0 for change in self.changes)

    @property
    def ties(self) -> int:
        """Queries that stayed the same."""
        return len(self.changes) - self.wins - self.losses

    @property
    def worst(self) -> tuple[Change, ...]:
        """The three that got worse most."""
        return tuple(change for change in self.changes[:WORST] if change.gain < 0)


@dataclass(frozen=True, slots=True)
class Sets:
    """How the queries of a suite differ between two runs."""

    suite: str
    dataset: str
    same: bool  # the set is the same, byte for byte
    common: int
    new: tuple[str, ...]  # ids
    gone: tuple[str, ...]  # not in the later set, and not compared
    missing: tuple[str, ...]  # in the set, and left out by the later run: each scores the default
    measures_gone: tuple[str, ...]  # that the later run gave no figure of


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that two runs have in common, and what they haven't."""

    before: Baseline
    measures: tuple[Compared, ...]
    sets: tuple[Sets, ...]
    only_before: tuple[tuple[str, str], ...]  # suite and dataset
    only_after: tuple[tuple[str, str], ...]

    @property
    def worst(self) -> tuple[Change, ...]:
        """The three queries that got worse most on any measure, each by its worst one."""
        by_query: dict[tuple[str, str, str], Change] = {}
        for change in sorted((change for row in self.measures for change in row.worst), key=_order):
            by_query.setdefault((change.suite, change.dataset, change.id), change)
        return tuple(by_query.values())[:WORST]


def compare(before: Baseline, after: Baseline, seed: int) -> Comparison:
    """What ``after`` changed; the same runs and seed give the same comparison."""
    old, new = ({(kept.suite, kept.dataset): kept for kept in run.kept} for run in (before, after))
    both = sorted(set(old) & set(new))
    measures = [row for key in both for row in _measures(old[key], new[key], seed)]
    return Comparison(
        before=before,
        measures=_corrected(measures),
        sets=tuple(_sets(old[key], new[key]) for key in both),
        only_before=tuple(sorted(set(old) - set(new))),
        only_after=tuple(sorted(set(new) - set(old))),
    )


def missing(before: Kept, after: Kept) -> tuple[str, ...]:
    """Queries of one and the same set that the later run left out."""
    if before.suite in JUDGE_WHAT_CAME or not before.asks_the_same(after):
        return ()
    return tuple(sorted(set(before.values) - set(after.values)))


def pairs(before: Kept, after: Kept, name: str) -> tuple[Change, ...]:
    """Every query that had a value of the measure ``name`` and is still in the set, the worst first."""
    left_out = set(missing(before, after))
    default = measure(name).default
    found = []
    for query in sorted(set(before.values) & (set(after.values) | left_out)):
        if name in before.values[query]:
            now = after.values.get(query, {}).get(name)
            if now is None and before.suite in JUDGE_WHAT_CAME:
                continue
            text = after.texts.get(query) or before.texts.get(query, "")
            values = (before.values[query][name], default if now is None else now)
            found.append(Change(before.suite, before.dataset, name, query, text, *values, missing=now is None))
    return tuple(sorted(found, key=_order))


def _measures(before: Kept, after: Kept, seed: int) -> Iterable[Compared]:
    """Every measure that both have, in the later run's order."""
    for metric in after.metrics:
        then = before.metric(metric.name)
        changes = pairs(before, after, metric.name)
        if changes:
            yield _tested(changes, seed)
        elif then is not None:  # computed over all queries at once: there is nothing to pair
            yield Compared(
                suite=before.suite,
                dataset=before.dataset,
                measure=metric.name,
                before=then.value,
                after=metric.value,
                low=None,
                high=None,
                p=None,
                adjusted=None,
                changes=(),
            )


def _tested(changes: tuple[Change, ...], seed: int) -> Compared:
    first = changes[0]
    olds, news = [change.before for change in changes], [change.after for change in changes]
    low, high = bootstrap_interval([new - old for old, new in zip(olds, news, strict=True)], seed)
    return Compared(
        suite=first.suite,
        dataset=first.dataset,
        measure=first.measure,
        before=sum(olds) / len(olds),
        after=sum(news) / len(news),
        low=low,
        high=high,
        p=randomisation_test(olds, news, seed),
        adjusted=None,
        changes=changes,
    )


def _corrected(rows: list[Compared]) -> tuple[Compared, ...]:
    """With Holm's correction over all that were tested."""
    adjusted = iter(holm([row.p for row in rows if row.p is not None]))
    return tuple(row if row.p is None else replace(row, adjusted=next(adjusted)) for row in rows)


def _sets(before: Kept, after: Kept) -> Sets:
    old, new = set(before.values), set(after.values)
    left_out = missing(before, after)
    return Sets(
        suite=before.suite,
        dataset=before.dataset,
        same=before.asks_the_same(after),
        common=len(old & new),
        new=tuple(sorted(new - old)),
        gone=tuple(sorted(old - new - set(left_out))),
        missing=left_out,
        measures_gone=tuple(metric.name for metric in before.metrics if after.metric(metric.name) is None),
    )


def _order(change: Change) -> tuple[float, str, str, str]:
    return (change.gain, change.suite, change.id, change.measure)
