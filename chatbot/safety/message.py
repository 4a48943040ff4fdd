"""What is sent of a case: one message a report, with everything told so far. The same bytes each time it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from chatbot.safety.cases import CLOCK, ELEMENTS, Report, SafetyCase


class Undelivered(Exception):
    """A channel didn't confirm. The message says why, in our words: a receiver's may repeat the text."""


@dataclass(frozen=True, slots=True)
class Message:
    """One version of a case, for a channel."""

    case_id: str
    sequence: int
    kind: str
    country: str
    due_at: datetime  # UTC
    value: dict[str, Any] = field(repr=False)  # with the texts

    @property
    def id(self) -> str:
        """By which a receiver tells a repetition."""
        return f"{self.case_id}.{self.sequence}"

    @property
    def body(self) -> bytes:
        """Its value as JSON in ASCII."""
        return json.dumps(self.value, sort_keys=True, separators=(",", ":")).encode("ascii")


class Channel(Protocol):
    """A way to the people of safety."""

    @property
    def name(self) -> str:
        """As attempts are kept under."""

    @property
    def target(self) -> str:
        """Where it leads, without a secret: for the operator."""

    def deliver(self, message: Message) -> None:
        """Returns when the receiver has confirmed; raises ``Undelivered``."""


def message_of(case: SafetyCase, texts: Sequence[str], sequence: int) -> Message:
    """The version of a case that ends with report ``sequence``; ``texts`` are those of its reports, in order."""
    told = case.reports[:sequence]
    due_at = told[-1].at + CLOCK
    elements = {element for report in told for element in report.elements}
    kind = "emergency" if any(report.kind == "emergency" for report in told) else "adverse_event"
    value = {
        "id": f"{case.id}.{sequence}",
        "case": case.id,
        "sequence": sequence,
        "kind": kind,
        "portal": case.portal,
        "country": case.country,
        "language": told[-1].language,
        "opened_at": _stamp(case.opened_at),
        "told_at": _stamp(told[-1].at),
        "due_at": _stamp(due_at),
        "elements": [element for element in ELEMENTS if element in elements],
        "rules": sorted({rule for report in told for rule in report.rules}),
        "reports": [_report(report, text) for report, text in zip(told, texts, strict=False)],
    }
    return Message(case.id, sequence, kind, case.country, due_at, value)


def shown(text: str) -> str:
    """A text for a page, a terminal or a mail, none of which can carry a lone surrogate."""
    return text.encode("utf-8", "replace").decode()


def _report(report: Report, text: str) -> dict[str, Any]:
    return {
        "sequence": report.sequence,
        "at": _stamp(report.at),
        "kind": report.kind,
        "origin": report.origin,
        "turn": report.turn,
        "language": report.language,
        "rules": list(report.rules),
        "elements": list(report.elements),
        "cut": report.cut,
        "text": text,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
