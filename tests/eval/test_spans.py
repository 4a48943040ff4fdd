"""Sets with marked answers are read strictly: an answer stands where its row says, or the row is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InvalidInput
from corpus.model import Span
from eval.spans import read_span_set
from tests.eval.span_sets import DOCUMENTS, QUESTIONS, question, write_span_set


def test_a_folder_gives_its_documents_and_where_each_answer_stands(tmp_path: Path) -> None:
    asked = read_span_set(write_span_set(tmp_path / "tiny"))
    assert asked.name == "tiny"
    assert {row.id: (row.title, row.text) for row in asked.documents.values()} == DOCUMENTS
    for row in asked.questions:
        answers = tuple(span.of(asked.documents[row.document].text) for span in row.answers)
        assert (row.text, row.document, answers) == QUESTIONS[row.id]
    assert sorted(asked.data) == ["documents.jsonl", "questions.jsonl"]


def test_offsets_count_code_points_and_their_end_is_exclusive(tmp_path: Path) -> None:
    asked = read_span_set(write_span_set(tmp_path / "tiny", question("q3")))
    start = DOCUMENTS["D2"][1].index("Coffee")
    assert asked.questions[0].answers == (Span(start, start + len("Coffee delays sleep by an hour")),)


def changed(**changes: Any) -> dict[str, Any]:
    return {**question("q3"), **changes}


def marked(**changes: Any) -> dict[str, Any]:
    return changed(answers=[{**question("q3")["answers"][0], **changes}])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(_id=""), "no object with an id"),
        (changed(text=3), "'text' is no text"),
        (changed(text=" "), "'text' is empty"),
        (changed(doc=None), "doc is None, not a text"),
        (changed(doc="D9"), "no document is called 'D9'"),
        (changed(answers=[]), "no answer; give at least one"),
        (changed(answers="an hour"), "answers is 'an hour', not a list"),
        (changed(answers=[{"text": "an hour"}]), "answers[0].start is missing"),
        (marked(start="1"), "answers[0].start is '1', not a number"),
        (marked(start=True), "answers[0].start is True, not a number"),
        (marked(text=" ", start=6, end=7), "answer 1 is empty"),
        (marked(start=0, end=5), "answer 1 doesn't stand at 0 to 5 of D2"),
        (marked(text="hour.", start=-5, end=10_000), "answer 1 doesn't stand at -5 to 10000 of D2"),
    ],
)
def test_a_question_of_another_form_is_refused_with_its_line(row: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_span_set(write_span_set(tmp_path / "tiny", question("q1"), row))
    assert "questions.jsonl: line 2: " in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"_id": "D1", "title": "a"}', "documents.jsonl: line 1: 'text' is no text"),
        ('{"_id": "D1", "text": "a"}', "documents.jsonl: line 1: 'title' is no text"),
        ('{"_id": "D1", "title": "a", "text": "\\ud800"}', "line 1: 'text' holds half a character"),
        ("", "documents.jsonl: nothing in it"),
        (None, "documents.jsonl: not readable"),
    ],
)
def test_documents_of_another_form_are_refused(content: str | None, said: str, tmp_path: Path) -> None:
    folder = write_span_set(tmp_path / "tiny")
    if content is None:
        (folder / "documents.jsonl").unlink()
    else:
        (folder / "documents.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        read_span_set(folder)
