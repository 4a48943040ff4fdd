"""The decisions that change the registry, each as the events it makes. Who made it, when and why stands in each event.

Pure: a function takes the registry as it is and returns what is to be appended. Every one of them ends with the
successions, so that no two versions of a document are ever in force in one country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from corpus.calendar import start_of_day
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.model import Approval
from corpus.registry import Entry, Event, Key, Registry, check_same_bytes, entry_payload

FIXED = ("document_number", "version", "country", "source_sha256", "assumed")  # another value is another approval
AMENDABLE = tuple(name for name in Approval.__slots__ if name not in FIXED)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person decided of an approval and an import says otherwise; the person's word stands."""

    key: Key
    withdrawn_at: str | None  # UTC, ISO 8601
    amended: Mapping[str, tuple[Any, Any]]  # by field: what holds, what the import says


def approval_events(registry: Registry, approvals: Iterable[Approval], actor: str, at: str) -> list[Event]:
    """The events that make ``approvals`` known: approve or amend, then supersede what they replace.

    An import changes what it says otherwise than the import before it, and nothing else: so a re-import makes no
    event, and withdrawals and amendments by hand survive it. Raises ``Conflict``.
    """
    events: list[Event] = []
    for approval in sorted(approvals, key=lambda item: (item.effective_on, item.key)):
        for entry in registry.entries.values():
            if entry.approval.key[:2] == approval.key[:2]:
                check_same_bytes(entry.approval, approval)
        known = registry.entries.get(approval.key)
        merged = approval if known is None else _merged(known, approval)
        if known is None or (known.approval, known.imported) != (merged, approval):
            event = Event(
                "approve" if known is None else "amend",
                *approval.key,
                payload=entry_payload(merged, approval),
                actor=actor,
                at=at,
                reason="assumed for a trial" if approval.assumed else f"catalogue: {approval.approval_id}",
            )
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def withdrawal_events(registry: Registry, keys: Iterable[Key], actor: str, at: str, reason: str) -> list[Event]:
    """The events that withdraw the approvals ``keys``; none for what is withdrawn already.

    A successor that is withdrawn before its day supersedes nothing: what it would have replaced stays in force.
    Raises ``NotFound``, and ``InvalidInput`` without a reason.
    """
    _check_reason(reason)
    events: list[Event] = []
    for key in keys:
        entry = registry.entries.get(key)
        if entry is None or not entry.withdrawn:
            event = Event("withdraw", *key, payload={}, actor=actor, at=at, reason=reason)
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def reinstatement_events(registry: Registry, keys: Iterable[Key], actor: str, at: str, reason: str) -> list[Event]:
    """The events that take the withdrawals of ``keys`` back; none for what isn't withdrawn.

    What expired or was superseded meanwhile stays so. Raises ``NotFound``, and ``InvalidInput`` without a reason.
    """
    _check_reason(reason)
    events: list[Event] = []
    for key in keys:
        entry = registry.entries.get(key)
        if entry is None or entry.withdrawn:
            event = Event("reinstate", *key, payload={}, actor=actor, at=at, reason=reason)
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def amendment_events(
    registry: Registry, changes: Mapping[Key, Approval], actor: str, at: str, reason: str
) -> list[Event]:
    """The events after which each approval is what ``changes`` has for it, until an import says something new of it.

    Raises ``NotFound``, ``Conflict`` where the bytes or another fixed field would change, and ``InvalidInput``
    without a reason.
    """
    _check_reason(reason)
    events: list[Event] = []
    for key, changed in changes.items():
        entry = registry.entries.get(key)
        if entry is None:
            raise NotFound(f"{' '.join(key)} is not registered; `signpost documents` lists what is")
        check_same_bytes(entry.approval, changed)
        if any(getattr(changed, name) != getattr(entry.approval, name) for name in FIXED):
            raise Conflict(f"{' '.join(key)}: {', '.join(FIXED)} can't be amended; approve a new version")
        if changed != entry.approval:
            payload = entry_payload(changed, entry.imported)
            event = Event("amend", *key, payload=payload, actor=actor, at=at, reason=reason)
            registry = registry.apply(event)
            events.append(event)
    return events + _successions(registry, actor, at)


def kept_by_hand(registry: Registry, said: Mapping[Key, Mapping[str, Any]]) -> list[Kept]:
    """Where the registry goes on saying something else than an import does, because a person decided.

    ``said`` are the amendable fields as the import has them.
    """
    found = []
    for key in sorted(said):
        entry = registry.entries.get(key)
        if entry is None:
            continue
        approval = replace(entry.imported, **said[key])
        merged = _merged(entry, approval)
        amended = {
            name: (getattr(merged, name), getattr(approval, name))
            for name in AMENDABLE
            if getattr(merged, name) != getattr(approval, name)
        }
        if entry.withdrawn or amended:
            found.append(Kept(key, entry.withdrawn_at, amended))
    return found


def _merged(entry: Entry, approval: Approval) -> Approval:
    """What is on record, with the fields in which ``approval`` differs from what the import before it said."""
    names = (name for name in Approval.__slots__ if getattr(approval, name) != getattr(entry.imported, name))
    return replace(entry.approval, **{name: getattr(approval, name) for name in names})


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("give the reason: --reason TEXT; it is kept for ever")


def _successions(registry: Registry, actor: str, at: str) -> list[Event]:
    """The supersede events that make every entry end where the next version of its line takes effect."""
    lines: dict[tuple[str, str], list[Entry]] = {}
    for entry in registry.entries.values():
        lines.setdefault((entry.approval.document_number, entry.approval.country), []).append(entry)
    return [event for line in lines.values() for event in _line_events(line, actor, at)]


def _line_events(line: Sequence[Entry], actor: str, at: str) -> list[Event]:
    ordered = sorted(line, key=_place)
    events = []
    for position, old in enumerate(ordered):
        new = next((entry for entry in ordered[position + 1 :] if _takes_effect(entry)), None)
        starts = new.approval.effective_on if new else None
        if old.superseded_from != starts:
            payload = {"by": new and new.approval.version, "from": starts and starts.isoformat()}
            reason = f"version {new.approval.version} is effective from {starts}" if new else "no successor is left"
            events.append(Event("supersede", *old.approval.key, payload, actor, at, reason))
    return events


def _place(entry: Entry) -> tuple[date, date, list[tuple[int, str]]]:
    """Where a version stands in its line: by its day; of one day, by its approval's; then 9.0 before 10.0."""
    parts = re.findall(r"(\d+)|(\D+)", entry.approval.version)
    natural = [(int(digits) if digits else -1, text) for digits, text in parts]
    return entry.approval.effective_on, entry.approval.approved_on, natural


def _takes_effect(entry: Entry) -> bool:
    """Whether a version has replaced, or will replace, what came before: not when it was withdrawn before its day."""
    if entry.withdrawn_at is None:
        return True
    starts = start_of_day(entry.approval.effective_on, entry.approval.country)
    return starts <= datetime.fromisoformat(entry.withdrawn_at)
