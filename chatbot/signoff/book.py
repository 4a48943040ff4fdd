"""Where previews are found and people's words on them are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from chatbot.limits import SIGN_OFF_CHARACTERS
from chatbot.signoff.preview import Preview
from corpus.errors import InvalidInput, NotFound
from corpus.findings import Acceptance, Finding
from corpus.model import Document, Span
from corpus.registry import Event, Registry
from corpus.signoff import Decision, Mark, MarkKind, carried, mark_payload, same_mark
from corpus.staging import Staging
from corpus.store import Store
from corpus.waiting import decision_event, why_waiting

_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """A document of the list."""

    document: str  # Document.sha256
    file: str
    title: str
    versions: tuple[tuple[str, str], ...]  # number and version it is approved or to be approved under
    waits: str
    marks: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A quarantined file, with what was found in it and what a person said of that."""

    name: str
    source_sha256: str  # empty where the file couldn't be read at all
    reason: str
    findings: tuple[Finding, ...]
    accepted: Acceptance | None  # that holds for all of the findings
    rejected: Decision | None


@dataclass(frozen=True, slots=True)
class Waits:
    """What a person has to look at."""

    files: tuple[Refused, ...]
    documents: tuple[Line, ...]


class SignOffBook:
    """Previews of the stored documents, and the events that people make of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lines(self) -> list[Line]:
        """Every staged document, those that wait first, then by file."""
        registry = self._store.registry()
        staged = [(staging, staging.document) for staging in self._store.stagings() if staging.document]
        waits = why_waiting(self._store, registry, (sha256 for _, sha256 in staged))
        lines = [
            Line(
                sha256,
                Path(staging.file).name,
                self._title(staging, registry),
                tuple(sorted(_versions(staging, registry))),
                waits.get(sha256, ""),
                len(registry.signoff.marks.get(sha256, ())),
            )
            for staging, sha256 in staged
        ]
        return sorted(lines, key=lambda line: (not line.waits, line.file))

    def waiting(self) -> Waits:
        """What isn't published until somebody has looked."""
        registry = self._store.registry()
        files = tuple(self._refused(each, registry) for each in self._store.stagings() if each.reason)
        return Waits(files, tuple(line for line in self.lines() if line.waits))

    def _refused(self, staging: Staging, registry: Registry) -> Refused:
        source = staging.source_sha256
        said = [each for each in self._store.acceptances(source) if each.covers(source, staging.findings)]
        accepted = said[-1] if said and staging.findings else None
        decision = registry.signoff.decisions.get(source) if source and not accepted else None
        return Refused(Path(staging.file).name, source, staging.reason, staging.findings, accepted, decision)

    def decide_file(self, source_sha256: str, word: Literal["accept", "reject"], actor: str, reason: str) -> None:
        """A person's word on a quarantined file: accepted, the next ingest stages it without what was found.

        Raises ``InvalidInput`` for one that can't be accepted, or was accepted already, and ``NotFound``.
        """
        _signed(actor, reason)
        found = [each for each in self.waiting().files if source_sha256 and each.source_sha256 == source_sha256]
        if not found:
            raise NotFound("no such file is quarantined; open it from the list of what waits")
        if found[0].accepted:
            raise InvalidInput(f"{found[0].accepted.actor} has accepted this file already; ingest it again")
        if word == "reject":
            payload = {"sha256": source_sha256}
            self._store.append([Event("reject", "", "", "", payload, actor.strip(), _now(), reason.strip())])
        elif not found[0].findings:
            raise InvalidInput("this file can't be read, so nobody can accept it; mend what its reason names")
        else:
            given = Acceptance(source_sha256, found[0].findings, actor.strip(), _now(), reason.strip())
            self._store.accept(given)

    def _title(self, staging: Staging, registry: Registry) -> str:
        given = [*(entry.approval for entry in registry.of_source(staging.source_sha256)), *staging.approvals]
        return given[0].title if given else ""

    def preview(self, sha256: str) -> Preview:
        """One document; raises ``NotFound``."""
        registry = self._store.registry()
        document = self._store.document(sha256)
        waits = why_waiting(self._store, registry, [sha256]).get(sha256, "")
        boxes, covered = self._store.boxes(sha256), self._store.coverage(sha256)
        return Preview(document, boxes, covered, registry.signoff, waits)

    def find(self, name: str, version: str | None = None) -> str:
        """The digest of the document that a number, a file name or a digest's start means.

        Raises ``NotFound``, and ``InvalidInput`` when it means several.
        """
        registry, found = self._store.registry(), {}
        for staging in self._store.stagings():
            if staging.document is None:
                continue
            known = _versions(staging, registry)
            named = name in (Path(staging.file).name, staging.file) or name in {number for number, _ in known}
            digest = _DIGEST.fullmatch(name) is not None and staging.document.startswith(name)
            if (named or digest) and (version is None or version in {other for _, other in known}):
                found[staging.document] = Path(staging.file).name
        if not found and _DIGEST.fullmatch(name) and len(name) == 64:
            return self._store.document(name).sha256
        if not found:
            raise NotFound(f"no staged document is '{name}'; `signpost documents` lists them, quarantined ones apart")
        if len(found) > 1:
            raise InvalidInput(
                f"'{name}' is {len(found)} documents ({', '.join(sorted(found.values()))}); add --version"
            )
        return next(iter(found))

    def mark(self, sha256: str, kind: MarkKind, place: Span, beside: Span | None, actor: str, reason: str) -> Registry:
        """Marks a place from the next question on, on every reading of the file that has its words once.

        Raises ``InvalidInput`` and ``Conflict``.
        """
        document = self._store.document(sha256)
        payload = mark_payload(document, kind, place, beside)
        event = self._event("mark", payload, actor, reason)
        first = Mark(kind, Span(*payload["place"]), beside and Span(*payload["beside"]), actor, event.at, reason, 0)
        known = self._store.registry().signoff

        def also(other: str) -> Iterator[Event]:  # the edition may hold another reading of the file
            found = carried(first, document, self._store.document(other))
            if found is not None and same_mark(known.marks.get(other, ()), found) is None:
                yield replace(event, payload=found)

        return self._store.append([event, *(each for other in self._others(document) for each in also(other))])

    def unmark(self, sha256: str, mark: int, actor: str, reason: str) -> Registry:
        """Takes a mark back, on every reading of the file; raises ``InvalidInput`` and ``NotFound``."""
        document, known = self._store.document(sha256), self._store.registry().signoff
        events = [self._event("unmark", {"sha256": sha256, "mark": mark}, actor, reason)]
        own = [each for each in known.marks.get(sha256, ()) if each.sequence == mark]
        for other in self._others(document) if own else ():
            found = carried(own[0], document, self._store.document(other))
            same = same_mark(known.marks.get(other, ()), found) if found else None
            if same is not None:
                events.append(replace(events[0], payload={"sha256": other, "mark": same.sequence}))
        return self._store.append(events)

    def _others(self, document: Document) -> list[str]:
        readings = self._store.digests_of_source(document.source.sha256)
        return [sha256 for sha256 in readings if sha256 != document.sha256]

    def decide(self, sha256: str, word: Literal["accept", "reject"], actor: str, reason: str) -> Registry:
        """Lets a waiting document out, or keeps it back; raises ``InvalidInput``."""
        _signed(actor, reason)

        def events(registry: Registry) -> Iterable[Event]:
            return [decision_event(self._store, registry, sha256, word, actor, _now(), reason)]

        return self._store.decide(events)

    def _event(self, kind: Literal["mark", "unmark"], payload: dict[str, object], actor: str, reason: str) -> Event:
        _signed(actor, reason)
        return Event(kind, "", "", "", payload, actor.strip(), _now(), reason.strip())


