"""Whom a reader turns to: every country's own numbers, the portal's desks, and what a handover takes along."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from chatbot.answer.contacts import Contacts, public_contacts, telephone_url
from chatbot.answer.handovers import Desk, handover, safety_route
from chatbot.answer.language import LANGUAGES
from chatbot.policy import Policy, load_policy
from corpus.calendar import zones

EU = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
ELSEWHERE = ("IS", "LI", "NO", "GB", "CH", "US", "CA", "AU", "NZ", "JP")
OWN = b"""
[contacts]
safety_url = "https://harrowpeak.example/safety"
safety_phone_24h = "+44 20 7946 0000"
medical_information_url = "mailto:medinfo@harrowpeak.example"
commercial_url = "/sales"

[contacts.DE]
safety_url = "https://harrowpeak.example/de/sicherheit"

[contacts.BR]
emergency = ["192"]
scheme_name = "VigiMed"
scheme_url = "https://harrowpeak.example/br/vigimed"
"""


@pytest.fixture(scope="module")
def own() -> Policy:
    return load_policy(portal=OWN)


@pytest.mark.parametrize("country", [*EU, *ELSEWHERE])
def test_a_country_has_an_emergency_number_and_a_reporting_scheme(country: str) -> None:
    found = load_policy().contacts_for(country)
    assert found.emergency
    assert found.scheme_name
    assert urlsplit(found.scheme_url).scheme in ("https", "http")
    if country in EU:
        assert "112" in found.emergency


def test_every_row_is_of_a_country_and_says_only_what_contacts_have() -> None:
    for country, row in public_contacts().items():
        assert zones(country)
        assert set(row) <= set(Contacts.__dataclass_fields__)
        assert all(re.fullmatch(r"[0-9 ]+", number) for number in (*row["emergency"], row.get("crisis", "0")))


def test_a_portal_without_settings_leads_to_the_demos_desks() -> None:
    found = load_policy().contacts_for("GB")
    assert (found.safety_url, found.medical_information_url, found.commercial_url, found.line_24h) == (
        "/contact/safety",
        "/contact/medical-information",
        "/contact/commercial",
        "",
    )


def test_a_country_that_nobody_knows_still_has_the_companys_desks(own: Policy) -> None:
    found = own.contacts_for("")
    assert (found.emergency, found.scheme_name, found.crisis) == ((), "", "")
    assert found.line_24h == "+44 20 7946 0000"
    assert own.contacts_for("ZW") == found


def test_a_portal_words_its_desks_country_by_country(own: Policy) -> None:
    assert own.contacts_for("DE").safety_url.endswith("/de/sicherheit")
    assert own.contacts_for("DE").emergency == ("112",)
    assert own.contacts_for("AT").safety_url == "https://harrowpeak.example/safety"
    assert own.contacts_for("BR").emergency == ("192",)
    assert own.contacts_for("BR").line_24h == "+44 20 7946 0000"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_emergency_names_the_number_to_call_and_the_line_after_it(own: Policy, language: str) -> None:
    made, rendered = handover("emergency", "fell unconscious", own.contacts_for("GB"), own, language)
    assert made.to == "emergency"
    assert made.url == "tel:999"
    assert "999 / 112" in made.text
    assert "+44 20 7946 0000" in made.text
    assert made.prefill == {}
    assert rendered.id == f"{language}/handover_emergency"


def test_an_emergency_where_no_number_is_known_leads_to_the_one_that_mobiles_take(own: Policy) -> None:
    made, _ = handover("emergency", "", own.contacts_for(""), own, "en")
    assert made.url == "tel:112"
    assert "call the emergency number now" in made.text


def test_somebody_in_a_crisis_is_given_somebody_to_talk_to(own: Policy) -> None:
    made, rendered = handover("crisis", "", own.contacts_for("GB"), own, "en")
    assert made.to == "emergency"
    assert "116 123" in made.text
    assert rendered.id == "en/handover_crisis"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_safety_handover_says_where_else_to_report(own: Policy, language: str) -> None:
    made, _ = handover("safety", "rash on Velmarin", own.contacts_for("GB"), own, language, "Velmarin")
    assert made.url == "https://harrowpeak.example/safety"
    assert "Yellow Card" in made.text
    assert "https://yellowcard.mhra.gov.uk" in made.text
    assert made.prefill == {"product": "Velmarin"}


@pytest.mark.parametrize(
    ("to", "prefill"),
    [
        ("medical_information", {"question": "in children?", "product": "Velmarin"}),
        ("safety", {"product": "Velmarin"}),
        ("commercial", {}),
        ("emergency", {}),
        ("crisis", {}),
    ],
)
def test_a_handover_takes_along_no_more_than_its_desk_needs(to: Desk, prefill: dict[str, str], own: Policy) -> None:
    made, rendered = handover(to, "in children?", own.contacts_for("GB"), own, "en", "Velmarin")
    assert made.prefill == prefill
    assert "children" not in made.url + made.text + repr(rendered.parameters)


def test_a_question_about_no_product_takes_none_along(own: Policy) -> None:
    made, _ = handover("medical_information", "in children?", own.contacts_for("GB"), own, "en")
    assert made.prefill == {"question": "in children?"}


def test_the_route_names_the_scheme_and_an_address_that_can_be_typed(own: Policy) -> None:
    text = safety_route(own.contacts_for("GB"), own, "en").text
    assert "https://yellowcard.mhra.gov.uk" in text
    assert "https://harrowpeak.example/safety" in text
    demo = load_policy()
    assert "/contact" not in safety_route(demo.contacts_for(""), demo, "en").text


@pytest.mark.parametrize(
    ("number", "url"), [("13 11 14", "tel:131114"), ("+44 (0)20 7946", "tel:+440207946"), ("999", "tel:999")]
)
def test_a_number_can_be_dialled_from_its_link(number: str, url: str) -> None:
    assert telephone_url(number) == url
