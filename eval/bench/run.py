"""A benchmark from its options to its result: which engines, over which passages, with which weights."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from corpus.errors import InvalidInput
from eval.bench.corpus import Corpus, evenly, of_file, of_home, read_queries, read_rows, resized
from eval.bench.engines import TOP, Absent, BenchResult, Entry, Passages, Setting, Timing, Weights
from eval.bench.ours import BARE, SIGNPOST
from eval.bench.peers import PEERS
from eval.bench.served import Served, ServiceResult
from eval.bench.turns import THREADS, measure, searches
from eval.model import Progress
from eval.sets import digest
from index.layout import Home
from index.weights import MODEL, copy_default_model

ENGINES = (SIGNPOST, BARE, *PEERS)
_PACKAGES = ("bm25s", "faiss-cpu", "numpy", "onnxruntime", "torch", "transformers")  # under several of them


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What to measure."""

    home: Home  # its active edition, its compiled encoders, its cache of encodings
    corpus: Path | None = None  # a JSONL file or a BEIR folder; None: the passages of the active edition
    queries: Path | None = None  # a JSONL file with "text"; None: from the corpus
    encoder: Path | None = None  # a sentence-transformers folder; None: the default model
    sizes: tuple[int, ...] = ()  # numbers of passages; none: the corpus as it is
    rounds: int = 5
    engines: tuple[str, ...] = ()  # their names; none: all. Signpost is always among them
    count: int = 50  # of the queries there are, evenly spread
    workers: int = 1  # for encoding what isn't in the cache
    processes: tuple[int, ...] = (1,)  # that a service is measured with


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


def run_bench(options: BenchOptions, progress: Progress = silent, encoding: Progress = silent) -> BenchResult:
    """Measures; ``progress`` is told searches done and in all, ``encoding`` passages before that.

    Raises ``InvalidInput`` for an option or a file, ``NoEdition`` without a corpus, ``EncoderUnavailable`` without the
    ingest extra, ``NothingFound`` for an engine that is set up wrongly.
    """
    chosen = _chosen(options)
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as folder:
        scratch = Path(folder)
        corpus = _corpus(options, scratch / "corpus", encoding)
        queries = evenly(read_queries(options.queries) if options.queries else corpus.asked, options.count)
        if not queries:
            raise InvalidInput(f"{corpus.name}: has neither questions nor titles to ask; give queries with --queries")
        model = _model(options, corpus, chosen, scratch / "model")
        absent = [Absent(entry.name, None, reason) for entry in chosen if (reason := _missing(entry, model, corpus))]
        runnable = [entry for entry in chosen if entry.name not in {row.engine for row in absent}]
        plan = _plan(runnable, options.sizes or (len(corpus.passages),))
        timings, digests = _measured(plan, corpus, Weights(corpus.encoder, model), queries, options, progress, scratch)
    left = [Absent(entry.name, size, entry.why) for size, fit in plan for entry in runnable if entry not in fit]
    return BenchResult(
        dataset=corpus.name,
        timings=tuple(timings),
        absent=tuple(absent + left),
        queries=len(queries),
        rounds=options.rounds,
        threads=THREADS,
        data=digests,
        versions=_versions(runnable),
        machine=_machine(),
    )


def run_service(options: BenchOptions, progress: Progress = silent, encoding: Progress = silent) -> ServiceResult:
    """Measures the service over a home made of the corpus; ``progress`` is told turns done and in all.

    Raises ``InvalidInput`` for an option or a file, ``EncoderUnavailable`` without the ingest extra, ``NothingFound``
    when the service doesn't start or answer.
    """
    from eval.bench.service import CONNECTIONS, measure_service, turns
    from eval.bench.stock import stocked_home
    from index.compile import compiled_encoder

    _check(options)
    if options.corpus is None or options.corpus.is_dir() or options.engines:
        raise InvalidInput("the service is measured over the documents of a JSONL file, alone: give --corpus FILE")
    rows = tuple(read_rows(options.corpus))
    encoder = compiled_encoder(options.home.encoders, options.encoder)
    own = read_queries(options.queries) if options.queries else None
    found: list[Served] = []
    for number, size in enumerate(options.sizes or (None,)):
        with tempfile.TemporaryDirectory(prefix="signpost-bench-") as folder:
            scratch = Path(folder)
            stocked = stocked_home(rows, size, options.home, scratch / "home", encoder, options.workers, encoding)
            questions = evenly(own or stocked.questions, options.count)
            if not questions:
                raise InvalidInput(f"{options.corpus}: has no questions; give queries with --queries")
            total = turns(len(questions), options.rounds, options.processes)
            tell = _counting(progress, number * total, total * max(1, len(options.sizes)))
            found += measure_service(stocked, questions, options.rounds, options.processes, scratch, tell)
    return ServiceResult(
        dataset=options.corpus.name,
        served=tuple(found),
        questions=len(questions),
        rounds=options.rounds,
        connections=CONNECTIONS,
        data={"corpus": digest(options.corpus), "encoder": f"sha256:{encoder.digest()}"},
        versions=_versions([]),
        machine=_machine(),
    )


