"""Question and retrieval -> Reply. Pure: what it needs is in its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatbot.answer.balance import Shelf, safety_texts
from chatbot.answer.context import with_context
from chatbot.answer.cues import citation_cues
from chatbot.answer.eligible import Eligible
from chatbot.answer.evidence import Evidence, Known
from chatbot.answer.facets import facets_of
from chatbot.answer.language import language_of_texts
from chatbot.answer.next_steps import after_answer, related
from chatbot.answer.offers import mentions_meant, names_meant
from chatbot.answer.ordinary import Ordinary
from chatbot.answer.reply import (
    Answer,
    Choice,
    Citation,
    Clarification,
    Ground,
    NextStep,
    NoAnswer,
    Notice,
    Quote,
    Reply,
    needs_balance,
)
from chatbot.answer.select import Selected, select
from chatbot.answer.support import (
    ABSENT_NAMES,
    CLARIFY_MARGIN,
    OFFER_MARGIN,
    QUOTE_MARGIN,
    elsewhere,
    other_product,
    refused,
    supported,
)
from chatbot.limits import ANSWER_HITS, CHOICES, FOLLOW_UPS, QUESTION_CHARACTERS, QUOTE_WORDS
from chatbot.policy import Policy, Rendered
from chatbot.routing.hearing import Ears
from chatbot.routing.lexicon import Query
from chatbot.routing.readings import Speller
from corpus.model import Approval, Document, Span
from index.analysis import tokens
from index.documents import product_of
from index.edition import Edition
from index.preference import Preference
from index.retrieve import Hit, Retrieval
from index.suggest import Suggester


@dataclass(frozen=True, slots=True)
class Composed:
    """A reply, and why it is this one."""

    reply: Reply
    rules: tuple[str, ...]
    templates: tuple[Rendered, ...]
    shown: tuple[Hit, ...]  # the hits behind the quotes, in the order of their citations


@dataclass(frozen=True, slots=True)
class Library:
    """What replies are composed from, as one value, so that a record never names another policy than was used."""

    edition: Edition
    suggester: Suggester
    read: Callable[[str], Document]  # a stored document by its digest
    policy: Policy
    ordinary: Ordinary  # of the edition's encoder
    speller: Speller
    ears: Ears  # what hears questions
    config: str  # digest of the service's settings

    def never_personal(self, word: str) -> bool:
        """Whether a folded word is the name of a medicine, which is nobody's."""
        return word in self.ears.names.own.words or word in self.ears.names.medicines


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, as recognised."""

    query: Query
    intent: str
    preference: Preference
    inherited: tuple[str, ...] = ()  # products that earlier turns left to this one, if it follows up


def compose(asked: Asked, retrieval: Retrieval, library: Library, ground: Ground, eligible: Eligible) -> Composed:
    """The reply to a question, from hits that may be quoted; each quote is cut from a stored document."""
    edition, policy, hits = library.edition, library.policy, retrieval.hits
    language = language_of_texts(ground.audience.language, asked.preference.language)
    names = names_meant(asked.query, edition, ground)
    if names:
        return _offer(asked, policy, names, language)
    if not eligible.mask.any():
        return _no_answer(asked, policy, "no_content", "support.no_content", (), language)
    if not hits:
        return _no_answer(asked, policy, "not_supported", "support.no_product_content", (), language)
    named = bool(asked.preference.products)

    def refuse(rule: str) -> Composed:
        near = related(hits, edition, ground, policy, language) if named else ()
        return _no_answer(asked, policy, "not_supported", rule, near, language)

    evidence = Evidence(edition, eligible.about(edition, asked.preference.products))
    facets = tuple(facet for facet in facets_of(asked.query, policy.facets) if not evidence.names(facet))
    own_words = _name_tokens(edition, hits)
    known = Known(own_words, policy.typed, policy.named, library.ordinary)
    rule = refused(asked.query, asked.preference.language, facets, evidence, known)
    if not rule and not named and other_product(asked.intent, facets, evidence, hits[0]):
        rule = "support.other_product"
    names = mentions_meant(asked.query, evidence) if rule in ABSENT_NAMES else ()
    if names:
        return _offer(asked, policy, names, language)
    if rule:
        return refuse(rule)
    selected = select(edition, asked.query, hits[:ANSWER_HITS], own_words, retrieval.vector)
    if not selected or not supported(selected[0].hit.cosine, selected[0].coverage, named):
        return refuse("support.too_weak")
    choices = _choices(asked, edition, hits, selected, ground)
    if choices:
        return _clarify(asked, policy, choices, language)
    first = product_of(selected[0].document)  # an answer is about one product, whatever the question compares
    own = [item for item in selected if product_of(item.document) == first]
    rule = elsewhere(asked.query, facets, evidence, [item.hit for item in own])
    if rule:
        return refuse(rule)
    return _answer(asked, own, library, ground, eligible, language)


def _answer(
    asked: Asked, selected: Sequence[Selected], library: Library, ground: Ground, eligible: Eligible, language: str
) -> Composed:
    policy = library.policy
    selected, quotes = _quotes(selected, library, ground, language)
    beside = _safety(asked, quotes, selected[0], library, ground, language)
    if beside is None:
        return _no_answer(asked, policy, "safety_text_missing", "balance.missing", (), language)
    first = quotes[0]
    heading = _heading(first)
    text = policy.render("answer", language, product=first.citation.approval.product, heading=heading)
    templates: tuple[Rendered, ...] = (text,)
    notices: tuple[Notice, ...] = ()
    if any(quote.citation.approval.assumed for quote in (*quotes, *beside)):
        assumed = policy.render("assumed", language)
        templates += (assumed,)
        notices = (Notice("assumed_approval", assumed.text),)
    reply = Reply(
        intent=asked.intent,
        notices=notices,
        body=Answer(text.text, quotes, beside),
        next_steps=after_answer([quote.citation for quote in quotes], asked.intent, eligible, ground, policy, language),
        suggestions=tuple(
            library.suggester.follow_ups(
                selected[0].document.source_sha256, f"{asked.query.question} {heading}", FOLLOW_UPS
            )
        ),
    )
    rules = ("support.answer", "balance.beside") if beside else ("support.answer",)
    return Composed(reply, rules, templates, tuple(item.hit for item in selected))


def _heading(quote: Quote) -> str:
    """The heading that says what a quote is about: the last one above it that has text of its own, so that a table's
    caption and header, which have only rows, don't stand for their section.
    """
    blocks = quote.citation.document.blocks
    told = {block.path for block in blocks if block.kind in ("paragraph", "item")}
    paths = (quote.heading[:depth] for depth in range(len(quote.heading), 0, -1))
    return next((path[-1] for path in paths if path in told), "")


def _quotes(
    selected: Sequence[Selected], library: Library, ground: Ground, language: str
) -> tuple[tuple[Selected, ...], tuple[Quote, ...]]:
    """Those of ``selected`` that stay within QUOTE_WORDS with what they take along, one a quote; the first always."""
    kept: list[tuple[Selected, Quote]] = []
    size = 0
    for item in selected:
        document = library.read(item.passage.document)
        shown = {quote.citation.spans for _, quote in kept if quote.citation.document is document}
        runs = [spans for spans in with_context(document, item.sentence) if spans not in shown]
        quotes = [
            _quote(len(kept) + at, document, spans, library, ground, language) for at, spans in enumerate(runs, 1)
        ]
        words = sum(len(quote.text.split()) for quote in quotes)
        if not kept or size + words <= QUOTE_WORDS:
            kept += [(item, quote) for quote in quotes]
            size += words
    return tuple(item for item, _ in kept), tuple(quote for _, quote in kept)


def _safety(
    asked: Asked, quotes: Sequence[Quote], first: Selected, library: Library, ground: Ground, language: str
) -> tuple[Quote, ...] | None:
    """The safety text that has to stand beside ``quotes``, numbered on; ``None`` when there is none to be shown."""
    if not needs_balance(asked.intent, quotes):
        return ()
    documents = library.edition.documents
    known = {documents[int(at)].source_sha256: documents[int(at)] for at in documents.of(product_of(first.document))}
    approvals = [ground.approvals[source] for source in known if source in ground.approvals]

    def read(approval: Approval) -> Document:
        return library.read(known[approval.source_sha256].sha256)

    texts = safety_texts(quotes, Shelf(approvals, read, asked.preference.language))
    if texts is None:
        return None
    numbered = enumerate(texts, len(quotes) + 1)
    return tuple(_quote(number, text.document, text.spans, library, ground, language) for number, text in numbered)


def _quote(
    number: int, document: Document, spans: tuple[Span, ...], library: Library, ground: Ground, language: str
) -> Quote:
    approval = ground.approval(document)
    block = document.block_at(spans[0].start)  # a passage may run over minor headings; these are the sentence's
    cues = citation_cues(approval, document, ground.audience, ground.instant, library.policy, language)
    citation = Citation(number, document, approval, spans, block.anchor, cues, ground)
    return Quote(citation, citation.text, block.path)


def _choices(
    asked: Asked, edition: Edition, hits: Sequence[Hit], selected: Sequence[Selected], ground: Ground
) -> tuple[Choice, ...]:
    """The products that fit nearly as well as the best one, or would be quoted beside it, when the question names none.

    Those of the reader's specialty come first: it orders what is offered and hides nothing.
    """
    if asked.preference.products:
        return ()
    near = [edition.document_of(hit.passage) for hit in hits if hits[0].score - hit.score <= CLARIFY_MARGIN]
    beside = [item.document for item in selected if hits[0].score - item.hit.score <= QUOTE_MARGIN]
    fitting = {product_of(document) for document in [*near, *beside]}
    if len(fitting) < 2:
        return ()
    by_rank = dict.fromkeys(
        product_of(edition.document_of(hit.passage)) for hit in hits if hits[0].score - hit.score <= OFFER_MARGIN
    )
    products = sorted({**by_rank, **dict.fromkeys(sorted(fitting))}, key=lambda name: name not in fitting)
    choices = []
    for product in products:
        known = (edition.documents[int(number)] for number in edition.documents.of(product))
        documents = [document for document in known if document.source_sha256 in ground.approvals]
        label = next(iter(documents[0].names), documents[0].title)
        choice = Choice(label, f"{label}: {asked.query.question}"[:QUESTION_CHARACTERS], len(documents))
        own = any(
            ground.audience.specialty in ground.approvals[document.source_sha256].specialties for document in documents
        )
        choices.append((not own, choice))
    choices.sort(key=lambda row: row[0])
    return tuple(choice for _, choice in choices[:CHOICES])


def _name_tokens(edition: Edition, hits: Sequence[Hit]) -> frozenset[str]:
    documents = {edition.document_of(hit.passage) for hit in hits}
    return frozenset(
        token for document in documents for name in document.names for token in tokens(name, document.language)
    )


def _clarify(asked: Asked, policy: Policy, choices: tuple[Choice, ...], language: str) -> Composed:
    text = policy.render("clarification", language)
    reply = Reply(asked.intent, (), Clarification(text.text, choices))
    return Composed(reply, ("clarify.product",), (text,), ())


def _offer(asked: Asked, policy: Policy, names: tuple[Choice, ...], language: str) -> Composed:
    text = policy.render("did_you_mean", language, meant=names[0].label if len(names) == 1 else "")
    reply = Reply(asked.intent, (), Clarification(text.text, names, of_name=True))
    return Composed(reply, ("clarify.spelling",), (text,), ())


def _no_answer(
    asked: Asked, policy: Policy, reason: str, rule: str, near: tuple[NextStep, ...], language: str
) -> Composed:
    # No product is named: it may be one that this reader's market doesn't have.
    text = policy.render("no_answer", language, reason=reason)
    reply = Reply(asked.intent, (), NoAnswer(text.text, reason), near)
    return Composed(reply, (rule,), (text,), ())
