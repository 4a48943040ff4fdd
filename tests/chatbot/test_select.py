"""Which sentences are shown: by words, headings, ranges and meaning, over a small edition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from chatbot.answer.select import Selected, select
from chatbot.limits import QUOTES
from chatbot.routing.lexicon import Lexicon, Term, query_of
from corpus.model import Passage, Sentence
from index.build import Candidate
from index.edition import Edition, open_edition
from index.layout import Home
from index.retrieve import Hit
from tests.builders import document
from tests.index.small import build

LINES = (
    "CrCl 60 mL/min or more 40 mg once daily",
    "CrCl 30 to 59 mL/min 20 mg once daily",
    "CrCl 15 to 29 mL/min 10 mg once daily",
    "Tablets are swallowed with water.",
    "Do not drive for four weeks.",
)
HITS = [Hit(rank, rank - 1, 0.9, 1.0, 0.5) for rank in range(1, len(LINES) + 1)]


def every(_document: str, _sentence: Sentence) -> bool:
    """Nothing is marked."""
    return True


@pytest.fixture(scope="module")
def edition(new_home: Callable[[], Home]) -> Edition:
    """One passage a line, each in a document of its own."""
    candidates = []
    for number, text in enumerate(LINES):
        made = document(text, name=f"{number}.pdf")
        block = made.blocks[0]
        passage = Passage(made.sha256, 0, text, ("Renal impairment",), 1, None, block.sentences)
        candidates.append(Candidate(made, (passage,), ("Velmarin",)))
    home = new_home()
    return open_edition(home.edition(build(home, tuple(candidates)).edition))


def shown(edition: Edition, question: str, *terms: Term) -> list[str]:
    query = query_of(question, Lexicon(terms))
    found: list[Selected] = select(
        edition, query, HITS, frozenset(), edition.encoder.encode(" ".join([query.read, *query.meanings])), every
    )
    return [item.passage.text for item in found]


def test_the_line_whose_range_holds_the_number_comes_first(edition: Edition) -> None:
    assert shown(edition, "dose at CrCl 20")[0] == LINES[2]
    assert shown(edition, "dose at CrCl 45")[0] == LINES[1]
    assert shown(edition, "dose at CrCl 90")[0] == LINES[0]


def test_the_line_of_another_patient_is_not_shown_beside_it(edition: Edition) -> None:
    assert not {LINES[0], LINES[1]} & set(shown(edition, "dose at CrCl 20"))
    assert {LINES[0], LINES[1], LINES[2]} <= set(shown(edition, "dose by CrCl"))  # no number, no line left out


def test_a_sentence_without_a_word_of_the_question_is_found_by_its_meaning(edition: Edition) -> None:
    assert shown(edition, "may patients use a car")[0] == LINES[4]


def test_a_term_of_the_lexicon_counts_as_the_words_it_stands_for(edition: Edition) -> None:
    blank = np.zeros(edition.encoder.dimensions, np.float32)
    query = query_of("how to take the pill", Lexicon((Term("pill", ("tablets",)),)))
    first = select(edition, query, HITS, frozenset(), blank, every)[0]
    assert first.passage.text == LINES[3]


def test_no_more_is_shown_than_the_limit_says(edition: Edition) -> None:
    assert len(shown(edition, "dose")) == QUOTES


def test_a_sentence_that_says_too_little_to_be_compared_can_still_be_quoted(new_home: Callable[[], Home]) -> None:
    made = document("Swallow whole.\nDo not drive for four weeks.", name="short.pdf")
    sentences = (Sentence(0, 14, True), Sentence(15, len(made.text), True))
    passage = Passage(made.sha256, 0, made.text, ("Leaflet",), 1, None, sentences)
    home = new_home()
    edition = open_edition(home.edition(build(home, (Candidate(made, (passage,), ("Velmarin",)),)).edition))
    hit = replace(HITS[0], cosine=0.2)
    for question, first in (("how do I swallow it", 0), ("may patients use a car", 1)):
        found = select(edition, query_of(question), [hit], frozenset(), edition.encoder.encode(question), every)
        assert found[0].sentence == sentences[first]


def test_a_heading_that_runs_into_its_text_is_not_quoted(new_home: Callable[[], Home]) -> None:
    made = document("Driving. Do not drive for four weeks.", name="run-in.pdf")
    sentences = (Sentence(0, 8, True), Sentence(9, len(made.text), True))
    passage = Passage(made.sha256, 0, made.text, ("Leaflet",), 1, None, sentences)
    home = new_home()
    built = build(home, (Candidate(made, (passage,), ("Velmarin",)),))
    edition = open_edition(home.edition(built.edition))
    found = select(edition, query_of("driving"), HITS[:1], frozenset(), edition.encoder.encode("driving"), every)
    texts = [passage.text[item.sentence.start : item.sentence.end] for item in found]
    assert texts == ["Do not drive for four weeks."]


def test_what_stands_under_a_heading_that_is_the_question_comes_first(new_home: Callable[[], Home]) -> None:
    """As suggestions ask: a sentence with the question's words elsewhere says less about it."""
    made = document("Renal impairment is a risk of many medicines.", "Start with half a tablet.", name="topic.pdf")
    paths = (("Special warnings",), ("Posology", "Renal impairment"))
    passages = tuple(
        Passage(made.sha256, block.start, made.text[block.start : block.end], path, 1, None, block.sentences)
        for block, path in zip(made.blocks, paths, strict=True)
    )
    home = new_home()
    edition = open_edition(home.edition(build(home, (Candidate(made, passages, ("Velmarin",)),)).edition))
    vector = edition.encoder.encode("renal impairment")
    found = select(edition, query_of("renal impairment"), HITS[:2], frozenset(), vector, every)
    assert found[0].passage.text == "Start with half a tablet."
