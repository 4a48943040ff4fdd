"""A considered text -> what the safety team is told of it. Every text that reaches the service comes here, answered or
refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chatbot.respond import Considered
from chatbot.safety.cases import Detected, Element, Origin

REACTIONS = frozenset({"reaction", "mishap", "crisis"})  # signs of what makes a report: EU GVP Module VI, VI.B.2
PATIENTS = frozenset({"patient", "mine"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text came in, and from whom."""

    conversation: str  # empty where there is none
    turn: str | None
    portal: str
    country: str  # empty where a refused request doesn't tell
    subject: str  # pseudonym
    origin: Origin
    at: datetime  # aware


def detected(considered: Considered, typed: str, place: Place) -> Detected | None:
    """The finding that opens a case, or ``None``; ``typed`` is the text before it was masked."""
    decision = considered.decision
    if not decision.safety and not decision.emergency:
        return None
    return Detected(
        conversation=place.conversation,
        turn=place.turn,
        portal=place.portal,
        country=place.country,
        language=considered.preference.language,
        subject=place.subject,
        kind="emergency" if decision.emergency else "adverse_event",
        rules=decision.rules,
        text=typed,
        origin=place.origin,
        at=place.at,
        elements=tuple(_elements(considered)),
        cut=considered.submitted.too_long,
    )


def _elements(considered: Considered) -> Iterator[Element]:
    """Which of the four elements the text seems to have; whoever types it is a reporter."""
    signs = set(considered.heard.reading.signs)
    yield "reporter"
    if signs & PATIENTS or considered.submitted.redactions:
        yield "patient"
    if considered.leaves:  # named, or what the conversation is about
        yield "product"
    if signs & REACTIONS:
        yield "reaction"
