"""Replies as readers get them, in the wire form: what every suite over replies judges.

The suites never look behind the wire: a fault that is planted anywhere before it is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chatbot.answer.wire import reply_value
from chatbot.assistant import Assistant
from chatbot.errors import ChatbotError, InvalidQuestion
from corpus.errors import CorpusError, InvalidInput
from corpus.model import Audience
from eval.model import Progress
from eval.sets import Question
from eval.shape import misfit
from index.errors import IndexingError

# What a turn can end in, when texts or files are damaged or gone.
FAILED: tuple[type[Exception], ...] = (CorpusError, IndexingError, ChatbotError)
NO_REPLY = "no reply"  # the kind of an exchange that failed


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, who asked it and when, and the reply's wire form."""

    id: str
    question: str
    audience: Audience
    instant: datetime  # aware
    reply: Mapping[str, Any]  # that of NO_REPLY, which shows nothing, where there is an error
    error: str = ""  # why there is no reply, for a person

    @property
    def kind(self) -> str:
        """The wire name of the reply's body."""
        return str(self.reply["kind"])

    @property
    def citations(self) -> Mapping[int, Mapping[str, Any]]:
        """By their number."""
        return {int(row["number"]): row for row in self.reply["citations"]}

    @property
    def shown(self) -> tuple[str, ...]:
        """The quoted texts in order."""
        return tuple(str(quote["text"]) for quote in self.reply["quotes"])


class NoReply(Exception):
    """The system under test failed over a question; the message says why, and names the document where it is known."""


Ask = Callable[[Question, Audience, datetime], Mapping[str, Any]]  # -> the wire form; raises NoReply

_TABLE = {
    "header": [str],
    "rows": [[str]],
    "caption?": [str],
    "above?": [[str]],
    "merged?": [{"line": int, "column": int, "columns": int}],
}
_TEXT = {
    "citation": int,
    "text": str,
    "heading?": [str],
    "table?": (_TABLE, None),
}
_CITATION = {
    **dict.fromkeys(("document", "version", "title", "type", "owner", "audience"), str),
    **dict.fromkeys(("approval", "approved_on", "file", "sha256", "url"), str),
    "number": int,
    "page": (int, None),
    "anchor": (str, None),
    "spans": [{"start": int, "end": int, "page": (int, None)}],
}
REPLY = {  # as far as suites read it
    "kind": str,
    "headline": str,
    "quotes": [{**_TEXT, "heading": [str]}],
    "citations": [_CITATION],
    "safety_information": [_TEXT],
    "handovers": [{"to": str, "url?": (str, None)}],
    "choices": [{"label": str, "count": int}],
    "next_steps": [{"title": str, "url": str}],
    "suggestions": [str],
}
_NOTHING: Mapping[str, Any] = {name: [] if isinstance(shape, list) else "" for name, shape in REPLY.items()}


def asking(assistant: Assistant) -> Ask:
    """Asks without a record: nobody reads these replies."""

    def ask(question: Question, reader: Audience, instant: datetime) -> Mapping[str, Any]:
        try:
            return reply_value(assistant.reply(reader, question.text, instant))
        except InvalidQuestion as error:  # of the set: nobody could ask it
            raise InvalidInput(f"question '{question.id}' can't be asked: {error}") from error
        except FAILED as error:
            raise NoReply(named(assistant, error)) from error

    return ask


def named(assistant: Assistant, error: Exception) -> str:
    """What an error says, with the file name of the edition's document whose digest it says."""
    said = str(error)
    files = [document.file for document in assistant.edition().documents if document.sha256 in said]
    return f"{', '.join(files)}: {said}" if files else said


def exchange_of(ask: Ask, question: Question, reader: Audience, instant: datetime) -> Exchange:
    """A question with its reply, or with the error that came in place of one."""
    try:
        return Exchange(question.id, question.text, reader, instant, ask(question, reader, instant))
    except NoReply as error:
        nothing = {**_NOTHING, "kind": NO_REPLY}
        return Exchange(question.id, question.text, reader, instant, nothing, error=str(error))


def ask_all(
    ask: Ask, questions: Iterable[Question], audience: Audience, instant: datetime, progress: Progress
) -> tuple[Exchange, ...]:
    """Every question by its own reader, ``audience`` for what the set doesn't say. Raises ``InvalidInput``."""
    rows = list(questions)
    found = []
    for done, question in enumerate(rows, 1):
        found.append(exchange_of(ask, question, question.audience(audience), instant))
        progress(done, len(rows))
    return tuple(found)


def read_replies(path: Path, questions: Iterable[Question]) -> Ask:
    """Replies that were given elsewhere, as ``ask --batch --json`` writes them, in the questions' order.

    They are given again by a question's id, whoever asks. Raises ``InvalidInput`` when there are more or fewer of them
    than questions, or one hasn't the wire form.
    """
    ids = [question.id for question in questions]
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # alone: a quote may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not readable: {error}; name what `ask --batch --json` wrote") from error
    replies = [_reply(line, f"{path}: line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if len(replies) != len(ids):
        raise InvalidInput(f"{path}: {len(replies)} replies for {len(ids)} questions; ask the same file again")
    given = dict(zip(ids, replies, strict=True))
    return lambda question, _, __: given[question.id]


def _reply(line: str, where: str) -> Mapping[str, Any]:
    try:
        turn = json.loads(line)
        json.dumps(turn, ensure_ascii=False).encode()  # half a character can be escaped, and is no text
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where}: no JSON: {error}; write one turn a line, as `ask --batch --json` does") from error
    wrong = misfit(turn, {"reply": REPLY})
    if wrong:
        raise InvalidInput(f"{where}: {wrong}; give the wire form whole, as `ask --batch --json` does")
    reply: Mapping[str, Any] = turn["reply"]
    return reply
