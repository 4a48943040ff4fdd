"""Fair balance: the safety text that stands beside what a medicine achieves. Pure.

EFPIA Code of Practice (2019), article 3: promotion has to be accurate, balanced, fair and objective. What is quoted is
the same product's approved safety text for the same market, and where there is none, nothing is said of efficacy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from chatbot.answer.boilerplate import is_boilerplate
from chatbot.answer.context import is_lead_in, with_context
from chatbot.answer.reply import Quote, product_named
from chatbot.answer.sections import SAFETY_SHEET, is_safety_text, safety_rank
from chatbot.limits import SAFETY_QUOTES, SAFETY_WORDS
from corpus.model import Approval, Block, Document, Sentence, Span
from corpus.signoff import SignOff
from index.analysis import words

_KINDS = (SAFETY_SHEET, "product information")  # before everything else that has such headings, leaflets say
# A label and its leaflet can be one file: what speaks to patients goes behind what speaks to professionals.
_TO_PATIENTS = re.compile(
    r"(?<!\w)(?:you|your|ihre[mnr]? arzt|ihr arzt|su médico|usted|consulte|vous|votre|suo medico|lei)(?!\w)",
    re.IGNORECASE,
)
_ENDS = (".", "!", "?")  # of a paragraph's sentence; without one it is a heading, or a cell of a table in pieces
_OTHER = 3  # the rank of a safety sheet's other sections: behind what every label has


Spans = tuple[Span, ...]
_Section = tuple[int, str]  # what is told first goes first; the heading, where it is one of a sheet's own


@dataclass(frozen=True, slots=True)
class SafetyText:
    """What to quote of one document beside an efficacy answer."""

    document: Document
    spans: Spans  # in text order, cut at page ends


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where safety text is looked for: what this reader may be shown now."""

    approvals: Sequence[Approval]
    read: Callable[[Approval], Document]
    language: str  # that of the question, which goes first
    signoff: SignOff


def safety_texts(quotes: Sequence[Quote], shelf: Shelf) -> tuple[SafetyText, ...] | None:
    """Safety text for each product that ``quotes`` are about, in their order; ``None`` when one has none.

    Of the product's important safety information, else of its label: up to SAFETY_QUOTES sentences from different
    sections, SAFETY_WORDS in all, contraindications first.
    """
    shown = {(quote.citation.document.sha256, quote.citation.spans) for quote in quotes}
    products = dict.fromkeys(product_named(quote.citation.approval, quote.citation.document) for quote in quotes)
    found = [_of_product(product, shelf, shown) for product in products]
    return tuple(text for texts in found for text in texts) if all(found) else None


def _of_product(product: str, shelf: Shelf, shown: Set[tuple[str, Spans]]) -> tuple[SafetyText, ...]:
    def order(approval: Approval) -> tuple[object, ...]:
        kind = _KINDS.index(approval.document_type) if approval.document_type in _KINDS else len(_KINDS)
        return kind, approval.language != shelf.language, -approval.effective_on.toordinal(), approval.key

    for approval in sorted(shelf.approvals, key=order):
        document = shelf.read(approval)
        if product and product_named(approval, document) == product:
            texts = _chosen(document, approval, shelf.signoff)
            if texts:  # what is quoted already isn't quoted again, unless nothing else is there
                return tuple(text for text in texts if (document.sha256, text.spans) not in shown) or texts
    return ()


def _chosen(document: Document, approval: Approval, signoff: SignOff) -> tuple[SafetyText, ...]:
    """What to quote, one sentence a section; empty when the document has no safety text."""

    def order(row: tuple[_Section, Sentence]) -> tuple[object, ...]:
        section, sentence = row
        return _TO_PATIENTS.search(document.text, sentence.start, sentence.end) is not None, section[0], sentence.start

    found = [
        (section, runs)
        for section, sentence in sorted(_sentences(document, approval), key=order)
        if (runs := with_context(document, sentence, signoff))
    ]
    chosen: dict[_Section, tuple[Spans, ...]] = {}
    for section, runs in found:
        taken = [*chosen.values(), runs]
        fits = sum(map(len, taken)) <= SAFETY_QUOTES and sum(_words(document, each) for each in taken) <= SAFETY_WORDS
        if section not in chosen and fits:
            chosen[section] = runs
    if found and not chosen:  # long sentences are no reason to say nothing
        chosen = dict([min(found, key=lambda row: _words(document, row[1]))])
    return tuple(SafetyText(document, spans) for runs in chosen.values() for spans in runs)


def _words(document: Document, runs: tuple[Spans, ...]) -> int:
    return sum(len(span.of(document.text).split()) for spans in runs for span in spans)


def _sentences(document: Document, approval: Approval) -> Iterator[tuple[_Section, Sentence]]:
    """The sentences that may be quoted, each with its section."""
    for block in document.blocks:
        section = _section(block, approval)
        if section is not None:
            for sentence in block.sentences:
                text = document.text[sentence.start : sentence.end]
                whole = block.kind == "item" or text.rstrip().endswith(_ENDS)
                if sentence.confirmed and whole and not is_lead_in(text) and not is_boilerplate(text):
                    yield section, sentence


def _section(block: Block, approval: Approval) -> _Section | None:
    """The section of a block's text; ``None`` for what isn't safety text.

    Rows are left out: alone they say too little. So is what stands under a sheet's own title: it speaks of the sheet.
    """
    if block.kind not in ("paragraph", "item") or not is_safety_text(approval.document_type, block.path):
        return None
    rank = safety_rank(block.path)
    if rank is not None:
        return rank, ""
    if not block.path or set(words(block.path[-1])) <= set(words(approval.title)):
        return None
    return _OTHER, block.path[-1]
