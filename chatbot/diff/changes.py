"""How two replies to one question differ, by what a reader would notice first. Pure, over the wire form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Aspect = Literal[
    "handover gone",
    "no answer any more",
    "safety information",
    "kind",
    "sources",
    "sentences",
    "version",
    "answered now",
    "headline",
    "other parts",
]
# The worst first: what a change is listed under is the first of these that it has.
ASPECTS: Mapping[Aspect, str] = {
    "handover gone": "a handover that was shown is not shown any more",
    "no answer any more": "an answer becomes another kind of reply",
    "safety information": "other safety information stands beside the answer",
    "kind": "the reply is of another kind",
    "sources": "other documents are cited",
    "sentences": "other sentences of the same documents are quoted",
    "version": "the same sentences come from another version",
    "answered now": "a question without an answer gets one",
    "headline": "the headline has other words",
    "other parts": "notices, choices, next steps, suggestions or details of a citation",
}
_PARTS = ("notices", "handovers", "choices", "next_steps", "suggestions")
Version = tuple[str, str]  # document number and version


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one reply. Texts are those of documents and templates, never a reader's."""

    kind: tuple[str, str]  # before and after
    headline: tuple[str, str]
    citations_added: tuple[Version, ...]
    citations_removed: tuple[Version, ...]
    versions: tuple[tuple[str, str, str], ...]  # document, and its version before and after
    sentences_added: tuple[str, ...]
    sentences_removed: tuple[str, ...]
    safety_added: tuple[str, ...]
    safety_removed: tuple[str, ...]
    handovers_gone: tuple[str, ...]  # to whom
    parts: tuple[str, ...]  # others that differ, by name

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What differs, the worst first; never nothing."""
        return tuple(self._aspects()) or ("other parts",)

    def _aspects(self) -> Iterator[Aspect]:
        before, after = self.kind
        if self.handovers_gone:
            yield "handover gone"
        if before == "answer" != after:
            yield "no answer any more"
        if (self.safety_added or self.safety_removed) and before == after:
            yield "safety information"
        if before != after and "answer" not in self.kind:
            yield "kind"
        answers = before == after == "answer"
        if answers and (self.citations_added or self.citations_removed):
            yield "sources"
        if answers and (self.sentences_added or self.sentences_removed):
            yield "sentences"
        if self.versions:
            yield "version"
        if before != "answer" == after:
            yield "answered now"
        if before == after and self.headline[0] != self.headline[1]:
            yield "headline"
        if self.parts:
            yield "other parts"


def change_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    """How ``after`` differs from ``before``, replies in the wire form; None when they are the same."""
    if before == after:
        return None
    added, removed, versions = _sources(before, after)
    return Change(
        kind=(before["kind"], after["kind"]),
        headline=(before["headline"], after["headline"]),
        citations_added=added,
        citations_removed=removed,
        versions=versions,
        sentences_added=_beyond(after, before, "quotes"),
        sentences_removed=_beyond(before, after, "quotes"),
        safety_added=_beyond(after, before, "safety_information"),
        safety_removed=_beyond(before, after, "safety_information"),
        handovers_gone=tuple(to for to in _desks(before) if to not in _desks(after)),
        parts=tuple(_parts(before, after)),
    )


def _sources(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[Version, ...], tuple[Version, ...], tuple[tuple[str, str, str], ...]]:
    """The versions that are added, those that are removed, and documents of which another version is cited."""
    then, now = _versions(before), _versions(after)
    moved = sorted(document for document in then.keys() & now.keys() if not then[document] & now[document])
    added = [(name, version) for name in now for version in sorted(now[name] - then.get(name, set()))]
    removed = [(name, version) for name in then for version in sorted(then[name] - now.get(name, set()))]
    return (
        tuple(pair for pair in added if pair[0] not in moved),
        tuple(pair for pair in removed if pair[0] not in moved),
        tuple((document, ", ".join(sorted(then[document])), ", ".join(sorted(now[document]))) for document in moved),
    )


def _versions(reply: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for citation in reply["citations"]:
        found[citation["document"]].add(citation["version"])
    return found


def _beyond(reply: Mapping[str, Any], other: Mapping[str, Any], part: str) -> tuple[str, ...]:
    """The texts of a part of one reply that the same part of the other one doesn't have."""
    known = {quote["text"] for quote in other[part]}
    return tuple(quote["text"] for quote in reply[part] if quote["text"] not in known)


def _desks(reply: Mapping[str, Any]) -> list[str]:
    return [handover["to"] for handover in reply["handovers"]]


def _parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from (part.replace("_", " ") for part in _PARTS if before[part] != after[part])
    if before["intent"] != after["intent"]:
        yield "intent"
    if _shown(before) == _shown(after) and before["citations"] != after["citations"]:
        yield "details of citations"
    if [_order(q) for q in before["quotes"]] != [_order(q) for q in after["quotes"]]:
        texts = ({q["text"] for q in reply["quotes"]} for reply in (before, after))
        if len({frozenset(each) for each in texts}) == 1:
            yield "order or headings of quotes"


def _shown(reply: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(citation["document"], citation["version"]) for citation in reply["citations"]]


def _order(quote: Mapping[str, Any]) -> tuple[str, tuple[str, ...], Any]:
    return quote["text"], tuple(quote["heading"]), repr(quote["table"])
