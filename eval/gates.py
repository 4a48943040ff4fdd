"""What a release must reach: floors and allowed drops from ``gates.toml``, checked against results.

Silence can't pass: a gate whose suite ran on its dataset and gave no such figure, or one over too few cases, has
failed; so has a gate on every measure when one that the baseline has is gone.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput
from eval.baseline import DIGITS, Baseline, Kept, keep
from eval.compare import missing, pairs
from eval.measuring.measures import measure
from eval.model import Metric, Result, Verdict

SUITES = ("grounding", "eligibility", "links", "replay", "labels", "routing", "intents", "retrieval", "spans", "speed")
ANY = "*"  # any dataset; of a metric: each that the suite gives, or gave the baseline, and no other gate names
_KEYS = {"suite", "dataset", "metric", "floor", "ceiling", "least", "allowed_drop", "because"}
_REPORTED_KEYS = {"suite", "metric", "because"}


@dataclass(frozen=True, slots=True)
class Gate:
    """What one metric must reach on one dataset."""

    suite: str
    dataset: str  # file or folder name that the limit was measured on, or ANY
    metric: str  # a measure's name, or ANY
    limit: float  # the floor; of a measure where less is better, the ceiling
    rising: bool  # whether the limit is a floor
    allowed_drop: float  # how much worse than the baseline it may be, absolutely
    because: str
    least: int = 1  # cases behind the figure; fewer measure nothing

    @property
    def perfect(self) -> bool:
        """Whether one failing query is enough to fail it."""
        return self.limit == (1.0 if self.rising else 0.0)


@dataclass(frozen=True, slots=True)
class Reported:
    """A metric that is shown without a limit, and why."""

    suite: str
    metric: str
    because: str


@dataclass(frozen=True, slots=True)
class Gates:
    """One ``gates.toml``."""

    gates: tuple[Gate, ...]
    reported: tuple[Reported, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A gate, and what became of it."""

    gate: Gate
    dataset: str  # that it was checked on; its own where it doesn't apply
    name: str  # of the metric
    metric: Metric | None  # None where there is none
    baseline: float | None  # the metric then
    change: float | None  # now less then, over the queries of both
    applies: bool
    passed: bool  # of one that applies
    reason: str

    @property
    def failed(self) -> bool:
        """Whether it fails the evaluation."""
        return self.applies and not self.passed


def read_gates(path: Path | None = None) -> Gates:
    """The gates of a file, ours unless named; raises ``InvalidInput`` with the entry that is wrong."""
    path = path or Path(__file__).with_name("gates.toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: not readable gates: {error}; mend the file") from error
    if set(table) - {"gate", "reported"} or not all(_is_list(rows) for rows in table.values()):
        raise InvalidInput(f"{path}: write [[gate]] and [[reported]] tables, and nothing else")
    gates = [_gate(row, f"{path}: gate {at}") for at, row in enumerate(table.get("gate", []), 1)]
    reported = [_reported(row, f"{path}: reported {at}") for at, row in enumerate(table.get("reported", []), 1)]
    seen: set[tuple[str, str, str]] = set()
    for at, gate in enumerate(gates, 1):
        key = (gate.suite, gate.dataset, gate.metric)
        if key in seen:
            raise InvalidInput(f"{path}: gate {at}: {' / '.join(key)} has a gate already; keep one of them")
        seen.add(key)
    return Gates(tuple(gates), tuple(reported))


def check(
    gates: Sequence[Gate], results: Sequence[Result], baseline: Baseline | None = None, asked: Collection[str] = ()
) -> tuple[Checked, ...]:
    """Every gate against the results. Of a suite in ``asked``, which had to run, no result fails the gates."""
    return tuple(row for gate in gates for row in _check(gate, gates, results, baseline, asked))


