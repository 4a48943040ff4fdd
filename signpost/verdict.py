"""What an evaluation is judged by, read before it runs; and its end: gates, files, words, exit code."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.extras import need
from signpost.terminal import UsageError, note, print_json

if TYPE_CHECKING:
    from eval.baseline import Baseline
    from eval.evaluation import Evaluation
    from eval.gates import Gates
    from eval.model import Result
    from eval.run import Replies

_WRITTEN = ("save_baseline", "predictions", "trec")  # options that name a file to be written
_NAMES = {"trec": "run"}  # of options that aren't called as they are kept


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is judged by."""

    gates: Gates
    baseline: Baseline
    named: bool  # by the command line; else it is the last release's, and counts for the same sets alone
    asked: Sequence[str]  # suites that have to run


def read_terms(options: argparse.Namespace) -> Terms:
    """Gates and baseline; raises ``UsageError`` too where an extra isn't installed or a file couldn't be written."""
    need("scipy", *(["matplotlib"] if options.out or options.suite == "all" else []))
    need(*(["pypdf"] if options.suite in ("all", "grounding") else []))
    from eval.gates import read_gates
    from eval.report.stored import read_run
    from eval.run import OVER_REPLIES, SAMPLE_BASELINE

    for name in _WRITTEN:
        _check_file(getattr(options, name, None), _NAMES.get(name, name))
    retrieval = ["retrieval"] if getattr(options, "retrieval", None) else []
    every = (*OVER_REPLIES, "routing", "intents", *retrieval)
    return Terms(
        gates=read_gates(options.gates),
        baseline=read_run(options.baseline or SAMPLE_BASELINE),
        named=options.baseline is not None,
        asked={"all": every, "routing": ("routing", "intents")}.get(options.suite, (options.suite,)),
    )


def begin(options: argparse.Namespace) -> None:
    """When everything is read: makes sure of the folder that is written to, and takes an earlier report out of it.

    A run that dies leaves no report rather than an old one, which would be taken for its own.
    """
    if options.out is None:
        return
    from eval.report.write import clear

    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=options.out):
            pass
        clear(options.out)
    except OSError as error:
        raise UsageError(f"{options.out}: {error.strerror}; name a folder that can be written with --out") from error


def damage() -> tuple[type[Exception], ...]:
    """What opening a home raises when something in it isn't what was written, isn't there or can't be read."""
    from chatbot.errors import ChatbotError
    from corpus.errors import NotFound, StoreUnavailable
    from index.errors import IndexingError

    return (ChatbotError, IndexingError, NotFound, OSError, StoreUnavailable)


def finish_damaged(options: argparse.Namespace, terms: Terms, error: Exception) -> int:
    """Of a home that can't be opened: every suite over it is invalid, and says so where an earlier PASS may stand."""
    from eval.model import Result
    from eval.run import OVER_REPLIES, SAMPLE_QUESTIONS

    begin(options)
    path = getattr(options, "dataset", None) or getattr(options, "questions", None) or SAMPLE_QUESTIONS
    suites = OVER_REPLIES if options.suite == "all" else (options.suite,)
    results = [Result(suite, path.resolve().name, (), (), invalid=(str(error),)) for suite in suites]
    return finish(options, terms, results, {})


def finish(
    options: argparse.Namespace,
    terms: Terms,
    results: Sequence[Result],
    seconds: Mapping[str, float],
    over: Replies | None = None,
) -> int:
    """Gates, files, what is printed, exit code; ``over`` is what was asked of a home."""
    from eval.evaluation import evaluate
    from eval.report.metrics import metrics_json
    from eval.report.summary import summary_md
    from eval.report.terminal import results_md
    from eval.report.write import write_report
    from eval.run import provenance

    evaluation = evaluate(
        results,
        terms.gates,
        provenance(results, options.seed, over),
        datetime.now(UTC),
        baseline=terms.baseline if terms.named else _same_sets(terms.baseline, results),
        seconds=seconds,
        asked=terms.asked,
        seed=options.seed,
        owed=options.gates is not None,
    )
    report = write_report(evaluation, options.out) if options.out else None
    if options.json:
        print_json(json.loads(metrics_json(evaluation)) if options.suite == "all" else _value(evaluation))
    elif report:
        print(summary_md(evaluation, report), end="")
    else:
        print(results_md(evaluation), end="")
    if options.save_baseline:
        _keep(evaluation, options.save_baseline)
    return evaluation.exit_code


def _keep(evaluation: Evaluation, path: Path) -> None:
    """A run that failed, or that says nothing, is none that later ones may fall back to."""
    from eval.baseline import write_baseline
    from eval.evaluation import KEPT, as_baseline

    if evaluation.verdict in KEPT:
        write_baseline(as_baseline(evaluation), path)
    else:
        note(f"signpost: {path}: no baseline was kept, because the run ends in {evaluation.verdict}")


def _check_file(path: Path | None, option: str) -> None:
    if path is not None and (path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK)):
        raise UsageError(
            f"{path}: not writable; name a file in a folder that is there with --{option.replace('_', '-')}"
        )


def _same_sets(kept: Baseline, results: Sequence[Result]) -> Baseline | None:
    """What of the last release's run was of these very sets, if any was."""
    data = {(result.suite, result.dataset): dict(result.data) for result in results}
    same = tuple(row for row in kept.kept if data.get((row.suite, row.dataset)) == dict(row.data))
    return replace(kept, kept=same) if same else None


def _value(evaluation: Evaluation) -> dict[str, Any]:
    """One suite for programs: the first result's figures, and what failed by name."""
    from eval.evaluation import Failure
    from eval.report.metrics import failure_value, suite_value

    first, *others = (suite_value(result, evaluation.seed) for result in evaluation.results)
    failures = [
        failure_value(Failure(result.suite, result.dataset, case.id, name, why))
        for result in evaluation.results
        for case in result.cases
        for name, why in case.failures.items()
    ]
    failed = [{"metric": row.name, "why": row.reason} for row in evaluation.checked if row.failed]
    return {
        **first,
        **{row["suite"]: row for row in others},
        "verdict": str(evaluation.verdict),
        "failed": failed,
        "unapplied": [{"suite": row.gate.suite, "metric": row.name, "why": row.reason} for row in evaluation.unapplied],
        "failures": failures,
    }
