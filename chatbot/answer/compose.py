"""Question and retrieval -> Reply. Pure: what it needs is in its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatbot.answer.balance import Shelf, safety_texts
from chatbot.answer.choices import document_choices, product_choices
from chatbot.answer.context import with_context
from chatbot.answer.cues import citation_cues
from chatbot.answer.eligible import Eligible
from chatbot.answer.evidence import Evidence, Known
from chatbot.answer.facets import facets_of
from chatbot.answer.language import language_of_texts
from chatbot.answer.lists import Listed, listed, request_of
from chatbot.answer.next_steps import Stepper, after_answer, related
from chatbot.answer.offers import mentions_meant, names_meant
from chatbot.answer.ordinary import Ordinary
from chatbot.answer.questions import Bank
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
from chatbot.answer.select import MayQuote, Selected, select
from chatbot.answer.support import (
    ABSENT_NAMES,
    elsewhere,
    other_product,
    refused,
    supported,
)
from chatbot.answer.tables import table_of
from chatbot.limits import ANSWER_HITS, FOLLOW_UPS, QUOTE_WORDS
from chatbot.policy import Policy, Rendered
from chatbot.routing.hearing import Ears
from chatbot.routing.lexicon import Query
from chatbot.routing.readings import Speller
from corpus.model import Approval, Document, Sentence, Span
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
    words: Callable[[str], int]  # of a stored document by its source
    bank: Bank


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
    named = bool(asked.preference.products)
    stepper = Stepper(ground, policy, language, library.words)
    request = request_of(
        (asked.intent, asked.query, asked.preference.products), edition, eligible.approvals, ground.instant
    )
    documents = listed(request, policy.lists)
    if documents is not None:
        return _list(asked, documents, named, stepper)
    if not hits:
        return _no_answer(asked, policy, "not_supported", "support.no_product_content", (), language)
    return _from_passages(asked, retrieval, library, stepper, eligible)


def _from_passages(
    asked: Asked, retrieval: Retrieval, library: Library, stepper: Stepper, eligible: Eligible
) -> Composed:
    """The reply from ranked passages, once each rule of support has had its say."""
    edition, policy, hits = library.edition, library.policy, retrieval.hits
    ground, language, named = stepper.ground, stepper.language, bool(asked.preference.products)

    def refuse(rule: str) -> Composed:
        near = related(hits, edition, stepper) if named else ()
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
    may_quote = _may_quote(library, ground)
    selected = select(edition, asked.query, hits[:ANSWER_HITS], own_words, retrieval.vector, may_quote)
    if not selected or not supported(selected[0].hit.cosine, selected[0].coverage, named):
        return refuse("support.too_weak")
    choices = product_choices(asked.query.question, edition, hits, selected, ground) if not named else ()
    if choices:
        return _clarify(asked, policy, choices, language)
    first = product_of(selected[0].document)  # an answer is about one product, whatever the question compares
    own = [item for item in selected if product_of(item.document) == first]
    rule = elsewhere(asked.query, facets, evidence, [item.hit for item in own])
    if rule:
        return refuse(rule)
    return _answer(asked, own, library, stepper, eligible)


def _may_quote(library: Library, ground: Ground) -> MayQuote:
    """Whether people's marks leave anything to quote of a sentence; only a marked document is read for it."""
    signoff = ground.registry.signoff

    def may_quote(sha256: str, sentence: Sentence) -> bool:
        return not signoff.marks.get(sha256) or bool(with_context(library.read(sha256), sentence, signoff))

    return may_quote


def _list(asked: Asked, documents: Listed, named: bool, stepper: Stepper) -> Composed:
    """Whole documents, of which nothing is quoted; or which product's, where their kind alone was asked for."""
    policy, language = stepper.policy, stepper.language
    if documents.rule == "list.lookup" and not named:
        choices = document_choices(asked.query.question, documents.approvals, stepper.ground)
        if choices:
            return _clarify(asked, policy, choices, language)
    steps = stepper.steps(documents.approvals)
    products = {approval.product for approval in documents.approvals}
    told = {"intent": asked.intent, "product": products.pop() if len(products) == 1 else ""}
    if documents.found:
        text = policy.render("documents", language, **told)
        reply = Reply(asked.intent, (Notice("documents", text.text),), None, steps)
    else:
        text = policy.render("no_documents", language, reason=documents.reason, **told)
        reply = Reply(asked.intent, (), NoAnswer(text.text, documents.reason), steps)
    return Composed(reply, (documents.rule,), (text,), ())


def _answer(
    asked: Asked, selected: Sequence[Selected], library: Library, stepper: Stepper, eligible: Eligible
) -> Composed:
    policy, ground, language = library.policy, stepper.ground, stepper.language
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
        next_steps=after_answer([quote.citation for quote in quotes], asked.intent, eligible, stepper),
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
        context = with_context(document, item.sentence, ground.registry.signoff)
        runs = [spans for spans in context if spans not in shown]
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

    texts = safety_texts(quotes, Shelf(approvals, read, asked.preference.language, ground.registry.signoff))
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
    return Quote(citation, citation.text, block.path, table_of(document, spans))


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
