"""What a question prefers without saying so in words that rank: its language and the products it names.

A preference only lowers the score of the others; it never hides a passage (eligibility alone does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.analysis import stop_words, tokens, words
from index.edition import Edition, EditionDocument

OTHER_LANGUAGE = 0.1  # a tenth of the fused score's range: a clear match in another language still shows
OTHER_PRODUCT = 0.1  # likewise for a document about a product that the question doesn't name
_LONG_WORD = 7  # letters; the first word of a longer name stands for it only when it can hardly be another word
_SHORT_NAME = 4  # letters; shorter parts of a name are words of their own too often


@dataclass(frozen=True, slots=True)
class Preference:
    """What a question prefers."""

    language: str
    products: tuple[str, ...]  # as product_of gives them, sorted; empty when it names none
    scores: NDArray[np.float32]  # (passages,): what to add to each fused score, never positive


def prefer(edition: Edition, question: str, language: str, inherited: tuple[str, ...] = ()) -> Preference:
    """The preference of a question; ``language`` decides when its words don't, ``inherited`` products likewise."""
    spoken = question_language(edition, question, language)
    products = named_products(edition, question) or inherited
    penalty = np.array(
        [
            OTHER_LANGUAGE * (document.language != spoken)
            + OTHER_PRODUCT * (bool(products) and product_of(document) not in products)
            for document in edition.documents
        ],
        dtype=np.float32,
    )
    return Preference(spoken, products, -penalty[edition.owners])


def question_language(edition: Edition, question: str, default: str) -> str:
    """The edition's language that knows most of the question's words; ``default`` when it knows as many."""
    known = {
        language: sum(
            word in stop_words(language)
            or any(edition.bm25.document_frequency(token) for token in tokens(word, language))
            for word in set(words(question))
        )
        for language in edition.bm25.languages
    }
    best = max(known.values(), default=0)
    if known.get(default, -1) == best:
        return default
    return min((language for language, count in known.items() if count == best), default=default)


def named_products(edition: Edition, question: str) -> tuple[str, ...]:
    """The products whose brand, substance or a part of either stands in the question, sorted."""
    asked = f" {' '.join(words(question))} "
    found = {
        product_of(document)
        for document in edition.documents
        if any(f" {alias} " in asked for alias in _aliases(document))
    }
    return tuple(sorted(found))


def is_follow_up(edition: Edition, question: str) -> bool:
    """Whether a question without a product may be about the last one: it says something, and every word is known.

    "and in renal impairment?" is; "zolpifex dose" names a medicine that isn't here, and "thanks" asks for nothing.
    """
    said = [word for word in words(question) if not any(word in stop_words(each) for each in edition.bm25.languages)]
    return bool(said) and all(
        any(edition.bm25.document_frequency(token) for each in edition.bm25.languages for token in tokens(word, each))
        for word in said
    )


def product_of(document: EditionDocument) -> str:
    """What groups the documents of one product: its first name, else the document's title."""
    return (document.names[0] if document.names else document.title).casefold()


def _aliases(document: EditionDocument) -> Iterator[str]:
    for name in document.names:
        first, _, rest = name.partition(" ")
        for part in [
            name,
            *re.split(r"[/+,()]", name),
            *([first] if rest and len(first) >= _LONG_WORD else []),
        ]:
            alias = " ".join(words(part))
            if len(alias) >= _SHORT_NAME:
                yield alias
