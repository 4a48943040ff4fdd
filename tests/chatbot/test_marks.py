"""Marks hold from the next question on, and a reply that passes over a mark can't be built."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chatbot.answer.context import with_context
from chatbot.answer.reply import Answer, Citation, Ground, Quote
from chatbot.assistant import Assistant
from chatbot.errors import Ungrounded
from chatbot.replay import Replayer
from chatbot.turns import Asker
from corpus.model import Audience, Document, Span
from corpus.registry import Event, Registry
from tests.builders import AT, GB, NOON, approval, document, mark, registry
from tests.chatbot.conftest import Portal

LABEL = document("The dose is 40 mg.", "It is halved in frail patients.", "Swallow with water.", pages=2)
OF_LABEL = approval(LABEL)
DOSE, HALVED, WATER = (Span(block.start, block.end) for block in LABEL.blocks)
QUESTION = "What is the starting dose of Nerolin in adults?"
READER = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "", "en"))


def quoted(number: int, state: Registry, *spans: Span) -> Quote:
    ground = Ground(state, GB, NOON, {OF_LABEL.source_sha256: OF_LABEL})
    citation = Citation(number, LABEL, OF_LABEL, spans, None, (), ground)
    return Quote(citation, citation.text, ())


def marked(*events: Event) -> Registry:
    state = registry(OF_LABEL)
    for event in events:
        state = state.apply(replace(event, sequence=state.version + 1))
    return state


def texts(of: Document, at: int, state: Registry) -> list[str]:
    runs = with_context(of, of.blocks[at].sentences[0], state.signoff)
    return [" ".join(span.of(of.text) for span in run) for run in runs]


def test_a_quote_of_a_marked_place_can_not_be_built() -> None:
    state = marked(mark(LABEL, HALVED))
    with pytest.raises(Ungrounded, match="marked as not to be cited"):
        quoted(1, state, HALVED)
    with pytest.raises(Ungrounded, match="marked as not to be cited"):
        quoted(1, state, DOSE, Span(HALVED.start, HALVED.start + 5))
    assert quoted(1, state, WATER).text == "Swallow with water."


def test_an_answer_without_what_its_quote_is_kept_with_can_not_be_built() -> None:
    state = marked(mark(LABEL, DOSE, HALVED))
    with pytest.raises(Ungrounded, match="has to be quoted beside"):
        Answer("Headline", (quoted(1, state, DOSE),))
    with pytest.raises(Ungrounded, match="has to be quoted beside"):
        Answer("Headline", (quoted(1, state, WATER),), (quoted(2, state, DOSE),))
    assert Answer("Headline", (quoted(1, state, DOSE), quoted(2, state, HALVED)))
    assert Answer("Headline", (quoted(1, state, HALVED),))


def test_what_a_sentence_is_kept_with_is_quoted_with_it() -> None:
    state = marked(mark(LABEL, DOSE, WATER), mark(LABEL, WATER, HALVED))
    assert texts(LABEL, 0, state) == ["The dose is 40 mg. It is halved in frail patients. Swallow with water."]
    assert texts(LABEL, 1, state) == ["It is halved in frail patients."]


def test_what_can_not_be_shown_without_a_marked_place_is_not_shown() -> None:
    state = marked(mark(LABEL, DOSE, HALVED), mark(LABEL, HALVED))
    assert texts(LABEL, 0, state) == []
    assert texts(LABEL, 2, state) == ["Swallow with water."]


def nerolin(assistant: Assistant) -> tuple[Document, Span]:
    """The document about Nerolin, and its one sentence on the starting dose."""
    known = next(each for each in assistant.edition().documents if "Nerolin" in each.names)
    found = assistant.document(known.sha256)
    at = found.text.index("The starting dose of Nerolin")
    sentence = found.sentence_at(at)
    assert sentence is not None
    return found, Span(sentence.start, sentence.end)


def shown(value: object) -> str:
    return str(value).split("'citations'")[0]


def test_a_mark_holds_from_the_next_question_on_and_ends_when_it_is_taken_back(portal: Portal) -> None:
    found, place = nerolin(portal.assistant)
    assert "500 mg twice daily" in shown(portal.ask(QUESTION)["reply"])
    version = portal.assistant.store.append([mark(found, place)]).version
    assert "500 mg twice daily" not in shown(portal.ask(QUESTION)["reply"])
    taken = {"sha256": found.sha256, "mark": version}
    portal.assistant.store.append([Event("unmark", "", "", "", taken, "A. Lee", AT, "read again")])
    assert "500 mg twice daily" in shown(portal.ask(QUESTION)["reply"])


def test_a_reply_from_before_a_mark_is_replayed_as_it_was(portal: Portal) -> None:
    assistant, now = portal.assistant, datetime.now(UTC)
    before = assistant.turn(READER, QUESTION, instant=now)
    found, place = nerolin(assistant)
    assistant.store.append([mark(found, place)])
    after = assistant.turn(READER, QUESTION, instant=now)
    assert before.reply != after.reply
    replayer = Replayer(assistant.home, assistant.store.database)
    assert [replayer.in_own_state(turn.record.index).own.difference for turn in (before, after)] == ["", ""]
