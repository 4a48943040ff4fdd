"""Who asks, and what they get: values, and their wire form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.answer.reply import Reply
from chatbot.answer.wire import reply_value
from chatbot.audit.log import AuditRecord
from chatbot.privacy.masking import Redaction
from corpus.model import Audience


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where, and as whom."""

    subject: str
    portal: str
    kind: str  # hcp, or operator for the command line
    audience: Audience
    consent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange: the reply and its record."""

    conversation: str
    id: str
    edition: str
    reply: Reply
    record: AuditRecord
    redactions: tuple[Redaction, ...] = ()  # what was masked of the text, in its own offsets

    def value(self) -> dict[str, Any]:
        """The wire form."""
        names = {"conversation": self.conversation, "turn": self.id, "edition": self.edition}
        return {**names, **turn_value(reply_value(self.reply), self.redactions, self.record)}


def turn_value(reply: Mapping[str, Any], redactions: tuple[Redaction, ...], record: AuditRecord) -> dict[str, Any]:
    """The wire form of a turn, but for the names of conversation, turn and edition."""
    return {
        "reply": reply,
        "redactions": [{"start": each.start, "end": each.end, "type": each.type} for each in redactions],
        "record": {"index": record.index, "leaf": f"sha256:{record.hash}"},
    }
