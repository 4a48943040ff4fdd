"""The product table: what each label allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import InvalidInput
from corpus.products import Product, read_products
from tests.conftest import SAMPLE

VELMARIN = '[[product]]\nbrand = "Velmarin"\ngeneric = "lodisartan"\n'


def read(folder: Path, content: str | bytes) -> tuple[Product, ...]:
    path = folder / "products.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_products(path)


def test_the_samples_products_are_read_in_order() -> None:
    products = read_products(SAMPLE / "products.toml")
    assert [product.brand for product in products] == ["Velmarin", "Lumetra", "Quorvex", "Nerolin"]
    assert products[0] == Product(
        brand="Velmarin",
        generic="lodisartan",
        drug_class="angiotensin receptor blocker",
        specialty="cardiology",
        forms=("film-coated tablet 40 mg", "film-coated tablet 80 mg"),
        routes=("oral",),
        indications=("hypertension", "heart failure with reduced ejection fraction"),
        populations=("adults",),
        limits="maximum 80 mg a day",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (VELMARIN + "[[product]]\nbrand = 'Lumetra'\ngeneric = ' '", "product 2: 'generic' is missing; give a text"),
        (VELMARIN + "price = 1", r"product 1: unknown keys \['price'\]; remove them"),
        (VELMARIN + "forms = 'tablet'", "product 1: 'forms' must be a list of texts"),
        (VELMARIN.replace("[[product]]", "[[products]]"), r"write one \[\[product\]\] table a product"),
        (VELMARIN.replace("[[product]]", "[product]"), r"write one \[\[product\]\] table a product"),
        ("product = 3", r"write one \[\[product\]\] table a product"),
        ("[[product", "not a readable product table: .*; mend the file"),
        ("brand = 'é'".encode("latin-1"), "not a readable product table: .*; mend the file"),
    ],
)
def test_a_wrong_table_is_refused_with_the_way_out(tmp_path: Path, content: str | bytes, message: str) -> None:
    """Never read as no products: then nothing would be off label."""
    with pytest.raises(InvalidInput, match=rf"products\.toml: {message}"):
        read(tmp_path, content)
