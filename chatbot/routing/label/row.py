"""A row of the product table, read with the same words as a question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from chatbot.routing.entities import DONE, Entities, ProductNames, entities_of
from chatbot.routing.label.amounts import ages_of_row
from chatbot.routing.label.conditions import conditions
from chatbot.routing.label.phrases import items_of
from chatbot.routing.label.words import words_of_release
from corpus.products import Product

_ADULT, _OLDEST = 18.0, 120.0  # years
_NOBODY = ProductNames.of((), frozenset())


@dataclass(frozen=True, slots=True)
class Label:
    """What a product is for, as far as its row can be read; what can't be read is never held against a question."""

    conditions: frozenset[str]  # of the indications
    keeps_off: bool  # whether all of it is prevention
    unread: bool  # whether an indication names no condition that is known
    qualifiers: frozenset[str]  # "settings:advanced", "markers:alk", "labels:added"
    ages: tuple[tuple[float, float], ...]  # years, from and below; none when nothing is said
    women: bool  # and nobody else
    weight: float | None  # kg, the least
    routes: frozenset[str]
    whole: bool  # swallowed whole
    alone: bool  # monotherapy only
    added: bool  # never alone
    maximum: float | None  # mg a day
    every: float | None  # days between two doses


def label_of(product: Product) -> Label:
    """The label of a product."""
    # Its names and class say nothing here, so products that the table says nothing else of share one reading.
    return _read(replace(product, brand="", generic="", drug_class="", specialty=""))


@lru_cache(maxsize=1024)
def _read(product: Product) -> Label:
    indications = [entities_of(text, _NOBODY) for text in product.indications]
    limits = entities_of(product.limits, _NOBODY)
    forms = entities_of(". ".join(product.forms), _NOBODY)
    routes = [entities_of(text, _NOBODY) for text in product.routes]
    doses = [each for each in limits.doses if each.name == "mg" and each.amount]
    every = [each.amount for each in (*limits.doses, *forms.doses) if each.name == "every" and each.amount]
    per_day = "labels:maximum" in limits.qualifiers
    return Label(
        conditions=frozenset(name for row in indications for name in _conditions(row)),
        keeps_off=bool(indications) and all("keeps_off" in row.wording for row in indications),
        unread=any(not row.conditions for row in indications),
        qualifiers=frozenset(name for row in indications for name in row.qualifiers),
        ages=tuple(ages for text in product.populations for ages in _ages(text)),
        weight=min(
            (
                each.amount
                for text in product.populations
                for each in entities_of(text, _NOBODY).populations
                if each.name == "weight" and each.amount
            ),
            default=None,
        ),
        routes=frozenset(each.name for row in (*routes, forms) for each in row.routes if each.how != DONE),
        women=_only_women(product),
        whole="labels:whole" in limits.qualifiers,
        alone="labels:alone" in limits.qualifiers,
        added=bool(indications) and all("labels:added" in row.qualifiers for row in indications),
        maximum=max((each.amount or 0.0 for each in doses), default=None) if per_day and doses else None,
        every=min((days for days in every if days >= 0.2), default=None) if not per_day or len(every) > 1 else None,
    )


def _conditions(indication: Entities) -> frozenset[str]:
    """The conditions of an indication; a marker may narrow one: "HR-positive breast cancer"."""
    named = {each.name for each in indication.conditions}
    made = {words_of_release().refined.get(each, "") for each in indication.qualifiers} - {""}
    narrower = {each for each in made if named & set(conditions().line(each))}
    return frozenset(
        {each for each in named if not any(conditions().within(other, each) for other in narrower)} | narrower
    )


def _only_women(product: Product) -> bool:
    named = {each.name for text in product.populations for each in entities_of(text, _NOBODY).populations}
    return "women" in named and "men" not in named


def _ages(text: str) -> list[tuple[float, float]]:
    """The ages that a value of ``populations`` allows: "adults", "adolescents from 12 years", "6 to 17 years"."""
    words = words_of_release()
    said = [item.said for item in items_of(text)]
    named = [words.ages[each.name] for each in entities_of(text, _NOBODY).populations if each.name in words.ages]
    numbers = sorted(ages_of_row(said, words))
    if len(numbers) > 1:
        return [(numbers[0], numbers[-1] + 1)]
    if not numbers:
        return [(low, _OLDEST if low >= _ADULT else high) for low, high in named]
    ends = max((high for _, high in named), default=_OLDEST)
    below = any(word in said for word in ("under", "below", "unter", "menores", "moins", "up"))
    adult = any(low >= _ADULT for low, _ in named) or not named
    return [(0.0, numbers[0])] if below else [(numbers[0], _OLDEST if adult else max(ends, numbers[0] + 1))]
