"""A stored reply, as the reader saw it: read from the record's own JSON (CONTRACT's wire form), never recomputed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_KNOWN = {
    *("kind", "intent", "headline", "quotes", "citations", "safety_information"),
    *("notices", "handovers", "choices", "next_steps", "suggestions"),
}


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a quoted table."""

    text: str
    columns: int  # that it covers


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A quoted table."""

    caption: tuple[str, ...]
    header: tuple[tuple[ShownCell, ...], ...]
    rows: tuple[tuple[ShownCell, ...], ...]


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """Verbatim text under its headings."""

    citation: int | None
    text: str
    heading: tuple[str, ...]
    table: ShownTable | None


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A citation as it was given."""

    number: int
    title: str
    line: str  # type, document, version, approval, page: what stood under the title
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """Where a handover or a next step led. Its address is shown, never followed."""

    label: str
    url: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownReply:
    """Everything a reply said, in the order in which it was shown."""

    kind: str
    notices: tuple[tuple[str, str], ...]  # kind and text
    handovers: tuple[ShownLink, ...]
    headline: str
    quotes: tuple[ShownQuote, ...]
    safety: tuple[ShownQuote, ...]
    citations: tuple[ShownCitation, ...]
    choices: tuple[tuple[str, int | None], ...]  # label, and documents behind it
    next_steps: tuple[ShownLink, ...]
    suggestions: tuple[str, ...]
    others: tuple[tuple[str, str], ...]  # parts of the reply that this page has no form for, as JSON


def shown_reply(reply: Mapping[str, Any]) -> ShownReply:
    """The reply of a record. A part that is missing was not shown; one that is new here is shown as JSON."""
    return ShownReply(
        kind=reply["kind"],
        notices=tuple((notice.get("kind", ""), notice.get("text", "")) for notice in _list(reply, "notices")),
        handovers=tuple(_handover(handover) for handover in _list(reply, "handovers")),
        headline=reply.get("headline") or "",
        quotes=tuple(_quote(quote) for quote in _list(reply, "quotes")),
        safety=tuple(_quote(quote) for quote in _list(reply, "safety_information")),
        citations=tuple(_citation(citation) for citation in _list(reply, "citations")),
        choices=tuple((choice["label"], choice.get("count")) for choice in _list(reply, "choices")),
        next_steps=tuple(_step(step) for step in _list(reply, "next_steps")),
        suggestions=tuple(map(str, _list(reply, "suggestions"))),
        others=tuple((name, _json(value)) for name, value in sorted(reply.items()) if name not in _KNOWN and value),
    )


def _quote(quote: Mapping[str, Any]) -> ShownQuote:
    table = quote.get("table")
    shown = _table(table) if table else None
    return ShownQuote(quote.get("citation"), quote.get("text") or "", tuple(quote.get("heading") or ()), shown)


def _table(table: Mapping[str, Any]) -> ShownTable:
    header = [*_list(table, "above"), *([table["header"]] if table["header"] else [])]
    merged = {(cell["line"], cell["column"]): cell["columns"] for cell in _list(table, "merged")}
    lines = [tuple(_cells(texts, at, merged)) for at, texts in enumerate([*header, *table["rows"]])]
    return ShownTable(tuple(_list(table, "caption")), tuple(lines[: len(header)]), tuple(lines[len(header) :]))


def _cells(texts: Sequence[str], line: int, merged: Mapping[tuple[int, int], int]) -> Iterator[ShownCell]:
    """The cells of a line, without the columns that one on their left covers."""
    column = 0
    while column < len(texts):
        columns = merged.get((line, column), 1)
        yield ShownCell(texts[column], columns)
        column += max(1, columns)


def _citation(citation: Mapping[str, Any]) -> ShownCitation:
    page = citation.get("page")
    parts = (
        citation.get("type"),
        f"{citation['document']} version {citation['version']}",
        f"approved {citation['approved_on']} ({citation['approval']})",
        page and f"page {page}",
        citation.get("owner"),
        citation.get("audience") and f"for {citation['audience']}",
        citation.get("file"),
    )
    line = " · ".join(part for part in parts if part)
    return ShownCitation(citation["number"], citation["title"], line, tuple(map(_cue, _list(citation, "cues"))))


def _handover(handover: Mapping[str, Any]) -> ShownLink:
    prefill = handover.get("prefill") or {}
    details = tuple(f"{name}: {value if isinstance(value, str) else _json(value)}" for name, value in prefill.items())
    return ShownLink(handover["to"].replace("_", " "), handover.get("url") or "", details)


def _step(step: Mapping[str, Any]) -> ShownLink:
    return ShownLink(step["title"], step.get("url") or "", (step["cue"],) if step.get("cue") else ())


def _cue(cue: object) -> str:
    return cue if isinstance(cue, str) else _json(cue)


def _list(value: Mapping[str, Any], name: str) -> Sequence[Any]:
    return value.get(name) or ()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
