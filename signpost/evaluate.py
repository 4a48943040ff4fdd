"""`signpost eval`: which suites run over what, where the report goes, and what the run ends with."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.layout import Home
from signpost.arguments import Commands, positive
from signpost.home import audience_of, make_home, open_assistant
from signpost.terminal import PASSED, UsageError, print_json, progress

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from eval.baseline import Baseline
    from eval.evaluation import Evaluation
    from eval.gates import Gates
    from eval.model import Result
    from eval.run import Replies

_OVER_REPLIES = {
    "labels": "Questions with known answers: place found, sentence shown, kind of reply.",
    "grounding": "Every quote against the stored text and, by a second reader, its page.",
    "eligibility": "Nothing shown to anyone it isn't meant for, over random readers and instants.",
    "links": "Every link opens in the real service, at its page, with the passage marked.",
    "replay": "Logged turns give the same bytes again.",
    "speed": "How long a turn takes here.",
}
_CORES = os.cpu_count() or 1
_GIVEN = ("grounding", "eligibility", "links")  # that can judge replies of elsewhere


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a run is judged by; read before anything runs, so that a wrong file costs no minute."""

    gates: Gates
    baseline: Baseline
    named: bool  # by the command line; else it is the last release's, and counts for the same sets alone
    asked: Sequence[str]  # suites that have to run


def add_commands(commands: Commands) -> None:
    """`eval` and its suites."""
    suites = commands.group("eval", "Evaluate: one suite, or all with their gates and a report.", "SUITE")
    for name, text in _OVER_REPLIES.items():
        command = _suite(suites, name, run_over_replies, text)
        command.add_argument("questions", type=Path, nargs="?", metavar="FILE", help="question set (the sample's)")
        command.add_argument("--at", type=_instant, metavar="TIME", help="the instant asked about, ISO 8601 (now)")
        if name in _GIVEN:
            command.add_argument("--replies", type=Path, metavar="FILE", help="judge what `ask --batch --json` gave")
    routing = _suite(suites, "routing", run_routing_suite, "Where utterances lead; needs no home.")
    routing.add_argument("utterances", type=Path, nargs="?", metavar="FILE", help="routing set (the sample's)")
    routing.add_argument("--products", type=Path, help="the products.toml that the set is about")
    routing.add_argument("--predictions", type=Path, metavar="FILE", help="write each utterance's label and actions")
    _add_retrieval(suites)
    everything = _suite(suites, "all", run_all, "Every suite with its gates; writes the report.")
    everything.add_argument("--questions", type=Path, metavar="FILE", help="question set (the sample's)")
    everything.add_argument(
        "--routing", dest="utterances", type=Path, metavar="FILE", help="routing set (the sample's)"
    )
    everything.add_argument("--products", type=Path, help="the products.toml that the routing set is about")
    everything.add_argument(
        "--retrieval", type=Path, action="append", default=[], metavar="DATASET", help="BEIR folder"
    )
    everything.add_argument("--at", type=_instant, metavar="TIME", help="the instant asked about, ISO 8601 (now)")
    compare = suites.add("compare", run_compare, "Two runs, query by query.")
    compare.add_argument("before", type=Path, metavar="BEFORE", help="a folder of --out, or a kept baseline")
    compare.add_argument("after", type=Path, metavar="AFTER")
    compare.add_argument("--seed", type=positive, default=1, help="of the tests (1)")


