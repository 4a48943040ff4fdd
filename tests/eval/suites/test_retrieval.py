"""The retrieval suite over a tiny collection, over a home, and over the public collections."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ir_measures
import pytest

from corpus.errors import InvalidInput
from eval.beir import Dataset, read_collection, read_dataset
from eval.measuring.measures import RETRIEVAL
from eval.model import Result
from eval.suites.retrieval import DEPTH, Found, Ranker, Retrieved, built, evaluate_retrieval, ingested
from index.layout import Home
from index.manifest import activate
from index.retrieve import Hit
from tests.conftest import ROOT
from tests.eval.collections import write_collection
from tests.index.small import build, silent

FLOORS = {"nfcorpus": 0.348, "scifact": 0.745}  # nDCG@10
FEW = 30  # documents of a collection, without --acceptance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny collection."""
    return write_collection(tmp_path_factory.mktemp("collections") / "tiny")


@pytest.fixture(scope="module")
def tiny(folder: Path, new_home: Callable[[], Home]) -> Ranker:
    """The product's own search over it."""
    return built(read_collection(folder), new_home(), 1, silent)


def fixed(*rankings: tuple[str, ...]) -> Ranker:
    """A ranker that gives these, one after the other, over the documents D1 to D4."""
    left = list(rankings)

    def search(_query: str) -> list[Found]:
        return [Found(name, Hit(rank, rank, 1 / rank, 2.0, 0.5)) for rank, name in enumerate(left.pop(0), 1)]

    return Ranker(search, frozenset({"D1", "D2", "D3", "D4"}))


def value(result: Result, name: str) -> float:
    metric = result.metric(name)
    assert metric is not None
    return metric.value


def test_a_collection_is_searched_by_the_products_own_index(folder: Path, tiny: Ranker) -> None:
    dataset, calls = read_dataset(folder), list[tuple[int, int]]()
    found = evaluate_retrieval(dataset, tiny, 1, lambda done, total: calls.append((done, total)))
    result = found.result
    assert (result.suite, result.dataset, result.invalid) == ("retrieval", "tiny", ())
    assert [metric.name for metric in result.metrics] == list(RETRIEVAL)
    assert all(0 <= metric.low <= metric.value <= metric.high <= 1 and metric.n == 3 for metric in result.metrics)
    assert value(result, "MRR@10") == value(result, "R@10") == 1.0  # four documents: all are among ten
    assert [case.id for case in result.cases] == ["q1", "q2", "q3"]  # "not judged" is not searched
    assert result.cases[0].got.startswith("D1, ")
    assert set(result.cases[0].parts) == {"score", "bm25", "cosine"}
    assert sorted(result.data) == ["corpus.jsonl", "qrels.tsv", "queries.jsonl"]
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_the_figures_are_those_of_the_run(folder: Path, tiny: Ranker) -> None:
    dataset = read_dataset(folder)
    found = evaluate_retrieval(dataset, tiny, 1, silent)
    assert {query: set(scores) for query, scores in found.run.items()} == {
        query: {"D1", "D2", "D3", "D4"} for query in dataset.queries
    }
    assert_equal_to_ir_measures(found, dataset)


def assert_equal_to_ir_measures(found: Retrieved, dataset: Dataset) -> None:
    names = {name: ir_measures.parse_measure(name.replace("MRR", "RR")) for name in RETRIEVAL}
    wanted = ir_measures.calc_aggregate(list(names.values()), dataset.qrels, found.run)
    assert {name: value(found.result, name) for name in RETRIEVAL} == pytest.approx(
        {name: wanted[oracle] for name, oracle in names.items()}, abs=1e-6
    )


