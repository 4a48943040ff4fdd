"""What is offered beside an answer: next steps, questions, suggestions while typing. Over the sample corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.answer.reply import Clarification, NextStep
from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.errors import Ungrounded
from chatbot.identity import DemoIdentity
from chatbot.limits import FOLLOW_UPS, NEXT_STEPS, SUGGEST_CHARACTERS, SUGGESTIONS
from chatbot.policy import load_policy
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.model import Audience
from corpus.registry import Event
from index.layout import Home
from tests.builders import GB, NOON, approval, document, registry
from tests.chatbot.answering import replied
from tests.chatbot.conftest import Portal

READER = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "cardiology", "en"))
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DOSE = "Velmarin starting dose in hypertension"


@pytest.fixture
def discovery(sample_copy: Home) -> Iterator[Portal]:
    """The portal of tests/chatbot, over the sample corpus."""
    database = open_database(sample_copy.database)
    assistant = Assistant(sample_copy, database, trial=True)
    identity = DemoIdentity()
    with TestClient(create_app(assistant, identity), raise_server_exceptions=False) as http:
        yield Portal(http, identity, assistant)
    database.close()


def test_next_steps_are_other_documents_of_the_product_one_a_kind(discovery: Portal) -> None:
    reply = replied(discovery.assistant, DOSE, READER.audience, NOW)
    kinds = [step.approval.document_type for step in reply.next_steps]
    assert 0 < len(kinds) <= NEXT_STEPS
    assert len(set(kinds)) == len(kinds)
    assert {step.approval.product for step in reply.next_steps} == {"Velmarin"}
    cited = {citation.approval.document_number for citation in reply.citations}
    assert not cited & {step.approval.document_number for step in reply.next_steps}


def test_the_intent_decides_which_kinds_come_first(discovery: Portal) -> None:
    mechanism = replied(discovery.assistant, "Velmarin mechanism: which receptor", READER.audience, NOW)
    safety = replied(discovery.assistant, "Velmarin adverse reactions warning", READER.audience, NOW)
    assert (mechanism.intent, safety.intent) == ("mechanism", "safety")
    offered = {step.approval.document_type for step in safety.next_steps}
    assert offered
    assert mechanism.next_steps
    assert offered <= {"important safety information", "product information", "letter", "patient leaflet"}
    assert "letter" not in {step.approval.document_type for step in mechanism.next_steps}


def test_next_steps_climb_from_summary_to_full_data_to_patients_to_slides(discovery: Portal) -> None:
    reply = replied(discovery.assistant, "PEAKLINE-HF primary endpoint hazard ratio", READER.audience, NOW)
    kinds = [step.approval.document_type for step in reply.next_steps]
    rungs = [next(at for at, rung in enumerate(_rungs(reply.intent)) if kind in rung) for kind in kinds]
    assert rungs == sorted(set(rungs))
    assert len(rungs) >= 2


def _rungs(intent: str) -> tuple[tuple[str, ...], ...]:
    return load_policy().next_steps(intent)


def test_a_next_step_says_why_it_is_worth_opening(discovery: Portal) -> None:
    reply = replied(discovery.assistant, DOSE, READER.audience, NOW)
    for step in reply.next_steps:
        assert step.cue.casefold().startswith(step.approval.document_type.casefold())
        assert "For cardiology" in step.cue
        assert step.cue.endswith("-min read")


def test_a_next_step_that_may_not_be_shown_can_not_be_built() -> None:
    from chatbot.answer.reply import Ground

    made = document("The starting dose is 40 mg once daily.")
    under = approval(made, expires_on=None)
    ground = Ground(registry(under), GB, NOON, {made.source.sha256: under})
    assert NextStep(under, "Dosing card", ground).approval == under
    with pytest.raises(Ungrounded, match="another market"):
        NextStep(under, "Dosing card", replace(ground, audience=replace(GB, country="DE")))


def test_a_withdrawn_document_is_offered_no_more(discovery: Portal) -> None:
    offered = replied(discovery.assistant, DOSE, READER.audience, NOW).next_steps[0].approval
    event = Event("withdraw", *offered.key, {}, "tester", NOW.isoformat(), "recalled")
    discovery.assistant.store.append([event])
    after = replied(discovery.assistant, DOSE, READER.audience, NOW)
    assert offered.document_number not in {step.approval.document_number for step in after.next_steps}


@pytest.mark.usefixtures("past_routing")
def test_the_link_of_a_next_step_opens_with_its_ticket(discovery: Portal) -> None:
    answer: Any = discovery.ask(DOSE)
    assert answer["reply"]["next_steps"]
    for number, step in enumerate(answer["reply"]["next_steps"], 1):
        opened = discovery.http.get(f"{step['url']}?ticket={answer['tickets'][f'next-{number}']}")
        assert opened.status_code == 200
        assert step["title"] in opened.text


def test_an_answer_is_about_one_product_or_asks_which(discovery: Portal) -> None:
    general = replied(discovery.assistant, "starting dose in renal impairment", READER.audience, NOW)
    assert isinstance(general.body, Clarification)
    assert {choice.label for choice in general.body.choices} == {"Velmarin", "Lumetra", "Quorvex", "Nerolin"}
    assert general.body.choices[0].label == "Velmarin"  # the reader's specialty first
    both = replied(discovery.assistant, "Which is better, Velmarin or Lumetra?", READER.audience, NOW)
    assert len({citation.approval.product for citation in both.citations}) <= 1


@pytest.mark.parametrize("text", ["zolpifex dose in renal impairment", "thanks", "💊"])
def test_a_conversation_does_not_lend_its_product_to_what_is_no_follow_up(discovery: Portal, text: str) -> None:
    first = discovery.assistant.turn(READER, DOSE, instant=NOW)
    assert discovery.assistant.turn(READER, text, first.conversation, instant=NOW).reply.kind != "answer"


@pytest.mark.usefixtures("past_routing")
def test_a_conversation_lends_its_product_to_a_follow_up(discovery: Portal) -> None:
    first = discovery.assistant.turn(READER, DOSE, instant=NOW)
    follow_up = discovery.assistant.turn(READER, "and in hepatic impairment?", first.conversation, instant=NOW).reply
    assert {citation.approval.product for citation in follow_up.citations} == {"Velmarin"}


def test_follow_ups_are_topics_that_get_an_answer(discovery: Portal) -> None:
    reply = replied(discovery.assistant, DOSE, READER.audience, NOW)
    assert 0 < len(reply.suggestions) <= FOLLOW_UPS
    for text in reply.suggestions:
        assert discovery.assistant.reply(READER.audience, text, NOW).kind == "answer", text


def suggest(discovery: Portal, q: str, country: str = "GB", **body: str) -> Any:
    headers = discovery.headers(country)
    return discovery.http.post("/api/v1/suggest", json={"q": q, **body}, headers=headers)


def test_suggestions_come_while_typing_and_leave_no_trace(discovery: Portal) -> None:
    before = discovery.assistant.log.size()
    found = suggest(discovery, "velm ren").json()["suggestions"]
    assert "Velmarin: Renal impairment" in found
    assert len(suggest(discovery, "velmarin").json()["suggestions"]) == SUGGESTIONS
    assert discovery.assistant.log.size() == before


def test_suggestions_know_country_and_language(discovery: Portal) -> None:
    assert suggest(discovery, "quorvex", "DE").json() == {"suggestions": []}
    german = suggest(discovery, "velmarin", "DE", language="de").json()["suggestions"]
    assert german
    offered = {text for text in german if text in _headings(discovery, "de")}
    assert offered
    rest = set(german) - offered
    assert rest <= {"Velmarin: empfohlene Dosis", "Velmarin: Dosis bei Nierenfunktionsstörung"} | {
        "Velmarin: Nebenwirkungen",
        "Velmarin Fachinformation",
    }


def _headings(discovery: Portal, language: str) -> set[str]:
    suggester = discovery.assistant.library().suggester
    return {topic.text for topics in suggester._topics.values() for topic in topics if topic.language == language}


@pytest.mark.parametrize("body", [{"q": "a" * (SUGGEST_CHARACTERS + 1)}, {}, {"q": 7}, {"q": "a", "x": 1}])
def test_a_wrong_request_for_suggestions_is_refused(discovery: Portal, body: dict[str, object]) -> None:
    response = discovery.http.post("/api/v1/suggest", json=body, headers=discovery.headers())
    assert response.status_code == 422
    assert discovery.http.post("/api/v1/suggest", json={"q": "velm"}).status_code == 401


def test_what_nothing_answers_offers_what_is_near_only_for_a_product_that_was_named(
    discovery: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nearness means nothing. Support is refused here, whatever its thresholds are."""
    monkeypatch.setattr("chatbot.answer.compose.supported", lambda *_: False)
    named = replied(discovery.assistant, "Velmarin dose", READER.audience, NOW)
    unnamed = replied(discovery.assistant, "starting dose", READER.audience, NOW)
    assert (named.kind, unnamed.kind) == ("no_answer", "no_answer")
    assert {step.approval.product for step in named.next_steps} == {"Velmarin"}
    assert unnamed.next_steps == ()


def test_the_policy_names_only_kinds_that_the_catalogue_has() -> None:
    """A kind that is spelt otherwise would never be offered."""
    import csv

    with Path("corpus/sample/catalogue.csv").open(encoding="utf-8") as stream:
        known = {row["document_type"] for row in csv.DictReader(stream)}
    policy = load_policy()
    assert {kind for ladder in policy.ladders.values() for rung in ladder for kind in rung} <= known
    assert set(policy.lists.types.values()) <= known