def read_place(text: str, preview: Preview, page: int | None = None) -> Span:
    """The place that ``START-END`` or some of its words mean; raises ``InvalidInput``."""
    numbers = _PLACE.fullmatch(text.strip())
    document = preview.document
    if numbers:
        place = Span(int(numbers[1]), int(numbers[2]))
        if not 0 <= place.start < place.end <= len(document.text):
            raise InvalidInput(f"{text} is no place of a text of {len(document.text)} characters")
        return place
    starts = [match.start() for match in re.finditer(re.escape(text.strip()), document.text)] if text.strip() else []
    starts = [start for start in starts if page is None or document.page_at(start) == page]
    if len(starts) == 1:
        return Span(starts[0], starts[0] + len(text.strip()))
    where = f" on page {page}" if page else ""
    said = f"stand {len(starts)} times" if starts else "don't stand"
    raise InvalidInput(
        f"the words '{text}' {said} in {document.source.name}{where}; add words, --page, or give START-END"
    )


def _versions(staging: Staging, registry: Registry) -> set[tuple[str, str]]:
    approvals = [entry.approval for entry in registry.of_source(staging.source_sha256)]
    return {approval.key[:2] for approval in (*approvals, *staging.approvals)}


def _signed(actor: str, reason: str) -> None:
    for what, text in (("your name", actor), ("the reason", reason)):
        if not text.strip():
            raise InvalidInput(f"give {what}: both are kept for ever")
        if len(text) > SIGN_OFF_CHARACTERS:
            raise InvalidInput(f"{what} has {len(text)} characters, more than {SIGN_OFF_CHARACTERS}; shorten it")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
