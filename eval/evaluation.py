"""One evaluation as a whole: what was found, what it must reach, and what it ends in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from corpus.errors import InvalidInput
from eval.baseline import Baseline, keep_all
from eval.compare import Comparison, compare
from eval.gates import ANY, Checked, Gates, Reported, check, verdict
from eval.model import Result, Verdict

EXIT = {Verdict.PASS: 0, Verdict.UNGATED: 0, Verdict.FAIL: 1, Verdict.INVALID: 3}
KEPT = (Verdict.PASS, Verdict.UNGATED)  # a set's first baseline comes before its floors
REGISTRY_VERSION = "Registry version"  # of the provenance: the portal shows a report as long as it holds


@dataclass(frozen=True, slots=True)
class Failure:
    """One query that fails a measure."""

    suite: str
    dataset: str
    id: str
    measure: str
    why: str  # for a person


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A finished evaluation; everything the report says is in it."""

    verdict: Verdict
    checked: tuple[Checked, ...]
    reported: tuple[Reported, ...]  # metrics that no verdict is made of, and why
    results: tuple[Result, ...]
    comparison: Comparison | None
    provenance: Mapping[str, str]  # in the order shown; nothing of the clock
    made: datetime  # aware
    seconds: Mapping[str, float] = field(default_factory=dict)  # by suite, or by "SUITE on DATASET"
    seed: int = 0  # of what is drawn at random: intervals and tests
    owed: bool = False  # the gates were named for this run, so that one must apply

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT[self.verdict]

    @property
    def gated(self) -> bool:
        """Whether any gate applies."""
        return any(row.applies for row in self.checked)

    @property
    def unapplied(self) -> tuple[Checked, ...]:
        """The gates that are about no set of this run: those of its suites, and all that were named for it in vain."""
        ran = {result.suite for result in self.results}
        vain = self.owed and not self.gated
        return tuple(row for row in self.checked if not row.applies and (vain or row.gate.suite in ran))

    def gates_of(self, result: Result, measure: str) -> tuple[Checked, ...]:
        """The gates that apply to a measure of a result."""
        return tuple(
            row
            for row in self.checked
            if row.applies and (row.gate.suite, row.dataset) == (result.suite, result.dataset)
            if row.name in (measure, ANY)
        )

    def failures(self, row: Checked) -> tuple[Failure, ...]:
        """The queries behind a failed gate, in the set's order; none behind one that didn't fail."""
        return tuple(
            Failure(result.suite, result.dataset, case.id, name, why)
            for result in self.results
            if row.failed and (result.suite, result.dataset) == (row.gate.suite, row.dataset)
            for case in result.cases
            for name, why in case.failures.items()
            if row.name in (name, ANY)
        )

    def seconds_of(self, result: Result) -> float | None:
        """How long a result took; None where nobody measured it alone."""
        return self.seconds.get(f"{result.suite} on {result.dataset}", self.seconds.get(result.suite))


def evaluate(
    results: Sequence[Result],
    gates: Gates,
    provenance: Mapping[str, str],
    made: datetime,
    *,
    baseline: Baseline | None = None,
    seconds: Mapping[str, float] | None = None,
    asked: Collection[str] = (),
    seed: int = 0,
    owed: bool = False,
) -> Evaluation:
    """The evaluation that these results make; pure. ``asked`` are the suites that had to run."""
    checked = check(gates.gates, results, baseline, asked)
    comparison = compare(baseline, keep_all(results, provenance), seed) if baseline else None
    return Evaluation(
        verdict=verdict(results, checked, owed=owed),
        checked=checked,
        reported=gates.reported,
        results=tuple(results),
        comparison=comparison,
        provenance=dict(provenance),
        made=made,
        seconds=dict(seconds or {}),
        seed=seed,
        owed=owed,
    )


def as_baseline(evaluation: Evaluation) -> Baseline:
    """What later runs are compared with; raises ``InvalidInput`` for one that failed or says nothing."""
    if evaluation.verdict not in KEPT:
        raise InvalidInput(
            f"a run that ends in {evaluation.verdict} is no baseline; mend what it names and run it again"
        )
    return keep_all(evaluation.results, evaluation.provenance)
