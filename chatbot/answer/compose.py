"""Question and retrieval -> Reply. Pure: what it needs is in its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatbot.answer.reply import (
    Answer,
    Body,
    Choice,
    Citation,
    Clarification,
    Ground,
    NoAnswer,
    Notice,
    Quote,
    Reply,
)
from chatbot.answer.select import Selected, select
from chatbot.answer.support import CLARIFY_MARGIN, supported
from chatbot.limits import ANSWER_HITS, CHOICES, QUESTION_CHARACTERS
from chatbot.policy import Policy, Rendered
from corpus.model import Document, Span
from index.analysis import tokens
from index.edition import Edition
from index.preference import Preference, product_of
from index.retrieve import Hit, Retrieval


@dataclass(frozen=True, slots=True)
class Composed:
    """A reply, and why it is this one."""

    reply: Reply
    rules: tuple[str, ...]
    templates: tuple[Rendered, ...]
    shown: tuple[Hit, ...]  # the hits behind the quotes, in the order of their citations


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, as recognised."""

    text: str
    intent: str
    preference: Preference


def compose(
    asked: Asked,
    retrieval: Retrieval,
    edition: Edition,
    ground: Ground,
    policy: Policy,
    read: Callable[[str], Document],
) -> Composed:
    """The reply to a question. ``read`` gives a stored document by its digest; every quote is cut from it."""
    hits = _of_named_products(edition, retrieval.hits, asked.preference.products)
    if not retrieval.hits:
        return _no_answer(asked, policy, "no_content", "support.no_content")
    if not hits:
        return _no_answer(asked, policy, "not_supported", "support.no_product_content")
    selected = select(edition, asked.text, hits[:ANSWER_HITS], _name_tokens(edition, hits))
    named = bool(asked.preference.products)
    if not selected or not supported(selected[0].hit.cosine, selected[0].coverage, named):
        return _no_answer(asked, policy, "not_supported", "support.too_weak")
    choices = _choices(asked, edition, hits, ground)
    if choices:
        text = policy.render("clarification")
        return _composed(asked, Clarification(text.text, choices), ("clarify.product",), (text,), (), ())
    return _answer(asked, selected, ground, policy, read)


def _answer(
    asked: Asked,
    selected: Sequence[Selected],
    ground: Ground,
    policy: Policy,
    read: Callable[[str], Document],
) -> Composed:
    quotes = tuple(_quote(number, item, ground, read) for number, item in enumerate(selected, 1))
    first = quotes[0]
    heading = first.heading[-1] if first.heading else ""
    text = policy.render("answer", product=first.citation.approval.product, heading=heading)
    templates: tuple[Rendered, ...] = (text,)
    notices: tuple[Notice, ...] = ()
    if any(quote.citation.approval.assumed for quote in quotes):
        assumed = policy.render("assumed")
        templates += (assumed,)
        notices = (Notice("assumed_approval", assumed.text),)
    shown = tuple(item.hit for item in selected)
    return _composed(asked, Answer(text.text, quotes), ("support.answer",), templates, shown, notices)


def _quote(number: int, item: Selected, ground: Ground, read: Callable[[str], Document]) -> Quote:
    document = read(item.passage.document)
    spans = document.spans_by_page(Span(item.sentence.start, item.sentence.end))
    block = document.block_at(item.sentence.start)  # a passage may run over minor headings; these are the sentence's
    citation = Citation(number, document, ground.approval(document), spans, block.anchor, ground)
    return Quote(citation, citation.text, block.path)


def _of_named_products(edition: Edition, hits: Sequence[Hit], products: tuple[str, ...]) -> tuple[Hit, ...]:
    """Hits of the products the question names; all of them when it names none."""
    return tuple(hit for hit in hits if not products or product_of(edition.document_of(hit.passage)) in products)


def _choices(asked: Asked, edition: Edition, hits: Sequence[Hit], ground: Ground) -> tuple[Choice, ...]:
    """The products that fit nearly as well as the best one, when the question names none; else nothing."""
    if asked.preference.products:
        return ()
    near = [hit for hit in hits if hits[0].score - hit.score <= CLARIFY_MARGIN]
    products = list(dict.fromkeys(product_of(edition.document_of(hit.passage)) for hit in near))
    if len(products) < 2:
        return ()
    choices = []
    for product in products[:CHOICES]:
        documents = [
            document
            for document in edition.documents
            if product_of(document) == product and document.source_sha256 in ground.approvals
        ]
        label = next(iter(documents[0].names), documents[0].title)
        choices.append(Choice(label, f"{label}: {asked.text}"[:QUESTION_CHARACTERS], len(documents)))
    return tuple(choices)


def _name_tokens(edition: Edition, hits: Sequence[Hit]) -> frozenset[str]:
    documents = {edition.document_of(hit.passage) for hit in hits}
    return frozenset(
        token for document in documents for name in document.names for token in tokens(name, document.language)
    )


def _no_answer(asked: Asked, policy: Policy, reason: str, rule: str) -> Composed:
    # No product is named: it may be one that this reader's market doesn't have.
    text = policy.render("no_answer", reason=reason)
    return _composed(asked, NoAnswer(text.text, reason), (rule,), (text,), (), ())


def _composed(
    asked: Asked,
    body: Body,
    rules: tuple[str, ...],
    templates: tuple[Rendered, ...],
    shown: tuple[Hit, ...],
    notices: tuple[Notice, ...],
) -> Composed:
    return Composed(Reply(asked.intent, notices, body), rules, templates, shown)
