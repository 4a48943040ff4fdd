"""``summary.md``: what is printed on the terminal when an evaluation ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval.evaluation import Evaluation
from eval.gates import ANY, Checked, said
from eval.report.page import headline, ordered, uncovered
from eval.report.text import figure, interval, markdown, signed

_NAMED = 5  # queries behind a failed gate; the files have them all


def summary_md(evaluation: Evaluation, report: Path) -> str:
    """Verdict, gates, who is behind the failed ones, the three questions that got worse most, the report's place."""
    return "\n".join(_lines(evaluation, report)) + "\n"


def _lines(evaluation: Evaluation, report: Path) -> Iterator[str]:
    yield f"# Evaluation: {evaluation.verdict}"
    yield ""
    yield headline(evaluation)
    for result in evaluation.results:
        for why in result.invalid:
            yield f"- {markdown(f'{result.suite} on {result.dataset}: {why}', 500)}"
    yield ""
    if evaluation.checked:
        yield "| outcome | suite and set | metric | value | 95 % interval | limit | baseline | change | why |"
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from (_gate(row) for row in ordered(evaluation.checked))
        yield ""
    beside = [row for row in uncovered(evaluation) if row.metric is not None]
    if beside:
        yield "What this verdict doesn't cover:"
        for left in beside:
            value = figure(left.metric.value if left.metric else None)
            yield f"- {markdown(f'{left.suite} on {left.dataset}: {left.name} {value}: {left.because}', 300)}"
        yield ""
    for row in ordered(evaluation.checked):
        yield from _behind(evaluation, row)
    if evaluation.comparison:
        worst = evaluation.comparison.worst
        yield "Got worse most:" if worst else "No question got worse."
        for change in worst:
            values = f"{change.measure} {figure(change.before)} then, {figure(change.after)} now"
            yield f"- {markdown(f'{change.suite} {change.id}: {change.text}', 120)} ({markdown(values)})"
        yield ""
    yield f"Report: {report}"


def _behind(evaluation: Evaluation, row: Checked) -> Iterator[str]:
    """The first queries that fail a failed gate's measure."""
    failures = evaluation.failures(row)
    if not failures:
        return
    more = f", the first {_NAMED} of {len(failures)}" if len(failures) > _NAMED else ""
    yield markdown(f"Behind {row.name} of {row.gate.suite} on {row.dataset}{more}:")
    for failure in failures[:_NAMED]:
        yield f"- {markdown(f'{failure.suite} {failure.id}: {failure.measure}: {failure.why}', 300)}"
    yield ""


def _gate(row: Checked) -> str:
    metric = row.metric
    cells = [
        "FAILED" if row.failed else "passed" if row.applies else "doesn't apply",
        f"{row.gate.suite} on {'any set' if row.dataset == ANY else row.dataset}",
        "every measure" if row.name == ANY else row.name,
        figure(metric.value if metric else None),
        interval(metric.low, metric.high) if metric else interval(None, None),
        f"{'at least' if row.gate.rising else 'at most'} {said(row.gate.limit)}",
        figure(row.baseline),
        signed(row.change),
        row.reason,
    ]
    return f"| {' | '.join(markdown(cell) for cell in cells)} |"
