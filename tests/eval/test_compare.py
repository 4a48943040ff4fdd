"""Two runs against each other, checked with SciPy and by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from corpus.errors import InvalidInput
from eval.baseline import Baseline, keep_all, read_baseline, write_baseline
from eval.compare import Comparison, compare
from eval.model import Metric, Result
from eval.report.metrics import comparison_value
from eval.report.stored import read_run
from eval.report.terminal import comparison_md
from eval.report.write import write_report
from tests.eval.evaluations import PROVENANCE, case, evaluation, questions, result, rich

OLD = [1, 1, 1, 1, 0, 0, 1, 1, 0, 1]
NEW = [1, 0, 0, 1, 1, 0, 0, 1, 0, 0]


def kept(*results: Result) -> Baseline:
    return keep_all(results, PROVENANCE)


def compared(old: Result, new: Result) -> Comparison:
    return compare(kept(old), kept(new), 0)


def test_differences_wins_ties_and_losses_are_those_of_the_pairs() -> None:
    row = next(row for row in compared(questions(OLD), questions(NEW)).measures if row.measure == "sentence shown")
    assert (row.before, row.after, row.difference) == (0.7, 0.4, pytest.approx(-0.3))
    assert (row.wins, row.ties, row.losses) == (1, 5, 4)
    assert [change.id for change in row.worst] == ["q02", "q03", "q07"]
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.3 < row.high


def test_the_p_value_is_scipys_and_the_correction_counts_every_test() -> None:
    rows = compared(questions(OLD), questions(NEW)).measures
    exact = permutation_test(
        (np.subtract(NEW, OLD),), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    ).pvalue
    by_name = {row.measure: row for row in rows}
    assert by_name["sentence shown"].p == pytest.approx(exact)
    assert by_name["answered"].p == 1.0
    # "sentence shown" and "right" have the same p, "answered" and "hit@5" didn't change: by hand, 4 p and then no less.
    assert by_name["sentence shown"].adjusted == by_name["right"].adjusted == pytest.approx(min(1.0, 4 * exact))


def test_a_measure_that_only_the_earlier_run_has_is_listed() -> None:
    found = compared(questions(OLD), replace(questions(OLD), metrics=questions(OLD).metrics[1:]))
    assert [row.measures_gone for row in found.sets] == [("sentence shown",)]
    assert "measures that only the earlier run has: sentence shown" in comparison_md(found)
    assert comparison_value(found)["sets"][0]["measures_gone"] == ["sentence shown"]


def test_a_run_compared_with_itself_has_only_ties() -> None:
    found = compared(questions(OLD), questions(OLD))
    assert {(row.wins, row.losses, row.p) for row in found.measures} == {(0, 0, 1.0)}
    assert found.worst == ()


def test_a_query_that_the_run_left_out_scores_the_default() -> None:
    found = compared(questions([1, 1, 1]), questions([1, 1]))
    row = found.measures[0]
    assert (row.before, row.after) == (1.0, pytest.approx(2 / 3))
    assert [(change.id, change.after, change.missing) for change in row.worst] == [("q03", 0.0, True)]
    assert found.sets[0].missing == ("q03",)


def test_a_value_that_the_run_left_out_scores_the_default() -> None:
    silent = result([case("q01"), case("q02", values={"right": 1.0})])
    row = next(row for row in compared(questions([1, 1]), silent).measures if row.measure == "sentence shown")
    assert (row.after, len(row.changes)) == (0.5, 2)


def test_of_a_changed_set_the_common_queries_are_compared_and_the_others_counted() -> None:
    new = replace(
        result([case("q01", shown=0.0), case("q02"), case("q99")]), data={"sample.jsonl": "sha256:" + "0" * 64}
    )
    found = compared(questions([1, 1, 1]), new)
    (sets,) = found.sets
    assert (sets.same, sets.common, sets.new, sets.gone, sets.missing) == (False, 2, ("q99",), ("q03",), ())
    assert (found.measures[0].before, found.measures[0].after) == (1.0, 0.5)


def test_what_only_one_of_the_runs_has_is_listed() -> None:
    old = kept(questions([1]), replace(questions([1]), suite="routing"))
    found = compare(old, kept(questions([1]), replace(questions([1]), suite="intents")), 0)
    assert (found.only_before, found.only_after) == ((("routing", "sample.jsonl"),), (("intents", "sample.jsonl"),))


def test_a_figure_without_values_of_single_queries_is_compared_untested() -> None:
    old = replace(questions([1]), metrics=(Metric("macro F1", 0.5, 0.4, 0.6, 1),))
    new = replace(questions([1]), metrics=(Metric("macro F1", 0.7, 0.6, 0.8, 1),))
    (row,) = compared(old, new).measures
    assert (row.difference, row.p, row.changes) == (pytest.approx(0.2), None, ())


def test_where_less_is_better_more_is_worse() -> None:
    old, new = (
        result([case("a", values={"masked needlessly": value}), case("b", values={"masked needlessly": 0.0})])
        for value in (0.0, 1.0)
    )
    (row,) = compared(old, new).measures
    assert (row.losses, row.worst[0].id, row.difference) == (1, "a", 0.5)


def test_the_worst_questions_are_named_once_each_with_their_words() -> None:
    worst = compared(questions(OLD), questions(NEW)).worst
    assert [change.id for change in worst] == ["q02", "q03", "q07"]
    assert worst[0].text == "question q02"


@given(
    st.dictionaries(
        st.text(min_size=1), st.dictionaries(st.sampled_from(["right", "hit@5"]), st.floats(0, 1)), min_size=1
    )
)
def test_a_baseline_is_read_as_it_was_written(values: dict[str, dict[str, float]]) -> None:
    import tempfile

    found = kept(result([case(name, values=row, failures={}) for name, row in values.items()]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "baseline.json"
        write_baseline(found, path)
        read = read_baseline(path)
        assert path.read_bytes().count(b"\n") == 1
    assert [row.values for row in read.kept] == [row.values for row in found.kept]
    assert read.provenance == PROVENANCE
    assert {row.name: row for row in read.kept[0].metrics} == {row.name: row for row in found.kept[0].metrics}


def test_a_baseline_holds_no_question(tmp_path: Path) -> None:
    write_baseline(kept(questions(OLD)), tmp_path / "baseline.json")
    assert "question q01" not in (tmp_path / "baseline.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"form":2,"provenance":{},"suites":[]}',
        '{"form":1,"provenance":{},"suites":[{}]}',
        '{"form":1,"provenance":{"a":1},"suites":[]}',
        '{"form":1,"provenance":{},"suites":[],"more":1}',
        '{"form":1,"provenance":{},"suites":[{"suite":"a","dataset":"b","data":{},"metrics":{},"measures":["x"],'
        '"queries":{"q":[1,2]}}]}',
    ],
)
def test_what_is_no_baseline_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="make it again"):
        read_run(file)


def test_a_reports_folder_compares_as_its_run_did(tmp_path: Path) -> None:
    found = rich()
    write_report(found, tmp_path)
    stored, fresh = read_run(tmp_path), keep_all(found.results, found.provenance)
    assert [(row.suite, row.data, row.values, row.texts) for row in stored.kept] == [
        (row.suite, row.data, row.values, row.texts) for row in fresh.kept
    ]
    assert compare(stored, fresh, 0).worst == ()


def test_a_folder_that_lost_rows_is_refused(tmp_path: Path) -> None:
    write_report(evaluation([questions(OLD)]), tmp_path)
    file = tmp_path / "per_query.csv"
    kept_rows = [line for line in file.read_text(encoding="utf-8").splitlines() if ",q03," not in line]
    file.write_text("\n".join(kept_rows), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"has 10 queries, and per_query\.csv has 9"):
        read_run(tmp_path)
    (tmp_path / "metrics.json").write_text(json.dumps({"suites": 1}), encoding="utf-8")
    with pytest.raises(InvalidInput, match="make the run again"):
        read_run(tmp_path)
