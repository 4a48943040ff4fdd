from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.analysis import stop_words, tokens, words


def test_forms_of_a_word_meet_in_one_token_whatever_their_case() -> None:
    assert set(tokens("Dose DOSES dosed", "en")) == {"en:dose"}


def test_a_word_is_stemmed_by_the_rules_of_its_own_language() -> None:
    assert tokens("Tabletten", "de") == tokens("Tablette", "de")
    assert tokens("Tabletten", "en") != tokens("Tablette", "en")


def test_the_same_letters_in_two_languages_are_two_tokens() -> None:
    assert not set(tokens("Dosis", "de")) & set(tokens("Dosis", "es"))


def test_only_the_languages_own_stop_words_are_left_out() -> None:
    assert tokens("the dose of the tablet", "en") == ["en:dose", "en:tablet"]
    assert tokens("die", "de") == []
    assert tokens("die", "en") == ["en:die"]


def test_a_language_without_rules_keeps_its_words_as_they_are() -> None:
    assert stop_words("tr") == frozenset()
    assert tokens("Böbrek yetmezliği", "tr") == ["tr:böbrek", "tr:yetmezliği"]


def test_numbers_units_and_full_width_letters_can_be_searched() -> None:
    assert words("40 mg, ４０ ＭＧ; 2.5") == ["40", "mg", "40", "mg", "2", "5"]


def test_ideographs_are_searched_in_overlapping_pairs() -> None:
    assert words("腎機能障害 A") == ["腎機", "機能", "能障", "障害", "a"]
    assert words("腎") == ["腎"]


@given(st.text(st.characters(codec="ascii")))
def test_a_plain_text_has_the_words_that_it_has_beside_other_letters(text: str) -> None:
    assert words(text) == words(f"{text} ß")[:-1]
    assert tokens(text, "en") == tokens(f"{text} ß", "en")[:-1]
