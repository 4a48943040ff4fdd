"""Is what a reply shows what was approved? Each quote and safety text against the stored text and the file itself.

100 % or fail: one wrong character in a dose is a wrong answer.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from corpus.errors import CorpusError, NotFound
from corpus.model import Document
from corpus.store import Store
from eval.judging.judged import Fault, first_change, judged, shares
from eval.judging.oracle import Oracle, Right
from eval.judging.reading import PDF, Sources, Unreadable
from eval.model import Case, Progress, Result
from eval.replies import Exchange
from eval.sets import Question
from index.layout import Home

VERBATIM, PAGE, APPROVED = "quotes verbatim", "quotes on their page", "citations as approved"
SAFETY = "safety text of its product"
MEASURES = (VERBATIM, PAGE, APPROVED, SAFETY)
Row = Mapping[str, Any]  # of the wire form


def grounding(
    exchanges: Sequence[Exchange],
    questions: Iterable[Question],
    store: Store,
    home: Home,
    *,
    dataset: str,
    data: Mapping[str, str],
    progress: Progress,
) -> Result:
    """Judges every reply that quotes or cites; a figure's n is the number of those replies."""
    judge = _Judge(store, home)
    by_id = {question.id: question for question in questions}
    cases: list[Case] = []
    for done, exchange in enumerate(exchanges, 1):
        reply = exchange.reply
        if reply["kind"] == "answer" or any(reply[name] for name in ("quotes", "citations", "safety_information")):
            measures = MEASURES if reply["safety_information"] else MEASURES[:-1]
            got = ", ".join(f"{row['document']} version {row['version']}" for row in reply["citations"])
            cases.append(judged(exchange, measures, judge.faults(exchange), by_id, got))
        progress(done, len(exchanges))
    silent = () if cases else ("no reply quotes anything, so nothing could be checked",)
    return Result("grounding", dataset, tuple(cases), shares(cases, MEASURES), data, invalid=silent)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One text of a reply with the citation under it."""

    name: str  # as it is called in a failure: "quote 2"
    row: Row
    citation: Row


class _Judge:
    """Knows what is on record: approvals, stored texts, files."""

    def __init__(self, store: Store, home: Home) -> None:
        self._store = store
        self._sources = Sources(home)
        self._oracle = Oracle(store.history(), trial=True)  # whether an approval counts is asked by another suite
        self._document = functools.cache(store.document)

    def faults(self, exchange: Exchange) -> Iterator[Fault]:
        """Everything that is wrong with one reply."""
        reply, country = exchange.reply, exchange.audience.country
        numbers = [row["number"] for row in reply["citations"]]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Fault(APPROVED, f"citations are numbered {numbers}, not from 1 to {len(numbers)}")
        if reply["kind"] == "answer" and not reply["quotes"]:
            yield Fault(VERBATIM, "an answer without a quote")
        shown, uncited = _shown(reply)
        yield from uncited
        for one in shown:
            yield from self._text_faults(one)
        for row in reply["citations"]:
            yield from self._record_faults(row, country)
            if row["number"] not in {one.citation["number"] for one in shown}:
                yield Fault(APPROVED, f"citation {row['number']} stands under no text")
        yield from self._safety_faults(shown, country)

    def _text_faults(self, shown: _Shown) -> Iterator[Fault]:
        citation, text = shown.citation, str(shown.row["text"])
        where = f"{shown.name} ({citation['document']} version {citation['version']}, page {citation['page']})"
        try:
            document = self._cited(citation)
        except CorpusError as error:
            yield from _unread(f"{where}: its document can't be read: {error}")
            return
        spans = citation["spans"]
        stored = " ".join(document.text[span["start"] : span["end"]] for span in spans)
        if text != stored or not stored:
            yield Fault(VERBATIM, f"{where}: {first_change(text, stored)}")
        if hashlib.sha256(text.encode()).hexdigest() != citation["sha256"]:
            yield Fault(VERBATIM, f"{where}: its sha256 is that of other characters")
        table = shown.row.get("table") or {"header": [], "rows": []}
        cells = [cell for cells in (table["header"], *table["rows"]) for cell in cells]
        for part in [*shown.row.get("heading", ()), *cells]:
            if part not in document.text:
                yield Fault(VERBATIM, f"{where}: its document has no '{part}', which is shown with it")
        if not spans or citation["page"] != spans[0]["page"]:
            first = spans[0]["page"] if spans else "nowhere"
            yield Fault(PAGE, f"{where}: the citation says page {citation['page']}, its first span page {first}")
        for span, part in zip(spans, _parts(text, spans), strict=True):
            yield from self._page_faults(where, part, span["page"], document)

    def _page_faults(self, where: str, part: str, page: int | None, document: Document) -> Iterator[Fault]:
        """What a second reader of the file says; ``page`` is None in formats without pages alone."""
        source = document.source
        if (page is not None) != (source.media_type == PDF):
            yield Fault(PAGE, f"{where}: page {page} of {source.name}, which is {source.media_type}")
            return
        try:
            if not self._sources.has(part, source.sha256, source.media_type, page):
                pages = self._sources.pages_with(part, source.sha256, source.media_type) if page else ()
                found = f"on page {', '.join(map(str, pages))}" if pages else "nowhere"
                asked = f"not on page {page}" if page else "as a second reader reads it"
                yield Fault(PAGE, f"{where}: '{part}' stands {found} in {source.name}, {asked}")
        except Unreadable as error:
            yield Fault(PAGE, f"{where}: {source.name}: {error}")

    def _record_faults(self, citation: Row, country: str) -> Iterator[Fault]:
        where = f"citation {citation['number']} ({citation['document']} version {citation['version']})"
        right = self._right(citation, country)
        if right is None:
            yield Fault(APPROVED, f"{where}: no such version was ever approved")
            return
        recorded = {"title": right.title, "approval": right.approval, "approved_on": right.approved_on}
        try:
            recorded["file"] = self._cited(citation).source.name
        except CorpusError as error:
            yield Fault(APPROVED, f"{where}: its document can't be read: {error}")
        for name, value in recorded.items():
            if citation[name] != value:
                yield Fault(APPROVED, f"{where}: its {name} is '{citation[name]}', on record is '{value}'")

    def _safety_faults(self, shown: Sequence[_Shown], country: str) -> Iterator[Fault]:
        """Safety information of another product, or of another market, beside a quote is worse than none."""
        quoted = [self._right(one.citation, country) for one in shown if one.name.startswith("quote")]
        beside = [right for right in quoted if right is not None]
        for one in shown:
            if not one.name.startswith("safety"):
                continue
            right = self._right(one.citation, country)
            if right is None or not beside:
                yield Fault(
                    SAFETY, f"{one.name}: it can't be told whether it is of the product of the quotes beside it"
                )
                continue
            for said, own, others in (
                ("is about", right.product, {other.product for other in beside}),
                ("is approved for", right.country, {other.country for other in beside}),
            ):
                if own not in others:
                    named = ", ".join(sorted(others))
                    yield Fault(SAFETY, f"{one.name} ({right.name}) {said} {own}, the quotes beside it {named}")

    def _right(self, citation: Row, country: str) -> Right | None:
        """The approval that a citation names, as near as it can be told: by its id, else by the reader's country."""
        rows = self._oracle.versions(citation["document"], citation["version"])
        order = sorted(rows, key=lambda row: (row.approval != citation["approval"], row.country != country))
        return order[0] if order else None

    def _cited(self, citation: Row) -> Document:
        """The stored document in which a citation's spans count: the one its address names, else the newest."""
        rows = self._oracle.versions(citation["document"], citation["version"])
        digests = self._store.digests_of_source(rows[0].source) if rows else []
        named = parse_qs(urlsplit(str(citation["url"])).query).get("text", [""])[0]
        fitting = [sha256 for sha256 in digests if named and sha256.startswith(named)] or digests
        if not fitting:
            raise NotFound(f"no text of {citation['document']} version {citation['version']} is stored")
        return self._document(fitting[-1])


def _shown(reply: Row) -> tuple[list[_Shown], list[Fault]]:
    """The texts of a reply with their citations, and a fault for each that has none."""
    by_number = {row["number"]: row for row in reply["citations"]}
    found: list[_Shown] = []
    faults: list[Fault] = []
    for kind, key in (("quote", "quotes"), ("safety text", "safety_information")):
        for at, row in enumerate(reply[key], 1):
            citation = by_number.get(row["citation"])
            if citation is None:
                faults.extend(_unread(f"{kind} {at} cites number {row['citation']}, which no citation has"))
            else:
                found.append(_Shown(f"{kind} {at}", row, citation))
    return found, faults


def _unread(text: str) -> Iterator[Fault]:
    """What can't be looked up is neither verbatim nor on its page."""
    return (Fault(measure, text) for measure in (VERBATIM, PAGE))


def _parts(text: str, spans: Sequence[Row]) -> list[str]:
    """A shown text cut as its spans are long, without a look at the document."""
    parts, start = [], 0
    for span in spans[:-1]:
        parts.append(text[start : start + span["end"] - span["start"]])
        start += span["end"] - span["start"] + 1
    return [*parts, text[start:]] if spans else []
