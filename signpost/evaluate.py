"""`signpost eval`: which suites run over what, where the report goes, and what the run ends with."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.layout import Home
from signpost.arguments import Commands, positive
from signpost.home import audience_of, make_home, open_assistant
from signpost.terminal import PASSED, UsageError, print_json, progress
from signpost.verdict import begin, damage, finish, finish_damaged, read_terms

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from eval.beir import Collection, CollectionDocument, Dataset
    from eval.model import Result
    from eval.run import Replies, RoutingSet
    from eval.suites.retrieval import Ranker

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


def add_commands(commands: Commands) -> None:
    """`eval` and its suites."""
    suites = commands.group("eval", "Evaluate: one suite, or all with their gates and a report.", "SUITE")
    for name, text in _OVER_REPLIES.items():
        command = _suite(suites, name, run_over_replies, text)
        command.add_argument("questions", type=Path, nargs="?", metavar="FILE", help="question set (the sample's)")
        command.add_argument("--at", type=_instant, metavar="TIME", help="the instant asked about, ISO 8601 (now)")
        if name in _GIVEN:
            command.add_argument("--replies", type=Path, metavar="FILE", help="judge what `ask --batch --json` gave")
    routing = _suite(suites, "routing", run_routing_suite, "Where utterances lead; needs no home.", reads=False)
    routing.add_argument("utterances", type=Path, nargs="?", metavar="FILE", help="routing set (the sample's)")
    routing.add_argument("--products", type=Path, help="the products.toml that the set is about")
    routing.add_argument("--predictions", type=Path, metavar="FILE", help="write each utterance's label and actions")
    _add_retrieval(suites)
    spans = _suite(suites, "spans", run_spans, "Splitter and ranking, on documents with marked answers.", reads=False)
    spans.add_argument("folder", type=Path, metavar="FOLDER", help="documents.jsonl, questions.jsonl")
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


def _suite(suites: Commands, name: str, run: Any, text: str, *, reads: bool = True) -> argparse.ArgumentParser:
    command = suites.add(name, run, text, reads=reads)
    command.add_argument("--out", type=Path, metavar="DIR", help="write report.html, junit.xml, metrics.json … there")
    command.add_argument("--gates", type=Path, metavar="FILE", help="other gates than eval/gates.toml")
    command.add_argument("--baseline", type=Path, metavar="FILE", help="a kept run, or a folder of --out")
    command.add_argument("--save-baseline", type=Path, metavar="FILE", help="keep this run for later ones")
    command.add_argument("--seed", type=positive, default=1, help="of everything drawn at random (1)")
    return command


def _add_retrieval(suites: Commands) -> None:
    retrieval = _suite(suites, "retrieval", run_retrieval, "The ranking, on a collection in BEIR's form.", reads=False)
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
    terms = read_terms(options)
    try:
        assistant = open_assistant(options)
    except damage() as error:
        return finish_damaged(options, terms, error)
    on = _replies(options, assistant)
    begin(options)
    return finish(options, terms, [on.run(options.suite)], on.seconds, on)


def run_routing_suite(options: argparse.Namespace) -> int:
    """`signpost eval routing`"""
    terms, started = read_terms(options), time.monotonic()
    routing = _routing_set(options, options.products)
    begin(options)
    results = _routing(options, routing)
    return finish(options, terms, results, {"routing": time.monotonic() - started})


def run_retrieval(options: argparse.Namespace) -> int:
    """`signpost eval retrieval`"""
    if (options.ingested is None) != (options.map is None):
        raise UsageError("--ingested HOME and --map FILE go together: the map names each file's document id")
    from eval.beir import read_collection, read_dataset
    from eval.suites.retrieval import ingested

    terms, started = read_terms(options), time.monotonic()
    dataset = read_dataset(options.dataset, options.qrels, options.queries)
    if options.ingested:
        try:
            ranker = ingested(Home(options.ingested), options.map)
        except damage() as error:
            return finish_damaged(options, terms, error)
        begin(options)
        result = _ranked(options, dataset, ranker)
    else:
        collection = read_collection(options.dataset)
        home = make_home(options)
        begin(options)
        result = _retrieved(options, dataset, collection, home)
    return finish(options, terms, [result], {"retrieval": time.monotonic() - started})


def run_spans(options: argparse.Namespace) -> int:
    """`signpost eval spans`: over an edition that is gone afterwards, as a collection's."""
    from eval.scratch import scratch_home
    from eval.spans import read_span_set
    from eval.suites.spans import searched, spans
    from index.build import Candidate
    from ingest.parse import parse_text

    def read(given: CollectionDocument) -> Candidate:
        parsed = parse_text(given.text, given.id, given.title)
        return Candidate(parsed.document, parsed.passages, parsed.document.names)

    terms, started = read_terms(options), time.monotonic()
    asked = read_span_set(options.folder)
    home = make_home(options)
    begin(options)
    with tempfile.TemporaryDirectory() as folder:
        with progress("encoding", options.json, "passages") as tell:
            on = searched(asked, read, scratch_home(home, Path(folder)), _CORES, tell)
        with progress("searching", options.json, "queries") as tell:
            result = spans(asked, on, options.seed, tell)
    return finish(options, terms, [result], {"spans": time.monotonic() - started})


