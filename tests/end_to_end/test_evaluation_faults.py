"""Replies and homes that someone has tampered with: `signpost eval` fails by the question and the document."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.model import document_bytes
from eval.report.write import write_report
from index.layout import EditionFiles, Home
from index.manifest import current_edition
from signpost.main import main
from tests.builders import GB
from tests.conftest import ROOT, Cli
from tests.eval.answered import Answered, cite, instead, tamper
from tests.eval.collections import write_collection
from tests.eval.evaluations import evaluation, gate, questions
from tests.homes import copied

Row = dict[str, Any]


@pytest.fixture(scope="module")
def home(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample corpus, for these tests alone."""
    return copied(sample, tmp_path_factory.mktemp("judged") / "home")


@pytest.fixture(scope="module")
def answered(home: Home) -> Iterator[Answered]:
    """What is on record there, to build citations from that are true to the character."""
    database = open_database(home.database)
    yield Answered(Assistant(home, database, trial=False), (), (), GB, datetime.now(UTC))
    database.close()


@pytest.fixture(scope="module")
def asked(cli: Cli, home: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], list[Row]]:
    """Four questions of British physicians about other products each, and their turns as `ask --batch` gives them."""
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if '"answerable"' in line and '"GB"' in line][:120:35]
    path = write(tmp_path_factory.mktemp("asked") / "questions.jsonl", rows)
    done = cli("ask", "--batch", path, "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    turns = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert all(turn["reply"]["kind"] == "answer" for turn in turns)
    return rows, turns


def write(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def judge(cli: Cli, home: Home, tmp_path: Path) -> Callable[[str, list[Row], list[Row]], dict[str, str]]:
    """What a suite says of turns, by question; the run has failed."""

    def run(suite: str, rows: list[Row], turns: list[Row]) -> dict[str, str]:
        questions, replies = write(tmp_path / "q.jsonl", rows), write(tmp_path / "r.jsonl", turns)
        done = cli("eval", suite, questions, "--replies", replies, "--json", "--home", home.root)
        assert done.returncode == 1, done.stdout + done.stderr
        found: dict[str, str] = {}
        for row in json.loads(done.stdout)["failures"]:
            found[row["id"]] = f"{found.get(row['id'], '')} {row['why']}"
        return found

    return run


Judge = Callable[[str, list[Row], list[Row]], dict[str, str]]


def test_safety_text_of_another_product_fails_the_run(
    judge: Judge, asked: tuple[list[Row], list[Row]], answered: Answered
) -> None:
    rows, turns = asked
    planted = copy.deepcopy(turns)
    reply = planted[0]["reply"]
    other = cite(answered, "HP-LUM-004", "2.0", number=len(reply["citations"]) + 1)
    reply["citations"].append(other["citation"])
    reply["safety_information"].append({"citation": other["citation"]["number"], "text": other["quote"]["text"]})
    found = judge("grounding", rows, planted)
    assert list(found) == [rows[0]["_id"]]
    assert "(HP-LUM-004 version 2.0) is about Lumetra, the quotes beside it Velmarin" in found[rows[0]["_id"]]


def test_the_true_words_of_a_superseded_and_of_an_expired_version_fail_the_run(
    judge: Judge, asked: tuple[list[Row], list[Row]], answered: Answered
) -> None:
    rows, turns = asked
    planted = copy.deepcopy(turns)
    instead(answered, "HP-LUM-002", "1.0")(planted[0]["reply"])
    instead(answered, "HP-NER-011", "1.0")(planted[2]["reply"])
    found = judge("eligibility", rows, planted)
    assert list(found) == [rows[0]["_id"], rows[2]["_id"]]
    assert "superseded by version 2.0 from 2026-05-11" in found[rows[0]["_id"]]
    assert "expired at the end of 2026-06-30" in found[rows[2]["_id"]]


def test_replies_for_one_country_or_role_fail_for_another(
    judge: Judge, asked: tuple[list[Row], list[Row]], answered: Answered
) -> None:
    rows, turns = asked
    others, planted = copy.deepcopy(rows), copy.deepcopy(turns)
    others[0]["country"] = "DE"
    others[1]["role"] = "patient"
    instead(answered, "HP-VEL-002", "2.0")(planted[1]["reply"])  # approved for certain roles alone
    found = judge("eligibility", others, planted)
    assert list(found) == [rows[0]["_id"], rows[1]["_id"]]
    assert "is not for physician in DE at " in found[rows[0]["_id"]]
    assert "approved for nurse, pharmacist, physician only" in found[rows[1]["_id"]]


def test_a_changed_stored_text_fails_every_suites_run_by_document_and_question(
    cli: Cli, sample_copy: Home, answered: Answered, asked: tuple[list[Row], list[Row]], tmp_path: Path
) -> None:
    rows, turns = asked
    citation = turns[0]["reply"]["citations"][0]
    store = answered.assistant.store
    sha256 = store.digests_of_source(answered.source(citation["document"], citation["version"]))[-1]
    altered = zlib.compress(document_bytes(store.document(sha256)).replace(b" mg", b" kg"))
    tamper(sample_copy, "UPDATE documents SET content = :new WHERE sha256 = :old", {"new": altered, "old": sha256})
    questions, out = write(tmp_path / "q.jsonl", rows), tmp_path / "out"
    done = cli("eval", "all", "--questions", questions, "--out", out, "--home", sample_copy.root)
    assert done.returncode == 1, done.stdout + done.stderr
    said = (out / "junit.xml").read_text(encoding="utf-8")
    assert rows[0]["_id"] in said
    assert f"{citation['file']}: document {sha256}: its stored text is not what it was" in said


def cut_vectors(home: Home) -> None:
    vectors = EditionFiles(home.edition(current_edition(home))).vectors
    vectors.write_bytes(vectors.read_bytes()[:-1])


DAMAGE: dict[str, tuple[Callable[[Home], object], str]] = {
    "an edition's file": (cut_vectors, "its bytes are not what the manifest says"),
    "which edition is active": (lambda home: home.current.unlink(), "nothing is published yet"),
    "the database": (lambda home: home.database.write_bytes(b"no database at all" * 1000), "file is not a database"),
}


@pytest.mark.parametrize("damaged", DAMAGE)
@pytest.mark.parametrize("suite", ["labels", "all"])
def test_a_damaged_home_ends_invalid_where_an_earlier_pass_stood(
    damaged: str, suite: str, small_copy: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    write_report(evaluation([questions([1.0])], [gate()]), out)
    damage, said = DAMAGE[damaged]
    damage(small_copy)
    assert main(["eval", suite, "--out", str(out), "--json", "--home", str(small_copy.root)]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "INVALID"
    found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert found["verdict"] == "INVALID"
    assert found["suites"][0]["suite"] == "labels"
    assert all(said in row["invalid"][0] for row in found["suites"])
    assert said in (out / "summary.md").read_text(encoding="utf-8")
    assert JUnitXml.fromfile(str(out / "junit.xml")).errors >= 1


def test_a_damaged_home_of_ingested_documents_ends_invalid_too(small_copy: Home, tmp_path: Path) -> None:
    cut_vectors(small_copy)
    out, folder = tmp_path / "out", write_collection(tmp_path / "tiny")
    write_report(evaluation([questions([1.0])], [gate()]), out)
    (tmp_path / "map.json").write_text('[{"file": "a.pdf", "_id": "D1"}]', encoding="utf-8")
    given = ["--ingested", str(small_copy.root), "--map", str(tmp_path / "map.json")]
    assert main(["eval", "retrieval", str(folder), *given, "--out", str(out)]) == 3
    (suite,) = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["suites"]
    assert (suite["suite"], suite["dataset"], len(suite["invalid"])) == ("retrieval", "tiny", 1)
    (tmp_path / "map.json").write_text("[]", encoding="utf-8")
    assert main(["eval", "retrieval", str(folder), *given, "--out", str(out)]) == 2  # that is no damage
