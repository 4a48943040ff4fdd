"""What the pages of safety cases say. A text stands on one of them, and only for the role that may read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chatbot.errors import Misconfigured, VaultUnavailable
from chatbot.limits import REVIEW_CASES
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import SAFETY, SafetyCase, clock, words
from chatbot.safety.message import shown
from chatbot.safety.outbox import Attempt, Outbox


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case with its clock, in words and as the name of a colour."""

    case: SafetyCase
    clock: str
    urgency: str  # overdue, running or stopped


@dataclass(frozen=True, slots=True)
class CaseList:
    """A page of the list."""

    lines: tuple[CaseLine, ...]
    ended: bool  # those that have ended, instead of those that have not
    first: int  # 1-based, of the first line
    overdue: int  # among all that have not ended
    more: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case."""

    at: datetime
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case with what happened to it. Texts are empty for who may not read them; ``unreadable`` says why else."""

    line: CaseLine
    steps: tuple[Step, ...]
    texts: tuple[str, ...]
    unreadable: str


def case_list(book: CaseBook, *, ended: bool, start: int, now: datetime) -> CaseList:
    """At most REVIEW_CASES cases from place ``start`` on, counted from 0."""
    current = book.cases(now)
    found = book.ended(start, REVIEW_CASES + 1) if ended else current[start : start + REVIEW_CASES + 1]
    lines = tuple(case_line(case, now) for case in found[:REVIEW_CASES])
    overdue = sum(case.overdue(now) for case in current)
    return CaseList(lines, ended, start + 1, overdue, len(found) > REVIEW_CASES)


def case_line(case: SafetyCase, now: datetime) -> CaseLine:
    """A case as it stands at ``now``."""
    urgency = "overdue" if case.overdue(now) else "stopped" if case.stopped_at else "running"
    return CaseLine(case, clock(case, now), urgency)


def case_page(book: CaseBook, outbox: Outbox, case_id: str, role: str, now: datetime) -> CasePage:
    """One case for somebody of ``role``; raises ``NotFound``."""
    case = book.case(case_id)
    texts: tuple[str, ...] = ()
    unreadable = ""
    if role == SAFETY:
        try:
            texts = tuple(map(shown, book.vault.read(case_id, role)))[: len(case.reports)]
        except (VaultUnavailable, Misconfigured):  # the rest of the page has to be seen all the same
            unreadable = (
                "The texts can't be opened: the key of the vault is gone or another one. Its operator must restore it."
            )
    return CasePage(case_line(case, now), steps_of(case, outbox.attempts(case_id)), texts, unreadable)


def steps_of(case: SafetyCase, attempts: Sequence[Attempt]) -> tuple[Step, ...]:
    """What happened to a case, oldest first; a failure that repeats is one step."""
    steps = [Step(report.at, f"report {report.sequence} told", report.origin) for report in case.reports]
    for event in case.events:
        signed = " as ".join(part for part in (event.who, event.role) if part)
        said = f"{'reference ' if event.state == 'received' else ''}{event.reason}" if event.reason else ""
        what = (
            f"{words(event.state)}, report {event.report}"
            if event.state in ("detected", "sent")
            else words(event.state)
        )
        steps.append(Step(event.at, what, ", ".join(part for part in (f"by {signed}", said) if part)))
    alike: dict[tuple[str, int, str], list[Attempt]] = {}
    for attempt in attempts:
        alike.setdefault((attempt.channel, attempt.sequence, attempt.detail), []).append(attempt)
    for (channel, sequence, detail), tries in alike.items():
        times = f", {len(tries)} times, first {tries[0].at:%Y-%m-%d %H:%M} UTC" if len(tries) > 1 else ""
        outcome = f"not confirmed: {detail}{times}" if detail else "confirmed"
        steps.append(Step(tries[-1].at, f"report {sequence} by {channel}", outcome))
    return tuple(sorted(steps, key=lambda step: step.at))
