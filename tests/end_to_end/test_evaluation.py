"""`signpost eval` as QA runs it: figures, verdicts, files, exit codes, and faults that are planted from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.layout import Home
from tests.conftest import ROOT, Cli
from tests.end_to_end.conftest import Keep, Serve
from tests.homes import copied, copied_tree

RIGHT = "Live vaccines must not be given during treatment with Quorvex"
FILES = {"report.html", "junit.xml", "metrics.json", "per_query.csv", "summary.md"}
Reply = dict[str, Any]


@pytest.fixture(scope="module")
def evaluated(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample corpus, with a log that these tests may fill."""
    return copied(sample, tmp_path_factory.mktemp("evaluated") / "home")


def question(**changes: Any) -> dict[str, Any]:
    row = {"_id": "q1", "text": "Quorvex live vaccine during treatment", "kind": "answerable", "style": ["keyword"]}
    return {**row, "document": "HP-QUO-001_2.0.pdf", "page": [1, 2, 3, 4, 5, 6, 7], "quote": RIGHT, **changes}


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def labels(cli: Cli, home: Home, tmp_path: Path, *rows: dict[str, Any], code: int = 0) -> dict[str, Any]:
    path = write_lines(tmp_path / "questions.jsonl", *rows)
    done = cli("eval", "labels", path, "--json", "--home", home.root)
    assert done.returncode == code, done.stdout + done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_a_shown_sentence_and_a_found_page_count(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    metrics = labels(cli, evaluated, tmp_path, question())["metrics"]
    assert metrics["sentence shown"]["value"] == metrics["hit@5"]["value"] == 1.0
    assert metrics["hit@5"]["low"] < 0.5  # one question proves little


def test_another_sentence_does_not_count(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    found = labels(cli, evaluated, tmp_path, question(text="Velmarin starting dose in hypertension"))
    assert found["metrics"]["sentence shown"]["value"] == found["metrics"]["hit@5"]["value"] == 0.0
    assert {row["measure"] for row in found["failures"]} >= {"hit@5", "sentence shown"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quote": "Live vaccines are always welcome."}, "its sentence stands nowhere in HP-QUO-001_2.0.pdf"),
        ({"document": "HP-VEL-001_3.0.pdf"}, "its sentence stands nowhere in HP-VEL-001_3.0.pdf"),
        ({"page": 1}, "of HP-QUO-001_2.0.pdf, and the set says p. 1"),
        ({"country": "DE", "lang": "en"}, "HP-QUO-001_2.0.pdf is approved for GB, and the reader is in DE"),
        ({"alt": [{"document": "HP-QUO-001_2.0.pdf", "page": 2, "quote": "No such sentence."}]}, "stands nowhere in"),
    ],
)
def test_a_label_that_isnt_so_makes_the_run_invalid_and_is_named(
    changes: dict[str, Any], said: str, cli: Cli, evaluated: Home, tmp_path: Path
) -> None:
    rows = (question(_id="right"), question(_id="wrong", **changes))
    found = labels(cli, evaluated, tmp_path, *rows, code=3)
    (why,) = found["invalid"]
    assert why.startswith("1 of 2 questions name a place that isn't so: wrong: ")
    assert said in why
    assert found["metrics"]["hit@5"]["n"] == 2  # the figures are there all the same


def test_without_pages_the_place_is_where_the_sentence_stands(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    pageless = [row for row in rows if row["kind"] == "answerable" and row["page"] is None]
    assert len(pageless) > 10
    assert labels(cli, evaluated, tmp_path, *pageless)["metrics"]["hit@5"]["value"] > 0.8


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: no JSON"),
        ("[1, 2]", "no JSON object"),
        ("", "no question"),
        ('{"_id": 1}', "lacks"),
        ('{"_id":"1","text":" ","kind":"answerable","style":[]}', "no text"),
        ('{"_id":"1","text":"x","kind":"answerable","style":[]}', "page"),
        ('{"_id":"1","text":"x","kind":"open","style":[]}', "one of"),
        ('{"_id":"1","text":"x","kind":"answerable","style":[],"document":"d","page":"IV","quote":"q"}', "a number"),
        ('{"_id":"1","text":"x","kind":"unanswerable","style":[],"country":"XX"}', "ISO 3166"),
        ('{"_id":"1","text":"x","kind":"unanswerable","style":[]}\n' * 2, "line 2: '1' stands on line 1 already"),
    ],
)
def test_a_wrong_question_file_is_refused(line: str, said: str, cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(line, encoding="utf-8")
    done = cli("eval", "labels", tmp_path / "q.jsonl", "--home", evaluated.root)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


def test_questions_about_documents_that_are_not_there_say_nothing(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", question(), question(_id="q2", document="lost.pdf"))
    done = cli("eval", "labels", path, "--home", evaluated.root)
    assert done.returncode == 3
    assert "lost.pdf" in done.stdout
    assert done.stdout.rstrip().endswith("INVALID")


@pytest.fixture(scope="module")
def passed(cli: Cli, evaluated: Home) -> str:
    """What `signpost eval all` printed, as `make demo` runs it."""
    done = cli("eval", "all", "--home", evaluated.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_suite_passes_on_the_sample_and_leaves_its_report(
    passed: str, cli: Cli, evaluated: Home, whole: bool, tmp_path: Path
) -> None:
    """With --acceptance its summary is kept."""
    assert passed.startswith("# Evaluation: PASS")
    assert {file.name for file in evaluated.evaluation.iterdir()} == FILES
    again = cli("eval", "all", "--home", evaluated.root, "--out", tmp_path / "again", "--json")
    first = json.loads((evaluated.evaluation / "metrics.json").read_text(encoding="utf-8"))
    second = json.loads((tmp_path / "again" / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(again.stdout) == second
    assert first.pop("time") != second.pop("time")
    assert json.dumps(first) == json.dumps(second)
    if whole:
        summary = (evaluated.evaluation / "summary.md").read_text(encoding="utf-8").partition("Report: ")[0]
        kept = cli("eval", "labels", "--home", evaluated.root).stdout
        text = f"{summary}\n# Sample questions\n\n{kept}\nMade by `make acceptance`.\n"
        (ROOT / "docs" / "measurements" / "sample.md").write_text(text, encoding="utf-8")


def test_the_demo_portal_shows_the_report(passed: str, evaluated: Home, serve: Serve, browser: Any, keep: Keep) -> None:
    with serve(evaluated) as served:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{served.url}/evaluation")
        assert page.locator("h1").inner_text().split() == ["Evaluation:", "PASS"]
        assert page.locator("svg").count() > 2
        keep(page, "evaluation")
        page.close()


@pytest.fixture(scope="module")
def asked(cli: Cli, evaluated: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Reply]]:
    """Some questions in a file, and what `ask --batch` gave for them."""
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if '"answerable"' in line][:25]
    path = write_lines(tmp_path_factory.mktemp("asked") / "questions.jsonl", *rows)
    done = cli("ask", "--batch", path, "--json", "--home", evaluated.root)
    assert done.returncode == 0, done.stderr
    return path, [json.loads(line) for line in done.stdout.splitlines()]


def one_character(reply: Reply) -> None:
    reply["quotes"][0]["text"] = reply["quotes"][0]["text"].replace("e", "a", 1)


def one_page(reply: Reply) -> None:
    reply["citations"][0]["page"] += 1


def to_nowhere(reply: Reply) -> None:
    reply["citations"][0]["url"] = reply["citations"][0]["url"].replace("HP-", "HP-0")


def another_version(reply: Reply) -> None:
    reply["citations"][0]["version"] = "9.0"


PLANTED: list[tuple[str, Callable[[Reply], None], str]] = [
    ("grounding", one_character, "quote 1"),
    ("grounding", one_page, "page"),
    ("grounding", another_version, "9.0"),
    ("eligibility", another_version, "9.0"),
    ("links", to_nowhere, "HP-0"),
]


@pytest.mark.parametrize("suite", ["grounding", "eligibility", "links"])
def test_replies_of_elsewhere_pass_as_they_came(
    suite: str, cli: Cli, evaluated: Home, asked: tuple[Path, list[Reply]], tmp_path: Path
) -> None:
    path, turns = asked
    replies = write_lines(tmp_path / "replies.jsonl", *turns)
    done = cli("eval", suite, path, "--replies", replies, "--json", "--home", evaluated.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["failures"] == []


@pytest.mark.parametrize(("suite", "plant", "said"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_fault_fails_the_run_by_name(
    suite: str,
    plant: Callable[[Reply], None],
    said: str,
    cli: Cli,
    evaluated: Home,
    asked: tuple[Path, list[Reply]],
    tmp_path: Path,
) -> None:
    path, turns = asked
    planted = json.loads(json.dumps(turns))
    at = next(
        at for at, turn in enumerate(planted) if turn["reply"]["citations"] and turn["reply"]["citations"][0]["page"]
    )
    plant(planted[at]["reply"])
    replies = write_lines(tmp_path / "replies.jsonl", *planted)
    out = tmp_path / "out"
    done = cli("eval", suite, path, "--replies", replies, "--json", "--home", evaluated.root, "--out", out)
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads(done.stdout)
    wrong = json.loads(path.read_text(encoding="utf-8").splitlines()[at])["_id"]
    assert {row["id"] for row in found["failures"]} == {wrong}
    assert any(said in row["why"] for row in found["failures"]), found["failures"]
    assert found["failed"]
    assert wrong in (out / "junit.xml").read_text(encoding="utf-8")


def test_an_answer_given_before_a_withdrawal_is_not_for_anyone_after_it(
    cli: Cli, evaluated: Home, asked: tuple[Path, list[Reply]], tmp_path: Path
) -> None:
    path, turns = asked
    home = copied(evaluated, tmp_path / "home")
    cited = {row["document"] for turn in turns for row in turn["reply"]["citations"]}
    assert "HP-VEL-001" in cited
    done = cli("withdraw", "HP-VEL-001", "--only-country", "GB", "--reason", "recalled", "--home", home.root)
    assert done.returncode == 0, done.stderr
    replies = write_lines(tmp_path / "replies.jsonl", *turns)
    done = cli("eval", "eligibility", path, "--replies", replies, "--home", home.root)
    assert done.returncode == 1
    assert "HP-VEL-001" in done.stdout
    assert "withdrawn" in done.stdout


def test_replies_that_belong_to_other_questions_are_refused(
    cli: Cli, evaluated: Home, asked: tuple[Path, list[Reply]], tmp_path: Path
) -> None:
    path, turns = asked
    replies = write_lines(tmp_path / "replies.jsonl", *turns[1:])
    done = cli("eval", "grounding", path, "--replies", replies, "--home", evaluated.root)
    assert (done.returncode, "24 replies for 25 questions" in done.stderr) == (2, True)


def test_utterances_are_routed_without_a_home_and_predictions_written(cli: Cli, tmp_path: Path) -> None:
    predictions = tmp_path / "predictions.jsonl"
    products = ROOT / "corpus" / "sample" / "products.toml"
    done = cli(
        *("eval", "routing", "--products", products, "--predictions", predictions, "--json"),
        *("--home", tmp_path / "none"),
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == json.loads(done.stdout)["queries"]
    assert set(rows[0]) == {"_id", "label", "also", "actions", "spans"}
    assert [kept.name for kept in (tmp_path / "none").iterdir()] == ["encoders"]  # and no edition


def test_a_collection_is_evaluated_with_its_run(cli: Cli, sample: Home, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_lines(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "Salt", "text": "Salt raises blood pressure."},
        {"_id": "d2", "title": "Sleep", "text": "Sleep restores attention."},
    )
    write_lines(folder / "queries.jsonl", {"_id": "q1", "text": "does salt raise blood pressure"})
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n", encoding="utf-8")
    home = Home(tmp_path / "cache")
    copied_tree(sample.encoders, home.encoders)
    run = tmp_path / "run.trec"
    done = cli("eval", "retrieval", folder, "--run", run, "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["nDCG@10"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}
    assert run.read_text(encoding="utf-8").startswith("q1 Q0 d1 1 ")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td9\t1\n", encoding="utf-8")
    done = cli("eval", "retrieval", folder, "--home", home.root)
    assert (done.returncode, "d9" in done.stdout) == (3, True)


def test_two_runs_are_compared_query_by_query(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "q.jsonl", question(), question(_id="q2"))
    assert cli("eval", "labels", good, "--out", tmp_path / "before", "--home", evaluated.root).returncode == 0
    write_lines(good, question(), question(_id="q2", text="Velmarin starting dose"))
    kept = tmp_path / "after.json"
    assert cli("eval", "labels", good, "--save-baseline", kept, "--home", evaluated.root).returncode == 0
    done = cli("eval", "compare", tmp_path / "before", kept)
    assert done.returncode == 0, done.stderr
    assert "labels q2" in done.stdout
    value = json.loads(cli("eval", "compare", tmp_path / "before", kept, "--json").stdout)
    assert value["worst"][0]["id"] == "q2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("labels", "missing.jsonl"), "missing.jsonl"),
        (("labels", "--at", "soon"), "no instant"),
        (("labels", "--gates", "missing.toml"), "missing.toml"),
        (("labels", "--baseline", "missing.json"), "missing.json"),
        (("grounding", "--replies", "missing.jsonl"), "missing.jsonl"),
        (("retrieval", "missing"), "missing"),
        (("retrieval", "missing", "--ingested", "home"), "--map"),
        (("compare", "missing", "missing"), "missing"),
        (("everything",), "invalid choice"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: tuple[str, ...], said: str, cli: Cli, evaluated: Home) -> None:
    home = () if arguments[0] == "everything" else ("--home", evaluated.root)
    done = cli("eval", *arguments, *home)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert said in done.stderr
    assert done.stdout == ""
