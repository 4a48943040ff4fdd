"""The reply: values that can't be built wrong.

A citation is only constructed over a document version that is approved, in force and meant for this audience at this
instant, as the registry says; a quote only over the exact confirmed characters it cites; an answer only with both.
Whatever composes replies, this is where promise P1 holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from chatbot.answer.sections import is_efficacy_text, is_safety_text
from chatbot.answer.tables import Table
from chatbot.errors import SafetyTextMissing, Ungrounded
from corpus.model import Approval, Audience, Document, Span
from corpus.registry import Registry, Standing

Recipient = Literal["emergency", "safety", "medical_information", "commercial"]
EFFICACY = "efficacy"  # the intent that is never answered without safety text


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a reply stands: the registry it reads, for whom, and when."""

    registry: Registry
    audience: Audience
    instant: datetime  # aware
    approvals: Mapping[str, Approval]  # in force for them then, by source: what registry.citable gives

    def approval(self, document: Document) -> Approval:
        """The approval under which ``document`` may be shown; raises ``Ungrounded`` when there is none."""
        found = self.approvals.get(document.source.sha256)
        if found is None:
            raise Ungrounded(f"{document.source.name} may not be shown to this reader now")
        return found

    def check(self, approval: Approval) -> None:
        """Raises ``Ungrounded`` unless ``approval`` is on record as it is, and in force for this reader now."""
        entry = self.registry.entries.get(approval.key)
        standing = self.registry.standing(approval.key, self.audience, self.instant)
        if entry is None or entry.approval != approval or standing is not Standing.IN_FORCE:
            raise Ungrounded(f"{approval.document_number} version {approval.version} is {standing} for this reader")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: document version, approval, spans, page."""

    number: int  # 1-based in the reply
    document: Document
    approval: Approval
    spans: tuple[Span, ...]  # in text order; a quote over a page end is several
    anchor: str | None
    cues: tuple[str, ...]  # why it is worth opening, in words
    ground: Ground = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` unless every span may be shown."""
        approval, ground = self.approval, self.ground
        if approval.source_sha256 != self.document.source.sha256:
            raise Ungrounded(f"approval {approval.approval_id} is for other bytes than {self.document.source.name}")
        ground.check(approval)
        if not self.spans:
            raise Ungrounded("a citation needs at least one span")
        for span in self.spans:
            sentence = self.document.sentence_at(span.start) if 0 <= span.start < span.end else None
            if sentence is None or not sentence.confirmed or span.end > sentence.end:
                raise Ungrounded(f"{self.document.source.name} {span.start}:{span.end} is no confirmed sentence")
            if ground.registry.signoff.forbids(self.document.sha256, span):
                raise Ungrounded(f"{self.document.source.name} {span.start}:{span.end} is marked as not to be cited")

    @property
    def page(self) -> int | None:
        """The 1-based page where the quote starts; ``None`` in formats without pages."""
        return self.document.page_at(self.spans[0].start)

    @property
    def text(self) -> str:
        """The cited characters: the document's text at the spans, joined by one space."""
        return " ".join(span.of(self.document.text) for span in self.spans)

    @property
    def sha256(self) -> str:
        """The digest of the cited characters."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim text under the headings it stands under."""

    citation: Citation
    text: str
    heading: tuple[str, ...]
    table: Table | None = None  # the same text by its cells, where it is rows of a table

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` unless text and table are what the citation points at, to the character."""
        citation, table = self.citation, self.table
        if self.text != citation.text:
            raise Ungrounded(f"quote {citation.number} is not the document's text at its spans")
        if table is None:
            return
        cells = [cell.span for row in table.rows for cell in row]
        inside = all(citation.spans[0].start <= span.start and span.end <= citation.spans[-1].end for span in cells)
        if table.document is not citation.document or table.text != self.text or not inside:
            raise Ungrounded(f"the table of quote {citation.number} has other rows than are quoted")
        if (table.heading and table.heading not in self.heading) or not set(table.caption) <= set(self.heading):
            raise Ungrounded(f"quote {citation.number} doesn't stand under the header or caption of its table")


def product_named(approval: Approval, document: Document) -> str:
    """What a document is about, folded: its approval's product, else its own first name; empty when it has neither."""
    return (approval.product or next(iter(document.names), "")).casefold()


def needs_balance(intent: str, quotes: Iterable[Quote]) -> bool:
    """Whether safety text has to stand beside ``quotes``: efficacy is asked for, or is what one of them tells."""
    return intent == EFFICACY or any(
        is_efficacy_text(quote.citation.approval.document_type, quote.heading) for quote in quotes
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on from a clarification."""

    label: str
    text: str  # the question to send when it is chosen
    count: int  # documents behind it


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes under a headline, with the safety text that must stand beside them."""

    headline: str
    quotes: tuple[Quote, ...]
    safety_information: tuple[Quote, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` without a quote, when citations are not numbered 1, 2, 3 …, or when what a quote is
        kept with isn't quoted beside it.
        """
        if not self.quotes:
            raise Ungrounded("an answer needs at least one quote")
        citations = [quote.citation for quote in (*self.quotes, *self.safety_information)]
        if [citation.number for citation in citations] != list(range(1, len(citations) + 1)):
            raise Ungrounded("citations are numbered in the order of their quotes, from 1")
        shown: dict[str, list[Span]] = {}
        for citation in citations:
            shown.setdefault(citation.document.sha256, []).extend(citation.spans)
        for citation in citations:
            document = citation.document
            lacking = citation.ground.registry.signoff.lacks(document, shown[document.sha256])
            if lacking is not None:
                place = f"{document.source.name} {lacking.start}:{lacking.end}"
                raise Ungrounded(f"{place} has to be quoted beside what is kept with it")


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question back, with choices that all have documents behind them."""

    headline: str
    choices: tuple[Choice, ...]
    of_name: bool = False  # asks whether a name was meant: then one choice is a question too

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` for fewer than two choices (one, of a name), or a choice without documents."""
        if len(self.choices) < 2 - self.of_name or any(choice.count < 1 for choice in self.choices):
            raise Ungrounded("a clarification needs two choices or more, each with documents")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Said plainly: nothing approved answers this. ``reason`` is for the record and the reviewer."""

    headline: str
    reason: str


Body = Answer | Clarification | NoAnswer


@dataclass(frozen=True, slots=True)
class Notice:
    """A fixed text that stands before the body."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Handover:
    """To whom a question goes that isn't answered here, or not here alone."""

    to: Recipient
    text: str  # what the reader is told to do
    url: str  # where it is done; tel: and mailto: included
    prefill: Mapping[str, str]  # what the form behind it starts with


@dataclass(frozen=True, slots=True)
class NextStep:
    """A whole document worth opening next; quoted is nothing of it."""

    approval: Approval
    cue: str
    ground: Ground = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` unless the document may be shown."""
        self.ground.check(self.approval)


@dataclass(frozen=True, slots=True)
class Reply:
    """Notices and handovers, then at most one body, then where to go from there."""

    intent: str
    notices: tuple[Notice, ...]
    body: Body | None
    next_steps: tuple[NextStep, ...] = ()
    suggestions: tuple[str, ...] = ()  # questions that documents of this reader have headings for
    handovers: tuple[Handover, ...] = ()  # the most urgent first

    def __post_init__(self) -> None:
        """Raises ``Ungrounded`` for a reply that says nothing, ``SafetyTextMissing`` for one that is out of balance.

        Each product that is quoted on efficacy has safety text of its own, approved for the same market, beside it.
        EFPIA Code of Practice (2019), article 3: promotion has to be accurate, balanced, fair and objective.
        """
        if self.body is None and not self.notices and not self.handovers:
            raise Ungrounded("a reply needs a notice, a handover or a body")
        if isinstance(self.body, Answer) and needs_balance(self.intent, self.body.quotes):
            told = {_market(quote) for quote in self.body.safety_information if _is_safety(quote)}
            bare = {_market(quote) for quote in self.body.quotes} - {market for market in told if market[0]}
            if bare:
                product, country = min(bare)
                raise SafetyTextMissing(f"efficacy of '{product}' in {country} without its safety text for that market")

    @property
    def kind(self) -> str:
        """The wire name of the body, or of what stands there without one."""
        if self.body is None:
            return "handover" if self.handovers else "notice"
        return {Answer: "answer", Clarification: "clarification", NoAnswer: "no_answer"}[type(self.body)]

    @property
    def headline(self) -> str:
        """What is read first: the body's headline, or the first handover's or notice's text."""
        if self.body is not None:
            return self.body.headline
        return self.handovers[0].text if self.handovers else self.notices[0].text

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the reply cites; only an answer cites."""
        body = self.body
        return tuple(q.citation for q in (*body.quotes, *body.safety_information)) if isinstance(body, Answer) else ()


def _market(quote: Quote) -> tuple[str, str]:
    approval = quote.citation.approval
    return product_named(approval, quote.citation.document), approval.country


def _is_safety(quote: Quote) -> bool:
    return is_safety_text(quote.citation.approval.document_type, quote.heading)
