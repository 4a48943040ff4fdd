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
from corpus.errors import InvalidInput
from corpus.model import Audience
from eval.model import Progress
from eval.sets import Question


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, who asked it and when, and the reply's wire form."""

    id: str
    question: str
    audience: Audience
    instant: datetime  # aware
    reply: Mapping[str, Any]

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


_KEYS = frozenset({"kind", "quotes", "citations", "safety_information", "next_steps", "choices", "suggestions"})
Ask = Callable[[str, Audience, datetime], Mapping[str, Any]]  # question, reader, instant -> the wire form


def asking(assistant: Assistant) -> Ask:
    """Asks without a record: nobody reads these replies."""
    return lambda text, audience, instant: reply_value(assistant.reply(audience, text, instant))


def ask_all(
    ask: Ask, questions: Iterable[Question], audience: Audience, instant: datetime, progress: Progress
) -> tuple[Exchange, ...]:
    """Every question by its own reader, ``audience`` for what the set doesn't say."""
    rows = list(questions)
    found = []
    for done, question in enumerate(rows, 1):
        reader = question.audience(audience)
        found.append(Exchange(question.id, question.text, reader, instant, ask(question.text, reader, instant)))
        progress(done, len(rows))
    return tuple(found)


def read_replies(path: Path, questions: Iterable[Question], audience: Audience) -> Ask:
    """Replies that were given elsewhere, as ``ask --batch --json`` writes them, in the questions' order.

    Raises ``InvalidInput`` when there are more or fewer of them than questions, or one is no reply.
    """
    rows = list(questions)
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        replies = [json.loads(line)["reply"] for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path}: no replies as `ask --batch --json` writes them: {error!r}") from error
    if len(replies) != len(rows):
        raise InvalidInput(f"{path}: {len(replies)} replies for {len(rows)} questions; ask the same file again")
    for number, reply in enumerate(replies, 1):
        if not isinstance(reply, dict) or (missing := sorted(_KEYS - set(reply))):
            lacks = f"lacks {', '.join(missing)}" if isinstance(reply, dict) else "is no JSON object"
            raise InvalidInput(f"{path}: reply {number} {lacks}; give the wire form whole")
    given = {(row.text, row.audience(audience)): reply for row, reply in zip(rows, replies, strict=True)}
    return lambda text, reader, _: given[text, reader]
