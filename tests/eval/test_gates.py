"""Gates: every way to fail is named, and silence can't pass."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import InvalidInput
from eval.baseline import Baseline, keep_all
from eval.gates import SUITES, Checked, check, read_gates, verdict
from eval.model import Metric, Result, Verdict
from eval.run import OVER_REPLIES
from tests.conftest import ROOT
from tests.eval.evaluations import case, evaluation, gate, questions, result, speed

GATE = """
[[gate]]
suite = "labels"
dataset = "sample.jsonl"
metric = "hit@5"
floor = 0.9
allowed_drop = 0.01
because = "it must be found"
"""


def checked(found: Result, baseline: Baseline | None = None, **given: object) -> Checked:
    (row,) = check([gate(**given)], [found], baseline)  # type: ignore[arg-type]
    return row


def kept(found: Result) -> Baseline:
    return keep_all([found], {})


def test_a_figure_at_its_floor_passes_and_one_below_says_so() -> None:
    assert checked(questions([1, 1, 1, 0]), limit=0.75).passed
    low = checked(questions([1, 1, 0, 0]), limit=0.75)
    assert (low.passed, low.failed, low.reason) == (False, True, "0.5 is below its floor of 0.75")


def test_of_a_measure_where_less_is_better_the_limit_is_a_ceiling() -> None:
    rare = result([case("a", values={"masked needlessly": 0.0}), case("b", values={"masked needlessly": 1.0})])
    assert checked(rare, metric="masked needlessly", limit=0.5, rising=False).passed
    often = checked(rare, metric="masked needlessly", limit=0.1, rising=False)
    assert often.reason == "0.5 is above its ceiling of 0.1"
    none = result([case("a", values={"masked needlessly": 0.0}), case("b", values={"masked needlessly": 0.0})])
    risen = checked(rare, metric="masked needlessly", limit=0.9, rising=False, baseline=kept(none))
    assert risen.reason == "rose by 0.5 since the baseline, 0.01 is allowed"


def test_a_drop_since_the_baseline_fails_above_the_floor() -> None:
    before, now = kept(questions([1.0] * 10)), questions([1.0] * 9 + [0.0])
    fallen = checked(now, limit=0.5, baseline=before)
    assert fallen.reason == "fell by 0.1 since the baseline, 0.01 is allowed"
    assert (fallen.baseline, fallen.change) == (1.0, pytest.approx(-0.1))
    assert checked(now, limit=0.5, allowed_drop=0.1, baseline=before).passed
    assert checked(questions([1.0] * 10), limit=0.5, baseline=kept(now)).passed


def test_of_another_set_only_the_queries_of_both_make_the_change() -> None:
    before = kept(questions([1.0, 0.0, 0.0, 0.0]))
    now = replace(questions([1.0, 1.0]), data={"sample.jsonl": "sha256:other"})
    row = checked(now, limit=0.5, baseline=before)
    assert (row.passed, row.baseline, row.change) == (True, 0.25, 0.5)


def test_a_suite_that_gives_no_such_figure_fails() -> None:
    missing = checked(questions([1.0]), metric="nDCG@10")
    assert missing.reason == "the suite labels gave no nDCG@10: nothing was measured"
    empty = checked(result([], metrics=()), metric="*")
    assert (empty.failed, empty.reason) == (True, "the suite labels gave no figure: nothing was measured")


def test_a_figure_with_no_query_behind_it_or_that_is_no_number_fails() -> None:
    none = result([], metrics=(Metric("sentence shown", 1.0, 1.0, 1.0, 0),))
    assert checked(none).reason == "no query stands behind sentence shown: nothing was measured"
    wrong = result([case("a")], metrics=(Metric("sentence shown", math.nan, 0, 0, 1),))
    assert checked(wrong).reason == "nan is no figure"


def test_a_query_of_the_set_that_gave_nothing_fails_the_gate() -> None:
    now = checked(questions([1.0, 1.0]), limit=0.5, baseline=kept(questions([1.0, 1.0, 1.0])))
    assert now.reason == "1 of its queries gave nothing: q03"
    sampled = replace(questions([1.0, 1.0, 1.0]), suite="replay")
    fewer = replace(questions([1.0, 1.0]), suite="replay")
    assert checked(fewer, suite="replay", baseline=kept(sampled)).passed  # which turns are compared is an outcome


def test_a_suite_that_was_asked_for_and_gave_no_result_fails() -> None:
    (left_out,) = check([gate()], [], asked=["labels"])
    assert left_out.reason == "the suite labels was asked for and gave no result: nothing was measured"
    (not_run,) = check([gate()], [])
    assert (not_run.applies, not_run.failed, not_run.reason) == (False, False, "its suite wasn't run")


def test_a_gate_for_another_dataset_is_listed_as_not_applying() -> None:
    row = checked(questions([0.0]), dataset="other.jsonl")
    assert (row.applies, row.reason) == (False, "it holds on other.jsonl, and the suite ran on sample.jsonl")


def test_a_gate_on_any_dataset_and_metric_holds_for_each() -> None:
    other = replace(questions([0.0]), dataset="other.jsonl")
    rows = check([gate("*", 1.0, dataset="*")], [questions([1.0]), other])
    assert [(row.dataset, row.name) for row in rows if row.failed] == [
        ("other.jsonl", "sentence shown"),
        ("other.jsonl", "right"),
    ]
    assert len(rows) == 8


def test_a_measure_that_only_the_baseline_has_fails_a_gate_on_every_measure() -> None:
    before = kept(questions([1.0]))
    now = replace(questions([1.0]), metrics=questions([1.0]).metrics[:1])
    rows = check([gate("*", 1.0, dataset="*")], [now], before)
    assert [row.name for row in rows if row.failed] == ["right", "answered", "hit@5"]
    assert rows[1].reason == "the suite labels gave no right, which the baseline has: nothing was measured"
    silent = replace(now, metrics=())
    assert [row.failed for row in check([gate("*", 1.0, dataset="*")], [silent], before)] == [True] * 4


def test_a_measure_that_a_gate_names_has_no_second_row() -> None:
    gates = [gate("*", 1.0, dataset="*"), gate("hit@5", 1.0), gate("right", 1.0, dataset="other.jsonl")]
    rows = check(gates, [questions([1.0])])
    assert [row.name for row in rows if row.applies] == ["sentence shown", "right", "answered", "hit@5"]
    (alone, *others) = check(gates[:2], [result([], metrics=())])
    assert (alone.name, [row.name for row in others]) == ("*", ["hit@5"])


def test_a_figure_over_too_few_cases_fails() -> None:
    assert checked(questions([1.0] * 3), least=3).passed
    few = checked(questions([1.0]), least=3)
    assert (few.failed, few.reason) == (True, "1 case stands behind it, at least 3 must")


def test_the_verdict_is_invalid_whatever_else_then_fail_then_pass() -> None:
    good, bad = questions([1.0]), questions([0.0])
    broken = replace(good, invalid=("2 judged documents are missing",))
    ends = {name: evaluation([found], [gate()]) for name, found in (("good", good), ("bad", bad), ("broken", broken))}
    assert [ends[name].verdict for name in ends] == [Verdict.PASS, Verdict.FAIL, Verdict.INVALID]
    assert [ends[name].exit_code for name in ends] == [0, 1, 3]
    assert verdict([], []) is Verdict.UNGATED
    assert verdict([], [], owed=True) is Verdict.INVALID


def test_times_are_in_no_baseline() -> None:
    assert keep_all([questions([1.0]), speed([1.0, 2.0])], {}).of("speed", "sample.jsonl") is None


def test_our_own_gates_are_read() -> None:
    gates = read_gates()
    perfect = {row.suite for row in gates.gates if row.perfect}
    assert perfect == {"grounding", "eligibility", "links", "replay"}
    named = {row.metric for row in gates.gates if row.perfect and row.least >= 20}
    assert named > {"quotes verbatim", "citations eligible", "passages marked", "replies replayed"}
    routing = {row.metric for row in gates.gates if row.suite == "routing"}
    assert routing > {"adverse-event recall", "emergency recall", "near misses left alone", "redaction span recall"}


def test_the_guide_counts_the_suites_right() -> None:
    numbers = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    guide = " ".join((ROOT / "docs" / "guide.md").read_text(encoding="utf-8").split())
    others = set(SUITES) - set(OVER_REPLIES) - {"retrieval", "spans"}  # which run when they are asked for
    said = (
        f"judges the replies in {numbers[len(OVER_REPLIES)]} suites and where utterances lead in {numbers[len(others)]}"
    )
    assert said in guide


def test_every_suite_is_in_the_guide() -> None:
    table = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8").partition("## The suites")[2]
    rows = "".join(line for line in table.partition("\n## ")[0].splitlines() if line.startswith("|"))
    assert not [suite for suite in SUITES if f" {suite} " not in rows and f"`{suite}`" not in rows]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('suite = "labels"', 'suite = "label"', "gate 1: no suite is called 'label'"),
        ("hit@5", "hits@5", "gate 1: no measure is called 'hits@5'"),
        ("floor = 0.9", "floor = 90", "between 0 and 1"),
        ("floor = 0.9", "floor = 0", "can't be missed"),
        ("floor = 0.9", "floor = nan", "give a number"),
        ("floor = 0.9", "floor = true", "give a number"),
        ("floor = 0.9", "ceiling = 0.9", "of hit@5 more is better: give 'floor'"),
        ("floor = 0.9", "floor = 0.9\nceiling = 1.0", "give either 'floor' or"),
        ("floor = 0.9", "", "give either 'floor' or"),
        ("floor = 0.9", "flor = 0.9", "unknown keys flor"),
        ("floor = 0.9", "floor = 0.9\nleast = 0", "'least' is 0"),
        ("floor = 0.9", "floor = 0.9\nleast = 1.5", "'least' is 1.5"),
        ("allowed_drop = 0.01", "", "lacks allowed_drop"),
        ("allowed_drop = 0.01", "allowed_drop = -1", "'allowed_drop'"),
        ('because = "it must be found"', 'because = " "', "'because' is no text"),
        ("[[gate]]", "[[gates]]", "and nothing else"),
        ("[[gate]]", "[gate]", "and nothing else"),
        ("floor = 0.9", "floor =", "not readable gates"),
        ("\n[[gate]]", GATE + "[[gate]]", "has a gate already"),
        ("\n[[gate]]", '\n[[reported]]\nsuite = "labels"\nmetric = "x"\nbecause = "y"\n[[gate]]', "reported 1"),
    ],
)
def test_wrong_gates_are_refused_with_their_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "gates.toml"
    file.write_text(GATE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_gates(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)


def test_a_gate_of_data_without_digests_compares_what_both_have() -> None:
    before, now = replace(questions([1.0, 1.0]), data={}), replace(questions([1.0]), data={})
    assert checked(now, baseline=kept(before)).passed
