"""What a reviewer narrows the list by. It stands in the URL, so nothing of it is text that a reader typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from chatbot.errors import InvalidFilter
from corpus.calendar import zones
from corpus.errors import InvalidInput
from corpus.ledger import REPLIES
from corpus.registry import Key, Registry

GAPS = ("no_content", "not_supported", "safety_text_missing")  # reasons of a "no answer" that more content would mend
ANY_GAP = "any"
_INTENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_INDEX = re.compile(r"[0-9]{1,15}")
_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Products:
    """What the registry calls products."""

    of_version: Mapping[Key, str]
    brands: Mapping[str, str]  # by their case-folded form, which leaves have


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What a leaf says of its turn in a line of the list."""

    index: int
    at: str  # UTC, ISO 8601
    kind: str
    intent: str
    products: tuple[str, ...]  # named in the question or cited, sorted
    country: str
    language: str  # of the question
    citations: int
    portal: str
    gap: str  # one of GAPS; empty when content isn't what was missing
    cited: tuple[tuple[str, str], ...] = ()  # number and version of each citation's document


@dataclass(frozen=True, slots=True)
class Filters:
    """What a turn must be to be listed; an empty text asks for nothing."""

    kind: str = ""
    intent: str = ""
    product: str = ""
    country: str = ""
    language: str = ""
    portal: str = ""
    gap: str = ""  # one of GAPS, or ANY_GAP
    document: str = ""  # the number of one that it cited
    version: str = ""  # and its version

    def fit(self, facts: TurnFacts) -> bool:
        """Whether a turn is all that is asked for."""
        named = {product.casefold() for product in facts.products}
        return (
            self.kind in ("", facts.kind)
            and self.intent in ("", facts.intent)
            and (not self.product or self.product.casefold() in named)
            and self.country in ("", facts.country)
            and self.language in ("", facts.language)
            and self.portal in ("", facts.portal)
            and (self.gap in ("", facts.gap) or (self.gap == ANY_GAP and facts.gap != ""))
            and (not self.document or any(map(self._names, facts.cited)))
        )

    def _names(self, cited: tuple[str, str]) -> bool:
        return cited[0] == self.document and self.version in ("", cited[1])

    def query(self, before: int | None = None) -> str:
        """The filters as a URL's query with its question mark; empty when nothing is asked for."""
        values = {name: value for name, value in asdict(self).items() if value}
        if before is not None:
            values["before"] = str(before)
        return f"?{urlencode(values)}" if values else ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form lets one choose: what is configured, and what stands in the records that were read."""

    kinds: tuple[str, ...]
    intents: tuple[str, ...]
    products: tuple[str, ...]
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    portals: tuple[str, ...]
    gaps: tuple[str, ...] = (ANY_GAP, *GAPS)

    def check(self, filters: Filters) -> None:
        """Raises ``InvalidFilter`` for an intent, a product or a portal that is neither configured nor recorded."""
        if filters.intent and filters.intent not in self.intents:
            raise InvalidFilter("no such intent")
        if filters.product and filters.product.casefold() not in {name.casefold() for name in self.products}:
            raise InvalidFilter("no such product")
        if filters.portal and filters.portal not in self.portals:
            raise InvalidFilter("no such portal")


def parse_filters(values: Mapping[str, str]) -> tuple[Filters, int | None]:
    """The filters of a query, and the record before which to read; raises ``InvalidFilter``.

    Names it doesn't know are left out, and so never carried on in links.
    """
    found = Filters(*(values.get(name, "").strip() for name in Filters.__slots__))
    before = values.get("before", "")
    if found.kind and found.kind not in REPLIES:
        raise InvalidFilter("no such kind")
    if found.gap and found.gap not in (ANY_GAP, *GAPS):
        raise InvalidFilter("no such content gap")
    if found.intent and not _INTENT.fullmatch(found.intent):
        raise InvalidFilter("an intent is a word in small letters")
    if max(map(len, (found.product, found.portal, found.document, found.version))) > _NAME_CHARACTERS:
        raise InvalidFilter("no product, portal or document has so long a name")
    if found.version and not found.document:
        raise InvalidFilter("a version is of a document: name that too")
    if found.language and not _LANGUAGE.fullmatch(found.language):
        raise InvalidFilter("a language is two small letters")
    if before and not _INDEX.fullmatch(before):
        raise InvalidFilter("before takes a record's number")
    if found.country:
        _check_country(found.country)
    return found, int(before) if before else None


def product_names(registry: Registry) -> Products:
    """The products of every approval that ever was."""
    of_version = {key: entry.approval.product for key, entry in registry.entries.items()}
    return Products(of_version, {name.casefold(): name for name in of_version.values() if name})


def turn_facts(index: int, leaf: Mapping[str, Any], products: Products) -> TurnFacts | None:
    """What the list says of a leaf; ``None`` when it is no turn."""
    decision = leaf.get("decision")
    if decision is None:
        return None
    country = leaf["audience"]["country"]
    cited = [products.of_version.get((row["document"], row["version"], country), "") for row in leaf["citations"]]
    named = [products.brands.get(name.casefold(), name) for name in decision["entities"]["products"]]
    return TurnFacts(
        index=index,
        at=leaf["ts"],
        kind=decision["kind"],
        intent=decision["intent"],
        products=_sorted([*named, *cited]),
        country=country,
        language=decision["entities"]["language"],
        citations=len(leaf["citations"]),
        portal=leaf["portal"],
        gap=_gap(decision),
        cited=tuple((row["document"], row["version"]) for row in leaf["citations"]),
    )


def offered(
    read: Iterable[TurnFacts], intents: Iterable[str], products: Iterable[str], countries: Iterable[str]
) -> Offered:
    """What the form offers: what is configured, and what the turns that were read have beside it."""
    turns = list(read)
    return Offered(
        kinds=REPLIES,
        intents=_sorted([*intents, *(turn.intent for turn in turns)]),
        products=_sorted([*products, *(product for turn in turns for product in turn.products)]),
        countries=_sorted([*countries, *(turn.country for turn in turns)]),
        languages=_sorted(turn.language for turn in turns),
        portals=_sorted(turn.portal for turn in turns),
    )


def _gap(decision: Mapping[str, Any]) -> str:
    """Which content was missing: the reason that the reply's own template was given."""
    reasons = (row["parameters"].get("reason", "") for row in decision["templates"])
    return next((str(reason) for reason in reasons if reason in GAPS), "") if decision["kind"] == "no_answer" else ""


def _check_country(country: str) -> None:
    try:
        zones(country)
    except InvalidInput as error:
        raise InvalidFilter("no such country") from error


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}, key=str.casefold))
