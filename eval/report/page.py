"""``report.html``: one file that a person reads from the verdict down, with or without its style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from corpus.errors import InvalidInput
from eval.evaluation import REGISTRY_VERSION, Evaluation
from eval.gates import ANY, Checked, said
from eval.measuring.measures import Measure, measure
from eval.model import DIMENSIONS, Case, Metric, Result
from eval.report import text
from eval.report.drawings import drawings
from eval.report.slices import Slice, slices

_LEADING = 3  # measures of a slice's row
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A figure that no verdict is made of."""

    suite: str
    name: str
    dataset: str
    metric: Metric | None
    because: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query as the drill-down shows it."""

    case: Case
    behind: tuple[str, ...]  # of the measures it fails, those whose gate failed


@dataclass(frozen=True, slots=True)
class Suite:
    """A result as the page shows it."""

    result: Result
    name: str
    anchor: str
    rows: tuple[tuple[Metric, str], ...]  # with what gates it
    measures: tuple[Measure, ...]
    leading: tuple[str, ...]  # measures that slices are shown by
    slices: tuple[tuple[str, tuple[Slice, ...]], ...]  # by dimension
    failing: tuple[Query, ...]
    passing: tuple[Case, ...]


def report_html(evaluation: Evaluation) -> str:
    """The page: its style is the only thing in it that isn't text, table or drawing."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: text.clean(value) if type(value) is str else value,
    )
    environment.filters |= {name: getattr(text, name) for name in ("figure", "signed", "interval", "probability")}
    environment.filters |= {"said": said, "svg": Markup}
    return environment.get_template("report.html").render(
        evaluation=evaluation,
        headline=headline(evaluation),
        gates=ordered(evaluation.checked),
        uncovered=tuple(uncovered(evaluation)),
        registry_version=evaluation.provenance.get(REGISTRY_VERSION, ""),
        suites=[_suite(evaluation, result, at) for at, result in enumerate(evaluation.results, 1)],
        worst=tuple(_worst(evaluation)),
        drawings=drawings(evaluation),
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )


def headline(evaluation: Evaluation) -> str:
    """The verdict in a sentence."""
    applying = [row for row in evaluation.checked if row.applies]
    failed = sum(row.failed for row in applying)
    if any(result.invalid for result in evaluation.results):
        return "What was measured isn't whole, so the figures say nothing about the product."
    if not applying and evaluation.owed:
        return "None of the gates named for this run applies to what ran, so nothing was judged."
    if not applying:
        return "No gate applies to these sets, so nothing was judged."
    gates = "1 gate" if len(applying) == 1 else f"{len(applying)} gates"
    count = sum(row.metric is not None for row in uncovered(evaluation))
    beside = (
        f" {count} {'figure has' if count == 1 else 'figures have'} no gate: see what this verdict doesn't cover."
        if count
        else ""
    )
    return (f"{failed} of {gates} failed." if failed else f"{gates}, none failed.") + beside


def ordered(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """The failed first, then what passed, then what doesn't apply."""
    return tuple(sorted(checked, key=lambda row: 0 if row.failed else 1 if row.applies else 2))


def uncovered(evaluation: Evaluation) -> Iterator[Uncovered]:
    """What the gates' file reports without a limit, with its value where it was measured."""
    for row in evaluation.reported:
        ran = [result for result in evaluation.results if result.suite == row.suite]
        found = [
            Uncovered(row.suite, metric.name, result.dataset, metric, row.because)
            for result in ran
            for metric in result.metrics
            if row.metric in (ANY, metric.name) and not evaluation.gates_of(result, metric.name)
        ]
        name = "all" if row.metric == ANY else row.metric
        yield from found or [Uncovered(row.suite, name, "", None, row.because)]


def _suite(evaluation: Evaluation, result: Result, at: int) -> Suite:
    names = [metric.name for metric in result.metrics]
    found = slices(result, evaluation.seed)
    failed = {row.name for name in names for row in evaluation.gates_of(result, name) if row.failed}
    queries = [
        Query(case, tuple(name for name in case.failures if name in failed)) for case in result.cases if case.failures
    ]
    gated = [name for name in names if evaluation.gates_of(result, name)]
    having = {name for row in found for name in row.metrics}
    return Suite(
        result=result,
        name=f"{result.suite} on {result.dataset}",
        anchor=f"suite-{at}",
        rows=tuple((metric, _gate_word(evaluation, result, metric.name)) for metric in result.metrics),
        measures=tuple(row for row in map(_measure, names) if row is not None),
        leading=tuple(name for name in dict.fromkeys([*gated, *names]) if name in having)[:_LEADING],
        slices=tuple(
            (dimension, rows)
            for dimension in DIMENSIONS
            if (rows := tuple(row for row in found if row.dimension == dimension))
        ),
        failing=tuple(sorted(queries, key=lambda query: (-len(query.behind), -len(query.case.failures)))),
        passing=tuple(case for case in result.cases if not case.failures),
    )


def _gate_word(evaluation: Evaluation, result: Result, name: str) -> str:
    words = [
        f"{'at least' if row.gate.rising else 'at most'} {said(row.gate.limit)}: {'failed' if row.failed else 'passed'}"
        for row in evaluation.gates_of(result, name)
    ]
    return "; ".join(words) or "none"


def _measure(name: str) -> Measure | None:
    """A figure without a definition is still shown."""
    try:
        return measure(name)
    except InvalidInput:
        return None


def _worst(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """The questions that got worse most, with what this run says of them."""
    cases = {(result.suite, result.dataset, case.id): case for result in evaluation.results for case in result.cases}
    for change in evaluation.comparison.worst if evaluation.comparison else ():
        yield {"change": change, "case": cases.get((change.suite, change.dataset, change.id))}
