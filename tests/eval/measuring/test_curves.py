"""Coverage versus error, checked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measuring.curves import Judged, Point, curve, judged
from eval.model import Case


def test_a_small_example_by_hand() -> None:
    """The surest is right, the two next are one cut with one wrong, the last is wrong."""
    rows = [Judged(0.4, True, True), Judged(0.6, True, False), Judged(0.9, True, False), Judged(0.6, True, True)]
    found = curve(rows)
    assert found.points == (Point(0.9, 0.25, 0.0), Point(0.6, 0.75, 1 / 3), Point(0.4, 1.0, 0.5))
    assert found.area == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)


def test_what_is_not_answered_lowers_coverage_and_is_no_error() -> None:
    found = curve([Judged(0.9, True, False), Judged(0.8, False, True)])
    assert found.points == (Point(0.9, 0.5, 0.0),)
    assert found.area == 0.0


def test_nothing_answered_is_no_curve() -> None:
    assert curve([]).points == curve([Judged(1.0, False, True)]).points == ()
    assert curve([]).area == 0.0


def test_an_unanswerable_question_is_wrong_whenever_it_is_answered() -> None:
    cases = [
        Case("right", "", {"answered": 1, "right": 1}, parts={"cosine": 0.9}),
        Case("refused", "", {"answered": 0, "right": 0}, parts={"cosine": 0.8}),
        Case("made up", "", {"abstained": 0, "right": 0}, parts={"cosine": 0.7}),
        Case("abstained", "", {"abstained": 1, "right": 1}, parts={"cosine": 0.6}),
        Case("asked back", "", {"clarified": 1, "right": 1}, parts={"cosine": 0.5}),
        Case("guessed", "", {"clarified": 0, "right": 0}),
    ]
    rows = judged(cases)
    assert [(row.answered, row.wrong) for row in rows if row.answered] == [(True, False), (True, True), (True, True)]
    assert rows[-1].confidence == float("-inf")
    assert [point.risk for point in curve(rows).points] == [0.0, 1 / 2, 2 / 3]


ROWS = st.lists(st.builds(Judged, st.sampled_from([0.1, 0.2, 0.3, 0.4]), st.booleans(), st.booleans()))


@given(rows=ROWS)
def test_coverage_only_grows_and_order_changes_nothing(rows: list[Judged]) -> None:
    found = curve(rows)
    coverages = [point.coverage for point in found.points]
    assert coverages == sorted(set(coverages))
    assert all(0 <= point.risk <= 1 for point in found.points)
    assert len({point.threshold for point in found.points}) == len(found.points)
    assert curve(sorted(rows, key=lambda row: (row.wrong, row.confidence))) == found
