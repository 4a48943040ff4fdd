"""Hits -> the sentences to show: those that say most of what the question asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.boilerplate import is_boilerplate
from chatbot.answer.context import is_lead_in
from chatbot.answer.expected import gives
from chatbot.answer.ranges import fits
from chatbot.limits import PASSAGES_PER_DOCUMENT, QUOTE_WORDS, QUOTES, SENTENCES_COMPARED
from chatbot.routing.lexicon import Query
from corpus.model import Passage, Sentence
from index.analysis import tokens
from index.analysis import words as spoken
from index.documents import EditionDocument
from index.edition import Edition
from index.retrieve import Hit
from index.sentences import is_compared

WORDS_WEIGHT = 0.5  # of the words a sentence shares with the question, beside its passage's fused score
HEADING_WEIGHT = 0.4  # of a word that only a heading above the sentence has
RANGE_WEIGHT = 0.2  # of a range that holds, or leaves out, a number of the question
TOPIC_WEIGHT = 1.0  # of standing under a heading that is the question itself
EXPECTED_WEIGHT = 0.15  # of a figure or a date where the question asks for one
MEANING_WEIGHT = 0.6  # of the cosine between question and sentence, among the best SENTENCES_COMPARED
PASSAGE_SHARE = 0.5  # of the passage's own cosine is taken off: its fused score has counted that already
SHORT = 0.8  # of the passage's cosine stands for a sentence that says too little to have a vector
SAME_WORDS = 0.8  # of a sentence's words: with as many in one that is shown already, it says nothing new
RUN_IN_WORDS = 5  # of a sentence that only heads the ones behind it
SHOW_MARGIN = 0.4  # a sentence further than this behind the best one is not shown beside it: nothing right was lost
_NOT = frozenset(
    {"not", "no", "never", "without", "nicht", "kein", "keine", "nie", "ohne", "nunca", "sin", "ikke", "ingen"}
)

MayQuote = Callable[[str, Sentence], bool]  # of a document's digest and its sentence: as far as people have marked it
Concept = frozenset[str]  # tokens that say the same: a word of the question, or a term with its meanings


@dataclass(frozen=True, slots=True)
class Selected:
    """A sentence to quote, and the passage and document it stands in."""

    hit: Hit
    passage: Passage
    document: EditionDocument
    sentence: Sentence
    coverage: float  # share of the question's concepts, by rarity, in it or in the headings above it


@dataclass(frozen=True, slots=True)
class _Scored:
    score: float  # by words, headings and ranges
    meaning: float  # what nearness to the question adds
    order: int  # ties go to the better passage, then to the earlier sentence
    fit: int  # see chatbot.answer.ranges
    selected: Selected


def select(
    edition: Edition,
    query: Query,
    hits: Sequence[Hit],
    product_words: frozenset[str],
    vector: NDArray[np.float32],
    may_quote: MayQuote,
) -> list[Selected]:
    """Up to QUOTES sentences in the order to show, of those that ``may_quote`` lets pass; empty when there is none.

    Words, headings and ranges choose SENTENCES_COMPARED; of these, those nearest in meaning to the question's
    ``vector`` (dimensions,) are shown; the edition has theirs. Product names are left out of the comparison of words:
    every sentence of a label shares them.
    """
    asked = _Asked(edition, query, product_words)
    read = [(hit, edition.passages[hit.passage], edition.document_of(hit.passage)) for hit in hits]
    read.sort(key=lambda row: not _has_topic(asked, row[1], row[2].language))
    scored: list[_Scored] = []
    taken: dict[str, int] = {}
    for hit, passage, document in read:
        if taken.get(document.sha256, 0) < PASSAGES_PER_DOCUMENT:
            taken[document.sha256] = taken.get(document.sha256, 0) + 1
            cosines = edition.sentences.cosines(hit.passage, vector)
            found = _of_passage(asked, _Found(hit, passage, document, cosines), len(scored))
            scored += (item for item in found if may_quote(passage.document, item.selected.sentence))
    scored.sort(key=lambda item: (-item.score, item.order))
    near = [(item.score + item.meaning, item) for item in scored[:SENTENCES_COMPARED]]
    near.sort(key=lambda row: (-row[0], row[1].order))
    if near and near[0][1].fit > 0:  # the line of another patient beside the one that was asked for misleads
        path = near[0][1].selected.passage.path
        near = [row for row in near if row[1].fit >= 0 or row[1].selected.passage.path != path]
    return _fitting([item.selected for score, item in near if score >= near[0][0] - SHOW_MARGIN])


class _Asked:
    """What a question asks for, in the language of each document; worked out once for all its sentences."""

    def __init__(self, edition: Edition, query: Query, product_words: frozenset[str]) -> None:
        self.question = query.question
        self._edition, self._query, self._product_words = edition, query, product_words
        self._weights: dict[str, dict[Concept, float]] = {}
        self._headings: dict[tuple[str, str], frozenset[str]] = {}
        self._topics: dict[tuple[tuple[str, ...], str], bool] = {}

    def weights(self, language: str) -> dict[Concept, float]:
        """Each concept with its rarity."""
        if language not in self._weights:
            # In one order: sums of the same figures in another one differ in their last bits.
            concepts = sorted(_concepts(self._query, language, self._product_words), key=sorted)
            self._weights[language] = {each: max(_rarity(self._edition, token) for token in each) for each in concepts}
        return self._weights[language]

    def heading(self, text: str, language: str) -> frozenset[str]:
        """The tokens of a heading."""
        if (text, language) not in self._headings:
            self._headings[text, language] = frozenset(tokens(text, language))
        return self._headings[text, language]

    def is_topic(self, path: tuple[str, ...], language: str) -> bool:
        """Whether the question is a heading right above a sentence, word for word: what suggestions ask."""
        above = path[-2:]
        if (above, language) not in self._topics:
            self._topics[above, language] = self._is_topic(above, language)
        return self._topics[above, language]

    def _is_topic(self, above: tuple[str, ...], language: str) -> bool:
        concepts = self.weights(language).keys()
        every = frozenset().union(*concepts)
        return any(
            (said := self.heading(heading, language) - self._product_words)
            and all(concept & said for concept in concepts)
            and said <= every
            for heading in above
        )


@dataclass(frozen=True, slots=True)
class _Found:
    hit: Hit
    passage: Passage
    document: EditionDocument
    cosines: NDArray[np.float32]  # of its sentences that are compared


def _of_passage(asked: _Asked, found: _Found, order: int) -> Iterator[_Scored]:
    """The quotable sentences of one passage with their scores; ``order`` counts on from the passages before."""
    hit, passage, language = found.hit, found.passage, found.document.language
    weights = asked.weights(language)
    total = sum(weights.values()) or 1.0
    cosines, every = iter(found.cosines.tolist()), len(found.cosines) == len(passage.sentences)
    for sentence, path in _under_headings(passage):
        text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
        cosine = next(cosines) if every or is_compared(text) else SHORT * hit.cosine
        if not sentence.confirmed or _is_run_in_heading(passage, sentence):
            continue
        if is_boilerplate(text) or is_lead_in(text):
            continue
        said = frozenset(tokens(text, language))
        headed = asked.heading(" ".join(path), language)
        inside, above = _shared(weights, said, headed)
        # A heading speaks for all its sentences, so it counts, but less than the sentence itself.
        words = (inside + HEADING_WEIGHT * above) / total
        fit = fits(asked.question, text)
        score = hit.score + WORDS_WEIGHT * words + RANGE_WEIGHT * fit
        score += EXPECTED_WEIGHT * gives(asked.question, text) + TOPIC_WEIGHT * asked.is_topic(path, language)
        meaning = MEANING_WEIGHT * (cosine - PASSAGE_SHARE * hit.cosine)
        selected = Selected(hit, passage, found.document, sentence, (inside + above) / total)
        yield _Scored(score, meaning, order, fit, selected)
        order += 1


def _shared(weights: Mapping[Concept, float], said: frozenset[str], headed: frozenset[str]) -> tuple[float, float]:
    """The weights of the concepts that a sentence has, and of those that only the headings above it have."""
    inside, above = 0.0, 0.0
    for concept, weight in weights.items():
        if not concept.isdisjoint(said):
            inside += weight
        elif not concept.isdisjoint(headed):
            above += weight
    return inside, above


def _is_run_in_heading(passage: Passage, sentence: Sentence) -> bool:
    """Whether a sentence is a few words that another one follows on the same line: "Driving. Do not drive …"."""
    start, end = sentence.start - passage.start, sentence.end - passage.start
    short = len(passage.text[start:end].split()) <= RUN_IN_WORDS
    return short and bool(passage.text[end : end + 2].strip(" ")) and not passage.text[end:].startswith("\n")


def _has_topic(asked: _Asked, passage: Passage, language: str) -> bool:
    return any(asked.is_topic(path, language) for path in {path for _, path in _under_headings(passage)})


def _concepts(query: Query, language: str, product_words: frozenset[str]) -> set[Concept]:
    """What the question asks for, in the tokens of a document's language."""
    explained = [frozenset(tokens(said, language)) - product_words for said in query.concepts]
    known = frozenset(token for term in query.explained for token in tokens(term.phrase, language))
    plain = {frozenset({token}) for token in tokens(query.question, language)} - {frozenset({word}) for word in known}
    return {concept for concept in (*plain, *explained) if concept and not concept <= product_words}


