"""Which line of a table a number belongs to."""

from __future__ import annotations

import pytest

from chatbot.answer.ranges import fits


@pytest.mark.parametrize(
    ("question", "text", "sign"),
    [
        ("crcl 20 dose", "CrCl 15 to 29 mL/min 10 mg once daily", 1),
        ("crcl 20 dose", "CrCl 30–59 mL/min 20 mg once daily", -1),
        ("crcl 20 dose", "CrCl below 15 mL/min contraindicated", -1),
        ("crcl 14.9", "below 15 mL/min", 1),
        ("crcl 15", "below 15 mL/min", -1),  # below leaves its bound out
        ("crcl 15", "at least 15 mL/min", 1),
        ("egfr 90", "eGFR 60 mL/min or more", 1),
        ("egfr 59", "eGFR 60 mL/min or more", -1),
        ("weight 42 kg", "40 to 49 kg start 250 mg twice daily", 1),
        ("K+ 5.8 what now", "above 5.5 mmol/L the dose is halved", 1),
        ("Kalium 6,2", "Bei einem Serumkalium über 6,0 mmol/l wird Velmarin abgesetzt.", 1),
        ("Kreatinin-Clearance 40", "30 bis 49 ml/min 250 bis 750 mg zweimal täglich", 1),
        ("aclaramiento 20", "menos de 30 ml/min", 1),
        ("peso 105 kg", "a partir de 100 kg", 1),
        ("starting dose with creatinine clearance below 30?", "CrCl 15 to 29 mL/min", 1),
        ("starting dose with creatinine clearance below 30?", "creatinine clearance below 30 mL/min", 1),
        ("starting dose with creatinine clearance below 30?", "creatinine clearance is 30 mL/min or more", -1),
        ("patients over 75 years", "from 65 years", 1),
        ("between weeks 5 and 6", "Weeks 3 to 4", -1),
        ("nerolin crcl<30", "CrCl below 30 mL/min", 1),
        ("nerolin crcl<30", "CrCl 30 to 49 mL/min", -1),
        ("egfr <= 30", "Below 30 mL/min", 1),
        ("eGFR>=60", "60 mL/min or more", 1),
        ("crcl 20", "CrCl<30 mL/min", 1),
        ("crcl 15", "The usual dose is 10 to 20 mg.", 0),  # a dose is no range of patients
        ("crcl 100", "The dose should not exceed 40 mg.", 0),
        ("crcl 100", "more than 50 % of patients", 0),
        ("bilirubin 4 mg/dl", "bilirubin above 3 mg/dl", 1),  # a concentration is asked about
        ("crcl 20", "CrCl ≥30 to <60 mL/min", -1),
        ("crcl 60", "CrCl ≥30 to <60 mL/min", -1),
        ("crcl 100", "From 30 to 59 mL/min", -1),
        ("aclaramiento 45", "Desde 30 hasta 59 ml/min", 1),
        ("neutrophils 800", "neutrophils below 1,000 per microlitre", 0),  # a thousand, or one: no opinion
        ("velmarin dose from 2035 crcl 20", "CrCl 60 mL/min or more 40 mg", -1),  # a year is nobody's value
        ("velmarin dose from 2035 crcl 20", "CrCl 15 to 29 mL/min 20 mg", 1),
        ("when can I go up to 40 mg", "below 30 mL/min", 0),
        ("what is the 40 mg dose", "CrCl 15 to 29 mL/min", 0),  # a strength is not asked about
        ("is 20 % too much", "15 to 29", 0),  # nor a share
        ("GLP-1 and HbA1c", "0 to 5 weeks", 0),  # nor a number in a name
        ("dose missed by 10 days", "missed by more than one week: a loading dose", 1),  # weeks and days are one measure
        ("dose missed by 10 days", "missed by one week or less: the usual dose", -1),
        ("forgot it a week and a half ago", "delayed by 8 days or more", 1),
        ("forgot it a week and a half ago", "within 7 days", -1),
        ("vor zwei Wochen vergessen", "14 Tage oder mehr", 1),
        ("hace tres semanas", "menos de 2 semanas", -1),
        ("after 30 days", "every 4 to 6 weeks", 1),
        ("after 50 days", "every 4 to 6 weeks", -1),
        ("14 yr old 42 kg", "less than 30 kg", -1),  # the age is no weight
        ("14 yr old 42 kg", "40 to 49 kg", 1),
        ("14 yr old 42 kg", "reported 10 to 42 days after the first dose", 0),
        ("14-year-old", "adolescents from 12 to 17 years", 1),
        ("titration week 5", "Adolescents who weigh less than 50 kg", 0),
        ("titration week 5", "Weeks 3 and 4", -1),
        ("liver enzymes above 5x ULN", "in 10 to 12 hours", 0),
        ("week 5 of titration", "Weeks 5 to 6", 1),  # the fifth week is no five weeks
        ("crcl 20 dose", "The starting dose is 40 mg.", 0),  # no range, no opinion
        ("renal dose", "CrCl 15 to 29 mL/min", 0),
    ],
)
def test_a_number_chooses_the_range_that_holds_it(question: str, text: str, sign: int) -> None:
    fit = fits(question, text)
    assert (fit > 0) - (fit < 0) == sign


def test_a_range_with_two_bounds_says_more_than_one_that_holds_for_many() -> None:
    assert fits("42 kg", "40 to 49 kg 1,000 mg twice daily") == 2
    assert fits("42 kg", "adolescents who weigh less than 50 kg") == 1
