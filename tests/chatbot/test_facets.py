"""What a question names that an answer must be about, and what becomes of it when no document does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.answer.facets import facets_of
from chatbot.answer.spelling import neighbours
from chatbot.assistant import Assistant
from chatbot.policy import load_policy
from chatbot.routing.lexicon import query_of
from corpus.database import open_database
from corpus.model import Audience
from index.layout import Home

GB = Audience("GB", "physician", "cardiology", "en")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def assistant(small_copy: Home) -> Iterator[Assistant]:
    database = open_database(small_copy.database)
    yield Assistant(small_copy, database, trial=True)
    database.close()


def decided(assistant: Assistant, question: str, audience: Audience = GB) -> tuple[str, str]:
    """The kind of the reply, and the rule behind it."""
    library, registry = assistant.library(), assistant.registry()
    composed = assistant.answer(library, registry, audience, question, NOW, ())[0]
    return composed.reply.kind, composed.rules[0]


@pytest.mark.parametrize(
    ("question", "kind", "asked"),
    [
        ("olmesartan starting dose", "medicine", "olmesartan"),
        ("Velmarin with st. john's wort", "medicine", "st john s wort"),
        ("velmarin and cannabidol", "medicine", "cannabidol"),  # misspelt
        ("Velmarin for Crohn's", "condition", "crohn s"),
        ("rate of lymphopenia", "finding", "lymphopenia"),
        ("Velmarin-Symposium", "occasion", "symposium"),
        ("Was ist der Preis?", "supply", "preis"),
    ],
)
def test_a_facet_is_noticed(question: str, kind: str, asked: str) -> None:
    (facet,) = facets_of(query_of(question, ()), load_policy().facets)
    assert (facet.kind, facet.asked) == (kind, asked)


@pytest.mark.parametrize("question", ["starting dose in renal impairment", "the diploma", "dosis máxima al día"])
def test_an_ordinary_question_names_none(question: str) -> None:
    assert facets_of(query_of(question, ()), load_policy().facets) == ()


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("Velmarin with trimethoprim", "support.absent_medicine"),
        ("candesartan starting dose", "support.absent_medicine"),
        ("Velmarin dose for migraine", "support.absent_condition"),
        ("rate of lymphopenia with Velmarin", "support.absent_finding"),
        ("when is the Velmarin webinar", "support.absent_occasion"),
        ("price of Velmarin", "support.absent_supply"),
        ("Velmarin during Ramadan", "support.absent_circumstance"),
        ("Velmarin hovercraft", "support.unknown_words"),
    ],
)
def test_what_no_document_speaks_of_gets_no_answer_and_the_record_says_why(
    assistant: Assistant, question: str, rule: str
) -> None:
    assert decided(assistant, question) == ("no_answer", rule)


@pytest.mark.parametrize(
    "question",
    [
        "Velmarin in hyperkalaemia",
        "Velmarin overdose haemodialysys",
        "lodisartan starting dose",
    ],
)
def test_what_a_document_speaks_of_is_answered_however_it_is_spelt(assistant: Assistant, question: str) -> None:
    assert decided(assistant, question)[0] == "answer"


def test_one_slip_is_forgiven_and_two_are_not() -> None:
    known = {"en:potassium", "en:dose"}
    assert neighbours("en:potasium", known) == neighbours("en:potassiun", known) == {"en:potassium"}
    assert neighbours("en:optassium", known) == neighbours("en:potasiun", known) == frozenset()
    assert neighbours("en:dos", known) == frozenset()  # too short to tell
