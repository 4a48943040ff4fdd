"""Hits -> the sentences to show: those that share most of what the question says, weighted by rarity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatbot.limits import PASSAGES_PER_DOCUMENT, QUOTE_WORDS, QUOTES
from corpus.model import Passage, Sentence
from index.analysis import tokens
from index.edition import Edition, EditionDocument
from index.retrieve import Hit

WORDS_WEIGHT = 0.5  # of the words a sentence shares with the question, beside its passage's fused score
HEADING_WEIGHT = 0.3  # of a word that only a heading above the sentence has


@dataclass(frozen=True, slots=True)
class Selected:
    """A sentence to quote, and the passage and document it stands in."""

    hit: Hit
    passage: Passage
    document: EditionDocument
    sentence: Sentence
    coverage: float  # share of the question's content words, by rarity, in it or in the headings above it


def select(edition: Edition, question: str, hits: Sequence[Hit], product_words: frozenset[str]) -> list[Selected]:
    """Up to QUOTES sentences in the order to show; empty when no hit has a quotable sentence.

    Product names are left out of the comparison: every sentence of a label shares them.
    """
    scored: list[tuple[float, int, Selected]] = []
    taken: dict[str, int] = {}
    for hit in hits:
        passage, document = edition.passages[hit.passage], edition.document_of(hit.passage)
        if taken.get(document.sha256, 0) >= PASSAGES_PER_DOCUMENT:
            continue
        taken[document.sha256] = taken.get(document.sha256, 0) + 1
        asked = set(tokens(question, document.language)) - product_words
        weights = {token: _rarity(edition, token) for token in asked}
        for sentence, heading in _under_headings(passage):
            if not sentence.confirmed:
                continue
            above = asked & set(tokens(heading, document.language))
            text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
            inside = asked & set(tokens(text, document.language))
            # A heading speaks for all its sentences, so it counts, but less than the sentence itself.
            overlap = sum(weights[t] for t in inside) + HEADING_WEIGHT * sum(weights[t] for t in above - inside)
            total = sum(weights.values()) or 1.0
            coverage = sum(weights[t] for t in inside | above) / total
            selected = Selected(hit, passage, document, sentence, coverage)
            scored.append((hit.score + WORDS_WEIGHT * overlap / total, -len(scored), selected))
    scored.sort(key=lambda row: row[:2], reverse=True)
    return _fitting([selected for _, _, selected in scored])


def _under_headings(passage: Passage) -> Iterator[tuple[Sentence, str]]:
    """Each sentence with the headings above it: the passage's, or a minor one that stands between its sentences."""
    heading = " ".join(passage.path)
    end = passage.start
    for sentence in passage.sentences:
        between = passage.text[end - passage.start : sentence.start - passage.start]
        if any(len(word) > 1 and word.isalpha() for word in between.split()):
            heading = " ".join([*passage.path[:-1], between])
        yield sentence, heading
        end = sentence.end


def _fitting(ranked: list[Selected]) -> list[Selected]:
    """The best ones that together stay within QUOTE_WORDS; the first is always shown."""
    chosen: list[Selected] = []
    words = 0
    seen: set[str] = set()
    for selected in ranked:
        text = _text(selected)
        size = len(text.split())
        if len(chosen) == QUOTES:
            break
        if text in seen or (chosen and words + size > QUOTE_WORDS):
            continue
        seen.add(text)
        chosen.append(selected)
        words += size
    return chosen


def _text(selected: Selected) -> str:
    start = selected.passage.start
    return selected.passage.text[selected.sentence.start - start : selected.sentence.end - start]


def _rarity(edition: Edition, token: str) -> float:
    """BM25's inverse document frequency."""
    found = edition.bm25.document_frequency(token)
    return math.log(1 + (len(edition.passages) - found + 0.5) / (found + 0.5))
