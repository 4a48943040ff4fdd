"""Reading the log: newest first, a conversation in order, and text that can't be opened."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, update

from chatbot.errors import AuditDamaged
from corpus.errors import NotFound
from corpus.tables import bodies
from tests.chatbot.conftest import Portal, on_both

pytestmark = on_both


def test_the_newest_records_come_first_and_go_down_without_a_gap(portal: Portal) -> None:
    for number in range(5):
        portal.ask(f"Velmarin dose {number}")
    log, first = portal.assistant.log, portal.first
    assert [record.index - first for record in log.newest(first + 5, 2)] == [4, 3]
    assert [record.index - first for record in log.newest(first + 3, 10)] == [2, 1, 0]
    assert log.newest(first, 10) == []  # what made the home is no reply
    assert log.newest(first + 5, 1)[0] == log.record(first + 4)


def test_a_conversation_is_read_in_order_and_bounded(portal: Portal) -> None:
    first = portal.ask("Velmarin dose")
    portal.ask("Lumetra dose")
    portal.ask("and in renal impairment?", conversation=str(first["conversation"]))
    log, begin = portal.assistant.log, portal.first
    assert [record.index - begin for record in log.exchanges(str(first["conversation"]), 10)] == [0, 2]
    assert [record.index - begin for record in log.exchanges(str(first["conversation"]), 1)] == [0]
    assert json.loads(log.record(begin + 1).leaf)["conversation"] != first["conversation"]


def test_a_text_that_is_gone_is_not_found(portal: Portal) -> None:
    portal.ask("Velmarin dose")
    with portal.assistant.store.database.writing() as connection:
        connection.execute(delete(bodies))
    with pytest.raises(NotFound, match="no text"):
        portal.assistant.log.body(portal.first)


def test_a_text_that_was_changed_is_said_to_be_damaged(portal: Portal) -> None:
    portal.ask("Velmarin dose")
    with portal.assistant.store.database.writing() as connection:
        connection.execute(update(bodies).values(ciphertext=bytes(99)))
    with pytest.raises(AuditDamaged, match=f"record {portal.first} "):
        portal.assistant.log.body(portal.first)


def test_a_name_that_the_database_can_not_hold_is_no_conversation(portal: Portal) -> None:
    body = {"text": "Velmarin dose", "conversation": "a\0b"}
    response = portal.http.post("/api/v1/turns", json=body, headers=portal.headers())
    assert (response.status_code, response.json()["title"]) == (404, "No such conversation")
