"""The registry: which documents may be cited now, as the fold of one sequence of events.

Nothing here reads a clock or a disk. The sequence number of the last event is the registry version; a record that
names it, an instant and an audience names what could be cited.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, get_args

from corpus.calendar import end_of_day, start_of_day
from corpus.errors import Conflict, NotFound
from corpus.model import Approval, Audience

EventType = Literal["approve", "amend", "withdraw", "supersede", "reinstate"]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
Key = tuple[str, str, str]


class Standing(StrEnum):
    """Why a document may be cited for an audience at an instant, or why not."""

    IN_FORCE = "in force"
    UNAPPROVED = "not approved"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    NOT_YET_EFFECTIVE = "not yet effective"
    EXPIRED = "expired"
    OTHER_MARKET = "approved for another market"
    OTHER_ROLE = "approved for another role"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the registry. ``payload`` is an approval row for approve and amend."""

    type: EventType
    document_number: str
    version: str
    country: str
    payload: Mapping[str, Any]
    actor: str
    at: str  # UTC, ISO 8601
    reason: str
    sequence: int = 0  # 0 until it is stored

    @property
    def key(self) -> Key:
        """Document number, version and country."""
        return (self.document_number, self.version, self.country)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the events so far say of one approval."""

    approval: Approval
    withdrawn_at: str | None = None  # UTC, ISO 8601
    superseded_from: date | None = None  # the successor's effective date

    @property
    def withdrawn(self) -> bool:
        """Whether it is withdrawn now."""
        return self.withdrawn_at is not None


@dataclass(frozen=True, slots=True)
class Registry:
    """The state after ``version`` events."""

    version: int = 0
    entries: Mapping[Key, Entry] = field(default_factory=dict)

    def standing(self, key: Key, audience: Audience, instant: datetime) -> Standing:
        """Whether the approval ``key`` may be cited for ``audience`` at ``instant`` (aware), and if not, why."""
        entry = self.entries.get(key)
        if entry is None:
            return Standing.UNAPPROVED
        approval = entry.approval
        if approval.country != audience.country:
            return Standing.OTHER_MARKET
        if entry.withdrawn:
            return Standing.WITHDRAWN
        if instant < start_of_day(approval.effective_on, approval.country):
            return Standing.NOT_YET_EFFECTIVE
        if approval.expires_on and instant >= end_of_day(approval.expires_on, approval.country):
            return Standing.EXPIRED
        if entry.superseded_from and instant >= start_of_day(entry.superseded_from, approval.country):
            return Standing.SUPERSEDED
        if approval.roles and audience.role not in approval.roles:
            return Standing.OTHER_ROLE
        return Standing.IN_FORCE

    def citable(self, audience: Audience, instant: datetime) -> dict[str, Approval]:
        """The approvals in force for ``audience`` at ``instant`` by the SHA-256 of their source."""
        found: dict[str, Approval] = {}
        for key in sorted(self.entries):
            if self.standing(key, audience, instant) is Standing.IN_FORCE:
                approval = self.entries[key].approval
                found.setdefault(approval.source_sha256, approval)
        return found

    def next_change(self, instant: datetime) -> datetime | None:
        """The first instant after ``instant`` at which a date, not an event, changes a standing."""
        moments = []
        for entry in self.entries.values():
            country = entry.approval.country
            moments.append(start_of_day(entry.approval.effective_on, country))
            if entry.approval.expires_on:
                moments.append(end_of_day(entry.approval.expires_on, country))
            if entry.superseded_from:
                moments.append(start_of_day(entry.superseded_from, country))
        return min((moment for moment in moments if moment > instant), default=None)

    def of_source(self, sha256: str) -> list[Entry]:
        """Every entry about one source."""
        return [entry for _, entry in sorted(self.entries.items()) if entry.approval.source_sha256 == sha256]

    def versions(self, document_number: str) -> list[Entry]:
        """Every entry of one document number; raises ``NotFound``."""
        found = [entry for key, entry in sorted(self.entries.items()) if key[0] == document_number]
        if not found:
            raise NotFound(f"no document '{document_number}' is registered; `signpost documents` lists them")
        return found

    def apply(self, event: Event) -> Registry:
        """The state after ``event``; raises ``Conflict`` or ``NotFound`` and changes nothing when it can't be."""
        return fold([event], self)


def fold(events: Iterable[Event], onto: Registry | None = None) -> Registry:
    """The state after all ``events`` in order."""
    registry = onto or Registry()
    version, entries = registry.version, dict(registry.entries)  # copied once, not at each event
    for event in events:
        entries[event.key] = _after(event, entries.get(event.key))
        version = max(version, event.sequence)
    return Registry(version, entries)


