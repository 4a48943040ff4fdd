"""A question, read for the decision: what it names, what it crosses, and how the model reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.limits import HEARD_CHARACTERS, PART_CHARACTERS, SCREENED_CHARACTERS
from chatbot.routing.bounds import Finding, judge
from chatbot.routing.entities import ProductNames, entities_of, medicines_in
from chatbot.routing.label.line import OWN
from chatbot.routing.signs import Signs, fold
from chatbot.routing.table import Table
from chatbot.routing.utterances import OTHER, PRODUCT, reading_of
from corpus.products import Product
from index.linear import Linear, Reading

Encode = Callable[[str], NDArray[np.float32]]
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]*")


@dataclass(frozen=True, slots=True)
class Ears:
    """What the questions of one portal are heard with. Built once."""

    products: Table
    names: ProductNames
    signs: Signs
    model: Linear

    def is_medicine(self, word: str) -> bool:
        """Whether a folded word is of a medicine's name."""
        return word in self.names.own.words or word in self.names.medicines


@dataclass(frozen=True, slots=True)
class Heard:
    """A question, read: what is decided on."""

    text: str  # masked
    vector: NDArray[np.float32]
    reading: Reading
    products: tuple[str, ...]  # own ones that are named or inherited, folded
    brand: str  # the product, as the table writes it, when it is one
    here: bool  # it is about what is here without naming a product: it follows a turn, or names a study of ours
    findings: tuple[Finding, ...]  # of the boundaries
    parts: tuple[Heard, ...] = ()  # each heard by itself: a case can be one sentence among others


def ears_of(products: Iterable[Product], medicines: frozenset[str], signs: Signs, model: Linear) -> Ears:
    """The ears of a portal with these products; ``medicines`` are all other names that any table knows, folded."""
    table = Table.of(products)
    return Ears(table, ProductNames.of(table.products, medicines), signs, model)


def hear(text: str, encode: Encode, ears: Ears, inherited: tuple[str, ...], *, here: bool) -> Heard:
    """Reads a masked question; ``inherited`` are products, folded, that it is about without naming them."""
    parts = tuple(_heard(part, encode, ears, inherited, here=True) for part in _parts(text))
    whole = _heard(text[:HEARD_CHARACTERS], encode, ears, inherited, here=here)
    return Heard(text, whole.vector, whole.reading, whole.products, whole.brand, whole.here, whole.findings, parts)


def neutral(text: str, names: ProductNames) -> str:
    """The text with each name of a medicine as the word that stands for all of its kind."""
    made, done = [], 0
    for kind, typed in medicines_in(text, names):
        start, end = _place(text, typed, done)
        if start >= 0:
            made += [text[done:start], PRODUCT if kind == OWN else OTHER]
            done = end
    return "".join([*made, text[done:]])


def _place(text: str, words: tuple[str, ...], since: int) -> tuple[int, int]:
    """Where words stand in a text with nothing but signs between them; (-1, -1) when they don't."""
    if len(words) == 1:  # a pattern for each name takes longer to make than all that it finds
        start = text.find(words[0], since)
        return start, start + len(words[0]) if start >= 0 else -1
    found = re.compile(r"\W+".join(map(re.escape, words))).search(text, since)
    return found.span() if found is not None else (-1, -1)


def _heard(text: str, encode: Encode, ears: Ears, inherited: tuple[str, ...], *, here: bool) -> Heard:
    entities = entities_of(text, ears.names)
    products = entities.products or inherited
    rows = ears.products.named(products)
    treated = fold("; ".join(indication for row in rows for indication in row.indications))
    ours = bool(entities.products or not entities.others)  # else another medicine is told of
    return Heard(
        text=text,
        vector=encode(text),
        reading=reading_of(neutral(text, ears.names), ears.signs, treated),
        products=products,
        brand=rows[0].brand if ours and len(rows) == 1 else "",
        here=here,
        findings=judge(entities, ears.products, inherited),
    )


def _parts(text: str) -> Iterator[str]:
    """The sentences of a text that has several; of a long one, runs of them of at most PART_CHARACTERS."""
    sentences = _SENTENCE.findall(text[:SCREENED_CHARACTERS])
    if len(text) <= HEARD_CHARACTERS:
        yield from sentences if len(sentences) > 1 else ()
        return
    part = ""
    for sentence in sentences:
        for start in range(0, len(sentence), PART_CHARACTERS):
            piece = sentence[start : start + PART_CHARACTERS]
            if len(part) + len(piece) > PART_CHARACTERS:
                yield part
                part = ""
            part += piece
    if part:
        yield part
