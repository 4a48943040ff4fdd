"""Replies that were given elsewhere: each goes to its question, and one that hasn't the wire form is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InvalidInput
from corpus.model import Audience
from eval.replies import NO_REPLY, NoReply, ask_all, read_replies
from eval.sets import Question
from tests.builders import GB, NOON
from tests.eval.answered import silent

Reply = dict[str, Any]
QUESTION = Question("q1", "Velmarin dose", "unanswerable", (), (), {}, {})
CITATION = {
    **dict.fromkeys(("document", "version", "title", "type", "owner", "audience", "approval", "approved_on"), "x"),
    **dict.fromkeys(("file", "sha256", "url"), "x"),
    "number": 1,
    "page": 1,
    "anchor": None,
    "spans": [{"start": 0, "end": 4, "page": 1}],
}
REPLY = {
    "kind": "answer",
    "headline": "As said",
    "quotes": [{"citation": 1, "text": "Dose", "heading": ["4.2"], "table": None}],
    "citations": [CITATION],
    **{name: [] for name in ("safety_information", "handovers", "choices", "next_steps", "suggestions")},
}


def write(path: Path, *replies: Any) -> Path:
    path.write_text("".join(json.dumps({"reply": reply}, ensure_ascii=False) + "\n" for reply in replies), "utf-8")
    return path


def test_two_questions_of_the_same_words_keep_the_reply_that_each_was_given(tmp_path: Path) -> None:
    questions = [QUESTION, replace(QUESTION, id="q2")]
    first, second = {**REPLY, "headline": "the first"}, {**REPLY, "headline": "the second"}
    ask = read_replies(write(tmp_path / "r.jsonl", first, second), questions)
    found = ask_all(ask, questions, GB, NOON, silent)
    assert [(one.id, one.reply["headline"]) for one in found] == [("q1", "the first"), ("q2", "the second")]


def test_a_line_separator_inside_a_quote_ends_no_line(tmp_path: Path) -> None:
    said = {**REPLY, "headline": "one\u2028two\x85three"}
    ask = read_replies(write(tmp_path / "r.jsonl", said), [QUESTION])
    assert ask(QUESTION, GB, NOON)["headline"] == "one\u2028two\x85three"


def without(name: str, *keys: str) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        for key in keys:
            del reply[name][0][key]

    return change


def with_value(name: str, key: str, value: Any) -> Callable[[Reply], None]:
    return lambda reply: reply[name][0].update({key: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *((without("citations", key), f"reply.citations[0].{key} is missing") for key in CITATION),
        (without("quotes", "citation"), "reply.quotes[0].citation is missing"),
        (without("quotes", "heading"), "reply.quotes[0].heading is missing"),
        (lambda reply: reply.update(quotes=None), "reply.quotes is None, not a list"),
        (lambda reply: reply.pop("suggestions"), "reply.suggestions is missing"),
        (lambda reply: reply.update(kind=3), "reply.kind is 3, not a text"),
        (with_value("citations", "page", "2"), "reply.citations[0].page is '2', not a number or null"),
        (with_value("citations", "number", True), "reply.citations[0].number is True, not a number"),
        (with_value("citations", "spans", [[1, 2]]), "reply.citations[0].spans[0] is [1, 2], not an object"),
        (with_value("citations", "spans", [{"start": 1}]), "reply.citations[0].spans[0].end is missing"),
        (with_value("quotes", "table", {"header": []}), "reply.quotes[0].table.rows is missing"),
        (lambda reply: reply.update(choices=[{"label": "x"}]), "reply.choices[0].count is missing"),
        (lambda reply: reply.update(headline="\ud800"), "no JSON"),
    ],
)
def test_a_reply_without_the_wire_form_is_refused_with_its_line_and_its_key(
    change: Callable[[Reply], None], said: str, tmp_path: Path
) -> None:
    wrong = copy.deepcopy(REPLY)
    change(wrong)
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps({"reply": reply}) + "\n" for reply in (REPLY, wrong)), "utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_replies(path, [QUESTION, replace(QUESTION, id="q2")])
    assert str(refused.value).startswith(f"{path}: line 2: ")
    assert said in str(refused.value)


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"reply": []}', "[" * 100_000])
def test_a_line_that_is_no_turn_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text(f"{line}\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"r\.jsonl: line 1: "):
        read_replies(tmp_path / "r.jsonl", [QUESTION])


def test_a_question_that_ends_in_an_error_is_an_exchange_that_says_so() -> None:
    def ask(question: Question, reader: Audience, instant: datetime) -> Mapping[str, Any]:
        if question.id == "q1":
            raise NoReply("a.pdf: its stored text is not what it was")
        return REPLY

    failed, fine = ask_all(ask, [QUESTION, replace(QUESTION, id="q2")], GB, NOON, silent)
    assert (failed.kind, failed.error) == (NO_REPLY, "a.pdf: its stored text is not what it was")
    assert (failed.shown, failed.citations, failed.reply["next_steps"]) == ((), {}, [])
    assert (fine.kind, fine.error) == ("answer", "")