def _after(event: Event, entry: Entry | None) -> Entry:
    """What ``event`` makes of the entry it is about; raises ``Conflict`` or ``NotFound``."""
    if event.type == "approve":
        if entry is not None:
            raise Conflict(f"{_name(event)} is approved already; amend it instead")
        return Entry(approval_from_payload(event.payload))
    if entry is None:
        raise NotFound(f"{_name(event)} is not registered; `signpost documents` lists what is")
    if event.type == "amend":
        approval = approval_from_payload(event.payload)
        check_same_bytes(entry.approval, approval)
        return replace(entry, approval=approval)
    if event.type == "withdraw":
        return replace(entry, withdrawn_at=event.at)
    if event.type == "reinstate":
        return replace(entry, withdrawn_at=None)
    starts = event.payload["from"]
    return replace(entry, superseded_from=date.fromisoformat(starts) if starts else None)


def check_same_bytes(known: Approval, new: Approval) -> None:
    """Raises ``Conflict`` when one number and version stands for two different files."""
    if known.source_sha256 != new.source_sha256:
        raise Conflict(
            f"document {new.document_number} version {new.version} was approved with other bytes "
            f"(sha256 {known.source_sha256[:12]}…, now {new.source_sha256[:12]}…); give the new file a new version"
        )


def approval_events(registry: Registry, approvals: Iterable[Approval], actor: str, at: str) -> list[Event]:
    """The events that make ``approvals`` known: approve or amend, then supersede what they replace.

    Approvals that say what is on record already make no event, so a re-import changes nothing and a withdrawal
    survives it. Raises ``Conflict``.
    """
    events: list[Event] = []
    for approval in sorted(approvals, key=lambda item: (item.effective_on, item.key)):
        for entry in registry.entries.values():
            if entry.approval.key[:2] == approval.key[:2]:
                check_same_bytes(entry.approval, approval)
        known = registry.entries.get(approval.key)
        if known is None or known.approval != approval:
            event = Event(
                "approve" if known is None else "amend",
                *approval.key,
                payload=approval_payload(approval),
                actor=actor,
                at=at,
                reason="assumed for a trial" if approval.assumed else f"catalogue: {approval.approval_id}",
            )
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def withdrawal_events(registry: Registry, keys: Iterable[Key], actor: str, at: str, reason: str) -> list[Event]:
    """The events that withdraw the approvals ``keys``; none for what is withdrawn already. Raises ``NotFound``.

    A successor that is withdrawn before its day supersedes nothing: what it would have replaced stays in force.
    """
    events: list[Event] = []
    for key in keys:
        entry = registry.entries.get(key)
        if entry is None or not entry.withdrawn:
            event = Event("withdraw", *key, payload={}, actor=actor, at=at, reason=reason)
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def _successions(registry: Registry, actor: str, at: str) -> list[Event]:
    """The supersede events that make every entry end where the next version of its line takes effect."""
    lines: dict[tuple[str, str], list[Entry]] = {}
    for entry in registry.entries.values():
        lines.setdefault((entry.approval.document_number, entry.approval.country), []).append(entry)
    events = []
    for line in lines.values():
        line.sort(key=lambda entry: (entry.approval.effective_on, entry.approval.approved_on))
        for position, old in enumerate(line):
            new = next((entry for entry in line[position + 1 :] if _takes_effect(entry)), None)
            starts = new.approval.effective_on if new else None
            if old.superseded_from != starts:
                payload = {"by": new and new.approval.version, "from": starts and starts.isoformat()}
                reason = f"version {new.approval.version} is effective from {starts}" if new else "no successor is left"
                events.append(Event("supersede", *old.approval.key, payload, actor, at, reason))
    return events


def _takes_effect(entry: Entry) -> bool:
    """Whether a version has replaced, or will replace, what came before: not when it was withdrawn before its day."""
    if entry.withdrawn_at is None:
        return True
    starts = start_of_day(entry.approval.effective_on, entry.approval.country)
    return starts <= datetime.fromisoformat(entry.withdrawn_at)


def approval_payload(approval: Approval) -> dict[str, Any]:
    """An approval as a JSON value."""
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in ((name, getattr(approval, name)) for name in Approval.__slots__)
    }


def approval_from_payload(payload: Mapping[str, Any]) -> Approval:
    """The inverse of :func:`approval_payload`."""
    values = dict(payload)
    for name in ("approved_on", "effective_on", "expires_on"):
        values[name] = _day(values[name]) if values[name] else None
    for name in ("roles", "specialties"):
        values[name] = tuple(values[name])
    for name in ("version", "country", "product", "document_type", "language", "owner"):
        values[name] = sys.intern(values[name])  # thousands of approvals share few of them
    return Approval(**values)


@lru_cache(maxsize=10_000)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _name(event: Event) -> str:
    return f"document {event.document_number} version {event.version} for {event.country}"
