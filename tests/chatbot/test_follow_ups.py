"""What a conversation is about carries on, and what is asked back can be answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.answer.reply import Answer, Clarification
from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.model import Audience
from index.layout import Home
from tests.chatbot.conversing import Talk, leaf_of, notices_of, products_of
from tests.homes import copied

INSTANT = datetime(2026, 11, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def assistant(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    home = copied(sample, tmp_path_factory.mktemp("follow-ups") / "home")
    database = open_database(home.database)
    yield Assistant(home, database, trial=False)
    database.close()


def talk(assistant: Assistant, country: str = "GB", language: str = "en") -> Talk:
    return Talk(assistant, country, language, at=INSTANT)


@pytest.mark.parametrize(
    ("country", "language", "product", "questions"),
    [
        ("GB", "en", "Velmarin", ["Velmarin starting dose", "And in renal impairment?", "What about hyperkalaemia?"]),
        ("GB", "en", "Lumetra", ["Lumetra starting dose", "and if a dose is missed?", "and storage?"]),
        ("GB", "en", "Nerolin", ["davicetam starting dose", "and in renal impairment?", "and with alcohol?"]),
        ("GB", "en", "Quorvex", ["Quorvex loading dose", "and storage?", "and for tuberculosis?"]),
        ("DE", "de", "Nerolin", ["Nerolin Dosierung", "Und bei Nierenfunktionsstörung?"]),
        ("DE", "de", "Lumetra", ["Lumetra Dosierung", "Und bei vergessener Dosis?"]),
        ("ES", "es", "Velmarin", ["Velmarin dosis inicial", "¿Y en insuficiencia renal?"]),
        ("ES", "es", "Quorvex", ["Quorvex dosis", "¿Y en insuficiencia renal?"]),
    ],
)
def test_a_follow_up_is_about_the_product_before_it(
    assistant: Assistant, country: str, language: str, product: str, questions: list[str]
) -> None:
    conversation = talk(assistant, country, language)
    for question in questions:
        turn = conversation.say(question)
        assert isinstance(turn.reply.body, Answer), question
        assert products_of(turn) == {product}, question


def test_another_product_that_is_named_takes_over_and_a_strange_one_ends_it(assistant: Assistant) -> None:
    conversation = talk(assistant)
    conversation.say("Velmarin starting dose")
    assert products_of(conversation.say("and Nerolin?")) == {"Nerolin"}
    assert products_of(conversation.say("and in renal impairment?")) == {"Nerolin"}
    assert not conversation.say("zolpifex dose").reply.citations
    assert not conversation.say("and in renal impairment?").reply.citations


@pytest.mark.parametrize("aside", ["thanks", "hello", "My patient developed a severe rash on it."])
def test_thanks_or_a_report_in_between_does_not_change_the_subject(assistant: Assistant, aside: str) -> None:
    conversation = talk(assistant)
    conversation.say("Nerolin starting dose")
    assert not conversation.say(aside).reply.citations
    assert products_of(conversation.say("and in renal impairment?")) == {"Nerolin"}


def test_a_boundary_hangs_on_the_product_before_it(assistant: Assistant) -> None:
    conversation = talk(assistant)
    conversation.say("Velmarin starting dose")
    turn = conversation.say("and for migraine?")
    assert "off_label" in notices_of(turn)
    assert turn.reply.handovers[0].prefill["product"] == "Velmarin"
    assert not turn.reply.citations


@pytest.mark.parametrize(
    ("country", "language", "question"),
    [
        ("GB", "en", "starting dose in renal impairment"),
        ("GB", "en", "missed dose"),
        ("GB", "en", "use in pregnancy"),
        ("DE", "de", "Dosierung bei Nierenfunktionsstörung"),
    ],
)
def test_every_choice_that_is_offered_has_documents_and_answers(
    assistant: Assistant, country: str, language: str, question: str
) -> None:
    conversation = talk(assistant, country, language)
    body = conversation.say(question).reply.body
    assert isinstance(body, Clarification), question
    assert 2 <= len(body.choices) <= 4
    for choice in body.choices:
        approvals = assistant.approvals(leaf_audience(conversation), INSTANT).values()
        assert choice.count == sum(approval.product == choice.label for approval in approvals)
        chosen = conversation.say(choice.text)
        assert products_of(chosen) == {choice.label}, choice.text


def test_typing_on_works_as_well_as_choosing(assistant: Assistant) -> None:
    conversation = talk(assistant)
    assert isinstance(conversation.say("starting dose in renal impairment").reply.body, Clarification)
    typed = conversation.say("Nerolin").reply  # its documents, or a quote of them
    assert {step.approval.product for step in typed.next_steps} == {"Nerolin"}
    assert products_of(conversation.say("and in renal impairment?")) == {"Nerolin"}
    assert isinstance(talk(assistant).say("Velmarin starting dose in renal impairment").reply.body, Answer)


def test_only_the_first_reply_says_that_this_is_an_assistant(assistant: Assistant) -> None:
    for first in ("Velmarin starting dose", "hello", "starting dose in renal impairment", "who won the world cup"):
        conversation = talk(assistant)
        told = [
            notices_of(conversation.say(text))
            for text in (first, "and in renal impairment?", "My patient developed a rash on Nerolin", "thanks")
        ]
        assert [kinds.count("disclosure") for kinds in told] == [1, 0, 0, 0], first
        assert told[0][0] == "disclosure"
        assert [leaf_of(turn)["decision"]["entities"]["first"] for turn in conversation.turns] == [True, *[False] * 3]


def leaf_audience(conversation: Talk) -> Audience:
    return Audience(conversation.country, "physician", "", conversation.language)