def _suite(suites: Commands, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    command = suites.add(name, run, text, reads=True)
    command.add_argument("--out", type=Path, metavar="DIR", help="write report.html, junit.xml, metrics.json … there")
    command.add_argument("--gates", type=Path, metavar="FILE", help="other gates than eval/gates.toml")
    command.add_argument("--baseline", type=Path, metavar="FILE", help="a kept run, or a folder of --out")
    command.add_argument("--save-baseline", type=Path, metavar="FILE", help="keep this run for later ones")
    command.add_argument("--seed", type=positive, default=1, help="of everything drawn at random (1)")
    return command


def _add_retrieval(suites: Commands) -> None:
    retrieval = _suite(suites, "retrieval", run_retrieval, "The ranking, on a collection in BEIR's form.")
    retrieval.add_argument(
        "dataset", type=Path, metavar="DATASET", help="folder: corpus.jsonl, queries.jsonl, qrels.tsv"
    )
    retrieval.add_argument("--qrels", type=Path, metavar="FILE", help="other judgements")
    retrieval.add_argument("--queries", type=Path, metavar="FILE", help="other queries")
    retrieval.add_argument("--run", dest="trec", type=Path, metavar="FILE", help="write the ranking in TREC's form")
    retrieval.add_argument("--ingested", type=Path, metavar="HOME", help="rank the passages of this home instead")
    retrieval.add_argument("--map", type=Path, metavar="FILE", help="of an ingested home: each file's document id")


def run_over_replies(options: argparse.Namespace) -> int:
    """`signpost eval labels | grounding | eligibility | links | replay | speed`"""
    terms = _terms(options)
    assistant = open_assistant(options)
    on = _replies(options, assistant)
    return _finish(options, terms, [on.run(options.suite)], assistant, on.seconds)


def run_routing_suite(options: argparse.Namespace) -> int:
    """`signpost eval routing`"""
    terms, started = _terms(options), time.monotonic()
    results = _routing(options, options.products)
    return _finish(options, terms, results, None, {"routing": time.monotonic() - started})


def run_retrieval(options: argparse.Namespace) -> int:
    """`signpost eval retrieval`"""
    if (options.ingested is None) != (options.map is None):
        raise UsageError("--ingested HOME and --map FILE go together: the map names each file's document id")
    terms, started = _terms(options), time.monotonic()
    result = _retrieval(options, options.dataset, make_home(options))
    return _finish(options, terms, [result], None, {"retrieval": time.monotonic() - started})


def run_all(options: argparse.Namespace) -> int:
    """`signpost eval all`"""
    from eval.run import OVER_REPLIES

    terms = _terms(options)
    assistant = open_assistant(options)
    on = _replies(options, assistant)
    results = [on.run("labels")]
    started = time.monotonic()
    table = assistant.home.products
    results += _routing(options, options.products or (table if table.exists() else None))
    on.seconds["routing"] = time.monotonic() - started
    for folder in options.retrieval:
        started = time.monotonic()
        results.append(_retrieval(options, folder, assistant.home))
        on.seconds[f"retrieval on {folder.name}"] = time.monotonic() - started
    results += [on.run(name) for name in OVER_REPLIES if name != "labels"]
    options.out = options.out or assistant.home.evaluation
    return _finish(options, terms, results, assistant, on.seconds)


def run_compare(options: argparse.Namespace) -> int:
    """`signpost eval compare`"""
    from eval.compare import compare
    from eval.report.metrics import comparison_value
    from eval.report.stored import read_run
    from eval.report.terminal import comparison_md

    comparison = compare(read_run(options.before), read_run(options.after), options.seed)
    if options.json:
        print_json(comparison_value(comparison))
    else:
        print(comparison_md(comparison))
    return PASSED


def _replies(options: argparse.Namespace, assistant: Assistant) -> Replies:
    from eval.run import SAMPLE_QUESTIONS, Replies

    return Replies(
        assistant,
        options.questions or SAMPLE_QUESTIONS,
        audience_of(options),
        options.at or datetime.now(UTC),
        options.seed,
        lambda what: progress(what, options.json),
        getattr(options, "replies", None),
    )


def _routing(options: argparse.Namespace, products: Path | None) -> list[Result]:
    from eval.judging.actions import write_predictions
    from eval.run import SAMPLE_UTTERANCES, run_routing

    routed = run_routing(options.utterances or SAMPLE_UTTERANCES, products, options.seed)
    if getattr(options, "predictions", None):
        write_predictions(options.predictions, routed.predictions)
    return list(routed.results)


def _retrieval(options: argparse.Namespace, folder: Path, home: Home) -> Result:
    from eval.beir import read_collection, read_dataset, write_run
    from eval.suites.retrieval import built, evaluate_retrieval, ingested

    dataset = read_dataset(folder, getattr(options, "qrels", None), getattr(options, "queries", None))
    if getattr(options, "ingested", None):
        ranker = ingested(Home(options.ingested), options.map)
    else:
        with progress("encoding", options.json) as tell:
            ranker = built(read_collection(folder), home, _CORES, tell)
    with progress("searching", options.json) as tell:
        retrieved = evaluate_retrieval(dataset, ranker, options.seed, tell)
    if getattr(options, "trec", None):
        write_run(options.trec, retrieved.run)
    return retrieved.result


def _terms(options: argparse.Namespace) -> _Terms:
    from eval.gates import read_gates
    from eval.report.stored import read_run
    from eval.run import OVER_REPLIES, SAMPLE_BASELINE

    retrieval = ["retrieval"] if getattr(options, "retrieval", None) else []
    every = (*OVER_REPLIES, "routing", "intents", *retrieval)
    return _Terms(
        gates=read_gates(options.gates),
        baseline=read_run(options.baseline or SAMPLE_BASELINE),
        named=options.baseline is not None,
        asked=every if options.suite == "all" else (options.suite,),
    )


def _finish(
    options: argparse.Namespace,
    terms: _Terms,
    results: Sequence[Result],
    assistant: Assistant | None,
    seconds: dict[str, float],
) -> int:
    """Gates, files, what is printed, exit code."""
    from eval.baseline import write_baseline
    from eval.evaluation import as_baseline, evaluate
    from eval.report.metrics import metrics_json
    from eval.report.summary import summary_md
    from eval.report.terminal import results_md
    from eval.report.write import write_report
    from eval.run import provenance

    evaluation = evaluate(
        results,
        terms.gates,
        provenance(assistant, results, options.seed),
        datetime.now(UTC),
        baseline=terms.baseline if terms.named else _same_sets(terms.baseline, results),
        seconds=seconds,
        asked=terms.asked,
        seed=options.seed,
    )
    report = write_report(evaluation, options.out) if options.out else None
    if options.save_baseline:
        write_baseline(as_baseline(evaluation), options.save_baseline)
    if options.json:
        print_json(json.loads(metrics_json(evaluation)) if options.suite == "all" else _value(evaluation))
    elif report:
        print(summary_md(evaluation, report), end="")
    else:
        print(results_md(evaluation), end="")
    return evaluation.exit_code


def _same_sets(kept: Baseline, results: Sequence[Result]) -> Baseline | None:
    """What of the last release's run was of these very sets, if any was."""
    data = {(result.suite, result.dataset): dict(result.data) for result in results}
    same = tuple(row for row in kept.kept if data.get((row.suite, row.dataset)) == dict(row.data))
    return replace(kept, kept=same) if same else None


def _value(evaluation: Evaluation) -> dict[str, Any]:
    """One suite for programs: the first result's figures, and what failed by name."""
    from eval.report.metrics import suite_value

    first, *others = (suite_value(result, evaluation.seed) for result in evaluation.results)
    failures = [
        {"suite": result.suite, "id": case.id, "measure": name, "why": why}
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
        "failures": failures,
    }


def _instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is no instant; write 2026-11-15T12:00+00:00") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
