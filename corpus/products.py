"""The product table: what each label allows, as the content owner wrote it in ``products.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Product:
    """What a label allows."""

    brand: str
    generic: str
    drug_class: str
    specialty: str
    forms: tuple[str, ...]
    routes: tuple[str, ...]
    indications: tuple[str, ...]
    populations: tuple[str, ...]
    limits: str


def product_named(names: Sequence[str]) -> Product:
    """A product of which only its names are known, the brand first: nothing is said of what its label allows."""
    return Product(names[0], "/".join(names[1:]), "", "", (), (), (), (), "")


def read_products(path: Path) -> tuple[Product, ...]:
    """The products of a TOML file with one ``[[product]]`` table each; raises ``InvalidInput``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: not a readable product table: {error}; mend the file") from error
    return products_from(content, str(path))


def products_from(content: bytes, where: str = "products.toml") -> tuple[Product, ...]:
    """The products in the bytes of such a file; none in no bytes. Raises ``InvalidInput``, which names ``where``."""
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{where}: not a readable product table: {error}; mend the file") from error
    rows = table.pop("product", [])
    if table or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(f"{where}: write one [[product]] table a product, and nothing else")
    return tuple(_product(row, f"{where}: product {number}") for number, row in enumerate(rows, 1))


def _product(row: dict[str, Any], where: str) -> Product:
    unknown = set(row) - {*_REQUIRED, *_LISTS, "class", "specialty", "limits"}
    if unknown:
        raise InvalidInput(f"{where}: unknown keys {sorted(unknown)}; remove them")
    for key in _REQUIRED:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise InvalidInput(f"{where}: '{key}' is missing; give a text")
    for key in _LISTS:
        if not isinstance(row.get(key, []), list) or not all(isinstance(item, str) for item in row.get(key, [])):
            raise InvalidInput(f"{where}: '{key}' must be a list of texts")
    forms, routes, indications, populations = (tuple(row.get(key, ())) for key in _LISTS)
    return Product(
        brand=row["brand"],
        generic=row["generic"],
        drug_class=row.get("class", ""),
        specialty=row.get("specialty", ""),
        forms=forms,
        routes=routes,
        indications=indications,
        populations=populations,
        limits=row.get("limits", ""),
    )


_REQUIRED = ("brand", "generic")
_LISTS = ("forms", "routes", "indications", "populations")