def run_all(options: argparse.Namespace) -> int:
    """`signpost eval all`"""
    from eval.run import OVER_REPLIES

    terms = read_terms(options)
    options.out = options.out or Home(options.home).evaluation
    try:
        assistant = open_assistant(options)
    except damage() as error:
        return finish_damaged(options, terms, error)
    on = _replies(options, assistant)
    table = assistant.home.products
    routing = _routing_set(options, options.products or (table if table.exists() else None))
    collections = _collections(options.retrieval)
    begin(options)
    results = [on.run("labels")]
    started = time.monotonic()
    results += _routing(options, routing)
    on.seconds["routing"] = time.monotonic() - started
    for dataset, collection in collections:
        started = time.monotonic()
        results.append(_retrieved(options, dataset, collection, assistant.home))
        on.seconds[f"retrieval on {dataset.name}"] = time.monotonic() - started
    results += [on.run(name) for name in OVER_REPLIES if name != "labels"]
    return finish(options, terms, results, on.seconds, on)


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

    replies = Replies(
        assistant=assistant,
        path=options.questions or SAMPLE_QUESTIONS,
        audience=audience_of(options),
        now=datetime.now(UTC),
        at=options.at,
        seed=options.seed,
        watch=lambda what: progress(what, options.json),
        given=getattr(options, "replies", None),
    )
    replies.read()
    return replies


def _routing_set(options: argparse.Namespace, products: Path | None) -> RoutingSet:
    from eval.run import SAMPLE_PRODUCTS, SAMPLE_UTTERANCES, read_routing

    if options.utterances is None:
        return read_routing(SAMPLE_UTTERANCES, products or (SAMPLE_PRODUCTS if SAMPLE_PRODUCTS.is_file() else None))
    return read_routing(options.utterances, products)


def _routing(options: argparse.Namespace, on: RoutingSet) -> list[Result]:
    from eval.judging.actions import write_predictions
    from eval.run import run_routing

    routed = run_routing(on, Home(options.home).encoders, _CORES, options.seed)
    if getattr(options, "predictions", None):
        write_predictions(options.predictions, routed.predictions)
    return list(routed.results)


def _collections(folders: Sequence[Path]) -> list[tuple[Dataset, Collection]]:
    from eval.beir import read_collection, read_dataset

    found = [(read_dataset(folder), read_collection(folder)) for folder in folders]
    names = [dataset.name for dataset, _ in found]
    if len(set(names)) < len(names):
        raise UsageError(
            f"--retrieval: of {', '.join(names)} two have one name, and so would their figures; rename one"
        )
    return found


def _retrieved(options: argparse.Namespace, dataset: Dataset, collection: Collection, home: Home) -> Result:
    """Over an edition of the collection that is gone afterwards: none that could be activated by mistake."""
    from eval.scratch import scratch_home
    from eval.suites.retrieval import built

    with tempfile.TemporaryDirectory() as folder:
        with progress("encoding", options.json, "passages") as tell:
            ranker = built(collection, scratch_home(home, Path(folder)), _CORES, tell)
        return _ranked(options, dataset, ranker)


def _ranked(options: argparse.Namespace, dataset: Dataset, ranker: Ranker) -> Result:
    from eval.beir import write_run
    from eval.suites.retrieval import evaluate_retrieval

    with progress("searching", options.json, "queries") as tell:
        retrieved = evaluate_retrieval(dataset, ranker, options.seed, tell)
    if getattr(options, "trec", None):
        write_run(options.trec, retrieved.run)
    return retrieved.result


def _instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is no instant; write 2026-11-15T12:00+00:00") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