def verdict(results: Sequence[Result], checked: Sequence[Checked], *, owed: bool = False) -> Verdict:
    """What the evaluation ends in; figures that say nothing outweigh every gate.

    Where no gate applies nothing has passed. With ``owed``, of gates that somebody named for this run, that is invalid:
    a mistyped set or suite must not let a release out.
    """
    if any(result.invalid for result in results):
        return Verdict.INVALID
    if not any(row.applies for row in checked):
        return Verdict.INVALID if owed else Verdict.UNGATED
    return Verdict.FAIL if any(row.failed for row in checked) else Verdict.PASS


def said(value: float) -> str:
    """A figure as a reason says it."""
    return f"{round(value, DIGITS):.10g}"


def _check(
    gate: Gate, gates: Sequence[Gate], results: Sequence[Result], baseline: Baseline | None, asked: Collection[str]
) -> Iterator[Checked]:
    ran = [result for result in results if result.suite == gate.suite]
    fitting = [result for result in ran if gate.dataset in (ANY, result.dataset)]
    if not ran and gate.suite in asked:
        yield _nothing(gate, gate.dataset, gate.metric, f"the suite {gate.suite} was asked for and gave no result")
    elif not fitting:
        where = ", ".join(result.dataset for result in ran)
        reason = f"it holds on {gate.dataset}, and the suite ran on {where}" if ran else "its suite wasn't run"
        yield Checked(gate, gate.dataset, gate.metric, None, None, None, False, False, reason)
    for result in fitting:
        kept = baseline.of(result.suite, result.dataset) if baseline else None
        names = _others(gates, result, kept) if gate.metric == ANY else [gate.metric]
        if not names and not result.metrics:
            yield _nothing(gate, result.dataset, gate.metric, f"the suite {gate.suite} gave no figure")
        for name in names:
            yield _check_metric(gate, result, name, kept)


def _others(gates: Sequence[Gate], result: Result, kept: Kept | None) -> list[str]:
    """The measures of a suite now, or in the baseline, that no gate names: none has two rows, none goes unnoticed."""
    named = {gate.metric for gate in gates if gate.suite == result.suite and gate.dataset in (ANY, result.dataset)}
    names = [metric.name for metric in (*result.metrics, *(kept.metrics if kept else ()))]
    return [name for name in dict.fromkeys(names) if name not in named]


def _check_metric(gate: Gate, result: Result, name: str, kept: Kept | None) -> Checked:
    metric = result.metric(name)
    if metric is None:
        beside = ", which the baseline has" if kept and kept.metric(name) else ""
        return _nothing(gate, result.dataset, name, f"the suite {gate.suite} gave no {name}{beside}")
    if not metric.n:
        return _nothing(gate, result.dataset, name, f"no query stands behind {name}", metric)
    now = keep(result)
    then, change = _change(now, name, kept)
    left_out = missing(kept, now) if kept else ()
    wrong = [*_limit_missed(gate, metric), *_too_few(gate, metric), *_dropped(gate, change), *_left_out(left_out)]
    return Checked(
        gate, result.dataset, name, metric, then, change, True, not wrong, "; ".join(wrong) or _reached(gate)
    )


def _nothing(gate: Gate, dataset: str, name: str, reason: str, metric: Metric | None = None) -> Checked:
    return Checked(gate, dataset, name, metric, None, None, True, False, f"{reason}: nothing was measured")


def _change(now: Kept, name: str, then: Kept | None) -> tuple[float | None, float | None]:
    """The metric then, and how it changed: over the queries of both when the set is another one now."""
    old, new = then.metric(name) if then else None, now.metric(name)
    if then is None or old is None or new is None:
        return None, None
    both = () if then.asks_the_same(now) else pairs(then, now, name)
    if not both:
        return old.value, new.value - old.value
    return old.value, sum(change.after - change.before for change in both) / len(both)


def _limit_missed(gate: Gate, metric: Metric) -> Iterator[str]:
    value = round(metric.value, 9)  # a mean may be off in its last bits; a floor of 1 must not forgive more
    if not math.isfinite(value):
        yield f"{value} is no figure"
    elif gate.rising and value < gate.limit:
        yield f"{said(value)} is below its floor of {said(gate.limit)}"
    elif not gate.rising and value > gate.limit:
        yield f"{said(value)} is above its ceiling of {said(gate.limit)}"


