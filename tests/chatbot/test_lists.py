"""Documents as an answer: only for what asks for a document and for nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chatbot.answer.lists import Listed, Request, listed, newest
from chatbot.answer.reply import Clarification
from chatbot.assistant import Assistant
from chatbot.limits import LISTED
from chatbot.policy import load_policy
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.model import Approval, Audience
from index.layout import Home
from tests.builders import NOON, approval

KNOWN = load_policy().lists
NAMES = frozenset({"velmarin", "lodisartan"})
OLD = date(2025, 1, 1)


def given(number: str, kind: str, title: str, starts: date = OLD, **changes: object) -> Approval:
    made = approval(number, document_number=number, document_type=kind, title=title, effective_on=starts)
    return replace(made, expires_on=None, **changes)


LABEL = given("HP-VEL-001", "product information", "Velmarin product information")
CARD = given("HP-VEL-002", "dosing card", "Velmarin dosing card (2026)", date(2026, 5, 10))
STUDY = given("HP-VEL-003", "study summary", "SUMMIT-2 study summary", date(2026, 4, 1), indication="heart failure")
LEAFLET = given("HP-VEL-006", "patient leaflet", "Your treatment with Velmarin")
GERMAN = given("HP-VEL-106", "patient leaflet", "Velmarin Packungsbeilage", language="de")
ALL = (LABEL, CARD, STUDY, LEAFLET, GERMAN)


def ask(
    question: str, intent: str = "document_lookup", approvals: tuple[Approval, ...] = ALL, since: datetime | None = None
) -> Listed | None:
    return listed(Request(intent, question, NAMES, approvals, NOON), KNOWN, since)


def numbers(found: Listed | None) -> list[str]:
    assert found is not None
    return [each.document_number for each in found.approvals]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Open the Velmarin SmPC", ["HP-VEL-001"]),
        ("velmarin prescribing information pdf please", ["HP-VEL-001"]),
        ("can I have the dosing guide for lodisartan?", ["HP-VEL-002"]),
        ("Velmarin dosing card 2026", ["HP-VEL-002"]),
        ("SUMMIT-2 study summary", ["HP-VEL-003"]),
        ("documents on heart failure with Velmarin", ["HP-VEL-003"]),
        ("Velmarin patient leaflet in German", ["HP-VEL-106"]),
        ("Fachinformation Velmarin öffnen", ["HP-VEL-001"]),
        ("Ouvrez le RCP de Velmarin", ["HP-VEL-001"]),
        ("apri la scheda tecnica di Velmarin", ["HP-VEL-001"]),
        ("abrir la ficha técnica de Velmarin", ["HP-VEL-001"]),
        ("SmPC and dosing card of Velmarin", ["HP-VEL-002", "HP-VEL-001"]),
    ],
)
def test_a_document_is_found_by_what_it_is_called(question: str, expected: list[str]) -> None:
    assert numbers(ask(question)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "what does the Velmarin SmPC say about potassium",
        "which section of the SmPC was revised",
        "how is the dosing card used",
        "when was the SmPC approved",
        "slide deck on Velmarin",
    ],
)
def test_what_asks_for_something_in_a_document_or_for_none_there_is_is_no_list(question: str) -> None:
    assert ask(question) is None


def test_another_intent_gets_no_list() -> None:
    assert ask("Velmarin dosing card", "dosing") is None
    assert ask("Velmarin", "patient_material") is None


def test_a_number_or_a_whole_title_is_enough_whatever_the_intent() -> None:
    assert numbers(ask("HP-VEL-003", "information")) == ["HP-VEL-003"]
    assert numbers(ask("your treatment with velmarin", "information")) == ["HP-VEL-006"]
    assert ask("HP-VEL-00", "information") is None


def test_a_language_that_is_not_there_is_said_and_the_others_are_offered() -> None:
    found = ask("Velmarin dosing card in Italian")
    assert numbers(found) == ["HP-VEL-002"]
    assert found is not None
    assert not found.found


def test_news_are_what_took_effect_lately_the_newest_first() -> None:
    assert numbers(ask("what's new on Velmarin?", "whats_new")) == ["HP-VEL-002", "HP-VEL-003"]
    assert numbers(ask("Neues zu Velmarin?", "whats_new")) == ["HP-VEL-002", "HP-VEL-003"]


def test_a_visit_that_is_known_or_a_month_that_is_named_says_since_when() -> None:
    assert numbers(ask("what's new since my last visit", "whats_new", since=NOON - timedelta(days=30))) == [
        "HP-VEL-002"
    ]
    assert numbers(ask("anything changed since may", "whats_new")) == ["HP-VEL-002"]
    assert numbers(ask("new documents since April 2026", "whats_new")) == ["HP-VEL-002", "HP-VEL-003"]
    assert numbers(ask("new since december", "whats_new")) == ["HP-VEL-002", "HP-VEL-003"]


def test_when_nothing_is_new_that_is_said_and_the_newest_are_near() -> None:
    found = ask("what's new", "whats_new", (LABEL, LEAFLET))
    assert found is not None
    assert (found.reason, numbers(found)) == ("nothing_new", ["HP-VEL-001", "HP-VEL-006"])


def test_the_latest_label_is_the_one_in_force_however_old() -> None:
    found = ask("latest SmPC of Velmarin", "whats_new")
    assert numbers(found) == ["HP-VEL-001"]
    assert found is not None
    assert found.found


def test_what_a_change_was_is_for_passages_to_say() -> None:
    assert ask("what changed in section 4.4 of the SmPC", "whats_new") is None


def test_events_that_end_soonest_come_first() -> None:
    soon = given("E-1", "event", "Webinar: dizziness", date(2026, 1, 1))
    soon = replace(soon, expires_on=date(2026, 6, 30))
    later = replace(given("E-2", "event", "Webinar: titration"), expires_on=date(2026, 9, 30))
    open_ended = given("E-3", "event", "Course on heart failure", date(2026, 5, 1))
    events = (open_ended, later, soon, LABEL)
    assert numbers(ask("any upcoming webinars?", "education_event", events)) == ["E-1", "E-2", "E-3"]
    assert numbers(ask("events on heart failure", "education_event", events)) == ["E-3"]
    assert ask("when is the webinar on titration", "education_event", events) is None
    assert ask("webinars on gout", "education_event", events) is None


def test_a_list_is_as_long_as_a_phone_shows() -> None:
    many = tuple(given(f"HP-VEL-{at}", "letter", f"Letter {at}") for at in range(100, 120))
    assert len(numbers(ask("Velmarin letters", approvals=many))) == LISTED


def test_what_takes_effect_later_is_not_new_yet() -> None:
    assert newest([replace(CARD, effective_on=date(2026, 6, 2))], NOON - timedelta(days=92), NOON) == []


NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


@pytest.fixture
def assistant(sample_copy: Home) -> Iterator[Assistant]:
    database = open_database(sample_copy.database)
    yield Assistant(sample_copy, database, trial=True)
    database.close()


def test_a_reader_gets_the_document_and_no_quote(assistant: Assistant) -> None:
    asker = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "cardiology", "en"))
    turn = assistant.turn(asker, "Open the Velmarin SmPC", instant=NOW)
    assert (turn.reply.kind, turn.reply.body, turn.reply.citations) == ("notice", None, ())
    assert [notice.kind for notice in turn.reply.notices] == ["disclosure", "documents"]
    assert [step.approval.document_number for step in turn.reply.next_steps] == ["HP-VEL-001"]
    assert turn.reply.next_steps[0].approval.version == "3.0"  # 4.0 takes effect in 2035
    assert '"list.lookup"' in turn.record.leaf.decode()


def test_a_follow_up_finds_the_document_of_the_product_before(assistant: Assistant) -> None:
    audience = Audience("GB", "physician", "cardiology", "en")
    reply = assistant.reply(audience, "and the patient leaflet?", NOW, ("Velmarin starting dose",))
    assert [step.approval.document_number for step in reply.next_steps] == ["HP-VEL-006"]


def test_a_kind_of_document_that_several_products_have_is_asked_back(assistant: Assistant) -> None:
    reply = assistant.reply(Audience("GB", "physician", "neurology", "en"), "patient leaflet please", NOW)
    assert isinstance(reply.body, Clarification)
    choices = reply.body.choices
    assert [choice.label for choice in choices] == ["Nerolin", "Lumetra", "Quorvex", "Velmarin"]
    chosen = assistant.reply(Audience("GB", "physician", "neurology", "en"), choices[0].text, NOW)
    assert [step.approval.document_number for step in chosen.next_steps] == ["HP-NER-006"]


def test_no_reader_is_offered_a_document_of_another_market(assistant: Assistant) -> None:
    spain = assistant.reply(Audience("ES", "physician", "neurology", "es"), "prospecto de Nerolin", NOW)
    assert [step.approval.country for step in spain.next_steps] == ["ES"]
    nothing = assistant.reply(Audience("ES", "physician", "neurology", "es"), "Open the Nerolin dosing card", NOW)
    assert all(step.approval.document_type != "dosing card" for step in nothing.next_steps)
