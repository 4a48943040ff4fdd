"""What waits for a person before it is published, and marks that go along to another reading of their file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from corpus.errors import InvalidInput
from corpus.registry import Event, Registry
from corpus.signoff import carried, same_mark
from corpus.staging import Staging
from corpus.store import Store

SHORT = "words on its pages are missing from the text"
MARKS = "it was read anew, and marks of the earlier reading don't fit; set them again"
TRIAL = "assumed for a trial"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A staged document that isn't published yet."""

    staging: Staging
    document: str  # Document.sha256
    reason: str


def why_waiting(store: Store, registry: Registry, documents: Iterable[str]) -> dict[str, str]:
    """Why those of ``documents`` (digests) that wait do so: until somebody accepts them."""
    short, found = store.short_documents(), {}
    for sha256 in dict.fromkeys(documents):
        decision = registry.signoff.decisions.get(sha256)
        if decision is not None and not decision.accepted:
            found[sha256] = f"rejected by {decision.actor}: {decision.reason}"
        elif decision is None and sha256 in short:
            found[sha256] = SHORT
        elif decision is None and None in _carried(store, registry, sha256):
            found[sha256] = MARKS
    return found


def waiting(store: Store, registry: Registry) -> list[Waiting]:
    """The staged documents that wait, by file."""
    stagings = [staging for staging in store.stagings() if staging.document]
    reasons = why_waiting(store, registry, (str(staging.document) for staging in stagings))
    return [
        Waiting(staging, staging.document, reasons[staging.document])
        for staging in stagings
        if staging.document and staging.document in reasons
    ]


def carrying_events(store: Store, registry: Registry, documents: Iterable[str], actor: str, at: str) -> list[Event]:
    """The events that set the marks of other readings of a file on those of ``documents`` that lack them."""
    events = []
    for sha256 in dict.fromkeys(documents):
        known = registry.signoff.marks.get(sha256, ())
        new: list[dict[str, object]] = []
        for payload in _carried(store, registry, sha256):
            if payload is not None and payload not in new and same_mark(known, payload) is None:
                new.append(payload)
        events += [
            Event("mark", "", "", "", payload, actor, at, "carried over from another reading") for payload in new
        ]
    return events


def decision_event(
    store: Store, registry: Registry, sha256: str, word: Literal["accept", "reject"], actor: str, at: str, reason: str
) -> Event:
    """A person's word on a document that waits; raises ``InvalidInput`` for one that doesn't, or without a reason."""
    if not reason.strip() or not actor.strip():
        raise InvalidInput(f"say why, and who you are: a document is {word}ed under a name and with a reason")
    if sha256 not in why_waiting(store, registry, [sha256]):
        raise InvalidInput("this document doesn't wait for anybody; `signpost withdraw` ends an approval")
    return Event(word, "", "", "", {"sha256": sha256}, actor.strip(), at, reason.strip())


def _carried(store: Store, registry: Registry, sha256: str) -> Iterator[dict[str, object] | None]:
    """Each mark of another reading of the same file, as it would be set on this one; ``None`` where it can't be."""
    marks = registry.signoff.marks
    others = store.digests_of_source(store.source_of(sha256)) if marks else []
    for other in others:
        for mark in marks.get(other, ()) if other != sha256 else ():
            yield carried(mark, store.document(other), store.document(sha256))
