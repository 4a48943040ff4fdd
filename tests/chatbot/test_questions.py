"""Questions that are offered: reviewed, in five languages, and each with a document of this reader behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.answer.questions import LANGUAGES, in_edition
from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.discovery import starter_questions, whats_new
from chatbot.identity import DemoIdentity
from chatbot.limits import PAGE_CHARACTERS, STARTERS, SUGGESTIONS, WHATS_NEW
from chatbot.policy import load_policy
from corpus.database import open_database
from corpus.model import Audience
from corpus.registry import Event
from index.layout import Home
from tests.chatbot.conftest import Portal

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
GB = Audience("GB", "physician", "cardiology", "en")
DE = Audience("DE", "physician", "cardiology", "de")
ES = Audience("ES", "physician", "cardiology", "es")


@pytest.fixture
def sampled(sample_copy: Home) -> Iterator[Portal]:
    database = open_database(sample_copy.database)
    assistant = Assistant(sample_copy, database, trial=True)
    identity = DemoIdentity()
    with TestClient(create_app(assistant, identity), raise_server_exceptions=False) as http:
        yield Portal(http, identity, assistant)
    database.close()


def get(portal: Portal, path: str, country: str = "GB", specialty: str = "cardiology", **query: str) -> Any:
    headers = {"Authorization": f"Bearer {portal.identity.token('dr-1', country, 'physician', specialty)}"}
    return portal.http.get(f"/api/v1/{path}", params=query, headers=headers)


def test_the_bank_is_whole_in_every_language() -> None:
    policy = load_policy()
    known = {rule.id for rule in policy.intents.rules}
    assert len({question.id for question in policy.questions}) == len(policy.questions)
    for question in policy.questions:
        assert question.headings or question.types
        assert question.intent in known
        assert set(question.texts) == set(LANGUAGES)
        assert all(text.count("{product}") == 1 for text in question.texts.values())


@pytest.mark.parametrize("audience", [GB, DE, ES])
def test_every_question_that_is_offered_gets_an_answer_or_a_document(sampled: Portal, audience: Audience) -> None:
    assistant = sampled.assistant
    library, ground = assistant.ground(audience, NOW)
    offers = list(library.bank.offers(in_edition(ground.approvals, library.edition.documents), audience.language))
    assert offers
    for offer in offers:
        wanted = "notice" if offer.question.types else "answer"
        assert assistant.reply(audience, offer.text, NOW).kind == wanted, offer.text


def test_a_question_without_a_document_behind_it_is_not_offered(sampled: Portal) -> None:
    assert "Open the Velmarin dosing card" in sampled.assistant.suggest("velmarin open card", GB, NOW)
    event = Event("withdraw", "HP-VEL-002", "2.0", "GB", {}, "tester", NOW.isoformat(), "recalled")
    sampled.assistant.store.append([event])
    assert "Open the Velmarin dosing card" not in sampled.assistant.suggest("velmarin open card", GB, NOW)


def test_suggestions_match_starts_of_words_in_any_order_and_come_in_one_order(sampled: Portal) -> None:
    one, other = (sampled.assistant.suggest(typed, GB, NOW) for typed in ("velm ren", "ren velm"))
    assert one == other
    assert one[0] == "Velmarin: dose in renal impairment"
    assert len(sampled.assistant.suggest("velmarin", GB, NOW)) == SUGGESTIONS
    assert sampled.assistant.suggest("elmarin", GB, NOW) == []


def test_an_intent_and_a_title_are_found_too(sampled: Portal) -> None:
    assert "Velmarin: use in pregnancy" in sampled.assistant.suggest("velmarin special population", GB, NOW)
    assert sampled.assistant.suggest("ner 301", GB, NOW) == ["Study NER-301: Nerolin in focal seizures"]


def test_suggestions_are_in_a_language_that_a_document_behind_them_has(sampled: Portal) -> None:
    assert "Velmarin: Gegenanzeigen" in sampled.assistant.suggest("velmarin gegen", DE, NOW)
    french = Audience("GB", "physician", "cardiology", "fr")
    assert "Velmarin: contraindications" in sampled.assistant.suggest("velmarin contra", french, NOW)


def test_starters_are_of_the_specialty_or_of_the_page(sampled: Portal) -> None:
    mine = get(sampled, "starters").json()["questions"]
    assert len(mine) == STARTERS
    assert all(text.startswith("Velmarin") for text in mine)
    paged = get(sampled, "starters", page="lumetra").json()["questions"]
    assert paged
    assert all(text.startswith("Lumetra") for text in paged)
    general = get(sampled, "starters", specialty="").json()["questions"]
    assert len({text.split(":")[0] for text in general}) == STARTERS
    german = get(sampled, "starters", "DE", language="de").json()["questions"]
    assert german[0] == "Velmarin: empfohlene Dosis"


def test_a_page_or_a_country_without_documents_has_no_starters(sampled: Portal) -> None:
    assert get(sampled, "starters", page="zebra").json() == {"questions": []}
    assert get(sampled, "starters", "FR").json() == {"questions": []}
    assert get(sampled, "starters", page="z" * (PAGE_CHARACTERS + 1)).status_code == 422
    assert sampled.http.get("/api/v1/starters").status_code == 401


def test_what_is_new_since_a_visit_opens_with_its_tickets(sampled: Portal) -> None:
    value = get(sampled, "whats-new", since="2026-10-01T00:00:00Z").json()
    days = [row["effective_on"] for row in value["documents"]]
    assert days == sorted(days, reverse=True)
    assert min(days) >= "2026-10-01"
    assert set(value["documents"][0]) == {"title", "document", "version", "type", "effective_on", "url", "cue"}
    for number, row in enumerate(value["documents"], 1):
        opened = sampled.http.get(f"{row['url']}?ticket={value['tickets'][f'next-{number}']}")
        assert opened.status_code == 200
        assert row["title"] in opened.text


def test_what_is_new_is_of_the_readers_own_country_and_bounded(sampled: Portal) -> None:
    numbers = {row["document"] for row in get(sampled, "whats-new", "DE", since="2020-01-01").json()["documents"]}
    assert numbers
    approved = {approval.document_number for approval in sampled.assistant.approvals(DE, NOW).values()}
    assert numbers <= approved
    every = whats_new(*sampled.assistant.ground(GB, NOW), NOW - timedelta(days=4000))
    assert 0 < len(every) <= WHATS_NEW
    assert get(sampled, "whats-new", since="yesterday").status_code == 422
    assert sampled.http.get("/api/v1/whats-new").status_code == 401


def test_starters_are_the_same_each_time(sampled: Portal) -> None:
    ground = sampled.assistant.ground(GB, NOW)
    assert starter_questions(*ground, "") == starter_questions(*ground, "")
