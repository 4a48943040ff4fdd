"""Is what a reply shows what was approved? Each quote and safety text against the stored text and the file itself.

100 % or fail: one wrong character in a dose is a wrong answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus.errors import CorpusError
from corpus.model import Document
from corpus.store import Store
from eval.judging.judged import Fault, first_change, judged, shares
from eval.judging.oracle import Right
from eval.judging.reading import PDF, Sources, Unreadable
from eval.judging.recorded import Recorded, Row, block_of
from eval.judging.tables import table_faults
from eval.model import Case, Progress, Result
from eval.replies import Exchange
from eval.sets import Question
from index.layout import Home

VERBATIM, PAGE, APPROVED = "quotes verbatim", "quotes on their page", "citations as approved"
SAFETY = "safety text of its product"
MEASURES = (VERBATIM, PAGE, APPROVED, SAFETY)


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
    """Judges every reply that quotes, cites or offers a document; a figure's n is the number of those replies.

    A question that ended in an error fails: what it would have shown can't be vouched for.
    """
    judge = _Judge(store, home)
    by_id = {question.id: question for question in questions}
    cases: list[Case] = []
    for done, exchange in enumerate(exchanges, 1):
        measures = _measures(exchange)
        if measures:
            faults = judge.faults(exchange)
            cases.append(judged(exchange, measures, faults, by_id, _got(exchange)))
        progress(done, len(exchanges))
    silent = (
        ()
        if any(VERBATIM in case.values for case in cases)
        else ("no reply quotes anything, so nothing could be checked",)
    )
    return Result("grounding", dataset, tuple(cases), shares(cases, MEASURES), data, invalid=silent)


def _measures(exchange: Exchange) -> tuple[str, ...]:
    """Those that apply to a reply; none to one that shows nothing of a document."""
    reply = exchange.reply
    if exchange.error:
        return (VERBATIM,)
    if reply["safety_information"]:
        return MEASURES
    if reply["kind"] == "answer" or reply["quotes"] or reply["citations"]:
        return MEASURES[:-1]
    return (APPROVED,) if reply["next_steps"] else ()


def _got(exchange: Exchange) -> str:
    cited = [f"{row['document']} version {row['version']}" for row in exchange.reply["citations"]]
    return exchange.error or ", ".join(cited) or f"{len(exchange.reply['next_steps'])} next steps"


@dataclass(frozen=True, slots=True)
class _Shown:
    """One text of a reply with the citation under it."""

    name: str  # as it is called in a failure: "quote 2"
    row: Row
    citation: Row


class _Judge:
    """Knows what is on record: approvals, stored texts, files."""

    def __init__(self, store: Store, home: Home) -> None:
        self._recorded = Recorded(store)
        self._sources = Sources(home)

    def faults(self, exchange: Exchange) -> Iterator[Fault]:
        """Everything that is wrong with one reply."""
        reply, country = exchange.reply, exchange.audience.country
        if exchange.error:
            yield Fault(VERBATIM, f"no reply to '{exchange.question}': {exchange.error}")
            return
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
            where = f"citation {row['number']} ({row['document']} version {row['version']})"
            yield from (Fault(APPROVED, f"{where}: {said}") for said in self._recorded.citation_faults(row, country))
            if row["number"] not in {one.citation["number"] for one in shown}:
                yield Fault(APPROVED, f"citation {row['number']} stands under no text")
        steps = (self._recorded.step_fault(step, country) for step in reply["next_steps"])
        if reply["kind"] == "answer":
            yield from (Fault(APPROVED, said) for said in self._recorded.headline_faults(reply, country))
        yield from (Fault(APPROVED, said) for said in steps if said)
        yield from self._safety_faults(shown, country)

    def _text_faults(self, shown: _Shown) -> Iterator[Fault]:
        citation, text = shown.citation, shown.row["text"]
        where = f"{shown.name} ({citation['document']} version {citation['version']}, page {citation['page']})"
        try:
            document = self._recorded.cited(citation)
        except CorpusError as error:
            yield from _unread(f"{where}: its document can't be read: {error}")
            return
        spans = citation["spans"]
        stored = " ".join(document.text[span["start"] : span["end"]] for span in spans)
        if text != stored or not stored:
            yield Fault(VERBATIM, f"{where}: {first_change(text, stored)}")
        if hashlib.sha256(text.encode()).hexdigest() != citation["sha256"]:
            yield Fault(VERBATIM, f"{where}: its sha256 is that of other characters")
        yield from (Fault(VERBATIM, f"{where}: {said}") for said in _beside(shown.row, spans, stored, document))
        for span, part in zip(spans, _parts(text, spans), strict=True):
            cells = [part[start:end] for start, end in _cells(document, span["start"], span["end"])]
            whole = not cells or not list(self._page_faults(where, part, span["page"], document))
            for piece in [part] if whole else cells:
                yield from self._page_faults(where, piece, span["page"], document)
        yield from (Fault(PAGE, f"{where}: {said}") for said in _misplaced(citation, document))

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

    def _safety_faults(self, shown: Sequence[_Shown], country: str) -> Iterator[Fault]:
        """Safety information of another product, or of another market, beside a quote is worse than none."""

        def right_of(one: _Shown) -> Right | None:
            return self._recorded.right(one.citation["document"], one.citation["version"], country)

        quoted = [right_of(one) for one in shown if one.name.startswith("quote")]
        beside = [right for right in quoted if right is not None]
        for one in shown:
            if not one.name.startswith("safety"):
                continue
            right = right_of(one)
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
                    listed = ", ".join(sorted(others))
                    yield Fault(SAFETY, f"{one.name} ({right.name}) {said} {own}, the quotes beside it {listed}")


def _beside(row: Row, spans: Sequence[Row], stored: str, document: Document) -> Iterator[str]:
    """What is shown with a text, its headings and a table, and doesn't belong to it."""
    block = block_of(document, spans)
    path = list(block.path) if block else []
    if "heading" in row and row["heading"] != path:
        yield f"it stands under '{' > '.join(row['heading'])}', in its document under '{' > '.join(path)}'"
    if row.get("table"):
        yield from table_faults(row["table"], spans, stored, document)


def _misplaced(citation: Row, document: Document) -> Iterator[str]:
    """Where a citation's pages aren't those of its spans in the stored text."""
    spans = citation["spans"]
    if not spans or citation["page"] != spans[0]["page"]:
        first = spans[0]["page"] if spans else "nowhere"
        yield f"the citation says page {citation['page']}, its first span page {first}"
    for span in spans:
        if not 0 <= span["start"] < span["end"] <= len(document.text):
            yield f"its span {span['start']}-{span['end']} is no part of the text"
        elif span["page"] != (page := document.page_at(span["start"])):
            yield f"its span {span['start']}-{span['end']} says page {span['page']} and begins on page {page}"


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


def _cells(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    """Where the cells of the row that a span is begin and end in it; the file has a merged one once."""
    block = document.block_at(start)
    fits = (block.start, block.end) == (start, end)
    return [(cell.start - start, cell.end - start) for cell in block.cells] if fits else []


def _parts(text: str, spans: Sequence[Row]) -> list[str]:
    """A shown text cut as its spans are long, without a look at the document."""
    parts, start = [], 0
    for span in spans[:-1]:
        parts.append(text[start : start + span["end"] - span["start"]])
        start += span["end"] - span["start"] + 1
    return [*parts, text[start:]] if spans else []
