"""Where an evaluation's figures come from, and what the last release's baseline holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from chatbot.assistant import Assistant
from corpus.model import Audience
from eval.model import Result
from eval.report.stored import read_run
from eval.run import OVER_REPLIES, SAMPLE_BASELINE, SAMPLE_QUESTIONS, SAMPLE_UTTERANCES, Replies, provenance
from eval.sets import Question
from signpost.terminal import progress
from tests.eval.evaluations import questions

NOW, THEN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


def of(suite: str, dataset: str, **data: str) -> Result:
    return replace(questions([1.0]), suite=suite, dataset=dataset, data=data)


def data_of(*results: Result) -> dict[str, str]:
    return {name: value for name, value in provenance(results, 1).items() if name.startswith("Data: ")}


def test_files_of_one_name_in_two_collections_are_both_in_the_provenance() -> None:
    found = data_of(of("retrieval", "a", corpus="1"), of("retrieval", "b", corpus="2"))
    assert found == {"Data: a/corpus": "1", "Data: b/corpus": "2"}


def test_a_set_that_every_suite_read_stands_there_once() -> None:
    assert data_of(of("labels", "set", set="1"), of("links", "set", set="1")) == {"Data: set": "1"}


def test_two_sets_of_one_name_are_told_apart_by_their_suites() -> None:
    found = data_of(of("labels", "set", set="1"), of("routing", "set", set="2"), of("intents", "set", set="2"))
    assert found == {"Data: set of labels": "1", "Data: set of routing, intents": "2"}


def test_a_set_and_replies_of_one_file_name_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    own, given = tmp_path / "q.jsonl", tmp_path / "there" / "q.jsonl"
    own.write_text("{}", encoding="utf-8")
    given.write_text("{ }", encoding="utf-8")
    data = over(at=None, path=own, given=given).data
    assert set(data) == {"q.jsonl", "q.jsonl (replies)"}
    assert len(set(data.values())) == 2


def over(at: datetime | None, **changes: Any) -> Replies:
    """The sample's questions; nothing is asked of an assistant."""
    given: dict[str, Any] = {
        "assistant": cast(Assistant, None),
        "path": SAMPLE_QUESTIONS,
        "audience": Audience("GB", "physician", "", "en"),
        "now": NOW,
        "at": at,
        "seed": 1,
        "watch": lambda what: progress(what, True),
    }
    return Replies(**{**given, **changes})


def asked(replies: Replies, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The instants that the questions are asked as of, in the order in which they come up."""
    found: list[datetime] = []

    def ask_all(_ask: object, _questions: tuple[Question, ...], _reader: Audience, instant: datetime, _: object) -> Any:
        found.append(instant)
        return ()

    monkeypatch.setattr("eval.run.ask_all", ask_all)
    for _ in range(2):
        assert replies.exchanges == replies.current == ()
    return found


def test_the_running_service_is_asked_again_where_another_instant_is_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asked(over(at=THEN), monkeypatch) == [THEN, NOW]


def test_the_questions_are_asked_once_where_the_instant_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(over(at=None), monkeypatch) == [NOW]


def test_turns_on_record_are_of_now_whatever_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    instants: list[datetime] = []

    def replay(_questions: object, _assistant: object, _reader: object, instant: datetime, **_: object) -> Result:
        instants.append(instant)
        return questions([1.0])

    monkeypatch.setattr("eval.run.replay", replay)
    over(at=THEN).run("replay")
    assert instants == [NOW]


def test_the_last_releases_baseline_holds_every_suite_on_the_sample() -> None:
    """Empty, it compares nothing: `signpost eval all --save-baseline` on the published sample fills it."""
    kept: Mapping[tuple[str, str], object] = {(row.suite, row.dataset): row for row in read_run(SAMPLE_BASELINE).kept}
    over_replies = {(suite, SAMPLE_QUESTIONS.name) for suite in OVER_REPLIES if suite != "speed"}
    assert set(kept) == over_replies | {(suite, SAMPLE_UTTERANCES.name) for suite in ("routing", "intents")}
