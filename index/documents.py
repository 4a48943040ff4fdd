"""The documents of an edition: what they are called, and which of them are about the same product.

What a question asks of all of them is worked out once, when the edition is opened.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from index.analysis import words

_LONG_WORD = 7  # letters; the first word of a longer name stands for it only when it can hardly be another word
_SHORT_NAME = 4  # letters; shorter parts of a name are words of their own too often


@dataclass(frozen=True, slots=True)
class EditionDocument:
    """What an edition knows of a document: enough to search it, nothing about its approval."""

    sha256: str
    source_sha256: str
    file: str
    title: str
    language: str
    names: tuple[str, ...]  # product names, of the document and of the product table


class Documents(Sequence[EditionDocument]):
    """All of them, in the order of their digests."""

    def __init__(self, documents: Iterable[EditionDocument]) -> None:
        self._all = tuple(documents)
        named: dict[tuple[str, ...], list[int]] = {}  # most products have several documents: each name is read once
        products: dict[str, list[int]] = {}
        for number, document in enumerate(self._all):
            named.setdefault(document.names, []).append(number)
            products.setdefault(product_of(document), []).append(number)
        languages: dict[str, int] = {}
        self._spoken = np.array([languages.setdefault(row.language, len(languages)) for row in self._all], np.int16)
        self._languages = languages
        self._products = {product: np.array(numbers) for product, numbers in products.items()}
        self._aliases: dict[str, set[str]] = {}  # to the products they name
        self._longest: dict[str, int] = {}  # words of an alias, by its first one
        for names, numbers in named.items():
            self._learn(names, {product_of(self._all[number]) for number in numbers})
        self._names = _Names(named)

    @overload
    def __getitem__(self, at: int) -> EditionDocument: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[EditionDocument]: ...
    def __getitem__(self, at: int | slice) -> EditionDocument | Sequence[EditionDocument]:
        return self._all[at]

    def __len__(self) -> int:
        return len(self._all)

    def named(self, question: str) -> tuple[str, ...]:
        """The products whose brand, substance or a part of either stands in the question, sorted."""
        asked = words(question)
        found: set[str] = set()
        for at, first in enumerate(asked):
            for size in range(1, min(self._longest.get(first, 0), len(asked) - at) + 1):
                found |= self._aliases.get(" ".join(asked[at : at + size]), set())
        return tuple(sorted(found))

    def of(self, product: str) -> NDArray[np.int64]:
        """The numbers of the documents about one product, as :func:`product_of` gives it, in order."""
        return self._products.get(product, np.zeros(0, np.int64))

    def about(self, products: Iterable[str]) -> NDArray[np.bool_]:
        """Which documents are about one of these products, shape (documents,)."""
        found = np.zeros(len(self), bool)
        for product in products:
            found[self.of(product)] = True
        return found

    def speaking(self, language: str) -> NDArray[np.bool_]:
        """Which documents are in this language, shape (documents,)."""
        found: NDArray[np.bool_] = self._spoken == self._languages.get(language, -1)
        return found

    def naming(self, phrase: str) -> NDArray[np.bool_]:
        """Which documents have the folded ``phrase`` as words of one of their names, shape (documents,)."""
        found = np.zeros(len(self), bool)
        found[self._names.having(phrase)] = True
        return found

    def _learn(self, names: tuple[str, ...], products: set[str]) -> None:
        for alias in _aliases(names):
            self._aliases.setdefault(alias, set()).update(products)
            first, size = alias.split(" ", 1)[0], alias.count(" ") + 1
            self._longest[first] = max(size, self._longest.get(first, 0))


class _Names:
    """Every name, folded, in one text: a phrase is looked for in all of them at once."""

    def __init__(self, named: dict[tuple[str, ...], list[int]]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._numbers: list[list[int]] = []
        end = 0
        for names, numbers in named.items():
            for name in names:
                parts.append(f" {' '.join(words(name))} \n")
                self._starts.append(end)
                self._numbers.append(numbers)
                end += len(parts[-1])
        self._text = "".join(parts)

    def having(self, phrase: str) -> list[int]:
        """The numbers of the documents with a name that has the phrase."""
        found: list[int] = []
        at = self._text.find(f" {phrase} ")
        while at >= 0:
            found += self._numbers[bisect_right(self._starts, at) - 1]
            at = self._text.find(f" {phrase} ", at + 1)
        return found


def product_of(document: EditionDocument) -> str:
    """What groups the documents of one product: its first name, else the document's title."""
    return (document.names[0] if document.names else document.title).casefold()


def document_row(document: EditionDocument) -> dict[str, Any]:
    """A document as a JSON value."""
    return {
        "sha256": document.sha256,
        "source": document.source_sha256,
        "file": document.file,
        "title": document.title,
        "language": document.language,
        "names": list(document.names),
    }


def document_from_row(row: dict[str, Any]) -> EditionDocument:
    """The inverse of :func:`document_row`."""
    return EditionDocument(
        row["sha256"], row["source"], row["file"], row["title"], row["language"], tuple(row["names"])
    )


def _aliases(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        first, _, rest = name.partition(" ")
        for part in [
            name,
            *re.split(r"[/+,()]", name),
            *([first] if rest and len(first) >= _LONG_WORD else []),
        ]:
            alias = " ".join(words(part))
            if len(alias) >= _SHORT_NAME:
                yield alias
