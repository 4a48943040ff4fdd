from __future__ import annotations

import gzip
import itertools
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
from eval.bench.corpus import PASSAGE_WORDS, Corpus, candidate, evenly, of_file, read_rows, resized
from eval.bench.engines import BenchResult, Engine, Entry, NothingFound, Setting, Weights
from eval.bench.ours import BARE, SIGNPOST, Signpost, assembled
from eval.bench.run import ENGINES, BenchOptions, run_bench
from eval.bench.show import bench_markdown, bench_svgs, bench_value
from eval.bench.turns import measure, median_metric, searches
from index.compile import compiled_encoder
from index.encoder import EncoderFiles
from index.layout import Home

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "Velmarin",
    "Lumetra",
    "Quorvex",
    "Nerolin",
    "Astivane",
    "Brodexa",
    "Calvirin",
    "Dorsulan",
    "Etravel",
    "Fenorix",
)
TOPICS = (
    ("the dose", "The recommended dose of {name} is {number} mg once daily, with or without food."),
    ("the renal dose", "In severe renal impairment {name} is limited to {number} mg on alternate days."),
    ("pregnancy", "Treatment with {name} is stopped {number} days before a planned pregnancy."),
    ("the storage", "Packs of {name} are stored below {number} degrees in the original carton."),
    ("adverse reactions", "Headache was reported by {number} of a hundred patients who took {name}."),
    ("overdose", "After an overdose of {name} the patient is observed for {number} hours."),
)
OURS = ("rank-bm25", "bare", "signpost")
PRODUCTS = ("haystack", "haystack-int8", "txtai", "txtai-int8")


def rows() -> list[dict[str, str]]:
    """Three hundred short documents; each can be asked for."""
    return [
        {
            "_id": f"{name}-{topic}-{number}",
            "title": name,
            "question": f"What is known of {topic} of {name} {number}?",
            "text": text.format(name=name, number=number),
        }
        for (name, (topic, text)), number in itertools.product(itertools.product(NAMES, TOPICS), range(1, 6))
    ]


