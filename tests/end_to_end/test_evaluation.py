"""`signpost eval labels`: the right questions count as answered, the others don't, and the report is one safe file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from eval.labels import Outcome, _holds, _words, label_report
from eval.labels_page import html_report
from index.layout import Home
from tests.conftest import ROOT, Cli

RIGHT = "Live vaccines must not be given during treatment with Quorvex"


@pytest.fixture(scope="module")
def evaluated(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample corpus, with a log that these tests may fill."""
    home = Home(tmp_path_factory.mktemp("evaluated") / "home")
    shutil.copytree(sample.root, home.root)
    return home


def evaluate(cli: Cli, home: Home, tmp_path: Path, *rows: dict[str, Any], report: Path | None = None) -> dict[str, Any]:
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    options = ("--report", report) if report else ()
    done = cli("eval", "labels", questions, "--json", "--home", home.root, *options)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def question(**changes: Any) -> dict[str, Any]:
    row = {"_id": "q1", "text": "Quorvex live vaccine during treatment", "kind": "answerable", "style": ["keyword"]}
    return {**row, "document": "HP-QUO-001_2.0.pdf", "page": [1, 2, 3, 4, 5, 6, 7], "quote": RIGHT, **changes}


def test_a_shown_sentence_and_a_found_page_count(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    result = evaluate(cli, evaluated, tmp_path, question())
    assert result["metrics"]["sentence shown"]["value"] == 1.0
    assert result["metrics"]["hit@5"]["value"] == 1.0


def test_another_sentence_document_or_country_does_not_count(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    wrong = [
        question(_id="sentence", quote="Live vaccines are always welcome."),
        question(_id="document", document="HP-VEL-001_3.0.pdf", quote="no such sentence"),
        question(_id="country", country="DE", lang="en"),
    ]
    result = evaluate(cli, evaluated, tmp_path, *wrong)
    assert result["metrics"]["sentence shown"]["value"] == 0.0
    ranks = {row["id"]: row["rank"] for row in result["per_query"]}
    assert ranks["document"] is ranks["country"] is None
    assert ranks["sentence"] is not None


@pytest.mark.parametrize(
    ("shown", "wanted", "counts"),
    [
        ("The dose is 20 mg once daily.", "the dose is 20 mg once daily", True),
        ("The dose is 120 mg once daily.", "20 mg once daily", False),
        ("The dose is 1.5 mg.", "The dose is 15 mg.", False),
        ("CrCl ≥ 30 mL/min", "CrCl < 30 mL/min", False),
        ("…", "The dose is 20 mg.", False),
        ("The dose is 20 mg once daily", "The dose is 20 mg once daily, taken with food.", True),
        ("The dose", "The dose is 20 mg.", False),
    ],
)
def test_a_quote_counts_when_every_word_figure_and_sign_stands_in_it(shown: str, wanted: str, counts: bool) -> None:
    assert _holds(_words(shown), [_words(wanted)]) is counts


def test_without_pages_the_place_is_where_the_sentence_stands(cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in Path("eval/questions/sample.jsonl").read_text(encoding="utf-8").splitlines()]
    pageless = [row for row in rows if row["kind"] == "answerable" and row["page"] is None]
    assert len(pageless) > 10
    result = evaluate(cli, evaluated, tmp_path, *pageless)
    assert result["metrics"]["hit@5"]["value"] > 0.8
    moved = [{**row, "document": "HP-VEL-001_3.0.pdf", "alt": []} for row in pageless]
    assert evaluate(cli, evaluated, tmp_path, *moved)["metrics"]["hit@5"]["value"] == 0.0


def test_the_report_is_one_file_without_scripts_that_escapes_what_it_shows(
    cli: Cli, evaluated: Home, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    evaluate(cli, evaluated, tmp_path, question(text="<script>alert(1)</script> live vaccine"), report=report)
    html = report.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert evaluated.current.read_text().strip() in html


def test_a_question_that_was_not_answered_stands_first_in_the_report() -> None:
    shown = Outcome("a", "?", "GB", ("keyword",), "d.pdf", 1, "right", "answer", 1, 1, ("right",))
    missed = Outcome("b", "?", "GB", ("keyword",), "d.pdf", 1, "right", "answer", None, None, ("wrong",))
    rows = [{name: getattr(item, name) for name in Outcome.__slots__} for item in (shown, missed)]
    result = {"dataset": "x", "queries": 2, "metrics": {}, "styles": {}, "kinds": {}, "per_query": rows}
    html = html_report(result, {"Edition": "sha256:1", "Registry version": "70"})
    assert html.index("b: ?") < html.index("a: ?")
    assert '<meta name="registry-version" content="70">' in html
    assert "Not shown: b." in label_report(result)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: no JSON"),
        ("[1, 2]", "no JSON object"),
        ("", "no question"),
        ('{"_id": 1}', "lacks"),
        ('{"_id":"1","text":"x","kind":"answerable","style":[]}', "page"),
        ('{"_id":"1","text":"x","kind":"answerable","style":[],"document":"d","page":"IV"}', "a number"),
        ('{"_id":"1","text":"x","kind":"unanswerable","style":[],"country":"XX"}', "ISO 3166"),
    ],
)
def test_a_wrong_question_file_is_refused(line: str, said: str, cli: Cli, evaluated: Home, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(line, encoding="utf-8")
    done = cli("eval", "labels", tmp_path / "q.jsonl", "--home", evaluated.root)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


def test_the_sample_is_evaluated_as_make_demo_does(cli: Cli, evaluated: Home, whole: bool, tmp_path: Path) -> None:
    """With --acceptance its figures are kept."""
    done = cli("eval", "labels", "eval/questions/sample.jsonl", "--home", evaluated.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("174 answerable questions of sample.jsonl.")
    kept = (ROOT / "docs" / "measurements" if whole else tmp_path) / "sample.md"
    kept.write_text(f"# Sample questions\n\nMade by `make acceptance`.\n\n{done.stdout}", encoding="utf-8")