def _under_headings(passage: Passage) -> Iterator[tuple[Sentence, tuple[str, ...]]]:
    """Each sentence with the headings above it: the passage's, or a minor one that stands between its sentences."""
    path = passage.path
    end = passage.start
    for sentence in passage.sentences:
        between = passage.text[end - passage.start : sentence.start - passage.start]
        if any(len(word) > 1 and word.isalpha() for word in between.split()):
            path = (*passage.path[:-1], between.strip())
        yield sentence, path
        end = sentence.end


def _fitting(ranked: list[Selected]) -> list[Selected]:
    """The best ones that together stay within QUOTE_WORDS; the first is always shown."""
    chosen: list[Selected] = []
    words = 0
    seen: list[frozenset[str]] = []
    for selected in ranked:
        text = _text(selected)
        size = len(text.split())
        if len(chosen) == QUOTES:
            break
        said = frozenset(spoken(text))
        if any(_says_again(said, other) for other in seen) or (chosen and words + size > QUOTE_WORDS):
            continue
        seen.append(said)
        chosen.append(selected)
        words += size
    return chosen


def _says_again(said: frozenset[str], other: frozenset[str]) -> bool:
    """Whether ``said`` has hardly a word, no figure and no "not" that ``other`` lacks: labels repeat much."""
    telling = _NOT & said | {word for word in said if any(sign.isdigit() for sign in word)}
    return telling <= other and len(said & other) >= SAME_WORDS * len(said)


def _text(selected: Selected) -> str:
    start = selected.passage.start
    return selected.passage.text[selected.sentence.start - start : selected.sentence.end - start]


def _rarity(edition: Edition, token: str) -> float:
    """BM25's inverse document frequency."""
    found = edition.bm25.document_frequency(token)
    return math.log(1 + (len(edition.passages) - found + 0.5) / (found + 0.5))
