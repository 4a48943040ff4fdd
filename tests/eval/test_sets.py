"""Question and utterance sets are read strictly: what is wrong is said with its line, and nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InvalidInput
from eval.sets import read_questions, read_utterances

ANSWERABLE: dict[str, Any] = {
    "_id": "q1",
    "text": "dose?",
    "kind": "answerable",
    "style": ["question"],
    "document": "a.pdf",
    "page": 1,
    "quote": "Take 5 mg.",
}
AMBIGUOUS: dict[str, Any] = {"_id": "q1", "text": "dose?", "kind": "ambiguous", "style": [], "candidates": ["A", "B"]}
UTTERANCE: dict[str, Any] = {"_id": "u1", "text": "I fell", "label": "information", "must": [], "must_not": []}


def write(path: Path, row: dict[str, Any]) -> Path:
    path.write_text(json.dumps(row) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**ANSWERABLE, "alt": ["x"]}, "alt[0] is 'x', not an object"),
        ({**ANSWERABLE, "alt": [{"page": 1}]}, "alt[0].document is missing"),
        ({**ANSWERABLE, "alt": [{"document": "b.pdf"}]}, "alt[0].quote is missing"),
        ({**ANSWERABLE, "document": None}, "document is None, not a text"),
        ({**ANSWERABLE, "page": True}, "page is True"),
        ({**ANSWERABLE, "quote": " "}, "copy the sentence that answers"),
        ({key: value for key, value in ANSWERABLE.items() if key != "quote"}, "lacks quote"),
        ({**ANSWERABLE, "style": "question"}, "style is 'question', not a list"),
        ({**AMBIGUOUS, "candidates": "Velmarin"}, "candidates is 'Velmarin', not a list"),
        ({**AMBIGUOUS, "_id": ["q1"]}, "_id is ['q1']"),
    ],
)
def test_a_question_of_another_form_is_refused(row: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_questions(write(tmp_path / "q.jsonl", row))
    assert "q.jsonl: line 1: " in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"must": "answer"}, "must is 'answer', not a list"),
        ({"must_not": "answer"}, "must_not is 'answer', not a list"),
        ({"also": "privacy"}, "also is 'privacy', not a list"),
        ({"spans": 5}, "spans is 5, not a list"),
        ({"spans": [[1, 2]]}, "a span is [1, 2]; spans are [start, end, type]"),
        ({"spans": [["a", 2, "NAME"]]}, "a span is ['a', 2, 'NAME']"),
        ({"spans": [[0, 99, "NAME"]]}, "a span leaves the text"),
        ({"label": 3}, "label is 3, not a text"),
        ({"context": {"a": 1}}, "context is {'a': 1}, not a text, a list or null"),
    ],
)
def test_an_utterance_of_another_form_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_utterances(write(tmp_path / "u.jsonl", {**UTTERANCE, **changes}))
    assert "u.jsonl: line 1: " in str(refused.value)
    assert said in str(refused.value)


def test_what_a_row_may_leave_out_is_read_as_nothing(tmp_path: Path) -> None:
    (question,) = read_questions(write(tmp_path / "q.jsonl", {**ANSWERABLE, "page": None, "alt": None}))
    assert [(place.document, place.pages) for place in question.places] == [("a.pdf", ())]
    (utterance,) = read_utterances(write(tmp_path / "u.jsonl", {**UTTERANCE, "context": "Velmarin?", "spans": None}))
    assert (utterance.context, utterance.spans) == (("Velmarin?",), ())


@pytest.mark.parametrize(("read", "row"), [(read_questions, ANSWERABLE), (read_utterances, UTTERANCE)])
def test_a_set_may_start_with_a_byte_order_mark_and_end_lines_as_windows_does(
    read: Callable[[Path], tuple[Any, ...]], row: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "q.jsonl").write_bytes(f"\ufeff{json.dumps(row)}\r\n\r\n".encode())
    assert [found.id for found in read(tmp_path / "q.jsonl")] == [row["_id"]]


@pytest.mark.parametrize("content", [None, b'{"_id": "\xff"}\n'])
def test_a_set_that_cant_be_read_is_said_with_the_way_out(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "q.jsonl").write_bytes(content)
    with pytest.raises(
        InvalidInput, match=r"q\.jsonl: not (readable: .*; give JSON lines|UTF-8: .*; save it as UTF-8)"
    ):
        read_questions(tmp_path / "q.jsonl")