def _counting(progress: Progress, done: int, total: int) -> Callable[[], None]:
    counted = itertools.count(done + 1)
    return lambda: progress(next(counted), total)


_Plan = Sequence[tuple[int, Sequence[Entry]]]  # sizes, and the engines of each


def _measured(
    plan: _Plan,
    corpus: Corpus,
    weights: Weights,
    queries: tuple[str, ...],
    options: BenchOptions,
    progress: Progress,
    scratch: Path,
) -> tuple[list[Timing], dict[str, str]]:
    """The times at all sizes, and the digests of what was read."""
    total = sum(len(fit) for _, fit in plan) * searches(len(queries), options.rounds)
    done = 0

    def searched() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    timings: list[Timing] = []
    digests = {"queries": _sha256("\n".join(queries)), "encoder": f"sha256:{weights.encoder.digest()}"}
    if weights.model is not None:
        digests |= {file.name: digest(file) for file in sorted(weights.model.glob("*.safetensors"))}
    for size, fit in plan:
        passages = _passages(corpus, size)
        digests[f"{size} passages"] = f"sha256:{passages.digest()}"
        edition = corpus.edition if passages is corpus.passages else None
        setting = Setting(passages, weights, scratch / str(size), edition)
        timings += measure(fit, setting, queries, options.rounds, searched)
    return timings, digests


def _passages(corpus: Corpus, size: int) -> Passages:
    return corpus.passages if size == len(corpus.passages) else resized(corpus.passages, size)


def _plan(entries: Sequence[Entry], sizes: Sequence[int]) -> _Plan:
    return [(size, [entry for entry in entries if entry.largest is None or size <= entry.largest]) for size in sizes]


def _chosen(options: BenchOptions) -> list[Entry]:
    known = [entry.name for entry in ENGINES]
    for name in options.engines:
        if name not in known:
            raise InvalidInput(f"{name}: no engine of this name; there are {', '.join(known)}")
    _check(options)
    return [entry for entry in ENGINES if entry is SIGNPOST or entry.name in (options.engines or known)]


def _check(options: BenchOptions) -> None:
    if options.rounds < 1 or options.count < 1:
        raise InvalidInput("rounds and queries: give at least one of each")
    for size in options.sizes:
        if size < TOP:
            raise InvalidInput(f"{size} passages are too few to search; give at least {TOP}")
    for given, what in ((options.sizes, "size"), (options.processes, "number of processes")):
        if len(set(given)) < len(given):
            raise InvalidInput(f"a {what} stands there twice; give each once")
    if not options.processes:
        raise InvalidInput("a service is measured with one process or more: give --processes 1")


def _corpus(options: BenchOptions, scratch: Path, encoding: Progress) -> Corpus:
    if options.corpus is None:
        return of_home(options.home)
    from index.compile import compiled_encoder

    encoder = compiled_encoder(options.home.encoders, options.encoder)
    return of_file(options.corpus, options.home, scratch, encoder, options.workers, encoding)


def _model(options: BenchOptions, corpus: Corpus, chosen: Sequence[Entry], folder: Path) -> Path | None:
    """The folder of the model that the corpus was encoded with, for the engines that load it; None if not known."""
    if not any(entry.fp32 and not _uninstalled(entry) for entry in chosen):
        return None
    compiled = _compiled(corpus)
    if options.encoder is not None and options.encoder.name == compiled:
        return options.encoder
    if compiled != MODEL:
        return None
    copy_default_model(folder)
    return folder


def _compiled(corpus: Corpus) -> str:
    """The name of the model that the corpus was encoded with."""
    settings = json.loads((corpus.encoder.root / "encoder.json").read_text(encoding="utf-8"))
    return str(settings["model"])


def _missing(entry: Entry, model: Path | None, corpus: Corpus) -> str:
    """Why it can't run here; empty when it can."""
    if missing := _uninstalled(entry):
        return f"not installed ({', '.join(missing)}): pip install '.[bench]'"
    if entry.fp32 and model is None:
        return f"the passages were encoded with {_compiled(corpus)}; give its folder with --encoder"
    return ""


def _uninstalled(entry: Entry) -> list[str]:
    return [name for name in entry.packages if _version(name) is None]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _versions(entries: Sequence[Entry]) -> dict[str, str]:
    names = sorted({*_PACKAGES, *(package for entry in entries for package in entry.packages)})
    found = {name: made for name in names if (made := _version(name)) is not None}
    return {"Python": platform.python_version(), **found}


def _machine() -> str:
    return f"{os.cpu_count()} processors ({platform.machine()}), {platform.system()}"


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
