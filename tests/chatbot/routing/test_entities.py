"""What a question names: products, other medicines, conditions, people, routes and amounts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.routing.entities import ProductNames, entities_of
from chatbot.routing.label.conditions import STATE, conditions
from tests.chatbot.routing.products import PRODUCTS, found, read


@pytest.mark.parametrize(
    ("question", "brand"),
    [
        ("ARTROVIA shelf life", "artrovia"),
        ("half-life of felcacitinib", "artrovia"),
        ("does beclanide leave a taste", "breathara"),
        ("can artorvia be taken at night", "artrovia"),
        ("is Cephalix kept in the fridge", "cephalyx"),
        ("shelf life of your pen", "cephalyx"),
        ("Wie wirkt Ihr JAK-Hemmer?", "artrovia"),
        ("do people gain weight on your anti-CGRP", "cephalyx"),
    ],
)
def test_a_product_is_known_by_brand_substance_part_slip_class_or_form(question: str, brand: str) -> None:
    assert read(question).products == (brand,)


def test_a_slip_is_never_taken_onto_another_known_medicine() -> None:
    names = ProductNames.of(PRODUCTS, frozenset({"artrovio"}))
    entities = entities_of("Artrovio dose", names)
    assert entities.products == ()
    assert entities.others == ("artrovio",)


def test_a_form_of_several_products_names_none_of_them() -> None:
    assert read("what is in your tablets").products == ()


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("dose of latanoprost", "latanoprost"),
        ("what do you know of gorunezimab", "gorunezimab"),
        ("how do DOACs work", "direct oral anticoagulant"),
        ("¿qué es la velpagliptina?", "velpagliptina"),
        ("Nebenwirkung ACE-Hemmer", "ace inhibitor"),
    ],
)
def test_other_medicines_are_known_by_name_class_or_the_stem_of_their_name(question: str, other: str) -> None:
    assert other in read(question).others
    assert read(question).products == ()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("HFrEF", "heart failure with reduced ejection fraction"),
        ("high blood pressure", "hypertension"),
        ("Vorhofflimmern", "atrial fibrillation"),
        ("sclérose en plaques", "multiple sclerosis"),
        ("migraña", "migraine"),
        ("emicrania", "migraine"),
        ("type 1 diabetics", "type 1 diabetes"),
        ("tripple-negative breast cancer", "triple-negative breast cancer"),
        ("endometrosis", "endometriosis"),
    ],
)
def test_a_condition_is_known_by_abbreviation_lay_word_language_and_slip(said: str, name: str) -> None:
    assert name in {each.name for each in read(f"anything on {said} here").conditions}


def test_letters_that_are_another_word_count_only_in_capitals() -> None:
    assert not read("besser als früher, a hit with the docs").conditions
    assert {each.name for each in read("argatroban in HIT or ALS").conditions} == {
        "heparin-induced thrombocytopenia",
        "amyotrophic lateral sclerosis",
    }


def test_every_parent_is_a_condition_and_none_is_above_itself() -> None:
    known = conditions()
    for child, parent in known.parents.items():
        assert parent in known.areas
        assert child not in known.line(parent)
    assert sum(area != STATE for area in known.areas.values()) >= 350


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("a 6 year old", 6),
        ("9-yr-olds", 9),
        ("my 16yo girl", 16),
        ("bei einem 4-jährigen Mädchen", 4),
        ("un garçon de 15 ans", 15),
        ("niña de 7 años", 7),
        ("una bambina di 3 anni", 3),
        ("84F, frail", 84),
        ("children aged 10", 10),
        ("a 6-month-old", 6 * 30 / 365),
    ],
)
def test_an_age_is_a_number_of_years(question: str, years: float) -> None:
    ages = [each.amount for each in read(question).populations if each.name == "age"]
    assert ages == [pytest.approx(years)]


@pytest.mark.parametrize(
    "question", ["5 yrs after a stroke", "asma de 5 años de evolución", "follow-up of 12 months", "every 4 weeks"]
)
def test_a_span_of_time_is_no_age(question: str) -> None:
    assert not [each for each in read(question).populations if each.name == "age"]


def test_doses_and_frequencies_are_told_in_milligrams_and_days() -> None:
    doses = {(each.name, each.amount) for each in read("Artrovia 0.5 g twice weekly, then every 3 weeks").doses}
    assert doses == {("mg", 500.0), ("every", 3.5), ("every", 21.0)}


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for finding in found(f"Artrovia {text}"):
        assert finding.rule.startswith(("bounds.", "scope."))


@pytest.mark.parametrize("said", ["dermatomyosite", "dermatomiositis", "dermatomiosite"])
def test_a_condition_is_known_by_its_greek_whatever_the_language(said: str) -> None:
    assert [each.name for each in read(f"{said} : posologie ?").conditions] == ["dermatomyositis"]
