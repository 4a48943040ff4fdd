"""Questions to offer: the reviewed bank, filled in for the products of which a reader's documents stand behind them.

Nothing a reader typed is kept. The order is always the same: the bank's own, products by name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from chatbot.limits import STARTERS, SUGGESTIONS
from corpus.model import Approval, Audience
from index.documents import Documents
from index.suggest import Suggester, folded_words, starts_in

LANGUAGES = ("en", "de", "es", "fr", "it")
_REVIEWED = SUGGESTIONS // 2  # of the suggestions: headings say what documents really have


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """One reviewed question."""

    id: str
    intent: str
    starter: bool  # is offered before anything is typed
    headings: tuple[str, ...]  # folded: a document with one of them stands behind it
    types: frozenset[str]  # document types that do
    texts: Mapping[str, str]  # by language, with {product}


@dataclass(frozen=True, slots=True)
class Offered:
    """A question of the bank about one product."""

    text: str
    product: str
    question: BankQuestion


@dataclass(frozen=True, slots=True)
class Bank:
    """The bank over one edition."""

    questions: tuple[BankQuestion, ...]
    backed: Callable[[str], frozenset[str]]  # the ids of questions that a source has a heading for

    def offers(self, approvals: Mapping[str, Approval], language: str) -> Iterator[Offered]:
        """The questions that documents ``approvals`` (by source) stand behind, a product after the other.

        In the reader's language where such a document is in it, else in English, else in the document's own.
        """
        spoken: dict[tuple[str, str], set[str]] = {}  # languages of what stands behind a question about a product
        for source, approval in approvals.items():
            ids = self.backed(source) if approval.product else frozenset()
            for question in self.questions:
                if approval.product and (question.id in ids or approval.document_type in question.types):
                    spoken.setdefault((approval.product, question.id), set()).add(approval.language)
        for product in sorted({product for product, _ in spoken}):
            for question in self.questions:
                languages = spoken.get((product, question.id), set())
                best = next((each for each in (language, *LANGUAGES) if each in languages), None)
                if best is not None and best in question.texts:
                    yield Offered(question.texts[best].format(product=product), product, question)


def bank_questions(table: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[BankQuestion, ...]:
    """``questions.toml`` as it is used."""
    return tuple(
        BankQuestion(
            id=row["id"],
            intent=row["intent"],
            starter=row.get("starter", False),
            headings=tuple(" ".join(folded_words(heading)) for heading in row.get("headings", ())),
            types=frozenset(row.get("types", ())),
            texts={language: row[language] for language in LANGUAGES},
        )
        for row in table["question"]
    )


def bank_over(questions: tuple[BankQuestion, ...], suggester: Suggester) -> Bank:
    """The bank over an edition's headings; each heading is compared once."""

    @functools.cache
    def ids_of(heading: str) -> frozenset[str]:
        return frozenset(each.id for each in questions if any(f" {phrase} " in heading for phrase in each.headings))

    @functools.cache
    def backed(source: str) -> frozenset[str]:
        return frozenset(chain.from_iterable(ids_of(f" {heading} ") for heading in suggester.headings(source)))

    return Bank(questions, backed)


def suggestions(
    typed: str, bank: Bank, suggester: Suggester, approvals: Mapping[str, Approval], language: str
) -> list[str]:
    """Up to SUGGESTIONS questions in which every typed word starts a word, in any order: of the bank, then headings,
    then titles of documents. A question of the bank is also found by the words of its intent.
    """
    asked = folded_words(typed)
    if not asked:
        return []
    reviewed = [
        offer.text
        for offer in bank.offers(approvals, language)
        if starts_in(asked, folded_words(f"{offer.text} {offer.question.intent.replace('_', ' ')}"))
    ]
    ordered = sorted(approvals.values(), key=lambda each: (each.language != language, each.title, each.key))
    titles = [each.title for each in ordered if starts_in(asked, folded_words(each.title))]
    topics = suggester.suggest(typed, approvals.keys(), language, SUGGESTIONS)
    room = SUGGESTIONS - len(reviewed[:_REVIEWED]) - len(titles[:1])
    every = [*reviewed[:_REVIEWED], *topics[:room], *titles[:1], *reviewed[_REVIEWED:], *topics[room:], *titles[1:]]
    return _unique(every)[:SUGGESTIONS]


def starters(bank: Bank, approvals: Mapping[str, Approval], audience: Audience, page: str) -> list[str]:
    """Up to STARTERS questions to begin with: of the product whose page it is, else of the reader's specialty.

    Without either they are of every product, one each in turn.
    """
    offers = [offer for offer in bank.offers(approvals, audience.language) if offer.question.starter]
    own = {each.product for each in approvals.values() if audience.specialty in each.specialties}
    wanted = [offer for offer in offers if page_name(offer.product) == page]
    if not page:
        wanted = [offer for offer in offers if offer.product in own] or offers
    by_product: dict[str, list[str]] = {}
    for offer in wanted:
        by_product.setdefault(offer.product, []).append(offer.text)
    turns = zip_longest(*by_product.values())
    return [text for turn in turns for text in turn if text is not None][:STARTERS]


def page_name(brand: str) -> str:
    """A product in an address: its brand in small letters, with hyphens."""
    return brand.casefold().replace(" ", "-")


def in_edition(approvals: Mapping[str, Approval], documents: Documents) -> dict[str, Approval]:
    """Those of ``approvals`` (by source) whose documents an edition has, in its order."""
    found = ((each.source_sha256, approvals.get(each.source_sha256)) for each in documents)
    return {source: approval for source, approval in found if approval is not None}


def _unique(texts: Iterable[str]) -> list[str]:
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.casefold(), text)
    return list(first.values())
