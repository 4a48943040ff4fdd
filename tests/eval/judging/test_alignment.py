"""Characters keep their places when a reader squeezes white space and drops what nobody sees, and only then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.model import Span
from eval.judging.alignment import Alignment


def placed(text: str, kept: str, answer: str) -> str | None:
    start = text.index(answer)
    span = Alignment(text, kept).place(Span(start, start + len(answer)))
    return None if span is None else span.of(kept)


@pytest.mark.parametrize(
    ("text", "kept", "answer", "found"),
    [
        ("Take 5 mg.", "Take 5 mg.", "5 mg", "5 mg"),
        ("  Take\n\n5  mg. ", "Take\n5 mg.", "Take\n\n5  mg", "Take\n5 mg"),
        ("Take 5 mg.", "Take 5 mg.", " 5 ", "5"),
        ("hypo\u00adtension", "hypotension", "hypo\u00adt", "hypot"),
        ("left\u200eright", "left\u200eright", "t\u200er", "t\u200er"),
        ("Take 10\u2079 units", "Take 109 units", "Take 10", "Take 10"),
        ("Take 10\u2079 units", "Take 109 units", "10\u2079", None),
        ("Take 10\u2079 units", "Take 109 units", "units", None),
        ("first second third", "first third", "third", None),
        ("first second", "first second third", "second", "second"),
        ("a \u200b b", "a b", " \u200b ", None),
    ],
)
def test_a_span_is_found_where_its_characters_were_kept(text: str, kept: str, answer: str, found: str | None) -> None:
    assert placed(text, kept, answer) == found


@given(st.lists(st.text("ab é\u00ad\n", min_size=1), min_size=1), st.data())
def test_squeezed_text_loses_no_place(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    kept = " ".join(text.replace("\u00ad", "").split())
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    visible = "".join(text[start:end].replace("\u00ad", "").split())
    span = Alignment(text, kept).place(Span(start, end))
    assert "".join(span.of(kept).split()) == visible if span else not visible
