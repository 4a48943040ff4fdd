"""Logged turns are answered again; what differs is a failure, what can't be compared is told apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from chatbot.assistant import Assistant
from chatbot.audit.leaf import Body
from chatbot.audit.log import AuditLog
from chatbot.errors import AuditDamaged
from chatbot.turns import Asker
from corpus.database import open_database
from eval.model import Result
from eval.suites.replay import REPLAYED, replay
from index.layout import Home
from tests.builders import GB
from tests.eval.answered import Answered, by_id, failing, silent, tamper

OWN = 22  # twenty questions and two follow-ups
PRIVATE = "What helps against high blood pressure in Mrs Miller?"


@pytest.fixture
def logged(sample_copy: Home) -> Iterator[Assistant]:
    """A service that was asked three times by readers; the second was asked back."""
    database = open_database(sample_copy.database)
    assistant = Assistant(sample_copy, database, trial=False)
    for text in ("Velmarin starting dose", "how do I store the medicine?", "Lumetra missed dose"):
        assistant.turn(Asker("dr-1", "portal", "hcp", GB), text)
    yield assistant
    database.close()


def judge(answered: Answered, assistant: Assistant, older: int = 80) -> Result:
    return replay(
        answered.questions,
        assistant,
        GB,
        answered.instant,
        dataset="sample.jsonl",
        data={},
        seed=1,
        progress=silent,
        older=older,
    )


def readers_records(assistant: Assistant) -> list[int]:
    return [index for index in assistant.log.replies() if b'"portal":"portal"' in assistant.log.record(index).leaf]


def test_two_runs_over_one_log_are_equal_and_nothing_differs(answered: Answered, logged: Assistant) -> None:
    before = len(logged.log.replies())
    first = judge(answered, logged)
    assert failing(first) == {}
    assert len(logged.log.replies()) == before + OWN
    again = judge(answered, logged)
    assert again == first
    metric = first.metric(REPLAYED)
    assert metric is not None
    assert (metric.value, metric.n) == (1.0, OWN + 3)
    assert judge(answered, logged, older=2).metrics == judge(answered, logged, older=2).metrics
    cases = by_id(first.cases)
    assert sum(" follow-up " in name for name in cases) == 2
    assert [cases[f"record {index}"].text for index in readers_records(logged)] == ["", "", ""]


def changing(monkeypatch: pytest.MonkeyPatch, index: int, old: bytes, new: bytes, question: str | None = None) -> None:
    """Changes one logged reply as it is read."""
    read = AuditLog.body

    def body(log: AuditLog, at: int) -> Body:
        found = read(log, at)
        if at != index:
            return found
        assert old in found.reply
        return replace(found, reply=found.reply.replace(old, new))

    monkeypatch.setattr(AuditLog, "body", body)


def test_a_changed_reply_is_found_and_named(
    answered: Answered, logged: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = readers_records(logged)[0]
    changing(monkeypatch, index, b"40 mg", b"90 mg")
    result = judge(answered, logged)
    assert list(failing(result)) == [f"record {index}"]
    said = by_id(result.cases)[f"record {index}"].failures[REPLAYED]
    assert said.startswith(f"record {index}: reply.")
    assert "90 mg" in said
    assert "was logged" in said


def test_words_of_a_reader_stand_in_no_report(
    answered: Answered, logged: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = AuditLog.body
    asked_back = next(i for i in readers_records(logged) if b'"kind":"clarification"' in read(logged.log, i).reply)
    changing(monkeypatch, asked_back, b"how do I store", b"Mrs Miller: how do I store")
    result = judge(answered, logged)
    said = failing(result)[f"record {asked_back}"][REPLAYED]
    assert said == f"record {asked_back}: reply.choices[0].text: differs, in words that only the log may show"
    assert "Miller" not in repr([case for case in result.cases if case.id.startswith("record ")])


def test_turns_that_can_not_be_rebuilt_are_told_apart_and_count_as_neither(
    answered: Answered, logged: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, moved, _ = readers_records(logged)
    with closing(sqlite3.connect(logged.home.database)) as connection, connection:
        connection.execute("DELETE FROM bodies WHERE idx = ?", (lost,))
    found = AuditLog.record

    def record(log: AuditLog, index: int) -> object:
        row = found(log, index)
        policy = logged.policy.sha256.encode()
        return replace(row, leaf=row.leaf.replace(policy, b"0" * len(policy))) if index == moved else row

    monkeypatch.setattr(AuditLog, "record", record)
    result = judge(answered, logged)
    cases = by_id(result.cases)
    assert failing(result) == {}
    assert cases[f"record {lost}"].got == f"not rebuilt (text): record {lost} has no text any more"
    assert cases[f"record {moved}"].got.startswith("not rebuilt (policy): policy sha256:000000")
    assert cases[f"record {lost}"].values == cases[f"record {moved}"].values == {}
    metric = result.metric(REPLAYED)
    assert metric is not None
    assert metric.n == OWN + 1


def test_a_damaged_record_is_a_failure(answered: Answered, logged: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    index, read = readers_records(logged)[0], AuditLog.body

    def body(log: AuditLog, at: int) -> Body:
        if at == index:
            raise AuditDamaged("its text is not what was sealed")
        return read(log, at)

    monkeypatch.setattr(AuditLog, "body", body)
    assert failing(judge(answered, logged)) == {
        f"record {index}": {REPLAYED: f"record {index}: its text is not what was sealed"}
    }


def test_a_record_whose_document_is_gone_is_a_failure_by_its_file(answered: Answered, logged: Assistant) -> None:
    index = readers_records(logged)[0]
    tamper(logged.home, "DELETE FROM documents")
    logged.document.cache_clear()
    result = judge(answered, logged)
    said = by_id(result.cases)[f"record {index}"].failures[REPLAYED]
    assert said.startswith(f"record {index}: HP-VEL-")
    assert "no document with sha256" in said
    assert any("not answered: HP-" in text for failures in failing(result).values() for text in failures.values())
