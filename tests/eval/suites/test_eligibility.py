"""Whatever a reader may not see is found in their reply, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from corpus.model import Audience
from eval.model import Result
from eval.replies import Ask, Exchange, NoReply, ask_all, asking
from eval.sets import Question
from eval.suites.eligibility import CHOICES, CITED, STEPS, SUGGESTED, eligibility
from tests.builders import GB
from tests.eval.answered import Answered, Reply, failing, instead, only_failure, silent


def judge(
    answered: Answered, exchanges: Sequence[Exchange], ask: Ask | None = None, draws: int = 0, seed: int = 1
) -> Result:
    return eligibility(
        exchanges,
        answered.questions,
        ask or asking(answered.assistant),
        answered.assistant.store,
        answered.audience,
        trial=False,
        dataset="sample.jsonl",
        data={},
        seed=seed,
        progress=silent,
        draws=draws,
    )


@pytest.fixture
def british(answered: Answered) -> Exchange:
    return answered.first(lambda e: e.audience.country == "GB" and bool(e.reply["citations"]))


def test_a_clean_run_has_no_failure_and_two_are_equal(answered: Answered) -> None:
    result = judge(answered, answered.exchanges, draws=400)
    assert failing(result) == {}
    assert {metric.name for metric in result.metrics} == {CITED, STEPS, CHOICES, SUGGESTED}
    assert all(metric.value == 1.0 for metric in result.metrics)
    cited = result.metric(CITED)
    assert cited is not None
    assert cited.n > 300
    assert len(result.cases) == len({case.id for case in result.cases}) == len(answered.exchanges) + 400
    assert judge(answered, answered.exchanges, draws=40) == judge(answered, answered.exchanges, draws=40)
    assert judge(answered, [], draws=40).cases != judge(answered, [], draws=40, seed=2).cases


def test_draws_reach_readers_markets_and_both_sides_of_a_change(answered: Answered) -> None:
    asked: list[tuple[Audience, datetime]] = []

    def ask(question: Question, audience: Audience, instant: datetime) -> Mapping[str, Any]:
        asked.append((audience, instant))
        return asking(answered.assistant)(question, audience, instant)

    judge(answered, [], ask, draws=400)
    assert {audience.country for audience, _ in asked} >= {"GB", "DE", "ES", "FR", "US"}
    assert {audience.role for audience, _ in asked} >= {"physician", "nurse", "pharmacist", "patient", ""}
    instants = {instant for _, instant in asked}
    begins = datetime(2026, 5, 10, 23, tzinfo=UTC)  # the day from which HP-LUM-002 2.0 supersedes 1.0, in London
    assert instants >= {begins + timedelta(seconds=step) for step in (-1, 0, 1)}


def test_an_answer_for_one_reader_that_all_are_given_is_found(answered: Answered, british: Exchange) -> None:
    def leaking(question: Question, audience: Audience, instant: datetime) -> Mapping[str, Any]:
        return british.reply

    found = failing(judge(answered, [], leaking, draws=60))
    assert len(found) > 20
    said = " ".join(text for failures in found.values() for text in failures.values())
    assert "in DE at " in said
    assert "approved for GB only" in said
    assert "not in force before" in said


@pytest.mark.parametrize(
    ("version", "reader", "instant", "reason"),
    [
        (("HP-LUM-002", "1.0"), ("GB", "physician"), None, "superseded by version 2.0 from 2026-05-11"),
        (("HP-QUO-011", "1.0"), ("GB", "physician"), None, "withdrawn on 20"),
        (("HP-VEL-001", "4.0"), ("GB", "physician"), None, "not in force before 2035-01-01"),
        (
            ("HP-VEL-003", "1.0"),
            ("GB", "physician"),
            datetime(2036, 11, 17, tzinfo=UTC),
            "expired at the end of 2036-11-16",
        ),
        (("HP-VEL-002", "2.0"), ("GB", "patient"), None, "approved for nurse, pharmacist, physician only"),
        (("HP-VEL-002", "2.0"), ("DE", "physician"), None, "approved for GB only"),
    ],
)
def test_a_citation_that_is_not_for_its_reader_is_found(
    answered: Answered,
    british: Exchange,
    version: tuple[str, str],
    reader: tuple[str, str],
    instant: datetime | None,
    reason: str,
) -> None:
    planted = answered.with_fault(british, instead(answered, *version))
    country, role = reader
    given = [
        replace(one, audience=Audience(country, role, "", "en"), instant=instant or one.instant)
        if one.id == british.id
        else one
        for one in planted
    ]
    failures = only_failure(judge(answered, given), british)
    assert set(failures) == {CITED}
    assert failures[CITED].startswith(
        f"citation 1 ({version[0]} version {version[1]}) is not for {role} in {country} at "
    )
    assert reason in failures[CITED]


def test_the_second_before_it_ends_a_version_is_still_right(answered: Answered, british: Exchange) -> None:
    planted = answered.with_fault(british, instead(answered, "HP-VEL-003", "1.0"), around=0)
    ends = datetime(2036, 11, 17, tzinfo=UTC)
    assert failing(judge(answered, [replace(planted[0], instant=ends - timedelta(seconds=1))])) == {}
    assert failing(judge(answered, [replace(planted[0], instant=ends)])) != {}


@pytest.mark.parametrize(
    ("key", "row", "measure", "said"),
    [
        (
            "next_steps",
            {"title": "Starter kit", "url": "/api/v1/documents/HP-QUO-011/1.0", "cue": ""},
            STEPS,
            "next step 'Starter kit' (HP-QUO-011 version 1.0) is not for physician in GB at ",
        ),
        (
            "next_steps",
            {"title": "Elsewhere", "url": "https://example.org/x", "cue": ""},
            STEPS,
            "next step 'Elsewhere' leads to no document: https://example.org/x",
        ),
        (
            "next_steps",
            {"title": "Torn", "url": "http://[x/", "cue": ""},
            STEPS,
            "next step 'Torn' leads to no document: http://[x/",
        ),
        ("choices", {"label": "Zorblax", "text": "", "count": 1}, CHOICES, "choice 'Zorblax': 0 documents are for"),
        ("choices", {"label": "Velmarin", "text": "", "count": 99}, CHOICES, "it offers 99"),
        ("suggestions", "Quorvex: Returning the starter kit to us", SUGGESTED, "is no heading of a document for"),
    ],
)
def test_what_is_offered_to_a_reader_who_may_not_see_it_is_found(
    answered: Answered, british: Exchange, key: str, row: object, measure: str, said: str
) -> None:
    def plant(reply: Reply) -> None:
        reply[key] = [*reply[key], row]

    failures = only_failure(judge(answered, answered.with_fault(british, plant)), british)
    assert set(failures) == {measure}
    assert said in failures[measure]


def test_a_home_that_shows_nothing_to_anyone_says_nothing(answered: Answered, british: Exchange) -> None:
    def fail(question: Question, audience: Audience, instant: datetime) -> Mapping[str, Any]:
        raise NoReply("a.pdf: its stored text is not what it was")

    result = judge(answered, ask_all(fail, answered.questions[:3], GB, answered.instant, silent), fail, draws=3)
    assert result.invalid == ("nothing was shown to anyone, so nothing could be checked",)
    assert all("a.pdf: its stored text is not what it was" in case.got for case in result.cases)
    assert judge(answered, [british]).invalid == ()
