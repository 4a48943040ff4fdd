"""The five files: right for their readers, the same for the same inputs, and harmless whatever a question says."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from corpus.errors import InvalidInput
from eval.baseline import keep_all
from eval.evaluation import Evaluation, as_baseline
from eval.model import Confusion
from eval.report.junit import junit_xml
from eval.report.metrics import metrics_json
from eval.report.page import report_html
from eval.report.per_query import per_query_csv
from eval.report.slices import slices
from eval.report.summary import summary_md
from eval.report.terminal import results_md
from eval.report.text import clean, figure, signed
from eval.report.write import write_report
from tests.eval.evaluations import MADE, PROVENANCE, case, evaluation, gate, questions, result, rich

HOSTILE = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "nul \x00 bell \x07 escape \x1b[31m csi \x9b31m",
    '=cmd|"/c calc"!A1',
    "\t=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "x" * 40_000,
    "\u202e turned \u2067 around",
    "מה המינון | של *Velmarin*?",
    "half a pair \ud800",
    "]]> &amp; <!-- {{ 7 * 7 }} {% raw %}",
    "two\r\nlines",
    "$\\frac{1}$",
)


@pytest.fixture(scope="module")
def hostile() -> Evaluation:
    """Such texts wherever somebody else's text can stand."""
    cases = [
        case(f"h{at} {text[:40]}", text, shown=0.0, expected=text, got=text, slices={"style": (text[:50],)})
        for at, text in enumerate(HOSTILE)
    ]
    labels = tuple(text[:40] for text in HOSTILE)
    counts = tuple(tuple(range(len(labels))) for _ in labels)
    found = result(cases, dataset=HOSTILE[0], confusion=Confusion(labels, counts), invalid=tuple(HOSTILE[:4]))
    before = result([replace(row, values={"sentence shown": 1.0}) for row in cases], dataset=HOSTILE[0])
    gates = [gate(dataset="*", because=HOSTILE[1])]
    provenance = {**PROVENANCE, HOSTILE[0]: HOSTILE[2]}
    return evaluation([found], gates, provenance=provenance, baseline=keep_all([before], provenance))


def xml(found: Evaluation) -> JUnitXml:
    return JUnitXml.fromstring(junit_xml(found).encode())


