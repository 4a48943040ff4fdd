"""What a terminal shows of single suites and of a comparison, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from eval.compare import Comparison
from eval.evaluation import Evaluation
from eval.gates import ANY
from eval.model import Case, Result, Verdict
from eval.report.slices import slices
from eval.report.text import figure, interval, markdown, probability, signed

_FAILURES = 20  # named; the files have them all
_LEADING = 4  # measures of a style's row


def results_md(evaluation: Evaluation) -> str:
    """Every figure of every result, by style too, then the queries that failed, then what the gates say."""
    lines = [line for result in evaluation.results for line in _result(result, evaluation.seed)]
    failed = [
        f"- FAILED: {row.name} on {row.dataset}: {markdown(row.reason, 500)}"
        for row in evaluation.checked
        if row.failed
    ]
    unapplied = [
        f"- doesn't apply: {'every measure' if row.name == ANY else row.name} of {row.gate.suite}: "
        f"{markdown(row.reason, 500)}"
        for row in evaluation.unapplied
    ]
    return "\n".join([*lines, *failed, *unapplied, _verdict(evaluation)]) + "\n"


def _verdict(evaluation: Evaluation) -> str:
    if evaluation.verdict is Verdict.UNGATED:
        return "UNGATED: no gate applies to this set; eval/gates.toml says which sets have floors."
    if evaluation.owed and not evaluation.gated:
        return "INVALID: none of the gates named with --gates applies to what ran."
    return f"{evaluation.verdict}"


def comparison_md(comparison: Comparison) -> str:
    """Every measure that both runs have, those that chance explains least first, then the queries that got worse."""
    lines = [
        "| suite and set | measure | before | after | change | 95 % interval | p | corrected | won, tied, lost |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(comparison.measures, key=lambda row: 1.0 if row.adjusted is None else row.adjusted):
        cells = [
            f"{row.suite} on {row.dataset}",
            row.measure,
            figure(row.before),
            figure(row.after),
            signed(row.difference),
            interval(row.low, row.high),
            probability(row.p),
            probability(row.adjusted),
            f"{row.wins}, {row.ties}, {row.losses}",
        ]
        lines.append(f"| {' | '.join(map(markdown, cells))} |")
    lines += ["", *_sets(comparison), "Got worse most:" if comparison.worst else "No query got worse."]
    for change in comparison.worst:
        values = f"{change.measure}: {figure(change.before)} before, {figure(change.after)} after"
        lines.append(f"- {markdown(f'{change.suite} {change.id}: {change.text}', 120)} ({markdown(values)})")
    return "\n".join(lines)


def _sets(comparison: Comparison) -> Iterator[str]:
    """What the two runs have not in common: nothing is compared in silence."""
    for row in comparison.sets:
        where = f"{row.suite} on {row.dataset}"
        for what, ids in (("new", row.new), ("gone", row.gone), ("left out by the later run", row.missing)):
            if ids:
                named = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
                yield f"{markdown(where)}: {len(ids)} queries are {what}: {markdown(named)}"
        if row.measures_gone:
            yield f"{markdown(where)}: measures that only the earlier run has: {markdown(', '.join(row.measures_gone))}"
    for what, pairs in (("before", comparison.only_before), ("after", comparison.only_after)):
        for suite, dataset in pairs:
            yield f"Only {what}: {markdown(f'{suite} on {dataset}')}"


def _result(result: Result, seed: int) -> Iterator[str]:
    yield f"{result.suite}: {len(result.cases)} queries of {markdown(result.dataset)}"
    yield ""
    yield "| measure | value | 95 % interval | n |"
    yield "|---|---|---|---|"
    for metric in result.metrics:
        yield f"| {metric.name} | {figure(metric.value)} | {interval(metric.low, metric.high)} | {metric.n} |"
    yield ""
    styles = [row for row in slices(result, seed) if row.dimension == "style"]
    if styles:
        names = [metric.name for metric in result.metrics][:_LEADING]
        yield f"| style | queries | {' | '.join(names)} | note |"
        yield f"|---|---|{'---|' * len(names)}---|"
        for row in styles:
            found = [row.metrics.get(name) for name in names]
            cells = [figure(metric.value if metric else None) for metric in found]
            few = "too few for a verdict" if row.too_few else ""
            yield f"| {markdown(row.value)} | {row.n} | {' | '.join(cells)} | {few} |"
        yield ""
    yield from _failures([case for case in result.cases if case.failures])
    for why in result.invalid:
        yield f"- INVALID: {markdown(why, 500)}"


def _failures(cases: list[Case]) -> Iterator[str]:
    for case in cases[:_FAILURES]:
        name, why = next(iter(case.failures.items()))
        yield f"- {markdown(case.id)}: {name}: {markdown(why, 300)}"
    if len(cases) > _FAILURES:
        yield f"- and {len(cases) - _FAILURES} more queries that failed something; --out DIR writes them all"
    if cases:
        yield ""
