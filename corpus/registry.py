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
from corpus.signoff import SIGN_OFFS, SignOff, sign_off_after

EventType = Literal["approve", "amend", "withdraw", "supersede", "reinstate", "mark", "unmark", "accept", "reject"]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
Key = tuple[str, str, str]
_IMPORTED = "imported"  # a payload's key: see Event


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
    WAITING = "waits for publish"  # of an approval that is staged and no event yet


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the registry. ``payload`` is an approval row for approve and amend.

    Where a person set a field otherwise than the last import did, its key ``imported`` has what that import said.
    A sign-off is about a text and not about an approval: its payload names the digest, its number is empty.
    """

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
    imported: Approval  # what the last import said; it differs where a person amended the approval since
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
    signoff: SignOff = field(default_factory=SignOff)

    def standing(self, key: Key, audience: Audience, instant: datetime) -> Standing:
        """Whether the approval ``key`` may be cited for ``audience`` at ``instant`` (aware), and if not, why."""
        entry = self.entries.get(key)
        if entry is None:
            return Standing.UNAPPROVED
        if entry.approval.country != audience.country:
            return Standing.OTHER_MARKET
        standing = self.standing_at(key, instant)
        if standing is Standing.IN_FORCE and entry.approval.roles and audience.role not in entry.approval.roles:
            return Standing.OTHER_ROLE
        return standing

    def standing_at(self, key: Key, instant: datetime) -> Standing:
        """What holds of the approval ``key`` at ``instant`` (aware), whoever asks."""
        entry = self.entries.get(key)
        if entry is None:
            return Standing.UNAPPROVED
        approval = entry.approval
        if entry.withdrawn:
            return Standing.WITHDRAWN
        if instant < start_of_day(approval.effective_on, approval.country):
            return Standing.NOT_YET_EFFECTIVE
        if approval.expires_on and instant >= end_of_day(approval.expires_on, approval.country):
            return Standing.EXPIRED
        if entry.superseded_from and instant >= start_of_day(entry.superseded_from, approval.country):
            return Standing.SUPERSEDED
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
    signed = []
    for event in events:
        if event.type in SIGN_OFFS:
            signed.append(event)
        else:
            entries[event.key] = _after(event, entries.get(event.key))
        version = max(version, event.sequence)
    return Registry(version, entries, sign_off_after(signed, registry.signoff) if signed else registry.signoff)


def _after(event: Event, entry: Entry | None) -> Entry:
    """What ``event`` makes of the entry it is about; raises ``Conflict`` or ``NotFound``."""
    if event.type == "approve":
        if entry is not None:
            raise Conflict(f"{_name(event)} is approved already; amend it instead")
        return Entry(*_said(event.payload))
    if entry is None:
        raise NotFound(f"{_name(event)} is not registered; `signpost documents` lists what is")
    if event.type == "amend":
        approval, imported = _said(event.payload)
        check_same_bytes(entry.approval, approval)
        return replace(entry, approval=approval, imported=imported)
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


def approval_payload(approval: Approval) -> dict[str, Any]:
    """An approval as a JSON value."""
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in ((name, getattr(approval, name)) for name in Approval.__slots__)
    }


def approval_from_payload(payload: Mapping[str, Any]) -> Approval:
    """The inverse of :func:`approval_payload`."""
    values = {name: value for name, value in payload.items() if name != _IMPORTED}
    for name in ("approved_on", "effective_on", "expires_on"):
        values[name] = _day(values[name]) if values[name] else None
    for name in ("roles", "specialties"):
        values[name] = tuple(values[name])
    for name in ("version", "country", "product", "document_type", "language", "owner"):
        values[name] = sys.intern(values[name])  # thousands of approvals share few of them
    return Approval(**values)


def entry_payload(approval: Approval, imported: Approval) -> dict[str, Any]:
    """The payload of an event after which an entry has these two."""
    row, said = approval_payload(approval), approval_payload(imported)
    other = {name: value for name, value in said.items() if value != row[name]}
    return {**row, _IMPORTED: other} if other else row


def _said(payload: Mapping[str, Any]) -> tuple[Approval, Approval]:
    """What holds from an approve or amend event on, and what the last import said: mostly the same value."""
    approval = approval_from_payload(payload)
    other = payload.get(_IMPORTED)
    return approval, approval_from_payload({**payload, **other}) if other else approval


@lru_cache(maxsize=10_000)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _name(event: Event) -> str:
    return f"document {event.document_number} version {event.version} for {event.country}"
