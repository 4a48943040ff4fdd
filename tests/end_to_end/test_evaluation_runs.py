"""How a run of `signpost eval` begins and ends: what is read and refused first, what is kept, what is left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatbot.assistant import Assistant
from corpus.database import open_database
from index.layout import Home
from signpost.main import main
from tests.conftest import Cli
from tests.eval.span_sets import question, write_span_set
from tests.homes import copied

RIGHT = "Live vaccines must not be given during treatment with Quorvex"
QUESTION = {"_id": "q1", "text": "Quorvex live vaccine during treatment", "kind": "answerable", "style": ["keyword"]}
PLACE = {"document": "HP-QUO-001_2.0.pdf", "page": [1, 2, 3, 4, 5, 6, 7], "quote": RIGHT}
GATE = """
[[gate]]
suite = "labels"
dataset = "*"
metric = "sentence shown"
floor = 1.0
allowed_drop = 0.0
because = "it must be shown"
"""
COLLECTION = {
    "corpus.jsonl": '{"_id": "d1", "title": "Salt", "text": "Salt raises blood pressure."}\n',
    "queries.jsonl": '{"_id": "q1", "text": "does salt raise blood pressure"}\n',
    "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
}


@pytest.fixture(scope="module")
def home(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample corpus, with a log that these tests may fill."""
    return copied(sample, tmp_path_factory.mktemp("runs") / "home")


def questions(folder: Path, **changes: Any) -> Path:
    path = folder / "questions.jsonl"
    path.write_text(json.dumps({**QUESTION, **PLACE, **changes}) + "\n", encoding="utf-8")
    return path


def collection(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, text in COLLECTION.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_an_invalid_run_prints_everything_and_keeps_no_baseline(cli: Cli, home: Home, tmp_path: Path) -> None:
    kept, path = tmp_path / "kept.json", questions(tmp_path, document="lost.pdf")
    done = cli("eval", "labels", path, "--save-baseline", kept, "--home", home.root)
    assert (done.returncode, done.stdout.rstrip().rpartition("\n")[2]) == (3, "INVALID")
    assert "lost.pdf" in done.stdout
    assert done.stderr.splitlines()[-1].endswith("no baseline was kept, because the run ends in INVALID")
    assert not kept.exists()


def test_a_failed_run_becomes_no_baseline_and_a_passed_one_does(cli: Cli, home: Home, tmp_path: Path) -> None:
    (tmp_path / "gates.toml").write_text(GATE, encoding="utf-8")
    given = ("--gates", tmp_path / "gates.toml", "--save-baseline", tmp_path / "kept.json", "--home", home.root)
    done = cli("eval", "labels", questions(tmp_path, text="Velmarin starting dose"), "--json", *given)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "FAIL")
    assert "no baseline was kept, because the run ends in FAIL" in done.stderr
    assert not (tmp_path / "kept.json").exists()
    assert cli("eval", "labels", questions(tmp_path), *given).returncode == 0
    assert (tmp_path / "kept.json").exists()


def test_gates_of_another_set_let_nothing_pass(cli: Cli, home: Home, tmp_path: Path) -> None:
    path, gates = questions(tmp_path), tmp_path / "gates.toml"
    done = cli("eval", "labels", path, "--json", "--home", home.root)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "UNGATED")
    gates.write_text(GATE.replace('"*"', '"qestions.jsonl"'), encoding="utf-8")
    done = cli("eval", "labels", path, "--json", "--gates", gates, "--home", home.root)
    value = json.loads(done.stdout)
    assert (done.returncode, value["verdict"]) == (3, "INVALID")
    why = "it holds on qestions.jsonl, and the suite ran on questions.jsonl"
    assert value["unapplied"] == [{"suite": "labels", "metric": "sentence shown", "why": why}]