def _too_few(gate: Gate, metric: Metric) -> Iterator[str]:
    if metric.n < gate.least:
        yield f"{metric.n} {'case stands' if metric.n == 1 else 'cases stand'} behind it, at least {gate.least} must"


def _dropped(gate: Gate, change: float | None) -> Iterator[str]:
    worse = round((-change if gate.rising else change) if change is not None else 0.0, DIGITS)
    # Both figures were rounded, so their difference may be off by one in the last digit.
    if worse > gate.allowed_drop + 1.5 * 10**-DIGITS:
        verb = "fell" if gate.rising else "rose"
        yield f"{verb} by {said(worse)} since the baseline, {said(gate.allowed_drop)} is allowed"


def _left_out(queries: Sequence[str]) -> Iterator[str]:
    if queries:
        named = ", ".join(queries[:5]) + (", …" if len(queries) > 5 else "")
        yield f"{len(queries)} of its queries gave nothing: {named}"


def _reached(gate: Gate) -> str:
    return "reaches its floor" if gate.rising else "stays under its ceiling"


def _gate(row: Mapping[str, Any], where: str) -> Gate:
    _check_keys(row, where, _KEYS, {"suite", "dataset", "metric", "allowed_drop", "because"})
    if ("floor" in row) == ("ceiling" in row):
        raise InvalidInput(f"{where}: give either 'floor' or, of a measure where less is better, 'ceiling'")
    rising = "floor" in row
    limit, drop = _number(row, "floor" if rising else "ceiling", where), _number(row, "allowed_drop", where)
    metric = str(row["metric"])
    _check_metric_name(metric, where)
    if metric != ANY and measure(metric).rising != rising:
        wanted = "more is better: give 'floor'" if measure(metric).rising else "less is better: give 'ceiling'"
        raise InvalidInput(f"{where}: of {metric} {wanted}")
    if limit < 0 or (rising and limit == 0):
        raise InvalidInput(f"{where}: {said(limit)} can't be missed, so it gates nothing; use [[reported]] instead")
    if drop < 0 or (row["suite"] != "speed" and max(limit, drop) > 1):
        raise InvalidInput(f"{where}: {metric} lies between 0 and 1, and so do its limit and 'allowed_drop'")
    return Gate(row["suite"], row["dataset"], metric, limit, rising, drop, row["because"], _least(row, where))


def _reported(row: Mapping[str, Any], where: str) -> Reported:
    _check_keys(row, where, _REPORTED_KEYS, _REPORTED_KEYS)
    _check_metric_name(row["metric"], where)
    return Reported(row["suite"], row["metric"], row["because"])


def _check_keys(row: Mapping[str, Any], where: str, known: set[str], needed: set[str]) -> None:
    if unknown := sorted(set(row) - known):
        raise InvalidInput(f"{where}: unknown keys {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if lacking := sorted(needed - set(row)):
        raise InvalidInput(f"{where}: lacks {', '.join(lacking)}")
    for key in known & set(row) & {"suite", "dataset", "metric", "because"}:
        if not isinstance(row[key], str) or not row[key].strip():
            raise InvalidInput(f"{where}: '{key}' is no text; write one in quotation marks")
    if row["suite"] not in SUITES:
        raise InvalidInput(f"{where}: no suite is called '{row['suite']}'; there are {', '.join(SUITES)}")


def _check_metric_name(name: str, where: str) -> None:
    try:
        if name != ANY:
            measure(name)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def _number(row: Mapping[str, Any], key: str, where: str) -> float:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{where}: '{key}' is {value!r}; give a number")
    return float(value)


def _least(row: Mapping[str, Any], where: str) -> int:
    least = row.get("least", 1)
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise InvalidInput(f"{where}: 'least' is {least!r}; give a whole number of cases, 1 or more")
    return least


def _is_list(rows: object) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
