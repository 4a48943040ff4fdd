"""Marked answers: a hit is a passage of the document asked about that holds one of them whole."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.model import Span
from eval.beir import CollectionDocument
from eval.gates import read_gates
from eval.model import Result
from eval.spans import SpanQuestion, SpanSet, read_span_set
from eval.suites.spans import MEASURES, Searched, searched, spans
from index.build import Candidate
from index.layout import Home
from ingest.parse import parse_text
from tests.conftest import ROOT
from tests.eval.span_sets import DOCUMENTS, write_span_set
from tests.index.small import silent

FEW = 1  # papers, without --acceptance


def read(given: CollectionDocument) -> Candidate:
    parsed = parse_text(given.text, given.id, given.title)
    return Candidate(parsed.document, parsed.passages, parsed.document.names)


def cut(given: CollectionDocument) -> Candidate:
    """Every sentence a passage of its own: a splitter that tears answers apart."""
    whole = read(given)
    passages = tuple(
        replace(passage, start=one.start, text=whole.document.text[one.start : one.end], sentences=(one,))
        for passage in whole.passages
        for one in passage.sentences
    )
    return replace(whole, passages=passages)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> SpanSet:
    """The small set."""
    return read_span_set(write_span_set(tmp_path_factory.mktemp("spans") / "tiny"))


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture(scope="module")
def on(asked: SpanSet, home: Home) -> Searched:
    """The small set as the product reads it."""
    return searched(asked, read, home, 1, silent)


def values(result: Result) -> dict[str, float]:
    return {metric.name: metric.value for metric in result.metrics}


def test_every_question_is_searched_over_all_passages(asked: SpanSet, on: Searched) -> None:
    calls: list[tuple[int, int]] = []
    result = spans(asked, on, 1, lambda done, total: calls.append((done, total)))
    assert (result.suite, result.dataset, result.invalid) == ("spans", "tiny", ())
    assert [case.id for case in result.cases] == ["q1", "q2", "q3"]
    assert tuple(metric.name for metric in result.metrics) == MEASURES
    assert all(metric.n == 3 for metric in result.metrics)
    assert values(result)["answer whole"] == values(result)["hit@5"] == 1.0
    assert set(result.cases[0].parts) == {"score", "bm25", "cosine"}
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_passage_is_text_of_its_document_as_the_product_keeps_it(on: Searched) -> None:
    for id_, document in on.documents.items():
        assert document.source.name == id_
        assert document.title == DOCUMENTS[id_][0]
        assert all(passage.text == document.text[passage.start : passage.end] for passage in on.passages[id_])
    assert "Salt raises blood pressure. It does so within days." in on.documents["D1"].text


def test_an_answer_that_the_splitter_cut_is_a_miss_and_said_to_be_cut(asked: SpanSet, home: Home) -> None:
    result = spans(asked, searched(asked, cut, home, 1, silent), 1, silent)
    torn = result.cases[0]  # over two sentences
    assert set(torn.values.values()) == {0.0}
    assert torn.failures["answer whole"] == "no passage holds an answer whole"
    assert torn.failures["hit@5"].startswith("no passage holds an answer whole; found: D1: “")
    assert values(result)["answer whole"] == pytest.approx(2 / 3)
    assert result.invalid == ()


def test_one_of_several_answers_is_enough(asked: SpanSet, on: Searched) -> None:
    question = asked.questions[1]
    alone = [replace(asked, questions=(replace(question, answers=(answer,)),)) for answer in question.answers]
    assert {values(spans(each, on, 1, silent))["hit@5"] for each in alone} == {1.0}


def test_the_same_offsets_in_another_document_are_no_hit(asked: SpanSet, on: Searched) -> None:
    """The passage about salt comes first, but the question is about the other document."""
    start = DOCUMENTS["D2"][1].index("Children")
    question = SpanQuestion("q", "does salt raise blood pressure", "D2", (Span(start, start + 8),))
    (case,) = spans(replace(asked, questions=(question,)), on, 1, silent).cases
    assert case.got.startswith("D1: ")
    assert case.values["hit@1"] == 0.0
    assert case.failures["hit@1"].startswith("found instead: D1: ")
    assert case.expected == "D2: “Children”"


def test_an_answer_that_reading_changed_makes_the_result_invalid_and_names_its_question(
    asked: SpanSet, on: Searched, home: Home
) -> None:
    def rewriting(given: CollectionDocument) -> Candidate:
        return read(replace(given, text=given.text.replace("Coffee", "Tea")))

    result = spans(asked, searched(asked, rewriting, home, 1, silent), 1, silent)
    (why,) = result.invalid
    assert "1 of 3 questions have an answer that the product's reading of its document changed" in why
    assert "looked for: q3;" in why
    assert result.metrics[0].n == 3  # it counts as a miss, and isn't left out
    assert set(result.cases[2].values.values()) == {0.0}


def test_the_same_set_gives_the_same_result(asked: SpanSet, on: Searched, new_home: Callable[[], Home]) -> None:
    again = searched(asked, read, new_home(), 2, silent)
    assert spans(asked, on, 1, silent) == spans(asked, again, 1, silent)


def test_answers_in_papers_are_found_as_well_as_before(
    reference_data: Path, new_home: Callable[[], Home], whole: bool
) -> None:
    """A few papers without --acceptance: that they are read, and that no answer is lost."""
    asked = read_span_set(reference_data / "covid_qa")
    if not whole:
        few = dict(list(asked.documents.items())[:FEW])
        asked = replace(asked, documents=few, questions=tuple(row for row in asked.questions if row.document in few))
    result = spans(asked, searched(asked, read, new_home(), os.cpu_count() or 1, silent), 1, silent)
    assert result.invalid == ()
    if whole:
        (ROOT / "docs" / "measurements" / "spans.md").write_text(report(asked, result), encoding="utf-8")
        floors = {row.metric: row.limit for row in read_gates().gates if row.suite == "spans"}
        assert floors
        assert all(values(result)[name] >= floor for name, floor in floors.items())


def report(asked: SpanSet, result: Result) -> str:
    """docs/measurements/spans.md."""
    rows = [f"| {row.name} | {row.value:.4f} | {row.low:.3f} to {row.high:.3f} | {row.n} |" for row in result.metrics]
    return (
        "# Marked answers\n\n"
        f"Made by `make acceptance`. COVID-QA: {len(asked.documents)} papers, {len(asked.questions)} questions, as by\n"
        "`signpost eval spans`. The found passage must hold the answer whole. The ranking's constants were\n"
        "chosen on this set among others.\n\n"
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
        "| measure | value | 95 % interval | questions |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
