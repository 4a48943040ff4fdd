"""What a safety case is and which way it may go. Pure: the clock, the disk and the network are elsewhere.

A case is what one reader told in one conversation within a day. It goes detected -> sent -> received -> closed, or
ends as not a case; a further report puts it back to detected, since what is told now has not been handed over yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

from chatbot.errors import CaseRefused, Forbidden
from chatbot.limits import CASE_HOURS

Kind = Literal["adverse_event", "emergency"]
Origin = Literal["turn", "feedback", "refused", "prefill"]
Element = Literal["reporter", "patient", "product", "reaction"]
State = Literal["detected", "sent", "received", "closed", "not_a_case"]
CLOCK = timedelta(hours=CASE_HOURS)
SAFETY = "safety"  # the role that may read a text and end a case
OURSELVES = "signpost"  # who takes the steps that no person takes
ELEMENTS: tuple[Element, ...] = get_args(Element)  # of a valid report: EU GVP Module VI (Rev. 2), VI.B.2
ENDED: tuple[State, ...] = ("closed", "not_a_case")
NEXT: Mapping[State, tuple[State, ...]] = {
    "detected": ("detected", "sent", "received", "not_a_case"),
    "sent": ("detected", "received", "not_a_case"),
    "received": ("detected", "closed", "not_a_case"),
    "closed": (),
    "not_a_case": (),
}
_BY_HAND: Mapping[State, str] = {"received": "marked received", "closed": "closed", "not_a_case": "ended as not a case"}


@dataclass(frozen=True, slots=True)
class Detected:
    """What the detector found in a text; raises ``ValueError`` for what no finding can be."""

    conversation: str  # empty when there is none: then it joins no other report
    turn: str | None
    portal: str
    country: str  # ISO 3166-1 alpha-2, or empty where a refused request doesn't tell
    language: str
    subject: str  # pseudonym
    kind: Kind
    rules: tuple[str, ...]  # ids of what fired
    text: str = field(repr=False)  # as it was typed; never in a message, a log or a trace
    origin: Origin
    at: datetime  # of the turn: the clock starts here
    elements: tuple[Element, ...] = ()  # that the text seems to have
    cut: bool = False  # the text went on

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.origin not in get_args(Origin):
            raise ValueError(f"no finding has kind {self.kind!r} and origin {self.origin!r}")
        if set(self.elements) - set(ELEMENTS):
            raise ValueError(f"the elements of a report are {', '.join(ELEMENTS)}")
        if self.at.tzinfo is None:
            raise ValueError("the instant of a finding needs its time zone")


@dataclass(frozen=True, slots=True)
class Report:
    """One telling of a case, without its text."""

    sequence: int  # from 1
    at: datetime  # UTC
    kind: Kind
    origin: Origin
    turn: str | None
    language: str
    rules: tuple[str, ...]
    elements: tuple[Element, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """The case came into a state. Never edited: what is wrong is followed by another one."""

    state: State
    report: int  # the newest report that it is about
    at: datetime  # UTC
    who: str
    role: str
    reason: str  # of an end; the reference of a receipt


@dataclass(frozen=True, slots=True)
class SafetyCase:
    """A case as it stands: its reports and what became of them."""

    id: str  # UUID, version 7
    conversation: str
    portal: str
    country: str
    subject: str  # pseudonym
    opened_at: datetime  # UTC, of the first report's turn
    reports: tuple[Report, ...]  # at least one, in order
    events: tuple[CaseEvent, ...]  # at least one, in order

    @property
    def state(self) -> State:
        """The state it is in."""
        return self.events[-1].state

    @property
    def ended(self) -> bool:
        """Whether somebody has signed its end."""
        return self.state in ENDED

    @property
    def kind(self) -> Kind:
        """The graver of what was told."""
        return "emergency" if any(report.kind == "emergency" for report in self.reports) else "adverse_event"

    @property
    def due_at(self) -> datetime:
        """24 calendar hours after the oldest turn that nobody has confirmed to have received; else the first one."""
        covered = max((event.report for event in self.events if event.state == "received"), default=0)
        waiting = [report.at for report in self.reports if report.sequence > covered]
        return min(waiting, default=self.opened_at) + CLOCK

    @property
    def stopped_at(self) -> datetime | None:
        """When its clock stopped: it was received or ended; ``None`` while it runs."""
        return self.events[-1].at if self.ended or self.state == "received" else None

    @property
    def elements(self) -> tuple[Element, ...]:
        """What all its reports together seem to have."""
        told = {element for report in self.reports for element in report.elements}
        return tuple(element for element in ELEMENTS if element in told)

    def overdue(self, now: datetime) -> bool:
        """Whether its clock runs and has run out."""
        return self.stopped_at is None and now > self.due_at

    def actions(self) -> tuple[State, ...]:
        """Where a person may take it from here."""
        return tuple(state for state in NEXT[self.state] if state in _BY_HAND)

    def check(self, to: State) -> None:
        """Raises ``CaseRefused`` when it can't go to ``to``."""
        if to not in NEXT[self.state]:
            ways = " or ".join(_BY_HAND[state] for state in self.actions())
            allowed = f"it can be {ways} now" if ways else "it has ended; what is told from now on opens a new case"
            raise CaseRefused(f"case {self.id} is {words(self.state)} and can't become {words(to)}: {allowed}")


def joins(case: SafetyCase, finding: Detected) -> bool:
    """Whether a finding belongs to a case: the same reader goes on in the same conversation within a day."""
    same = (case.conversation, case.portal, case.subject) == (finding.conversation, finding.portal, finding.subject)
    return same and bool(case.conversation) and not case.ended and abs(finding.at - case.opened_at) <= CLOCK


def check_role(role: str) -> None:
    """Raises ``Forbidden`` for any role but that of safety."""
    if role != SAFETY:
        raise Forbidden(f"role '{role}' may not do this: somebody of the role '{SAFETY}' may")


def words(name: str) -> str:
    """A state or kind as people read it."""
    return name.replace("_", " ")


def clock(case: SafetyCase, now: datetime) -> str:
    """What its clock says: the time left, by how much it is over, or when it stopped."""
    if case.stopped_at:
        before = min(report.at for report in case.reports)
        return f"stopped after {_duration(case.stopped_at - before)}"
    if case.overdue(now):
        return f"overdue by {_duration(now - case.due_at)}"
    return f"{_duration(case.due_at - now)} left"


def _duration(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes >= 2 * 1440:
        return f"{minutes // 1440} d {minutes // 60 % 24} h"
    hours, rest = minutes // 60, minutes % 60
    return f"{hours} h {rest} min" if hours else f"{rest} min"
