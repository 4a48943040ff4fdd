"""What a question names that an answer must be about, and what becomes of it when no document does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.answer.facets import facets_of
from chatbot.answer.ordinary import Ordinary
from chatbot.answer.spelling import neighbours, one_edit
from chatbot.assistant import Assistant
from chatbot.policy import load_policy
from chatbot.routing.lexicon import query_of
from corpus.database import open_database
from corpus.model import Audience
from index.layout import Home
from tests.chatbot.answering import responded

GB = Audience("GB", "physician", "cardiology", "en")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def assistant(small_copy: Home) -> Iterator[Assistant]:
    database = open_database(small_copy.database)
    yield Assistant(small_copy, database, trial=True)
    database.close()


def decided(assistant: Assistant, question: str, audience: Audience = GB) -> tuple[str, str]:
    """The kind of the reply, and the rule behind it."""
    composed = responded(assistant, question, audience, NOW).composed
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
    (facet,) = facets_of(query_of(question), load_policy().facets)
    assert (facet.kind, facet.asked) == (kind, asked)


@pytest.mark.parametrize("question", ["starting dose in renal impairment", "the diploma", "dosis máxima al día"])
def test_an_ordinary_question_names_none(question: str) -> None:
    assert facets_of(query_of(question), load_policy().facets) == ()


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
        ("Velmarin together with zolpifex", "support.absent_name"),
        ("zolpifex max dose", "support.absent_name"),
        ("Zyrtec max dose", "support.absent_medicine"),  # a brand that the lexicon knows
        ("losartan max dose", "support.absent_medicine"),  # of our class, but another medicine
        ("Velmarin dose for warts", "support.absent_name"),
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


@pytest.mark.parametrize(
    "question", ["Is Velmarin ok with a hat?", "Velmarin dose for adults", "Velmarin with potasium"]
)
def test_ordinary_and_misspelt_words_are_no_names(assistant: Assistant, question: str) -> None:
    assert decided(assistant, question)[1] != "support.absent_name"


@pytest.mark.parametrize("question", ["can I give singulir with Velmarin?", "prograff max dose"])
def test_a_misspelt_name_of_another_medicine_is_no_known_word(assistant: Assistant, question: str) -> None:
    """Though it is a slip away from "singular", too."""
    assert decided(assistant, question) == ("no_answer", "support.absent_name")


@pytest.mark.parametrize("word", ["weekend", "gloves", "stopped", "reused", "wallpaper", "weekebd"])
def test_a_word_is_ordinary_when_it_is_made_of_ordinary_ones(assistant: Assistant, word: str) -> None:
    assert word in assistant.library().ordinary


@pytest.mark.parametrize("word", ["ozempic", "candesartan", "takayasu"])
def test_a_name_is_not(assistant: Assistant, word: str) -> None:
    assert word not in assistant.library().ordinary
    assert word in Ordinary(frozenset())  # an encoder without such a list says nothing


def test_the_table_of_facets_is_part_of_the_policy() -> None:
    assert load_policy().facets
    assert {kind.id for kind in load_policy().facets} == {
        "medicine", "condition", "finding", "occasion", "supply", "circumstance"
    }  # fmt: skip


def test_one_slip_is_forgiven_and_two_are_not() -> None:
    known = {"en:potassium", "en:dose"}
    assert neighbours("en:potasium", known) == neighbours("en:potassiun", known) == {"en:potassium"}
    assert neighbours("en:optassium", known) == neighbours("en:potasiun", known) == frozenset()
    assert neighbours("en:dos", known) == frozenset()  # too short to tell


@pytest.mark.parametrize("typed", ["potasium", "potassiun", "pottassium", "potasisum", "potassiums"])
def test_both_ways_of_telling_a_slip_agree(typed: str) -> None:
    assert one_edit(typed, "potassium")
    assert neighbours(f"en:{typed}", {"en:potassium"})


@pytest.mark.parametrize("typed", ["potassium", "potasiun", "botassium", "magnesium"])
def test_neither_forgives_more(typed: str) -> None:
    assert not one_edit(typed, "potassium")
    assert not neighbours(f"en:{typed}", {"en:potassium"})
