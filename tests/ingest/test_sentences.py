from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def sentences(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, language)]


def test_each_sentence_stands_alone_without_the_space_around_it() -> None:
    assert sentences("  Take one tablet.  Swallow it whole! Why? ") == ["Take one tablet.", "Swallow it whole!", "Why?"]


@pytest.mark.parametrize(
    "text",
    [
        "Each vial holds approx. 5 mL of lodisartan.",
        "See Table No. 4 for the doses.",
        "The plasma conc. of lodisartan falls within a day.",
        "The rate rose from 1.5 to 2.5 mg/kg per day.",
        "Strong inhibitors (e.g. ketoconazole) raise the exposure.",
        "Store below 25 °C ... never in a freezer.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    """Half a sentence must not be quoted: it may lack its "not"."""
    assert sentences(text) == [text]


@pytest.mark.parametrize("amount", ["5.5 mmol/L", "30 mL/min/1.73 m²", "80 mg", "2 L", "8 °C", "5 IU"])
@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_a_sentence_may_end_in_an_amount(amount: str, language: str) -> None:
    first, second = f"Velmarin is stopped at {amount}.", "Treatment starts again later."
    assert sentences(f"{first} {second}", language) == [first, second]


def test_a_letter_that_is_no_unit_may_be_an_initial() -> None:
    """To join two sentences does no harm."""
    assert len(sentences("The study of J. Harrow was stopped.")) == 1


def test_a_piece_without_a_word_belongs_to_the_sentence_before_it() -> None:
    assert sentences("Do not exceed the dose. (3)") == ["Do not exceed the dose. (3)"]


def test_sentences_without_spaces_between_them_are_told_apart() -> None:
    assert sentences("用量为5毫克。每日一次。", "zh") == ["用量为5毫克。", "每日一次。"]


@given(st.text(st.sampled_from("aÉß9 .!?\n()…。用😀-\u2028\u00a0\u0301"), max_size=60))
def test_sentences_cover_every_word_once_and_in_order(text: str) -> None:
    """An emoji or an accent before it must not shift a sentence by a character."""
    spans = sentence_spans(text, "en")
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