def test_equal_documents_are_measured_in_the_order_they_came(folder: Path) -> None:
    def search(_query: str) -> list[Found]:
        return [Found(name, Hit(rank, rank, 0.5, 2.0, 0.5)) for rank, name in enumerate(("D2", "D1", "D3"), 1)]

    dataset = read_dataset(folder)
    found = evaluate_retrieval(dataset, Ranker(search, frozenset({"D1", "D2", "D3", "D4"})), 1, silent)
    assert [case.values["MRR@10"] for case in found.result.cases] == [1 / 2, 1, 1 / 3]
    assert {case.got for case in found.result.cases} == {"D2, D1, D3"}
    assert_equal_to_ir_measures(found, dataset)


def test_the_same_collection_gives_the_same_result(folder: Path, tiny: Ranker, new_home: Callable[[], Home]) -> None:
    first = evaluate_retrieval(read_dataset(folder), tiny, 1, silent)
    again = evaluate_retrieval(read_dataset(folder), built(read_collection(folder), new_home(), 2, silent), 1, silent)
    assert first == again


def test_a_case_says_what_was_wanted_what_came_and_why_it_fails(folder: Path) -> None:
    found = evaluate_retrieval(read_dataset(folder), fixed(("D2", "D1"), ("D4",), ()), 1, silent)
    first, second, third = found.result.cases
    assert (first.expected, first.got, first.failures) == ("D1 (2)", "D2, D1", {})
    assert first.parts == {"score": 1.0, "bm25": 2.0, "cosine": 0.5}
    assert second.failures == {"nDCG@10": "no relevant document among the first 10"}
    assert (third.expected, third.got, third.parts) == ("D3 (1), D4 (1)", "", {})
    assert set(third.values.values()) == {0.0}


def test_long_lists_are_cut_in_a_case_and_counted() -> None:
    judged = {f"D{number:02}": 1 + (number == 50) for number in range(60)}
    dataset = Dataset("long", {"q": "text"}, {"q": judged})
    ranker = Ranker(lambda _: [Found(name, Hit(1, 1, 1.0, 1.0, 1.0)) for name in judged], frozenset(judged))
    case = evaluate_retrieval(dataset, ranker, 1, silent).result.cases[0]
    assert case.expected.startswith("D50 (2), D00 (1), ")
    assert case.expected.endswith(", D08 (1), and 50 more")
    assert len(case.got.split(", ")) == 10


def test_a_query_without_anything_relevant_says_so() -> None:
    dataset = Dataset("none", {"q": "text"}, {"q": {"D1": 0}})
    case = evaluate_retrieval(dataset, fixed(("D1",)), 1, silent).result.cases[0]
    assert case.failures == {"nDCG@10": "no document was judged relevant"}


def test_judged_documents_that_arent_there_make_the_result_invalid(folder: Path) -> None:
    dataset = read_dataset(folder)
    qrels = {"q1": {"D1": 2, "X1": 1, "X2": 1, "X3": 1, "X4": 1, "X5": 0}}
    missing = replace(dataset, qrels=qrels, queries={"q1": dataset.queries["q1"]})
    result = evaluate_retrieval(missing, fixed(("D1",)), 1, silent).result
    assert result.invalid == ("4 of 5 relevant documents are not in the corpus: X1, X2, X3, …",)
    assert value(result, "MRR@10") == 1.0  # the figures are there all the same
    graded = replace(missing, qrels={"q1": {"D1": 2, "X5": 0}})
    assert evaluate_retrieval(graded, fixed(("D1",)), 1, silent).result.invalid == ()


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    """A home with five labels of several passages each."""
    home = new_home()
    activate(home, build(home).edition)
    return home


def mapping(path: Path, **ids: str) -> Path:
    path.write_text(json.dumps([{"file": f"{file}.pdf", "_id": id_} for file, id_ in ids.items()]), encoding="utf-8")
    return path


