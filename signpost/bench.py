"""`signpost bench`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands, positive
from signpost.home import make_home
from signpost.terminal import FAILED, PASSED, complain, note, print_json, progress

if TYPE_CHECKING:
    from eval.bench.run import BenchOptions

_CORES = os.cpu_count() or 1


def add_commands(commands: Commands) -> None:
    """`bench`."""
    bench = commands.add(
        "bench", run_bench_command, "Time a search beside other engines and the bare loop, in one run."
    )
    bench.add_argument(
        "--service", action="store_true", help="time `serve` over the corpus instead: start, memory, turns"
    )
    bench.add_argument("--corpus", type=Path, metavar="FILE", help="JSONL of documents, or a BEIR folder (the edition)")
    bench.add_argument("--queries", type=Path, metavar="FILE", help='JSONL with "text" (the corpus\' own)')
    bench.add_argument("--sizes", type=_sizes, default=(), metavar="N,N", help="numbers of passages (all of them)")
    bench.add_argument("--rounds", type=positive, default=5, help="how often each query is asked (5)")
    bench.add_argument("--count", type=positive, default=50, help="queries (50)")
    bench.add_argument("--engines", type=_names, default=(), metavar="A,B", help="all unless named")
    bench.add_argument("--encoder", type=Path, help="a sentence-transformers folder (all-MiniLM-L6-v2)")
    bench.add_argument(
        "--workers", type=positive, default=_CORES, help=f"for encoding what isn't in the cache ({_CORES})"
    )
    bench.add_argument(
        "--processes", type=_sizes, default=(1,), metavar="N,N", help="that serve, with --service; each in turn (1)"
    )
    bench.add_argument("--out", type=Path, metavar="DIR", help="write bench.md, bench.json and charts there")


def run_bench_command(options: argparse.Namespace) -> int:
    """`signpost bench`"""
    from eval.bench.engines import NothingFound
    from eval.bench.run import BenchOptions

    asked = BenchOptions(
        home=make_home(options),
        corpus=options.corpus,
        queries=options.queries,
        encoder=options.encoder,
        sizes=options.sizes,
        rounds=options.rounds,
        engines=options.engines,
        count=options.count,
        workers=options.workers,
        processes=options.processes,
    )
    try:
        return _bench_service(asked, options) if options.service else _bench_engines(asked, options)
    except NothingFound as error:
        return complain(error, FAILED)


def _bench_engines(asked: BenchOptions, options: argparse.Namespace) -> int:
    from eval.bench.run import run_bench
    from eval.bench.show import bench_markdown, bench_svgs, bench_value

    with (
        progress("encoding", options.json, "passages") as encoding,
        progress("searching", options.json, "queries") as searching,
    ):
        result = run_bench(asked, searching, encoding)
    charts = bench_svgs(result) if options.out else {}
    return _shown(bench_value(result), bench_markdown(result), "bench", charts, options)


def _bench_service(asked: BenchOptions, options: argparse.Namespace) -> int:
    from eval.bench.run import run_service
    from eval.bench.served import service_markdown, service_value

    with progress("encoding", options.json, "passages") as encoding, progress("asking", options.json) as asking:
        result = run_service(asked, asking, encoding)
    return _shown(service_value(result), service_markdown(result), "service", {}, options)


def _shown(
    value: dict[str, Any], markdown: str, name: str, charts: Mapping[str, str], options: argparse.Namespace
) -> int:
    """Prints the result as JSON or Markdown; with --out also writes both, with the charts, under ``name``."""
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        content = {f"{name}.md": markdown, f"{name}.json": json.dumps(value, indent=1) + "\n", **charts}
        for file, text in content.items():
            (options.out / file).write_text(text, encoding="utf-8")
        note(f"written to {options.out}")
    if options.json:
        print_json(value)
    else:
        print(markdown)
    return PASSED


def _sizes(value: str) -> tuple[int, ...]:
    return tuple(positive(part) for part in value.replace("_", "").split(","))


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
