"""What holds of each approval at an instant, and which day changes it next: a function of the registry and the instant.

No state is stored. A date that passes needs no job; what is read a second later is another state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from corpus.calendar import end_of_day, start_of_day
from corpus.errors import NotFound
from corpus.model import Approval
from corpus.registry import Entry, Event, Key, Registry, Standing, approval_from_payload
from corpus.staging import Staging


@dataclass(frozen=True, slots=True)
class State:
    """One approval at an instant, whoever asks: roles are not looked at."""

    approval: Approval
    standing: Standing
    changes_on: date | None = None  # the first local day of its country on which a date has made it ``becomes``
    becomes: Standing | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a document's history, with what an amendment changed."""

    event: Event
    amended: tuple[tuple[str, Any, Any], ...] = ()  # field, before, after


def states(registry: Registry, stagings: Iterable[Staging], instant: datetime) -> list[State]:
    """Every approval on record at ``instant`` (aware) and those that wait for a publish, by key."""
    found = {key: state_of(registry, key, instant) for key in registry.entries}
    for staging in stagings:
        for approval in staging.approvals:
            found.setdefault(approval.key, State(approval, Standing.WAITING))
    return [found[key] for key in sorted(found)]


def state_of(registry: Registry, key: Key, instant: datetime) -> State:
    """The state of one approval at ``instant`` (aware); raises ``NotFound``."""
    entry = registry.entries.get(key)
    if entry is None:
        raise NotFound(f"{' '.join(key)} is not registered; `signpost documents` lists what is")
    standing = registry.standing_at(key, instant)
    for moment, day in sorted(_turns(entry)):
        if moment > instant and registry.standing_at(key, moment) is not standing:
            return State(entry.approval, standing, day, registry.standing_at(key, moment))
    return State(entry.approval, standing)


def history_of(events: Iterable[Event], document_number: str) -> list[Change]:
    """Everything that was decided of a document, in order; raises ``NotFound``."""
    last: dict[Key, Approval] = {}
    changes = []
    for event in events:
        if event.document_number != document_number:
            continue
        amended: tuple[tuple[str, Any, Any], ...] = ()
        if event.type in ("approve", "amend"):
            approval = approval_from_payload(event.payload)
            amended = _differences(last[event.key], approval) if event.type == "amend" else ()
            last[event.key] = approval
        changes.append(Change(event, amended))
    if not changes:
        raise NotFound(f"no document '{document_number}' is registered; `signpost documents` lists them")
    return changes


def _turns(entry: Entry) -> list[tuple[datetime, date]]:
    """The instants at which a date may change the standing, each with its first local day."""
    approval = entry.approval
    days = [approval.effective_on, *([entry.superseded_from] if entry.superseded_from else [])]
    turns = [(start_of_day(day, approval.country), day) for day in days]
    if approval.expires_on and approval.expires_on < date.max:
        ends = approval.expires_on
        turns.append((end_of_day(ends, approval.country), ends + timedelta(days=1)))
    return turns


def _differences(before: Approval, after: Approval) -> tuple[tuple[str, Any, Any], ...]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in Approval.__slots__)
    return tuple(pair for pair in pairs if pair[1] != pair[2])
