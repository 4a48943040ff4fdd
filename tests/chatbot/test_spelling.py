"""How far words are apart, and what a misspelt one of a question is read as."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answer.reply import Choice, Clarification
from chatbot.answer.spelling import Vocabulary, contrary, distance, one_edit
from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.model import Audience
from index.layout import Home
from tests.chatbot.answering import responded

GB = Audience("GB", "physician", "", "en")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORD = st.text("abc", max_size=6)


@pytest.fixture
def assistant(small_copy: Home) -> Iterator[Assistant]:
    database = open_database(small_copy.database)
    yield Assistant(small_copy, database, trial=True)
    database.close()


def naive(one: str, other: str) -> int:
    """The recurrence as it is written down."""
    if not one or not other:
        return len(one) + len(other)
    options = [naive(one[:-1], other) + 1, naive(one, other[:-1]) + 1]
    options.append(naive(one[:-1], other[:-1]) + (one[-1] != other[-1]))
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        options.append(naive(one[:-2], other[:-2]) + 1)
    return min(options)


@given(one=WORD, other=WORD, limit=st.integers(1, 2))
def test_the_distance_is_the_recurrence_up_to_its_limit(one: str, other: str, limit: int) -> None:
    assert distance(one, other, limit) == min(naive(one, other), limit + 1)


@given(
    words=st.sets(st.text("abcdeé", min_size=4, max_size=9), max_size=30),
    typed=st.text("abcdeé", min_size=5, max_size=9),
)
def test_a_vocabulary_finds_every_word_one_edit_away(words: set[str], typed: str) -> None:
    found = Vocabulary(dict.fromkeys(words, 1)).near(typed, 1, begin_alike=False)
    assert {near.word for near in found} == {word for word in words if naive(word, typed) == 1}


def test_the_nearest_word_comes_first_then_the_more_frequent_one() -> None:
    known = Vocabulary({"treatment": 9, "treatments": 90, "treatmens": 3, "entreatment": 5})
    assert [near.word for near in known.near("treatmens", 2)] == ["treatments", "treatment"]
    assert known.near("dose", 0) == []


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("hypokalaemia", "hyperkalaemia"),
        ("dysphasia", "dysphagia"),
        ("nitrite", "nitrate"),
        ("microcytic", "macrocytic"),
    ],
)
def test_what_sounds_alike_and_says_the_opposite_is_no_slip(typed: str, known: str) -> None:
    assert contrary(typed, known)
    assert not contrary(known, known)


def test_a_misspelt_word_is_searched_as_the_one_it_is_a_slip_of_and_as_it_was_typed(assistant: Assistant) -> None:
    found = assistant.search("velmarin and potasium", GB, 3, NOW)
    assert [(term.phrase, term.means, term.kind) for term in found.query.readings] == [
        ("potasium", ("potassium",), "reading")
    ]
    assert found.query.question == "velmarin and potasium"
    assert found.retrieval.query == "velmarin and potasium potassium"


@pytest.mark.parametrize(
    "question",
    [
        "velmarin and potassium",  # known
        "velmarin at the weekend",  # ordinary
        "velmarin and hypokalaemia",  # the opposite of what is known
        "velmarin and warfarin",  # a name
        "velmarin for Potassia",  # written like one
        "velmarin dos",  # too short to tell
    ],
)
def test_nothing_else_is_read_as_another_word(assistant: Assistant, question: str) -> None:
    assert assistant.search(question, GB, 3, NOW).query.readings == ()


@pytest.mark.parametrize(
    ("question", "label", "text"),
    [
        ("velmarn dose", "Velmarin", "Velmarin dose"),
        ("elmarin dose", "Velmarin", "Velmarin dose"),
        ("lodosartan dose", "Velmarin", "lodisartan dose"),  # a class's stem: no reason to take it for ours
    ],
)
def test_a_misspelt_name_of_ours_is_offered_and_nothing_is_answered_for_it(
    assistant: Assistant, question: str, label: str, text: str
) -> None:
    given = responded(assistant, question, GB, NOW)
    composed, asked = given.composed, given.asked
    body = composed.reply.body
    assert isinstance(body, Clarification)
    assert body.headline == f"Did you mean {label}?"
    assert body.choices == (Choice(label, text, 2),)
    assert composed.rules == ("clarify.spelling",)
    assert not asked.query.readings
    assert responded(assistant, body.choices[0].text, GB, NOW).composed.reply.kind == "answer"


def test_a_name_that_this_reader_has_no_document_of_is_not_offered(assistant: Assistant) -> None:
    german = Audience("DE", "physician", "", "de")
    composed = responded(assistant, "lumetrra Dosis", german, NOW).composed
    assert composed.reply.kind == "no_answer"


@given(st.text("abcé", min_size=4, max_size=9), st.text("abcé", min_size=4, max_size=9))
def test_one_edit_is_a_distance_of_one_between_long_words_that_begin_alike(one: str, other: str) -> None:
    expected = one[0] == other[0] and min(len(one), len(other)) >= 5 and distance(one, other, 1) == 1
    assert one_edit(one, other) == expected


@pytest.mark.parametrize("question", ["velmarine dose", "velmarined dose"])
def test_a_word_that_is_a_name_of_ours_by_its_stem_alone_is_asked_about(assistant: Assistant, question: str) -> None:
    reply = assistant.reply(GB, question, NOW)
    assert isinstance(reply.body, Clarification)
    assert [choice.label for choice in reply.body.choices] == ["Velmarin"]


def test_an_s_behind_a_name_is_no_other_name(assistant: Assistant) -> None:
    assert assistant.reply(GB, "Velmarin's starting dose", NOW).kind == "answer"
