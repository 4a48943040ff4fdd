"""Our values against ir-measures, which runs trec_eval itself."""

from __future__ import annotations

import random
from typing import Any

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import InvalidInput
from eval.measuring.measures import RETRIEVAL
from eval.measuring.ranking import per_query, ranked, unjudged, untied

Judged = dict[str, dict[str, int]]
Scored = dict[str, dict[str, float]]

DOCUMENTS = [f"D{number}" for number in range(30)] + ["D-é", "D-\uffff", "D-\U0001f600"]
# trec_eval has MRR without a depth only; within ten it is the same where it is at least a tenth.
ORACLES = {name: ir_measures.parse_measure(name.replace("MRR@10", "RR")) for name in RETRIEVAL}

judgements: st.SearchStrategy[Judged] = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]),
    st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 3), min_size=1, max_size=20),
    min_size=1,
)
runs: st.SearchStrategy[Scored] = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3", "nobody judged this"]),
    st.dictionaries(
        st.sampled_from(DOCUMENTS),
        st.one_of(st.sampled_from([0.5, 1.0, 1.00000001, -2.0]), st.floats(-1e3, 1e3)),
        max_size=33,
    ),
)


def oracle(qrels: Judged, run: Scored) -> dict[str, dict[str, float]]:
    """The same values by ir-measures."""
    by_oracle = {value: name for name, value in ORACLES.items()}
    found: dict[str, dict[str, float]] = {query: {} for query in qrels}
    for row in ir_measures.iter_calc(list(ORACLES.values()), qrels, run):
        name = by_oracle[row.measure]
        found[row.query_id][name] = 0.0 if name == "MRR@10" and row.value < 0.1 else row.value
    return found


def means(values: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: sum(row[name] for row in values.values()) / len(values) for name in RETRIEVAL}


def assert_equal_to_oracle(qrels: Judged, run: Scored) -> None:
    values, wanted = per_query(qrels, run, RETRIEVAL), oracle(qrels, run)
    assert list(values) == list(qrels)
    for query in qrels:
        assert values[query] == pytest.approx(wanted[query], abs=1e-6), query


@given(judgements, runs)
def test_every_value_is_trec_evals_with_ties_grades_and_missing_queries(qrels: Judged, run: Scored) -> None:
    assert_equal_to_oracle(qrels, run)


def test_every_value_is_trec_evals_on_long_runs() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    names = [f"MED-{number}" for number in range(400)]
    for _ in range(20):
        qrels = {f"q{n}": {name: chance.randint(0, 2) for name in chance.sample(names, 150)} for n in range(10)}
        run = {f"q{n}": {name: round(chance.random(), 2) for name in chance.sample(names, 200)} for n in range(9)}
        assert_equal_to_oracle(qrels, run)


def test_without_ties_mrr_is_ms_marcos_own() -> None:
    chance = random.Random(8)  # noqa: S311 - no secret
    for _ in range(50):
        qrels = {"q": {name: chance.randint(0, 1) for name in chance.sample(DOCUMENTS, 4)}}
        scores = chance.sample(range(100), len(DOCUMENTS))
        run = {"q": {name: float(score) for name, score in zip(DOCUMENTS, scores, strict=True)}}
        wanted = ir_measures.calc_aggregate([ir_measures.RR @ 10], qrels, run)[ir_measures.RR @ 10]
        assert per_query(qrels, run, ["MRR@10"])["q"]["MRR@10"] == pytest.approx(wanted)


@given(judgements, runs, st.data())
def test_a_query_missing_from_a_run_never_raises_a_mean(qrels: Judged, run: Scored, data: st.DataObject) -> None:
    left_out = data.draw(st.sampled_from(sorted(qrels)))
    rest = {query: scores for query, scores in run.items() if query != left_out}
    before, after = means(per_query(qrels, run, RETRIEVAL)), means(per_query(qrels, rest, RETRIEVAL))
    assert all(after[name] <= before[name] for name in RETRIEVAL)
    assert set(per_query(qrels, rest, RETRIEVAL)[left_out].values()) == {0.0}


def test_a_worked_example() -> None:
    """Gains 3, 0, 2 at ranks 1 to 3, of an ideal 3, 2, 1."""
    qrels = {"q": {"a": 3, "c": 2, "d": 1}}
    values = per_query(qrels, {"q": {"a": 3.0, "b": 2.0, "c": 1.0}}, ["nDCG@10", "MRR@10", "R@10", "P@10", "AP@100"])
    assert values["q"] == pytest.approx(
        {"nDCG@10": (3 + 2 / 2) / (3 + 2 / 1.5849625 + 1 / 2), "MRR@10": 1, "R@10": 2 / 3, "P@10": 0.2, "AP@100": 5 / 9}
    )


def test_equal_scores_are_ordered_by_falling_document_id() -> None:
    assert ranked({"a": 1.0, "c": 1.0, "b": 2.0, "d": 1.0 + 1e-12}) == ("b", "d", "c", "a")


@given(judgements, runs)
def test_told_apart_scores_give_every_evaluator_the_same_order(qrels: Judged, run: Scored) -> None:
    orders = {query: sorted(scores, key=lambda name: (-scores[name], name)) for query, scores in run.items()}
    apart = {query: untied((name, run[query][name]) for name in order) for query, order in orders.items()}
    for query, order in orders.items():
        assert list(ranked(apart[query])) == order
        assert [apart[query][name] for name in order] == pytest.approx([run[query][name] for name in order], abs=1e-2)
    values = per_query(qrels, apart, ["MRR@10"])
    for row in ir_measures.iter_calc([ir_measures.RR @ 10], qrels, apart):  # MS MARCO's, which breaks ties otherwise
        if row.query_id in qrels:
            assert row.value == pytest.approx(values[row.query_id]["MRR@10"])


def test_a_query_that_nobody_judged_is_named_and_changes_nothing() -> None:
    qrels, run = {"q": {"a": 1}}, {"q": {"a": 1.0}, "other": {"a": 1.0}}
    assert unjudged(qrels, run) == ("other",)
    assert per_query(qrels, run, RETRIEVAL) == per_query(qrels, {"q": {"a": 1.0}}, RETRIEVAL)


@pytest.mark.parametrize(
    ("qrels", "run", "names", "said"),
    [
        ({"q": {}}, {}, ["nDCG@10"], "query 'q' has no judgement"),
        ({"q": {"a": 1}}, {"q": {"a": float("nan")}}, ["nDCG@10"], "document 'a' has the score nan"),
        ({"q": {"a": 1}}, {}, ["hit@1"], "'hit@1' is not a measure of a ranking"),
        ({"q": {"a": 1}}, {}, ["answered"], "'answered' is not a measure of a ranking"),
    ],
)
def test_what_can_have_no_value_is_refused(qrels: Any, run: Any, names: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        per_query(qrels, run, names)