def test_in_a_home_a_document_ranks_as_its_best_passage(home: Home, tmp_path: Path) -> None:
    dataset = Dataset("labels", {"q": "dose in severe renal impairment"}, {"q": {"V": 1}})
    ranker = ingested(home, mapping(tmp_path / "map.json", velmarin="V", lumetra="L"))
    found = evaluate_retrieval(dataset, ranker, 1, silent)
    case = found.result.cases[0]
    assert case.got.split(", ")[0] == "V"
    assert len(found.run["q"]) == 5  # one a document, and those without an id keep their rank
    assert case.parts["score"] == pytest.approx(found.run["q"]["V"])
    assert max(found.run["q"], key=found.run["q"].__getitem__) == "V"
    assert sum(name.startswith("unmapped:") for name in found.run["q"]) == 3
    assert sorted(found.result.data) == ["ingested sources", "map.json"]
    assert found.result.invalid == ()


def test_a_judged_file_that_the_home_doesnt_have_makes_the_result_invalid(home: Home, tmp_path: Path) -> None:
    dataset = Dataset("labels", {"q": "dose"}, {"q": {"V": 1, "Z": 1}})
    ranker = ingested(home, mapping(tmp_path / "map.json", velmarin="V", zorblax="Z"))
    result = evaluate_retrieval(dataset, ranker, 1, silent).result
    assert result.invalid == ("1 of 2 relevant documents are not in the corpus: Z",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not readable as JSON"),
        ("[]", "no list of files"),
        ('[{"file": "a.pdf"}]', "entry 1 names no file and id"),
        ('[{"file": "a.pdf", "_id": "A"}, {"file": "a.pdf", "_id": "B"}]', "entry 2: 'a.pdf' has another id already"),
    ],
)
def test_a_broken_mapping_is_refused(home: Home, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "map.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        ingested(home, tmp_path / "map.json")


def test_enough_documents_are_found_where_one_has_most_passages(new_home: Callable[[], Home], tmp_path: Path) -> None:
    from tests.index.small import candidate

    home = new_home()
    long = candidate(*(f"The dose is {number} mg." for number in range(2 * DEPTH)), name="long.pdf")
    short = [candidate(f"Store below {number} degrees.", name=f"short{number}.pdf") for number in range(DEPTH)]
    activate(home, build(home, (long, *short)).edition)
    found = ingested(home, mapping(tmp_path / "map.json", long="L")).search("dose")
    assert len({row.document for row in found}) == len(found) == DEPTH
    assert found[0].document == "L"
    assert [row.hit.score for row in found] == sorted((row.hit.score for row in found), reverse=True)


def test_the_public_collections_are_found_as_well_as_before(
    reference_data: Path, new_home: Callable[[], Home], whole: bool
) -> None:
    """A few documents without --acceptance: that they are read, and that the result is called invalid."""
    home, found = new_home(), dict[str, Retrieved]()
    for name in FLOORS:
        collection, dataset = read_collection(reference_data / name), read_dataset(reference_data / name)
        if not whole:
            collection = replace(collection, documents=collection.documents[:FEW])
        ranker = built(collection, home, os.cpu_count() or 1, silent)
        found[name] = evaluate_retrieval(dataset, ranker, 1, silent)
        assert bool(found[name].result.invalid) != whole
        assert_equal_to_ir_measures(found[name], dataset)
    if whole:
        report = ROOT / "docs" / "measurements" / "retrieval.md"
        report.write_text(_report([row.result for row in found.values()]), encoding="utf-8")
        for name, floor in FLOORS.items():
            assert value(found[name].result, "nDCG@10") >= floor


def _report(results: list[Result]) -> str:
    columns = ["dataset", "queries", *RETRIEVAL]
    rows = [
        [result.dataset, str(len(result.cases))]
        + [f"{metric.value:.4f} ({metric.low:.3f} to {metric.high:.3f})" for metric in result.metrics]
        for result in results
    ]
    table = [columns, ["---"] * len(columns), *rows]
    return (
        "# Retrieval\n\n"
        "Made by `make acceptance`. NFCorpus, dev half, and SciFact, train half; each document whole, its title\n"
        "before its text; 95 % bootstrap intervals over the queries in brackets. No judgement was trained on.\n\n"
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
        + "\n".join(f"| {' | '.join(row)} |" for row in table)
        + "\n"
    )