def rows(found: Evaluation) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(per_query_csv(found), newline="")))


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_every_file_is_written_whole(tmp_path: Path) -> None:
    page = write_report(rich(), tmp_path / "new" / "folder")
    assert page == tmp_path / "new" / "folder" / "report.html"
    names = sorted(file.name for file in page.parent.iterdir())
    assert names == ["junit.xml", "metrics.json", "per_query.csv", "report.html", "summary.md"]


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(rich(), tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr("eval.report.write.report_html", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(evaluation([questions([1])]), tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_junit_counts_gates_and_failing_queries() -> None:
    found = xml(rich())
    assert (found.tests, found.failures, found.errors, found.skipped) == (16, 9, 0, 1)
    assert [suite.name for suite in found] == [
        "labels on sample.jsonl",
        "grounding on replies",
        "speed on sample.jsonl",
        "retrieval",
    ]
    labels = next(iter(found))
    cases = {row.name: row.result for row in labels}
    (failure,) = cases["sentence shown is at least 0.9"]
    assert isinstance(failure, Failure)
    assert failure.message == "0.8 is below its floor of 0.9"
    assert cases["hit@5 is at least 0.8"] == []
    (query,) = cases["q05: question q05"]
    assert isinstance(query, Failure)
    assert "Take one tablet" in query.text
    assert cases["q07: question q07"] == []
    allowed = next(row for row in labels if row.name == "q07: question q07")
    assert allowed.system_out.startswith("missed, within the floor: hit@5 0.875; hit@5: shown instead: ")
    assert "Take one tablet" in allowed.system_out
    (retrieval,) = next(row for suite in found if suite.name == "retrieval" for row in suite).result
    assert isinstance(retrieval, Skipped)
    assert retrieval.message == "doesn't apply: its suite wasn't run"


def test_junit_passes_what_no_gate_is_about_and_fails_what_must_be_perfect() -> None:
    ungated = xml(evaluation([questions([0.0])]))
    assert (ungated.tests, ungated.skipped, ungated.failures) == (1, 0, 0)
    (missed,) = next(iter(ungated))
    assert missed.system_out.startswith("missed, and no gate is about it; sentence shown: ")
    perfect = xml(evaluation([questions([1.0, 0.0])], [gate(limit=1.0)]))
    assert (perfect.tests, perfect.failures) == (2, 2)


def test_junit_of_invalid_figures_has_errors() -> None:
    broken = replace(questions([1.0, 0.0]), invalid=("2 judged documents are missing",))
    found = xml(evaluation([broken], [gate(limit=0.4)]))
    assert (found.tests, found.errors, found.failures, found.skipped) == (3, 2, 0, 0)
    (error,) = next(iter(next(iter(found)))).result
    assert isinstance(error, Error)
    assert error.message == "2 judged documents are missing"


def test_gates_that_were_named_in_vain_are_an_error_for_a_build_server() -> None:
    vain = [gate(dataset="smaple.jsonl"), gate("nDCG@10", suite="retrieval", dataset="nfcorpus")]
    found = evaluation([questions([1.0])], vain, owed=True)
    assert (found.verdict, found.exit_code, len(found.unapplied)) == ("INVALID", 3, 2)
    assert xml(found).errors == 1
    for said in (summary_md(found, Path("report.html")), results_md(found), report_html(found)):
        assert "INVALID" in said
        assert "it holds on smaple.jsonl, and the suite ran on sample.jsonl" in said.replace("\\", "")
    own = evaluation([questions([1.0])], vain)
    assert (own.verdict, own.exit_code, [row.dataset for row in own.unapplied]) == ("UNGATED", 0, ["smaple.jsonl"])
    assert xml(own).errors == 0
    assert as_baseline(own).kept


def test_gates_that_dont_apply_are_named_beside_those_that_do() -> None:
    found = evaluation([questions([1.0])], [gate(), gate(dataset="other.jsonl")], owed=True)
    assert found.verdict == "PASS"
    assert "- doesn't apply: sentence shown of labels: it holds on other.jsonl" in results_md(found)


def test_metrics_are_the_same_bytes_apart_from_the_clock() -> None:
    first, second = rich(), rich(made=MADE + timedelta(days=1), seconds={"labels": 99.0})
    one, other = json.loads(metrics_json(first)), json.loads(metrics_json(second))
    assert one.pop("time") != other.pop("time")
    assert json.dumps(one) == json.dumps(other)
    assert metrics_json(first) == metrics_json(rich())


def test_times_stand_under_time_alone() -> None:
    value = json.loads(metrics_json(rich()))
    timed = next(row for row in value["suites"] if row["suite"] == "speed")
    assert timed["metrics"] == timed["slices"] == {}
    assert value["time"]["suites"][0]["metrics"]["turn p50 ms"]["value"] == 20.25


def test_metrics_hold_what_programs_need() -> None:
    before = keep_all([questions([1.0] * 40)], PROVENANCE)
    value = json.loads(metrics_json(rich(before)))
    labels = value["suites"][0]
    assert (labels["suite"], labels["dataset"], labels["queries"]) == ("labels", "sample.jsonl", 40)
    assert set(labels["metrics"]["hit@5"]) == {"value", "low", "high", "n"}
    assert labels["slices"]["intent"]["dosing"]["queries"] == 40
    assert (value["verdict"], value["exit_code"], len(value["gates"])) == ("FAIL", 1, 4)
    shown = next(row for row in value["comparison"]["measures"] if row["measure"] == "sentence shown")
    assert (shown["losses"], shown["wins"], len(shown["changes"])) == (8, 0, 8)


def test_the_queries_behind_failed_gates_are_named_in_metrics_and_summary() -> None:
    found = rich()
    failures = json.loads(metrics_json(found))["failures"]
    assert [row["id"] for row in failures] == ["q05", "q10", "q15", "q20", "q25", "q30", "q35", "q40"]
    assert failures[0] == {
        "suite": "labels",
        "dataset": "sample.jsonl",
        "id": "q05",
        "measure": "sentence shown",
        "why": "shown instead: leaflet.pdf p. 2, of q05",
    }
    text = summary_md(found, Path("report.html"))
    assert "Behind sentence shown of labels on sample.jsonl, the first 5 of 8:\n- labels q05: sentence shown: " in text
    assert "labels q25" in text
    assert "labels q30" not in text


def test_what_took_how_long_is_known_of_each_dataset() -> None:
    found = rich(seconds={"labels on sample.jsonl": 7.5, "grounding": 3.25})
    assert re.findall(r'<testsuite name="(\w+)[^>]* time="([^"]+)', junit_xml(found)) == [
        ("labels", "7.500"),
        ("grounding", "3.250"),
    ]


@pytest.mark.parametrize("found", [rich(), evaluation([replace(questions([1.0]), invalid=("nothing is there",))])])
def test_a_run_that_did_not_pass_is_no_baseline(found: Evaluation) -> None:
    with pytest.raises(InvalidInput, match=f"ends in {found.verdict} is no baseline"):
        as_baseline(found)


def test_a_slice_under_twenty_queries_is_marked() -> None:
    cases = [case(f"q{at}", slices={"style": ("common",) if at else ("common", "rare")}) for at in range(20)]
    found = {row.value: row for row in slices(result(cases), 0)}
    assert (found["common"].too_few, found["rare"].too_few) == (False, True)
    assert "too few for a verdict" in report_html(evaluation([result(cases)]))


def test_a_row_per_query_and_measure_says_what_failed() -> None:
    failed = [row for row in rows(rich()) if row["failed"] == "yes" and row["measure"] == "sentence shown"]
    assert len(failed) == 8
    assert (failed[0]["id"], failed[0]["value"], failed[0]["gate"]) == ("q05", "0", "failed")
    assert (failed[0]["intent"], failed[0]["style"]) == ("dosing", "keyword; typo")


def test_lay_questions_are_reported_apart() -> None:
    """Those whose words aren't the document's: where a search is weak first."""
    lay = [case(f"l{at}", shown=float(at < 5), hit=float(at < 10), slices={"style": ("lay",)}) for at in range(20)]
    others = [case(f"q{at}", slices={"style": ("keyword",)}) for at in range(19)]
    found = evaluation([result([*lay, *others])])
    assert "| style | queries | sentence shown | right | answered | hit@5 | note |" in results_md(found)
    assert "| lay | 20 | 0.250 | 0.250 | 1.000 | 0.500 |  |" in results_md(found)
    assert "| keyword | 19 | 1.000 | 1.000 | 1.000 | 1.000 | too few for a verdict |" in results_md(found)
    (suite,) = json.loads(metrics_json(found))["suites"]
    metrics = suite["slices"]["style"]["lay"]["metrics"]
    assert (metrics["hit@5"]["value"], metrics["hit@5"]["n"]) == (0.5, 20)
    assert metrics["sentence shown"]["low"] < 0.25 < metrics["sentence shown"]["high"]


def test_no_cell_is_a_formula(hostile: Evaluation) -> None:
    cells = [cell for row in csv.reader(io.StringIO(per_query_csv(hostile), newline="")) for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+@\t\r]|\s*-(?!\d+(\.\d+)?$)", cell)]
    assert max(map(len, cells)) < 32_767
    assert '\'=cmd|"/c calc"!A1' in cells


def test_hostile_texts_are_only_text_on_the_page(hostile: Evaluation) -> None:
    page = Page(report_html(hostile))
    assert "script" not in {tag for tag, _ in page.tags}
    assert "img" not in {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    html = report_html(hostile)
    assert "{{ 7 * 7 }}" in html
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", html)


def test_hostile_texts_leave_the_other_files_whole(hostile: Evaluation, tmp_path: Path) -> None:
    write_report(hostile, tmp_path)
    assert JUnitXml.fromfile(str(tmp_path / "junit.xml")).errors == 2
    value: dict[str, Any] = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert value["verdict"] == "INVALID"
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", summary)
    assert "\n|" in summary
    assert "<script" not in summary.replace("\\<script", "")
    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in summary.splitlines() if line.startswith("|")}
    assert bars == {10}


def test_the_page_is_one_file_with_one_style_and_nothing_to_fetch() -> None:
    html = report_html(rich(keep_all([questions([1.0] * 40)], PROVENANCE)))
    page = Page(html)
    assert html.startswith("<!doctype html>")
    assert [tag for tag, _ in page.tags if tag in ("style", "script")] == ["style"]
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    links = [attributes.get(name) or "" for _, attributes in page.tags for name in ("href", "src")]
    assert all(link.startswith(("#", "data:")) for link in links if link)
    assert '<meta name="registry-version" content="70">' in html
    assert [tag for tag, _ in page.tags if tag == "svg"] == ["svg"] * 4


def test_a_page_without_a_home_names_no_registry_version() -> None:
    assert "registry-version" not in report_html(evaluation([questions([1])], provenance={"Version": "1"}))


def test_failing_comes_first() -> None:
    html = report_html(rich())
    assert html.index("✗ failed") < html.index("✓ passed") < html.index('class="outcome">doesn’t apply')
    red = html.index('<details class="failed">')
    assert red < html.index("fail only what no failed gate is about") < html.index("that fail nothing")


def test_when_nothing_is_gated_the_report_says_so() -> None:
    found = evaluation([questions([1.0])])
    said = "No gate applies to these sets, so nothing was judged."
    assert said in report_html(found)
    assert said in summary_md(found, Path("report.html"))


def test_the_summary_has_the_gates_the_worst_and_the_place() -> None:
    text = summary_md(rich(keep_all([questions([1.0] * 40)], PROVENANCE)), Path("out/report.html"))
    assert "What this verdict doesn't cover:\n- speed on sample.jsonl: turn p50 ms 20.2: a busy machine" in text
    assert text.startswith("# Evaluation: FAIL\n\n")
    assert "| FAILED | labels on sample.jsonl | sentence shown | 0.800 |" in text
    assert "- labels q05: question q05 (" in text
    assert text.endswith("Report: out/report.html\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (1.0, "1.000"), (0.0, "0.000"), (0.9999, "0.999900"), (33.333, "33.3")],
)
def test_a_figure_never_looks_perfect_when_it_is_not(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_change_has_its_sign() -> None:
    assert [signed(value) for value in (0.1, -0.1, 0.0, None)] == ["+0.100", "−0.100", "0.000", "–"]


def test_what_xml_forbids_becomes_a_replacement_character() -> None:
    assert clean("a\x00b\ud800c\ufffed\te") == "a\ufffdb\ufffdc\ufffdd\te"
