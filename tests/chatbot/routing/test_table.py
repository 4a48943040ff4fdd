"""Tests of a portal's products as one table."""

from __future__ import annotations

from chatbot.routing.entities import classes_in
from chatbot.routing.label.row import label_of
from chatbot.routing.table import Table
from corpus.products import product_named
from tests.chatbot.routing.products import PRODUCTS


def test_products_are_found_by_their_brands_in_the_tables_order() -> None:
    table = Table.of(PRODUCTS)
    assert table.named({"tumovex", "zosvaris"}) == [PRODUCTS[0], PRODUCTS[-1]]
    assert table.named(("ocuvela", "ocuvela")) == [PRODUCTS[1]]
    assert table.named(()) == table.named({"unheard"}) == []


def test_two_products_of_one_brand_are_both_found() -> None:
    twice = (product_named(("Twin", "one")), PRODUCTS[0], product_named(("TWIN", "two")))
    assert Table.of(twice).named(("twin",)) == [twice[0], twice[2]]


def test_labels_and_classes_are_those_of_every_product() -> None:
    table = Table.of(PRODUCTS)
    assert table.labels == {label_of(product) for product in PRODUCTS}
    assert table.classes == {name for product in PRODUCTS for name in classes_in(product.drug_class)}


def test_a_portal_without_products_has_no_labels_and_no_classes() -> None:
    assert Table.of(()).labels == Table.of(()).classes == frozenset()