def write_rows(path: Path, given: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path


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


class Fake:
    """An engine that finds what it is told and writes down when it was asked."""

    def __init__(self, name: str, found: list[int], asked: list[tuple[str, str]]) -> None:
        self.name, self.found, self.asked = name, found, asked

    def search(self, query: str) -> list[int]:
        self.asked.append((self.name, query))
        return self.found

    def close(self) -> None:
        self.asked.append((self.name, "closed"))


def fake(name: str, found: list[int], asked: list[tuple[str, str]]) -> Entry:
    def make(_setting: Setting) -> Engine:
        return Fake(name, found, asked)

    return Entry(name, name, (), make)


def setting(corpus: Corpus, folder: Path) -> Setting:
    return Setting(corpus.passages, Weights(corpus.encoder, None), folder, corpus.edition)


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


def test_the_engines_take_turns_on_the_same_queries(corpus: Corpus, tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    names = ("signpost", "bare", "other")
    queries = [f"query {at}" for at in range(25)]
    measure([fake(name, [1, 2], asked) for name in names], setting(corpus, tmp_path), queries, 8, lambda: None)
    turns = []
    while len(asked) > 3:  # at the end all are closed
        size = (13, 13, 8)[len(turns) // 3 % 3]
        turns.append((asked[0][0], [query for name, query in asked[:size] if name == asked[0][0]]))
        del asked[:size]
    for number, (_, asks) in enumerate(turns):
        block = queries[number // 3 % 3 * 10 :][:10]
        assert asks == block[-3:] + block  # three to settle, then the clock
    orders = [tuple(name for name, _ in turns[at : at + 3]) for at in range(0, len(turns), 3)]
    assert len(orders) == 8 * 3
    assert set(orders) == set(itertools.permutations(names))  # no one always comes after the slowest


@pytest.mark.parametrize("found", [[], [1, 1], list(range(11)), [300], [-1]])
def test_an_engine_that_finds_nothing_sensible_is_an_error(found: list[int], corpus: Corpus, tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    entries = [fake("signpost", [1], asked), fake("broken", found, asked)]
    with pytest.raises(NothingFound, match=r"broken: 'one' gave .* 1 to 10 different passages of 300"):
        measure(entries, setting(corpus, tmp_path), ["one"], 1, lambda: None)
    assert {name for name, what in asked if what == "closed"} == {"signpost", "broken"}


def test_the_same_times_give_the_same_interval() -> None:
    values = np.random.default_rng(3).lognormal(1.0, 0.5, 40)
    first = median_metric("ratio", values)
    assert first == median_metric("ratio", values)
    assert first.low < np.median(values) == first.value < first.high
    same = median_metric("ratio", np.full(5, 2.5))
    assert (same.value, same.low, same.high, same.n) == (2.5, 2.5, 2.5, 5)


def test_the_interval_of_a_median_covers_it_as_often_as_it_says() -> None:
    """True median 1; 200 samples of 30: about 190 intervals hold it."""
    random = np.random.default_rng(5)
    metrics = [median_metric("ratio", random.lognormal(0.0, 0.4, 30)) for _ in range(200)]
    assert 178 <= sum(metric.low <= 1 <= metric.high for metric in metrics) <= 199


def test_a_sample_is_spread_over_the_corpus_and_a_larger_size_repeats_it_with_noise(corpus: Corpus) -> None:
    passages = corpus.passages
    half = resized(passages, 150)
    assert half.texts == passages.texts[::2]
    assert np.array_equal(half.vectors, passages.vectors[::2])
    twice = resized(passages, 600)
    assert twice.texts == passages.texts * 2
    assert np.array_equal(twice.vectors[:300], passages.vectors)
    assert np.allclose(np.linalg.norm(twice.vectors, axis=1), 1, atol=1e-3)
    near = np.sum(twice.vectors[300:] * passages.vectors, axis=1)
    assert 0.9 < near.min() < near.max() < 0.99
    assert twice.digest() == resized(passages, 600).digest() != passages.digest()


def test_an_assembled_edition_is_searched_as_the_built_one(corpus: Corpus, tmp_path: Path) -> None:
    made = assembled(Setting(corpus.passages, Weights(corpus.encoder, None), tmp_path, None))
    built, own = Signpost(corpus.edition, 300), Signpost(made, 300)
    for query in evenly(corpus.asked, 20):
        assert own.search(query) == built.search(query)


def test_a_document_is_cut_at_sentence_ends_and_nothing_is_lost(tmp_path: Path) -> None:
    text = "\n".join(
        " ".join(f"Sentence {at} of part {part} has these nine words." for at in range(30)) for part in "ab"
    )
    row = next(read_rows(write_rows(tmp_path / "one.jsonl", [{"text": text}])))
    passages = candidate(row, whole=False).passages
    assert all(len(passage.text.split()) <= PASSAGE_WORDS and passage.text.endswith(".") for passage in passages)
    assert " ".join(" ".join(passage.text for passage in passages).split()) == " ".join(text.split())
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert [passage.text for passage in candidate(row, whole=True).passages] == [text]


def test_a_gzipped_file_is_read_as_the_plain_one(file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "labels.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert list(read_rows(packed)) == list(read_rows(file))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: no JSON"),
        ("[1]", "line 2: no object"),
        ('{"title": "A"}', "line 2: 'text' is no text"),
        ('{"text": "a", "title": 1}', "line 2: 'title' is no text"),
    ],
)
def test_a_broken_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        list(read_rows(path))


@pytest.mark.parametrize("name", ["missing.jsonl", "torn.jsonl.gz"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    if name.startswith("torn"):
        (tmp_path / name).write_bytes(gzip.compress(b'{"text": "a"}\n')[:12])
    with pytest.raises(InvalidInput, match=name):
        list(read_rows(tmp_path / name))


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
    asked: list[tuple[str, str]] = []
    slow = Entry("slow", "slow", (), fake("slow", [1], asked).make, 100, "it takes hours")
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
    table = [line for line in bench_markdown(result).splitlines() if line.startswith("| ")]
    assert len(table) == 1 + len(result.timings)
    assert all(line.count("|") == 8 for line in table)


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
    """`make acceptance`: 3,600, 36,000 and 360,000 passages of the reference data. Takes most of an hour."""
    options = BenchOptions(home, file, engines=OURS, rounds=1, count=4)
    if whole:
        medquad = request.getfixturevalue("reference_data") / "medquad" / "documents.jsonl.gz"
        sizes = (3_600, 36_000, 360_000)
        options = BenchOptions(home, medquad, sizes=sizes, count=40, workers=os.cpu_count() or 1)
    found = run_bench(options)
    folder = ROOT / "docs" / "measurements" if whole else tmp_path
    head = "# Speed\n\nMade by `make acceptance`.\n\n"
    (folder / "bench.md").write_text(head + bench_markdown(found), encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(bench_value(found), indent=1) + "\n", encoding="utf-8")
    for name, chart in bench_svgs(found).items():
        (folder / name).write_text(chart + "\n", encoding="utf-8")
    assert json.loads((folder / "bench.json").read_text(encoding="utf-8"))["format"] == 1
