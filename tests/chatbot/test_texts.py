"""The fixed texts: every one in five languages, filled the same way, in the reader's tone."""

from __future__ import annotations

import re

import pytest

from chatbot.answer.language import LANGUAGES, language_accepted, language_of_texts
from chatbot.answer.texts import OVERRIDABLE, TONE, environment_of, parameters_of, release_templates
from chatbot.policy import load_policy
from tests.conftest import ROOT

TEMPLATES = release_templates()
NAMES = sorted({identity.partition("/")[2] for identity in TEMPLATES})
ENVIRONMENT = environment_of(TEMPLATES, formal=True)
FORMAL, INFORMAL = load_policy(), load_policy(portal=b"[tone]\nformal = false\n")
# What a parameter may be; every other one is a name or a number that is printed as it is.
VALUES = {
    "span": ("week", "month", "three months"),
    "reason": ("no_content", "not_supported", "safety_text_missing", "out_of_scope"),
    "intent": ("document_lookup", "whats_new", "education_event"),
    "kinds": ("PERSON", "PERSON DOB PHONE EMAIL ADDRESS MRN"),
    "type": ("study summary", "something new"),
    "specialty": ("cardiology", "something new"),
}


def fillings(name: str) -> list[dict[str, str]]:
    """Every way to fill a template that reads differently: each value, and each other parameter empty and given."""
    asked = sorted(parameters_of(TEMPLATES[f"en/{name}"], ENVIRONMENT))
    most = max((len(VALUES.get(parameter, ("", "given"))) for parameter in asked), default=1)
    found = []
    for turn in range(most):
        choices = {parameter: VALUES.get(parameter, ("given", "")) for parameter in asked}
        found.append({parameter: values[turn % len(values)] for parameter, values in choices.items()})
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_every_language(name: str) -> None:
    assert {identity.partition("/")[0] for identity in TEMPLATES if identity.endswith(f"/{name}")} == set(LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_a_text_takes_the_same_parameters_in_every_language(name: str) -> None:
    asked = {language: parameters_of(TEMPLATES[f"{language}/{name}"], ENVIRONMENT) for language in LANGUAGES}
    assert len(set(asked.values())) == 1, asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_reads_as_sentences_however_it_is_filled(name: str, language: str) -> None:
    for policy in (FORMAL, INFORMAL):
        for values in fillings(name):
            text = policy.render(name, language, **values).text
            assert text
            assert not any(wrong in text for wrong in ("  ", " .", " ,", "()", "( ", "..", "{", "}", "None")), text
            assert language == "fr" or " :" not in text, text


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_text_is_no_copy_of_the_english_one(language: str) -> None:
    same = [name for name in NAMES if TEMPLATES[f"{language}/{name}"] == TEMPLATES[f"en/{name}"]]
    assert not same


def test_a_portal_addresses_its_readers_as_it_likes() -> None:
    assert "Sie" in FORMAL.render("clarification", "de").text
    assert "du" in INFORMAL.render("clarification", "de").text
    mentions = {language for language in LANGUAGES for name in NAMES if TONE in TEMPLATES[f"{language}/{name}"]}
    assert mentions == set(LANGUAGES) - {"en"}  # English has one address for everybody


def test_what_leads_to_help_or_to_a_report_is_never_reworded() -> None:
    fixed = {
        "handover_safety",
        "handover_emergency",
        "handover_crisis",
        "safety_route",
        "language",
        "personal_data",
        "patient_specific",
        "disclosure",
        "act_bot_identity",
        "no_answer",
    }
    assert not fixed & set(OVERRIDABLE)
    assert {*OVERRIDABLE, *fixed} <= set(NAMES)


def test_the_guide_says_which_texts_a_portal_words_itself() -> None:
    told = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").partition("**Your own words.**")[2]
    told = told.partition(" can be worded anew")[0]
    assert tuple(re.findall(r"`(\w+)`", told)) == OVERRIDABLE


def test_a_language_without_texts_gets_english() -> None:
    assert FORMAL.render("act_thanks", "pl") == FORMAL.render("act_thanks", "en")


@pytest.mark.parametrize(
    ("reader", "question", "texts"),
    [
        ("de", "de", "de"),
        ("de", "fr", "fr"),  # asked in French, answered in French
        ("it", "da", "it"),
        ("da", "es", "es"),
        ("da", "pl", "en"),
    ],
)
def test_the_questions_words_decide_the_language_then_the_reader(reader: str, question: str, texts: str) -> None:
    assert language_of_texts(reader, question) == texts


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pl, it;q=0.5, fr;q=0.7", "fr"),
        ("es;q=0, it", "it"),
        ("fr;q=abc, de;q=0.1", "de"),
        ("FR", "fr"),
        ("*", "en"),
        ("fr;q=²", "en"),
    ],
)
def test_a_browser_says_which_language_it_wants(header: str, language: str) -> None:
    assert language_accepted(header) == language


def test_masked_kinds_are_named_once_and_unknown_ones_as_numbers() -> None:
    text = FORMAL.render("personal_data", "en", kinds="PERSON MRN NHS PERSON").text
    assert text.count("name") == 1
    assert text.count("identifying number") == 1
