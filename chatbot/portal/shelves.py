"""Approvals and products -> what the portal's pages list for one reader. Pure; nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote as percent
from urllib.parse import urlencode

from chatbot.answer.questions import page_name
from corpus.model import Approval, Audience
from corpus.products import Product

NEWEST = 5  # documents on the first page
# The order of a product page: what is asked for most comes first.
_KINDS = (
    "product information",
    "dosing card",
    "important safety information",
    "letter",
    "study summary",
    "mechanism deck",
    "patient leaflet",
    "FAQ",
    "guideline summary",
    "event",
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the portal takes the visitor for; stands in the query of every page."""

    country: str
    specialty: str
    role: str
    language: str

    @property
    def query(self) -> str:
        """The reader as a query string."""
        values = {"country": self.country, "specialty": self.specialty, "role": self.role, "language": self.language}
        return urlencode(values)

    @property
    def audience(self) -> Audience:
        """The same as the registry knows it."""
        return Audience(self.country, self.role, self.specialty, self.language)


@dataclass(frozen=True, slots=True)
class Item:
    """One document in a list."""

    title: str
    href: str
    kind: str
    language: str
    facts: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of one kind."""

    kind: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A product on the first page."""

    product: Product
    slug: str
    documents: int  # that this reader may open


def cards(products: Iterable[Product], approvals: Iterable[Approval], reader: Reader) -> tuple[Card, ...]:
    """The products that this reader has documents of, those of the reader's specialty first."""
    found = list(approvals)
    counted = [Card(product, slug(product), len(of_product(product, found))) for product in products]
    counted.sort(key=lambda card: (card.product.specialty != reader.specialty, card.product.brand))
    return tuple(card for card in counted if card.documents)


def shelves(approvals: Iterable[Approval], reader: Reader) -> tuple[Shelf, ...]:
    """All documents by kind, the reader's language first, then the newest."""
    by_kind: dict[str, list[Approval]] = {}
    for approval in approvals:
        by_kind.setdefault(approval.document_type, []).append(approval)
    order = [*_KINDS, *sorted(set(by_kind) - set(_KINDS))]
    result = []
    for kind in order:
        found = sorted(
            by_kind.get(kind, []),
            key=lambda item: (item.language != reader.language, -item.effective_on.toordinal(), item.document_number),
        )
        if found:
            result.append(Shelf(kind, tuple(_item(approval, reader) for approval in found)))
    return tuple(result)


def newest(approvals: Iterable[Approval], reader: Reader) -> tuple[Item, ...]:
    """The NEWEST documents that took effect last, the reader's specialty first among those of one day."""
    found = sorted(
        approvals,
        key=lambda item: (
            -item.effective_on.toordinal(),
            reader.specialty not in item.specialties,
            item.document_number,
        ),
    )
    return tuple(_item(approval, reader) for approval in found[:NEWEST])


def of_product(product: Product, approvals: Iterable[Approval]) -> list[Approval]:
    """The approvals of one product."""
    return [approval for approval in approvals if approval.product.casefold() == product.brand.casefold()]


def slug(product: Product) -> str:
    """The product's name in an address."""
    return page_name(product.brand)


def _item(approval: Approval, reader: Reader) -> Item:
    number, version = percent(approval.document_number, safe=""), percent(approval.version, safe="")
    return Item(
        title=approval.title,
        href=f"/open/{number}/{version}?{reader.query}",
        kind=approval.document_type,
        language=approval.language,
        facts=f"version {approval.version}, in force since {approval.effective_on}",
    )