def test_of_another_instant_links_are_followed_and_turns_logged_as_of_now(cli: Cli, home: Home, tmp_path: Path) -> None:
    at, path, out = ("--at", "2051-01-01"), questions(tmp_path), tmp_path / "out"
    done = cli("eval", "links", path, *at, "--json", "--out", out, "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["links open"]["n"] == 1
    found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["provenance"]
    assert found["As of"] == "2051-01-01T00:00:00+00:00"
    assert found["Reader"] == "GB, physician, en, where the set says nothing else"
    assert cli("eval", "replay", path, *at, "--home", home.root).returncode == 0
    log = Assistant(home, open_database(home.database), trial=True).log
    assert log.replies()
    assert not any(b"2051" in log.record(index).leaf for index in range(log.size()))


def test_a_collection_leaves_no_edition_in_the_home(cli: Cli, home: Home, tmp_path: Path) -> None:
    before = sorted(home.editions.iterdir())
    folder = collection(tmp_path / "tiny")
    done = cli("eval", "retrieval", folder, "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["nDCG@10"]["n"] == 1
    assert sorted(home.editions.iterdir()) == before


def test_marked_answers_are_looked_for_from_the_command_line(cli: Cli, home: Home, tmp_path: Path) -> None:
    before = sorted(home.editions.iterdir())
    folder, out = write_span_set(tmp_path / "tiny"), tmp_path / "out"
    done = cli("eval", "spans", folder, "--json", "--out", out, "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["answer whole"]["value"] == 1.0
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8"))["suites"][0]["suite"] == "spans"
    assert sorted(home.editions.iterdir()) == before


def test_a_wrong_line_of_marked_answers_is_said_before_anything_is_made(cli: Cli, tmp_path: Path) -> None:
    folder = write_span_set(tmp_path / "tiny", {**question("q1"), "doc": "D9"})
    done = cli("eval", "spans", folder, "--home", tmp_path / "home")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "questions.jsonl: line 1: no document is called 'D9'" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_collection_that_is_not_there_makes_no_home(cli: Cli, tmp_path: Path) -> None:
    done = cli("eval", "retrieval", tmp_path / "nowhere", "--home", tmp_path / "home")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--questions", "missing.jsonl"), "missing.jsonl"),
        (("--routing", "missing.jsonl"), "missing.jsonl"),
        (("--products", "missing.toml"), "missing.toml"),
        (("--retrieval", "missing"), "missing"),
        (("--retrieval", "{folder}/a/tiny", "--retrieval", "{folder}/b/tiny"), "two have one name"),
        (("--out", "{folder}/file"), "--out"),
        (("--save-baseline", "{folder}/nowhere/kept.json"), "--save-baseline"),
    ],
)
def test_what_all_suites_read_and_write_is_looked_at_before_anything_runs(
    arguments: tuple[str, ...], said: str, cli: Cli, home: Home, tmp_path: Path
) -> None:
    collection(tmp_path / "a" / "tiny")
    collection(tmp_path / "b" / "tiny")
    (tmp_path / "file").write_text("", encoding="utf-8")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    done = cli("eval", "all", *given, "--home", home.root)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr  # no progress: nothing was asked
    assert said in done.stderr


def test_a_run_that_dies_leaves_no_report_of_an_earlier_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run = ["eval", "labels", str(questions(tmp_path)), "--out", str(out), "--home", str(home.root)]
    assert main(run) == 0
    assert len(list(out.iterdir())) == 5
    assert main([*run[:2], "missing.jsonl", *run[3:]]) == 2
    assert len(list(out.iterdir())) == 5  # that run never began
    monkeypatch.setattr("eval.run.Replies.run", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(run)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("scipy", ("labels",), "eval"),
        ("matplotlib", ("labels", "--out", "{folder}"), "eval"),
        ("pypdf", ("grounding",), "ingest"),
        ("sentencex", ("spans", "{folder}"), "ingest"),
    ],
)
def test_a_missing_extra_is_said_in_one_line(
    module: str, arguments: tuple[str, ...], extra: str, cli: Cli, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules['{module}'] = None\n", encoding="utf-8")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    done = cli("eval", *given, "--home", home.root, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"signpost: {module} isn't installed; run: pip install 'signpost[{extra}]'\n"


@pytest.mark.parametrize("arguments", [("routing",), ("retrieval", "nowhere"), ("spans", "nowhere")])
def test_a_suite_without_readers_takes_none(arguments: tuple[str, ...], cli: Cli) -> None:
    done = cli("eval", *arguments, "--country", "DE")
    assert (done.returncode, "--country" in done.stderr) == (2, True)
