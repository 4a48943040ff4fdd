"""BEIR folders in, TREC runs out, and what is said of broken ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import ir_measures
import pytest

from corpus.errors import InvalidInput
from eval.beir import read_collection, read_dataset, write_run
from eval.measuring.measures import RETRIEVAL
from eval.measuring.ranking import per_query, ranked
from tests.eval.collections import DOCUMENTS, QUERIES, write_collection, write_qrels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tiny collection."""
    return write_collection(tmp_path / "tiny")


def test_a_folder_gives_its_documents_and_its_judged_queries_alone(folder: Path) -> None:
    collection, dataset = read_collection(folder), read_dataset(folder)
    assert {row.id: (row.title, row.text) for row in collection.documents} == DOCUMENTS
    assert dataset.name == "tiny"
    assert dataset.queries == {name: text for name, text in QUERIES.items() if name != "not judged"}
    assert dataset.qrels == {"q1": {"D1": 2, "D2": 0}, "q2": {"D2": 1}, "q3": {"D3": 1, "D4": 1}}


def test_every_file_that_was_read_has_its_digest(folder: Path) -> None:
    data = {**read_collection(folder).data, **read_dataset(folder).data}
    assert sorted(data) == ["corpus.jsonl", "qrels.tsv", "queries.jsonl"]
    assert all(
        data[name] == f"sha256:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in sorted(data)
    )


def test_other_judgements_and_queries_stand_in_for_the_folders_own(folder: Path, tmp_path: Path) -> None:
    qrels = write_qrels(tmp_path / "half.tsv", (("other", "D1", 1),))
    queries = tmp_path / "other.jsonl"
    queries.write_text('{"_id": "other", "text": "renal"}\n', encoding="utf-8")
    dataset = read_dataset(folder, qrels, queries)
    assert dataset.queries == {"other": "renal"}
    assert sorted(dataset.data) == ["half.tsv", "other.jsonl"]


def test_judgements_may_lack_the_header_and_end_lines_as_windows_does(folder: Path) -> None:
    (folder / "qrels.tsv").write_bytes("\ufeffq1\tD1\t1\r\n\r\nq2\tD2\t1\r\n".encode())
    assert read_dataset(folder).qrels == {"q1": {"D1": 1}, "q2": {"D2": 1}}


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("queries.jsonl", '{"_id": "q1", "text": "a"}\n{"_id": \n', r"queries.jsonl: line 2: no JSON"),
        ("queries.jsonl", '["q1"]\n', r"queries.jsonl: line 1: no object with an id"),
        ("queries.jsonl", '{"_id": "q1"}\n', r"queries.jsonl: line 1: 'text' is no text"),
        ("queries.jsonl", '{"_id": "q1", "text": "a"}\n' * 2, r"line 2: 'q1' stands on line 1 already"),
        ("queries.jsonl", "", r"queries.jsonl: nothing in it"),
        (
            "queries.jsonl",
            '{"_id": "q9", "text": "a"}\n',
            r"judges 3 queries that .*queries.jsonl doesn't have: q1, q2",
        ),
        ("qrels.tsv", "", r"qrels.tsv: no judgement in it"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n", r"qrels.tsv: no judgement in it"),
        ("qrels.tsv", "q1\tD1\n", r"qrels.tsv: line 1: 2 columns; write query, document and a whole number"),
        ("qrels.tsv", "q1\tD1\t1\nq1\tD2\tgood\n", r"qrels.tsv: line 2: the grade 'good' is no whole number"),
        ("qrels.tsv", "q1\tD1\t1\nq1\tD1\t2\n", r"qrels.tsv: line 2: 'D1' is judged 1 for 'q1' already"),
        (
            "qrels.tsv",
            "q1\tD1\t1\nunheard\tD1\t2\n",
            r"judges 1 queries that .* doesn't have: unheard; give .*--queries",
        ),
        ("qrels.tsv", b"q1\tD\xff\t1\n", r"qrels.tsv: not UTF-8"),
        ("qrels.tsv", None, r"qrels.tsv: not readable"),
    ],
)
def test_a_broken_file_is_refused_with_its_place_and_the_way_out(
    folder: Path, file: str, content: str | bytes | None, said: str
) -> None:
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidInput, match=said):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "nothing in it"),
        ('{"_id": "D1", "text": "a"}\n{"_id": "D1", "text": "b"}', "line 2: 'D1' stands on line 1 already"),
        ('{"_id": "D1", "title": 3, "text": "a"}', "line 1: 'title' is no text"),
        ('{"_id": "D1", "title": "a"}', "line 1: 'text' is no text"),
    ],
)
def test_a_broken_corpus_is_refused(folder: Path, content: str, said: str) -> None:
    (folder / "corpus.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        read_collection(folder)


def test_a_written_run_gives_trec_eval_the_same_figures(folder: Path, tmp_path: Path) -> None:
    qrels = read_dataset(folder).qrels
    run = {"q1": {"D2": 0.1 + 0.2, "D1": 0.3, "D3": 1 / 3}, "q2": {"D1": 0.5, "D2": 0.5}}
    write_run(tmp_path / "out.trec", run)
    lines = [line.split(" ") for line in (tmp_path / "out.trec").read_text(encoding="utf-8").splitlines()]
    assert [line[2] for line in lines if line[0] == "q1"] == list(ranked(run["q1"]))
    assert [line[:2] + line[3:4] + line[5:] for line in lines[:3]] == [
        ["q1", "Q0", str(n), "signpost"] for n in (1, 2, 3)
    ]
    again = list(ir_measures.read_trec_run(str(tmp_path / "out.trec")))
    assert {(row.query_id, row.doc_id, row.score) for row in again} == {
        (query, document, score) for query, scores in run.items() for document, score in scores.items()
    }
    wanted = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, again)[ir_measures.nDCG @ 10]
    values = per_query(qrels, run, RETRIEVAL)
    assert sum(row["nDCG@10"] for row in values.values()) / 3 == pytest.approx(wanted)


def test_a_run_that_cant_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="ids hold no white space"):
        write_run(tmp_path / "out.trec", {"q1": {"two words": 1.0}})
    with pytest.raises(InvalidInput, match="not writable"):
        write_run(tmp_path / "no folder" / "out.trec", {"q1": {"D1": 1.0}})
