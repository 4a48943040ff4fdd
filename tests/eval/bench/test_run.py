from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from corpus.errors import InvalidInput
from eval.bench import run as module
from eval.bench.corpus import Corpus, evenly, of_file, resized
from eval.bench.engines import BenchResult, Entry, Setting, Weights
from eval.bench.ours import BARE, SIGNPOST, Signpost, assembled
from eval.bench.run import ENGINES, BenchOptions, run_bench
from eval.bench.show import bench_markdown, bench_svgs, bench_value
from eval.bench.turns import searches
from index.compile import compiled_encoder
from index.encoder import EncoderFiles
from index.layout import Home
from tests.conftest import ROOT
from tests.eval.short import rows, write_rows

OURS = ("rank-bm25", "bare", "signpost")
PRODUCTS = ("haystack", "haystack-int8", "txtai", "txtai-int8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("corpus") / "labels.jsonl", rows())


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    """What a run said of its progress."""
    return []


@pytest.fixture(scope="module")
def result(file: Path, home: Home, told: list[tuple[int, int]]) -> BenchResult:
    """Two sizes, the larger with passages that are repeated."""
    options = BenchOptions(home, file, engines=OURS, sizes=(100, 600), rounds=2, count=8)
    return run_bench(options, lambda done, total: told.append((done, total)))


@pytest.fixture(scope="module")
def corpus(file: Path, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return of_file(file, home, tmp_path_factory.mktemp("built"), encoder(home), 2, lambda _done, _total: None)


def encoder(home: Home) -> EncoderFiles:
    return compiled_encoder(home.encoders)


def test_every_engine_is_timed_at_every_size(result: BenchResult) -> None:
    timed = [(timing.engine, timing.passages) for timing in result.timings]
    assert timed == [(name, size) for size in (100, 600) for name in ("signpost", "bare", "rank-bm25")]
    assert (result.queries, result.rounds, result.threads, result.absent) == (8, 2, 1, ())
    for timing in result.timings:
        for metric in (timing.p50, timing.p99, timing.ratio, timing.over_bare):
            assert metric is not None
            assert metric.low <= metric.value <= metric.high
        assert 0 < timing.p50.value <= timing.p99.value
        assert (timing.p50.n, len(timing.per_query)) == (16, 8)


def test_signpost_is_the_unit_and_the_bare_loop_the_zero(result: BenchResult) -> None:
    for timing in result.timings:
        if timing.engine == "signpost":
            assert (timing.ratio.value, timing.ratio.low, timing.ratio.high, timing.overlap) == (1, 1, 1, 1)
        if timing.engine == "bare":
            assert timing.over_bare is not None
            assert (timing.over_bare.value, timing.over_bare.low, timing.over_bare.high) == (0, 0, 0)


def test_the_engines_find_much_the_same(result: BenchResult) -> None:
    assert all(timing.overlap > 0.3 for timing in result.timings if timing.passages == 100)


def test_what_was_searched_and_with_which_weights_is_said_by_digest(result: BenchResult) -> None:
    assert set(result.data) == {"queries", "encoder", "100 passages", "600 passages"}
    assert all(value.startswith("sha256:") and len(value) == 71 for value in result.data.values())
    assert {"bm25s", "faiss-cpu", "onnxruntime", "rank-bm25"} <= set(result.versions)


def test_progress_counts_every_search_to_the_last(result: BenchResult, told: list[tuple[int, int]]) -> None:
    total = len(result.timings) * searches(8, 2)
    assert told == [(done, total) for done in range(1, total + 1)]


def test_a_sample_is_spread_over_the_corpus_and_a_larger_size_repeats_it_with_noise(corpus: Corpus) -> None:
    passages = corpus.passages
    half = resized(passages, 150)
    assert half.texts == passages.texts[::2]
    assert np.array_equal(half.vectors, passages.vectors[::2])
    twice = resized(passages, 600)
    assert twice.texts == passages.texts * 2
    assert np.array_equal(twice.vectors[:300], passages.vectors)
    assert np.allclose(np.linalg.norm(twice.vectors, axis=1), 1, atol=5e-3)  # of eight bits
    near = np.sum(twice.vectors[300:] * passages.vectors, axis=1)
    assert 0.9 < near.min() < near.max() < 0.99
    assert twice.digest() == resized(passages, 600).digest() != passages.digest()


def test_an_assembled_edition_is_searched_as_the_built_one(corpus: Corpus, tmp_path: Path) -> None:
    made = assembled(Setting(corpus.passages, Weights(corpus.encoder, None), tmp_path, None))
    built, own = Signpost(corpus.edition, 300), Signpost(made, 300)
    for query in evenly(corpus.asked, 20):
        assert own.search(query) == built.search(query)


def test_a_collection_is_searched_whole_and_asked_its_own_queries(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    folder.mkdir()
    write_rows(folder / "corpus.jsonl", [{"_id": row["_id"], "text": row["text"] * 9} for row in rows()[:30]])
    write_rows(folder / "queries.jsonl", [{"_id": "q1", "text": "dose of Velmarin"}])
    found = run_bench(BenchOptions(home, folder, engines=("bare",), rounds=1))
    assert (found.dataset, found.queries) == ("collection", 1)
    assert {timing.passages for timing in found.timings} == {30}


def test_a_corpus_that_cannot_be_asked_needs_queries(home: Home, tmp_path: Path) -> None:
    bare = write_rows(tmp_path / "bare.jsonl", [{"text": row["text"]} for row in rows()[:20]])
    with pytest.raises(InvalidInput, match=r"bare\.jsonl: has neither questions nor titles to ask; .* --queries"):
        run_bench(BenchOptions(home, bare, engines=("bare",)))


def test_without_a_corpus_the_active_edition_is_searched(small: Home, tmp_path: Path) -> None:
    queries = write_rows(tmp_path / "queries.jsonl", [{"text": "starting dose"}, {"text": "renal impairment"}])
    found = run_bench(BenchOptions(small, queries=queries, engines=("bare",), rounds=1))
    assert (found.dataset, found.queries) == ("the active edition", 2)
    assert run_bench(BenchOptions(small, engines=("bare",), rounds=1, count=4)).queries == 4  # its headings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"engines": ("elastic",)}, "elastic: no engine of this name; there are signpost, bare, rank-bm25"),
        ({"rounds": 0}, "at least one"),
        ({"sizes": (5,)}, "at least 10"),
        ({"sizes": (20, 20)}, "twice"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_built(
    changes: dict[str, Any], message: str, home: Home, file: Path
) -> None:
    with pytest.raises(InvalidInput, match=message):
        run_bench(BenchOptions(home, file, **changes))


def test_a_product_that_is_not_installed_is_named(home: Home, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = module._version
    monkeypatch.setattr(module, "_version", lambda name: None if name in ("haystack-ai", "txtai") else there(name))
    found = run_bench(BenchOptions(home, file, engines=(*PRODUCTS, "bare"), rounds=1, count=2))
    assert {timing.engine for timing in found.timings} == {"signpost", "bare"}
    assert {row.engine for row in found.absent} == set(PRODUCTS)
    assert "- txtai: not installed (txtai): pip install '.[bench]'" in bench_markdown(found)


def test_a_product_whose_weights_are_not_known_is_named(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_version", lambda _name: "1.0")
    monkeypatch.setattr(module, "_compiled", lambda _corpus: "our-own-model")
    found = run_bench(BenchOptions(home, file, engines=("haystack",), rounds=1, count=2))
    assert [(row.engine, row.reason) for row in found.absent] == [
        ("haystack", "the passages were encoded with our-own-model; give its folder with --encoder")
    ]


def test_an_engine_that_is_too_slow_for_a_size_says_so(home: Home, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Entry("slow", "slow", (), BARE.make, 100, "it takes hours")
    monkeypatch.setattr(module, "ENGINES", (SIGNPOST, BARE, slow))
    found = run_bench(BenchOptions(home, file, sizes=(100, 200), rounds=1, count=2))
    assert [timing.passages for timing in found.timings if timing.engine == "slow"] == [100]
    assert "- slow over 200 passages: it takes hours" in bench_markdown(found)


def test_the_value_is_json_and_holds_no_text_of_the_corpus(result: BenchResult) -> None:
    shown = (
        json.dumps(bench_value(result), allow_nan=False) + bench_markdown(result) + "".join(bench_svgs(result).values())
    )
    assert not any(row["question"] in shown or row["text"] in shown for row in rows())
    value = json.loads(json.dumps(bench_value(result)))
    assert (value["format"], value["timings"][0]["engine"], len(value["timings"])) == (1, "signpost", 6)


def test_the_table_has_a_row_for_each_timing(result: BenchResult) -> None:
    timings, _, _ = bench_markdown(result).partition("Where Signpost's time goes")
    table = [line for line in timings.splitlines() if line.startswith("| ")]
    assert len(table) == 1 + len(result.timings)
    assert all(line.count("|") == 8 for line in table)


def test_the_profile_has_a_row_for_each_size_whose_parts_make_the_whole(result: BenchResult) -> None:
    profiled = [timing for timing in result.timings if timing.parts]
    assert [(timing.engine, timing.passages) for timing in profiled] == [("signpost", 100), ("signpost", 600)]
    for timing in profiled:
        *parts, whole = timing.parts.values()
        assert list(timing.parts) == ["encoding", "words", "vectors", "sentences", "the rest", "whole"]
        assert all(part > 0 for part in parts[:-1])
        assert sum(parts) >= whole - 1e-9
        assert f"| {timing.passages:,} | {' | '.join(f'{value:.2f}' for value in timing.parts.values())} |" in (
            bench_markdown(result)
        )


def test_the_charts_name_every_engine(result: BenchResult) -> None:
    charts = bench_svgs(result)
    assert sorted(charts) == ["bench-engines.svg", "bench-growth.svg"]
    for chart in charts.values():
        words = " ".join(ElementTree.fromstring(chart).itertext())  # noqa: S314 - ours
        assert all(title in words for title in ("Signpost", "bare loop", "rank-bm25 (words only)"))


@pytest.mark.filterwarnings("ignore")  # the products' own
def test_every_product_is_timed_or_named_and_nothing_is_sent(
    whole: bool, home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make acceptance` installs them, so there every one must run."""
    sent: list[object] = []

    def refuse(_self: socket.socket, address: object) -> None:
        sent.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = run_bench(BenchOptions(home, file, rounds=1, count=3))
    timed = {timing.engine for timing in found.timings}
    named = {row.engine for row in found.absent}
    assert sent == []
    assert timed | named == {entry.name for entry in ENGINES}
    assert not timed & named
    assert not (whole and named)
    assert all(timing.overlap > 0.2 for timing in found.timings)


@pytest.mark.filterwarnings("ignore")  # the products' own
def test_the_measurements_are_kept(
    whole: bool, request: pytest.FixtureRequest, home: Home, file: Path, tmp_path: Path
) -> None:
    """`make acceptance`: 3,600, 36,000 and 360,000 passages of the reference data. Takes a quarter of an hour."""
    options = BenchOptions(home, file, engines=OURS, rounds=1, count=4)
    if whole:
        medquad = request.getfixturevalue("reference_data") / "medquad" / "documents.jsonl.gz"
        sizes = (3_600, 36_000, 360_000)
        options = BenchOptions(home, medquad, sizes=sizes, count=20, rounds=3, workers=os.cpu_count() or 1)
    found = run_bench(options)
    folder = ROOT / "docs" / "measurements" if whole else tmp_path
    head = "# Speed\n\nMade by `make acceptance`.\n\n"
    (folder / "bench.md").write_text(head + bench_markdown(found), encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(bench_value(found), indent=1) + "\n", encoding="utf-8")
    for name, chart in bench_svgs(found).items():
        (folder / name).write_text(chart + "\n", encoding="utf-8")
    assert json.loads((folder / "bench.json").read_text(encoding="utf-8"))["format"] == 1
