"""Conversations as one reader has them, and what a home or a reply holds afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.assistant import Assistant
from chatbot.turns import Asker, Turn
from corpus.model import Audience

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Talk:
    """One conversation; each text goes on with it."""

    assistant: Assistant
    country: str = "GB"
    language: str = "en"
    subject: str = "dr-1"
    at: datetime = NOW
    turns: list[Turn] = field(default_factory=list)

    def say(self, text: str) -> Turn:
        asker = Asker(self.subject, "portal", "hcp", Audience(self.country, "physician", "", self.language))
        conversation = self.turns[-1].conversation if self.turns else None
        self.turns.append(self.assistant.turn(asker, text, conversation, self.at))
        return self.turns[-1]


def leaf_of(turn: Turn) -> dict[str, Any]:
    """A turn's record, read."""
    value: dict[str, Any] = json.loads(turn.record.leaf)
    return value


def products_of(turn: Turn) -> set[str]:
    """The products that a reply quotes."""
    return {citation.approval.product for citation in turn.reply.citations}


def notices_of(turn: Turn) -> list[str]:
    """The kinds of a reply's notices, in their order."""
    return [notice.kind for notice in turn.reply.notices]


def handed_to(turn: Turn) -> list[str]:
    """Whom a reply hands over to, in its order."""
    return [handover.to for handover in turn.reply.handovers]


def files_with(root: Path, *texts: str) -> list[tuple[str, str]]:
    """The files under a folder that hold a text, in any encoding that it might stand in, with the text."""
    return [(path.name, text) for path, content in _contents(root) for text in texts if _holds(content, text)]


def _contents(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def _holds(content: bytes, text: str) -> bool:
    forms = {text.encode("utf-8"), text.encode("utf-16-le"), json.dumps(text).strip('"').encode()}
    return any(form in content for form in forms)
