"""A portal's products, found by their brands, and what all of their labels come to: as fast with ten thousand products
as with ten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from chatbot.routing.entities import classes_in
from chatbot.routing.label.row import Label, label_of
from corpus.products import Product


@dataclass(frozen=True)
class Table:
    """Products in their order. Without slots: what is derived of them is derived once."""

    products: tuple[Product, ...]

    @classmethod
    def of(cls, products: Iterable[Product]) -> Table:
        """The table of these products."""
        return cls(tuple(products))

    def named(self, brands: Collection[str]) -> list[Product]:
        """The products with one of these brands, folded, in the table's order."""
        places = sorted(place for brand in set(brands) for place in self._places.get(brand, ()))
        return [self.products[place] for place in places]

    @cached_property
    def labels(self) -> frozenset[Label]:
        """The labels of all products, each once."""
        return frozenset(label_of(product) for product in self.products)

    @cached_property
    def classes(self) -> frozenset[str]:
        """The classes of all products, with what includes them."""
        named = {product.drug_class for product in self.products}
        return frozenset(name for each in named for name in classes_in(each))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, product in enumerate(self.products):
            found.setdefault(product.brand.casefold(), []).append(place)
        return found
