"""Proposals to withdraw: what a sync makes of a file that is gone, until a person accepts or rejects it.

A file that vanished orders nothing: shares are unmounted and folders are moved. What was said of a file is a sequence
of events, as the registry's is; its last one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from corpus.errors import InvalidInput, NotFound
from corpus.model import Approval
from corpus.registry import Registry

ProposalState = Literal["proposed", "accepted", "rejected", "returned"]
Verdict = Literal["accepted", "rejected"]
Subject = tuple[str, str]  # absolute path, SHA-256 of the source that was last read there


@dataclass(frozen=True, slots=True)
class ProposalEvent:
    """What was said of a file that is gone, or that is there again (``returned``)."""

    state: ProposalState
    file: str
    source_sha256: str
    actor: str
    at: str  # UTC, ISO 8601
    reason: str
    sequence: int = 0  # 0 until it is stored

    @property
    def subject(self) -> Subject:
        """The file, with the bytes that it had."""
        return (self.file, self.source_sha256)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open proposal and what its acceptance would withdraw."""

    number: int  # sequence of the event that proposed it
    file: str
    source_sha256: str
    at: str
    approvals: tuple[Approval, ...]  # on record and not withdrawn
    waiting: tuple[Approval, ...]  # staged for this file, not published yet


def sync_events(
    said: Iterable[ProposalEvent], gone: Iterable[Subject], present: Iterable[Subject], actor: str, at: str
) -> list[ProposalEvent]:
    """What a sync adds: a proposal for each file that is gone, unless one is open or rejected since it was there.

    A file that is there again, or whose bytes are under another path, is gone no more: what was said of it is closed.
    """
    last = _last(said)
    there = set(present)
    sources = {source for _, source in there}
    settled = {subject for subject, event in last.items() if event.state in ("proposed", "rejected")}
    again = {subject for subject in settled if subject in there or subject[1] in sources}
    new = set(gone) - settled - there
    return [
        *(ProposalEvent("returned", *subject, actor, at, "the file is there again") for subject in sorted(again)),
        *(ProposalEvent("proposed", *subject, actor, at, "the file is gone") for subject in sorted(new)),
    ]


def open_proposals(
    said: Iterable[ProposalEvent], registry: Registry, waiting: Mapping[Subject, tuple[Approval, ...]]
) -> list[Proposal]:
    """The proposals that wait for a person, by number; without those of which nothing is left to withdraw."""
    found = []
    for event in sorted(_last(said).values(), key=lambda event: event.sequence):
        if event.state == "proposed":
            entries = registry.of_source(event.source_sha256)
            approvals = tuple(entry.approval for entry in entries if not entry.withdrawn)
            known = {approval.key for approval in approvals}
            staged = tuple(each for each in waiting.get(event.subject, ()) if each.key not in known)
            if approvals or staged:
                made = Proposal(event.sequence, event.file, event.source_sha256, event.at, approvals, staged)
                found.append(made)
    return found


def verdict_event(
    proposals: Iterable[Proposal], number: int, verdict: Verdict, actor: str, at: str, reason: str
) -> ProposalEvent:
    """The event that ends an open proposal; raises ``NotFound``, and ``InvalidInput`` without a reason."""
    if not reason.strip():
        raise InvalidInput("give the reason: --reason TEXT; it is kept for ever")
    found = next((proposal for proposal in proposals if proposal.number == number), None)
    if found is None:
        raise NotFound(f"no proposal {number} is open; `signpost proposals` lists those that are")
    return ProposalEvent(verdict, found.file, found.source_sha256, actor, at, reason)


def _last(said: Iterable[ProposalEvent]) -> dict[Subject, ProposalEvent]:
    return {event.subject: event for event in said}
