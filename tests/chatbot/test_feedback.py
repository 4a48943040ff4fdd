"""Feedback: on one's own replies, from a fixed list, appended and never changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from chatbot.limits import FEEDBACKS_PER_TURN
from corpus.errors import StoreUnavailable
from corpus.tables import feedback
from tests.chatbot.conftest import Portal, on_both

pytestmark = on_both

QUESTION = "What to do after a missed dose of Lumetra?"


def give(portal: Portal, turn: object, subject: str = "dr-1", **verdict: object) -> Any:
    body = {"turn": turn, "helpful": True, **verdict}
    return portal.http.post("/api/v1/feedback", json=body, headers=portal.headers(subject=subject))


def test_a_verdict_is_kept_with_the_turn_and_the_last_one_counts(portal: Portal) -> None:
    answer: Any = portal.ask(QUESTION)
    assert give(portal, answer["turn"]).status_code == 204
    assert give(portal, answer["turn"], helpful=False, reason="incomplete").status_code == 204
    kept = portal.assistant.feedback.of(answer["record"]["index"])
    assert [(item.helpful, item.reason) for item in kept] == [(True, ""), (False, "incomplete")]


def test_nobody_judges_the_turn_of_another(portal: Portal) -> None:
    answer = portal.ask(QUESTION)
    assert give(portal, answer["turn"], subject="dr-2").status_code == 404
    assert give(portal, "no-such-turn").status_code == 404


@pytest.mark.parametrize("wrong", [{"reason": "boring"}, {"comment": "Mrs Smith"}, {"helpful": "yes"}, {"turn": 7}])
def test_only_the_fixed_form_is_taken(portal: Portal, wrong: dict[str, object]) -> None:
    answer = portal.ask(QUESTION)
    assert give(portal, **{"turn": answer["turn"], **wrong}).status_code == 422


def test_a_script_can_not_fill_the_table(portal: Portal) -> None:
    answer: Any = portal.ask(QUESTION)
    codes = [give(portal, answer["turn"]).status_code for _ in range(FEEDBACKS_PER_TURN + 1)]
    assert codes == [204] * FEEDBACKS_PER_TURN + [429]
    assert len(portal.assistant.feedback.of(answer["record"]["index"])) == FEEDBACKS_PER_TURN


@pytest.mark.parametrize("change", [delete(feedback), update(feedback).values(helpful=False)])
def test_what_was_said_can_not_be_unsaid(portal: Portal, change: Any) -> None:
    give(portal, portal.ask(QUESTION)["turn"])
    database = portal.assistant.store.database
    with pytest.raises(StoreUnavailable, match="append-only"), database.writing() as connection:
        connection.execute(change)
