"""What people have said of a document's text before it is answered from: marks on places, and whether it may go out.

All of it is events in the registry's one sequence, about the digest of a text: it holds from the next question on, and
a record that names a registry version names the marks too. Nothing here reads a clock or a disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.model import Document, Span

if TYPE_CHECKING:
    from corpus.registry import Event

SignOffType = Literal["mark", "unmark", "accept", "reject"]
SIGN_OFFS: tuple[str, ...] = get_args(SignOffType)
MarkKind = Literal["do_not_cite", "keep_with"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that is never quoted, or never without another one. Places are whole sentences."""

    kind: MarkKind
    place: Span
    beside: Span | None  # what ``place`` is kept with; ``None`` for do_not_cite
    actor: str
    at: str  # UTC, ISO 8601
    reason: str
    sequence: int  # of its event: its name


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a document, or a file, that waits."""

    accepted: bool
    actor: str
    at: str  # UTC, ISO 8601
    reason: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """The state after all events so far."""

    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)  # by Document.sha256, oldest first
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # the last, by SHA-256 of document or source

    def forbids(self, document: str, place: Span) -> bool:
        """Whether part of ``place`` may not be quoted."""
        return any(mark.kind == "do_not_cite" and meet(mark.place, place) for mark in self.marks.get(document, ()))

    def beside(self, document: str, place: Span) -> tuple[Span, ...]:
        """What has to stand beside any part of ``place``, in text order."""
        marks = self.marks.get(document, ())
        return tuple(sorted({m.beside for m in marks if m.beside and meet(m.place, place)}, key=_order))

    def lacks(self, document: Document, shown: Iterable[Span]) -> Span | None:
        """The first place that has to stand beside what is ``shown`` and doesn't; ``None`` when nothing is left out."""
        if document.sha256 not in self.marks:
            return None
        spans = tuple(shown)
        needed = (place for span in spans for place in self.beside(document.sha256, span))
        return next((place for place in needed if not _covered(place, spans, document.text)), None)

    def is_accepted(self, sha256: str) -> bool:
        """Whether somebody let it pass, and nobody has taken that back."""
        decision = self.decisions.get(sha256)
        return decision is not None and decision.accepted


def meet(one: Span, other: Span) -> bool:
    """Whether they share a character."""
    return one.start < other.end and other.start < one.end


def _covered(place: Span, spans: Iterable[Span], text: str) -> bool:
    """Whether every word of ``place`` is in one of the spans: a place over a page's end is quoted as two."""
    left = [place]
    for span in spans:
        left = [Span(*ends) for part in left for ends in _less(part, span) if ends[0] < ends[1]]
    return not any(part.of(text).strip() for part in left)


def _less(part: Span, span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    if not meet(part, span):
        return (part.start, part.end), (0, 0)
    return (part.start, span.start), (span.end, part.end)


def sign_off_after(events: Iterable[Event], state: SignOff) -> SignOff:
    """The state after ``events``; raises ``Conflict`` and ``NotFound``."""
    marks, decisions = dict(state.marks), dict(state.decisions)
    for event in events:
        sha256 = str(event.payload["sha256"])
        if event.type in ("accept", "reject"):
            decisions[sha256] = Decision(event.type == "accept", event.actor, event.at, event.reason)
        elif event.type == "mark":
            marks[sha256] = _with(marks.get(sha256, ()), _mark(event))
        else:
            marks[sha256] = _without(marks.get(sha256, ()), int(event.payload["mark"]))
    return SignOff(marks, decisions)


def _mark(event: Event) -> Mark:
    payload = event.payload
    beside = Span(*payload["beside"]) if payload["beside"] else None
    return Mark(payload["kind"], Span(*payload["place"]), beside, event.actor, event.at, event.reason, event.sequence)


def _with(marks: tuple[Mark, ...], new: Mark) -> tuple[Mark, ...]:
    same = (new.kind, new.place, new.beside)
    for mark in marks:
        if (mark.kind, mark.place, mark.beside) == same:
            raise Conflict(f"mark {mark.sequence} of {mark.actor} says this already; nothing was added")
    return (*marks, new)


def _without(marks: tuple[Mark, ...], sequence: int) -> tuple[Mark, ...]:
    left = tuple(mark for mark in marks if mark.sequence != sequence)
    if len(left) == len(marks):
        raise NotFound(f"no mark {sequence} is set on this document; `signpost mark DOCUMENT` lists them")
    return left


def mark_payload(document: Document, kind: MarkKind, place: Span, beside: Span | None = None) -> dict[str, Any]:
    """What a mark's event carries: ``place`` and ``beside`` widened to whole sentences.

    Raises ``InvalidInput`` for places that can't be marked so.
    """
    widened = whole_sentences(document, place)
    payload: dict[str, Any] = {"sha256": document.sha256, "source_sha256": document.source.sha256, "kind": kind}
    payload |= {"place": [widened.start, widened.end], "beside": None}
    if (kind == "keep_with") != (beside is not None):
        raise InvalidInput("a place is kept with another one: name both; a place that is not cited has no other")
    if beside is not None:
        other = whole_sentences(document, beside)
        if meet(widened, other):
            raise InvalidInput("a place can't be kept with itself; choose another sentence or row")
        if not all(found.confirmed for found in document.sentences_in(other)):
            raise InvalidInput(
                f"characters {other.start}-{other.end} can't be quoted (the second reader didn't confirm them), so "
                "nothing can be kept with them; mark the place as not to be cited instead"
            )
        payload["beside"] = [other.start, other.end]
    return payload


def whole_sentences(document: Document, place: Span) -> Span:
    """``place`` widened to the sentences it meets; raises ``InvalidInput`` when it meets none."""
    found = document.sentences_in(place)
    if not found:
        raise InvalidInput(
            f"no sentence, item or row stands at characters {place.start}-{place.end} of {document.source.name} "
            "(headings are never quoted alone); `signpost preview` shows what does"
        )
    return Span(found[0].start, found[-1].end)


def carried(mark: Mark, old: Document, new: Document) -> dict[str, Any] | None:
    """The payload that sets ``mark``, which is on one reading of a file, on another reading of it.

    ``None`` when a marked place doesn't stand in both exactly once: then a person has to look.
    """
    place = _again(mark.place, old, new)
    beside = _again(mark.beside, old, new) if mark.beside else None
    if place is None or (mark.beside is not None and beside is None):
        return None
    try:
        return mark_payload(new, mark.kind, place, beside)
    except InvalidInput:
        return None


def same_mark(marks: Iterable[Mark], payload: Mapping[str, Any]) -> Mark | None:
    """The mark among ``marks`` that says what ``payload`` says."""
    beside = Span(*payload["beside"]) if payload["beside"] else None
    wanted = (payload["kind"], Span(*payload["place"]), beside)
    return next((mark for mark in marks if (mark.kind, mark.place, mark.beside) == wanted), None)


def _again(place: Span, old: Document, new: Document) -> Span | None:
    text = place.of(old.text)
    at = new.text.find(text)
    if at < 0 or old.text.count(text) != 1 or new.text.count(text) != 1:
        return None
    return Span(at, at + len(text))


def _order(span: Span) -> tuple[int, int]:
    return span.start, span.end
