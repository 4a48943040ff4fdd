"""Cues say what the review and the document say, and nothing when there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chatbot.answer.cues import citation_cues, updated_cue
from chatbot.policy import load_policy
from tests.builders import GB, NOON, approval, document

POLICY = load_policy()
LABEL = document("The starting dose is 40 mg once daily.")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, ("Updated in the last week",)),
        (8, ("Updated in the last month",)),
        (40, ("Updated in the last three months",)),
        (100, ()),
    ],
)
def test_a_fresh_version_says_how_fresh(days: int, said: tuple[str, ...]) -> None:
    day = NOON.date() - timedelta(days=days)
    assert updated_cue(approval(LABEL, effective_on=day), NOON, POLICY, "en") == said


def test_the_readers_specialty_and_the_reading_time_are_said() -> None:
    under = approval(LABEL, specialties=("cardiology",), effective_on=date(2020, 1, 1))
    cardiologist = replace(GB, specialty="cardiology")
    assert citation_cues(under, LABEL, cardiologist, NOON, POLICY, "en") == ("For cardiology", "1-min read")
    assert citation_cues(under, LABEL, replace(GB, specialty="neurology"), NOON, POLICY, "en") == ("1-min read",)


def test_a_minute_has_230_words() -> None:
    long = document(" ".join(["word"] * 231))
    assert citation_cues(approval(long, effective_on=date(2020, 1, 1)), long, GB, NOON, POLICY, "en") == ("2-min read",)
