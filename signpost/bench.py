"""`signpost bench`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from signpost.arguments import Commands, positive
from signpost.home import make_home
from signpost.terminal import FAILED, PASSED, complain, note, print_json, progress

if TYPE_CHECKING:
    from eval.bench.engines import BenchResult

_CORES = os.cpu_count() or 1


def add_commands(commands: Commands) -> None:
    """`bench`."""
    bench = commands.add(
        "bench", run_bench_command, "Time a search beside other engines and the bare loop, in one run."
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
    bench.add_argument("--out", type=Path, metavar="DIR", help="write bench.md, bench.json and charts there")


def run_bench_command(options: argparse.Namespace) -> int:
    """`signpost bench`"""
    from eval.bench.engines import NothingFound
    from eval.bench.run import BenchOptions, run_bench
    from eval.bench.show import bench_markdown, bench_value

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
    )
    try:
        with progress("encoding", options.json) as encoding, progress("searching", options.json) as searching:
            result = run_bench(asked, searching, encoding)
    except NothingFound as error:
        return complain(error, FAILED)
    if options.out:
        write_bench(result, options.out)
        note(f"written to {options.out}")
    if options.json:
        print_json(bench_value(result))
    else:
        print(bench_markdown(result))
    return PASSED


def write_bench(result: BenchResult, folder: Path) -> None:
    """The result as Markdown, JSON and charts."""
    from eval.bench.show import bench_markdown, bench_svgs, bench_value

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(bench_markdown(result), encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(bench_value(result), indent=1) + "\n", encoding="utf-8")
    for name, drawing in bench_svgs(result).items():
        (folder / name).write_text(drawing, encoding="utf-8")


def _sizes(value: str) -> tuple[int, ...]:
    return tuple(positive(part) for part in value.replace("_", "").split(","))


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
