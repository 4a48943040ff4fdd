"""A logged turn is answered again from its record alone, byte for byte."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chatbot.assistant import Assistant
from chatbot.audit.log import AuditLog
from chatbot.replay import first_difference, replay
from corpus.lifecycle import withdrawal_events
from tests.chatbot.conftest import Portal


def test_every_turn_of_a_conversation_replays_to_the_same_bytes(portal: Portal) -> None:
    first = portal.ask("Velmarin starting dose in heart failure")
    portal.ask("and in renal impairment?", conversation=str(first["conversation"]))
    portal.ask("Lumetra missed dose")
    portal.ask("Velmarin Dosis", country="DE")
    size = portal.assistant.log.size()
    found = [replay(portal.assistant, index) for index in portal.assistant.log.replies()]
    assert [(row.difference, row.moved, row.lost) for row in found] == [("", (), "")] * 4
    assert found[1].question == "and in renal impairment?"
    assert portal.assistant.log.size() == size  # reading alone


def test_a_withdrawal_since_then_changes_no_replay(portal: Portal) -> None:
    portal.ask("Velmarin starting dose in heart failure")
    store = portal.assistant.store
    keys = [key for key in store.registry().entries if key[2] == "GB"]
    when = datetime.now(UTC).isoformat()
    store.decide(lambda now: withdrawal_events(now, keys, "owner", when, "recalled"))
    assert portal.ask("Velmarin starting dose in heart failure")["reply"]["kind"] == "no_answer"  # type: ignore[index]
    assert [replay(portal.assistant, index).difference for index in portal.assistant.log.replies()] == ["", ""]


def test_another_reply_is_named_by_its_first_difference(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ask("Velmarin starting dose in heart failure")
    body = portal.assistant.log.body(portal.first)
    other = replace(body, reply=body.reply.replace(b"20 mg once daily", b"80 mg once daily"))
    monkeypatch.setattr(AuditLog, "body", lambda self, index: other)
    found = replay(portal.assistant, portal.first)
    assert found.difference.startswith("reply.quotes[0].text: ")
    assert "80 mg" in found.difference
    assert "20 mg" in found.difference


def test_another_policy_is_said_beside_the_difference(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ask("Velmarin starting dose in heart failure")
    library = portal.assistant.library()
    templates = {**library.policy.templates, "en/answer": "Something else"}
    changed = replace(library, policy=replace(library.policy, sha256="other", templates=templates))
    monkeypatch.setattr(Assistant, "library", lambda self: changed)
    assert replay(portal.assistant, portal.first).moved == ("policy",)


def test_a_turn_without_its_text_is_lost_and_not_guessed(portal: Portal) -> None:
    portal.ask("Velmarin dose")
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection, connection:
        connection.execute("DELETE FROM bodies")
    found = replay(portal.assistant, portal.first)
    assert (found.question, found.difference) == ("", "")
    assert "no text" in found.lost


def test_lists_of_another_length_are_named_whole() -> None:
    assert first_difference(b'{"a":[1]}', b'{"a":[1,2]}') == "reply.a: [1] was logged, [1, 2] comes now"
    assert first_difference(b'{"a":1}', b'{"a":1}') == ""
    assert first_difference(b'{"a":1}', b'{ "a":1}') == "the same value in other bytes"
