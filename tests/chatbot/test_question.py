"""What was typed, what is read, and where the one stands in the other."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import InvalidQuestion
from chatbot.limits import QUESTION_CHARACTERS
from chatbot.question import check_question, read_question

# Letters, marks, jamo, white space and what nobody sees: everything that makes typed and read differ.
_TYPED = st.text(
    st.sampled_from("aeoAÅ\u212b\u0301\u0323\u0308\u1100\u1161\u11a8\u0958 \t\n\u00a0\u200b\u202e\ufeff\x001,")
)


def _composed(text: str) -> str:
    visible = (char for char in text if char.isspace() or unicodedata.category(char) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", "".join(visible))


def test_a_span_is_told_in_what_was_typed() -> None:
    text = "  Mr\u200b  Pe\u0301rez\n rang "
    typed = read_question(text)
    assert typed.question == "Mr Pérez rang"
    start, end = typed.typed_span(3, 8)
    assert text[start:end] == "Pe\u0301rez"


def test_invisible_characters_inside_a_span_are_covered() -> None:
    text = "call 0770\u200b0900\u202e142 now"
    start, end = read_question(text).typed_span(5, 16)
    assert text[start:end] == "0770\u200b0900\u202e142"


def test_a_mark_behind_an_invisible_character_is_composed() -> None:
    assert read_question("e\u200b\u0301").question == "é"


@given(_TYPED)
def test_a_question_is_composed_visible_and_single_spaced(text: str) -> None:
    typed = read_question(text)
    assert typed.question == " ".join(_composed(text).split())
    assert read_question(typed.question).question == typed.question


@given(_TYPED)
def test_each_code_point_knows_where_it_was_typed(text: str) -> None:
    typed = read_question(text)
    assert len(typed.starts) == len(typed.ends) == len(typed.question)
    assert list(typed.starts) == sorted(typed.starts)
    for char, start, end in zip(typed.question, typed.starts, typed.ends, strict=True):
        assert 0 <= start < end <= len(text)
        assert char in _composed(text[start:end]) or char == " "


def test_a_text_that_is_too_long_is_read_whole_and_says_so() -> None:
    text = "a " * QUESTION_CHARACTERS + "Mr Perez"
    typed = read_question(text)
    assert typed.is_too_long
    assert typed.question.endswith("Mr Perez")
    assert not read_question("a" * QUESTION_CHARACTERS).is_too_long
    with pytest.raises(InvalidQuestion, match="shorten it"):
        check_question(text)


def test_nothing_typed_is_read_as_nothing_and_refused_as_a_question() -> None:
    assert read_question(" \u200b\n").question == ""
    with pytest.raises(InvalidQuestion, match="empty"):
        check_question(" \u200b\n")


@pytest.mark.parametrize("span", [(0, 0), (-1, 2), (2, 1), (0, 99)])
def test_a_span_outside_the_question_is_an_error(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no span"):
        read_question("dose").typed_span(*span)
