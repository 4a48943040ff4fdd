"""Where a question asks for more than a label allows, and where it only sounds so."""

from __future__ import annotations

import pytest

from chatbot.routing.bounds import EXPLICIT, area_of
from tests.chatbot.routing.products import PRODUCTS, found, read, sure

OFF_LABEL = """
Cephalyx for cluster headache
any experience with orvanezumab in trigeminal neuralgia
dosis de Cephalyx para cefalea en racimos
Cephalyx pour la prévention de l'algie vasculaire de la face, quelle dose ?
Artrovia nella vitiligine, quali dati?
Würden Sie Artrovia bei Colitis ulcerosa einsetzen?
would Mamlyza work in liposarcoma?
Mamlyza in triple-negative breast cancer
Mamlyza adjuvant in stage III breast cancer, how long
Mamlyza for men with prostate cancer, ORR?
Is Breathara effective in bronchiectasis
Can Zosvaris be used to treat acute shingles
Zosvaris in a 42-year-old on tofacitinib, can it be given?
Cephalyx in 13 year olds with chronic migraine
Dermosone en un bebé de 8 meses con dermatitis atópica
Ocuvela bei Säuglingen mit kongenitalem Glaukom, Dosierung?
is there data for giving zosvaris subcutaneously
Breathara by nebuliser, how many ml?
May the nurses grind Artrovia into powder for a man with a gastrostomy?
felcacitinib 30 mg in RA nonresponders, published data?
Artrovia 20 mg twice daily in refractory RA
Ocuvela twice daily instead of once, any extra IOP lowering
Convulsara as monotherapy in new epilepsy, evidence?
could your CGRP antibody be tried in fibromyalgia
""".strip().split("\n")
EXPLICITLY = """
Ich möchte Artrovia außerhalb der Zulassung geben
Cephalyx hors AMM, avez-vous des publications ?
uso no autorizado de Artrovia en lupus
uso fuori indicazione di Ocuvela
I realise Cephalyx is not licensed for that, but any trial data?
unlicenced indication of Breathara, need references
Mamlyza on a named-patient basis
""".strip().split("\n")
INFORMATION = """
Is Zosvaris licensed under 50?
Is Mamlyza approved for early breast cancer?
Can Zosvaris be given with the flu vaccine?
Does Zosvaris cause Guillain-Barré syndrome?
rate of fever after Zosvaris in over 70s
Ocuvela and uveitis: is it listed?
Ocuvela in narrow angle glaucoma - any caution?
does Ocuvela trigger asthma
Can Cephalyx be used in patients with a history of stroke
Cephalyx in pregnancy
Ist Cephalyx in der Stillzeit erlaubt?
TB screening before Artrovia
Artrovia in moderate renal impairment: dose?
Welche Dosis von Artrovia bei Leberzirrhose Child-Pugh B?
risk of venous thromboembolism with Artrovia
Artrovia contraindicated in hepatitis B?
must Artrovia be avoided after diverticulitis?
how to manage neutropenia on felcacitinib
what is the maximum dose of Artrovia
Artrovia in the elderly over 75
interstitial lung disease with tresticlib, what does the SmPC say
Mamlyza dose reduction for diarrhoea
Breathara in children from 6 years: how many puffs
Quelle est la posologie de Breathara chez l'enfant de 8 ans ?
may Convulsara be halved along the score line
Convulsara dose for a 14-year-old
Artrovia può causare tubercolosi?
ESMO guideline Mamlyza breast cancer
missed Cephalyx injection, what now
switching from topiramate to Cephalyx, overlap?
Artrovia with methotrexate: better ACR50?
PFS Mamlyza vs placebo
difference between Artrovia 10 mg and 20 mg
more neutropenia with Mamlyza than placebo?
""".strip().split("\n")
COMPARISON = """
Artrovia vs upadacitinib in RA
Cephalyx or erenumab, which has less constipation
why choose Mamlyza over palbociclib?
how does Breathara differ from Symbicort
Ist Breathara besser als Symbicort?
¿Qué ventajas tiene Cephalyx frente a galcanezumab?
Cephalyx est-il supérieur au topiramate ?
Ocuvela è meglio di latanoprost?
what does Artrovia offer that adalimumab doesn't?
does Artrovia carry a lower VTE risk than the other JAKs
Of Convulsara and Cephalyx, which of the two is better tolerated?
""".strip().split("\n")


@pytest.mark.parametrize("question", OFF_LABEL)
def test_a_use_that_the_row_does_not_hold_is_off_label(question: str) -> None:
    assert "off_label" in sure(question)


@pytest.mark.parametrize("question", EXPLICITLY)
def test_a_question_that_says_so_itself_is_off_label(question: str) -> None:
    assert EXPLICIT in {each.kind for each in found(question)}


@pytest.mark.parametrize("question", INFORMATION)
def test_a_question_about_the_label_crosses_no_bound(question: str) -> None:
    assert not sure(question)


@pytest.mark.parametrize("question", COMPARISON)
def test_a_product_set_against_another_medicine_is_compared(question: str) -> None:
    assert "comparison" in sure(question)


def test_a_follow_up_is_judged_by_the_product_of_the_conversation() -> None:
    assert "off_label" in sure("and for vitiligo?", "artrovia")
    assert not sure("and in renal impairment?", "artrovia")
    assert "comparison" in sure("rarer than with upadacitinib?", "artrovia")


def test_children_alone_are_left_to_the_model() -> None:
    assert not sure("and for kids", "artrovia")
    assert {each.rule for each in found("and for kids", "artrovia")} == {"bounds.population.unsure"}


def test_what_one_of_two_named_products_allows_is_no_off_label_use() -> None:
    assert not [each for each in found("Breathara or Dermosone for asthma, dose?") if each.kind == "off_label"]


def test_monotherapy_only_shuts_out_a_combination() -> None:
    rules = {each.rule.removesuffix(".unsure") for each in found("Tumovex plus lenvatinib, which dose was used?")}
    assert "bounds.combination" in rules


def test_another_medicine_or_condition_without_a_product_of_ours_is_out_of_scope() -> None:
    assert {each.rule for each in found("amoxicillin dose")} == {"scope.other_medicine"}
    assert {each.rule for each in found("how is gout treated")} == {"scope.condition.unsure"}
    assert {each.rule for each in found("how is endometriosis treated")} == {"scope.condition"}
    assert not found("guideline on asthma")


def test_a_question_touches_the_areas_of_its_products_conditions_and_words() -> None:
    assert area_of(read("webinars on asthma"), PRODUCTS) == ("respiratory",)
    assert area_of(read("Fortbildung Rheumatologie"), PRODUCTS) == ("rheumatology",)
    assert area_of(read("leaflet for Ocuvela"), PRODUCTS) == ("ophthalmology",)
    assert area_of(read("weather in Hamburg"), PRODUCTS) == ()
