"""What a question prefers without saying so in words that rank: its language and the products it names.

A preference only lowers the score of the others; it never hides a passage (eligibility alone does).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.analysis import stop_words, tokens, words
from index.edition import Edition

_ACRONYM = re.compile(r"\b[A-Z]{4,}\b")  # of four letters or more: shorter ones are tests, units and countries
OTHER_LANGUAGE = 0.1  # a tenth of the fused score's range: a clear match in another language still shows
OTHER_PRODUCT = 0.1  # likewise for a document about a product that the question doesn't name


@dataclass(frozen=True, slots=True)
class Preference:
    """What a question prefers."""

    language: str
    products: tuple[str, ...]  # as index.documents.product_of gives them, sorted; empty when it names none
    scores: NDArray[np.float32]  # (passages,): what to add to each fused score, never positive


def prefer(edition: Edition, question: str, language: str, inherited: tuple[str, ...] = ()) -> Preference:
    """The preference of a question; ``language`` decides when its words don't, ``inherited`` products likewise."""
    spoken = question_language(edition, question, language)
    products = named_products(edition, question) or inherited
    documents = edition.documents
    penalty = OTHER_LANGUAGE * ~documents.speaking(spoken)
    if products:
        penalty = penalty + OTHER_PRODUCT * ~documents.about(products)
    return Preference(spoken, products, -penalty.astype(np.float32)[edition.owners])


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
    return edition.documents.named(question)


def names_acronym(edition: Edition, question: str) -> bool:
    """Whether a question has an acronym that documents here have too: their study, their society."""
    return any(has_word(edition, acronym) for acronym in _ACRONYM.findall(question))


def has_word(edition: Edition, word: str) -> bool:
    """Whether any document has a word, in any of its languages' forms."""
    return any(
        edition.bm25.document_frequency(token) for each in edition.bm25.languages for token in tokens(word, each)
    )


def is_follow_up(edition: Edition, question: str) -> bool:
    """Whether a question without a product may be about the last one: it says something, and every word is known.

    "and in renal impairment?" is; "zolpifex dose" names a medicine that isn't here, and "thanks" asks for nothing.
    """
    said = [word for word in words(question) if not any(word in stop_words(each) for each in edition.bm25.languages)]
    return bool(said) and all(
        any(edition.bm25.document_frequency(token) for each in edition.bm25.languages for token in tokens(word, each))
        for word in said
    )
