"""The evaluation's own fold: what two readers of a page differ in is equal, and no figure is another one."""

from __future__ import annotations

import pytest

from eval.judging.folding import fold, stands_in


@pytest.mark.parametrize(
    ("part", "page"),
    [
        ("Take 5 mg once daily.", "Take  5 mg\nonce\u00a0daily."),
        ("an efficient anti-inflammatory agent", "an eﬃcient anti-\ninflam-\nmatory agent"),
        ("well tolerated", "well toler\u00adated"),
        ("the drug-", "the drug-\nmetabolising enzyme"),
        ("5-10 mg", "5\u201310 mg"),
        ("5-10 mg", "5-\n10 mg"),
        ("-5 °C", "at \u22125 °C"),
        ("30 kg/m2 or more", "30 kg/m² or more"),
        ("5 mg tablets", "• 5 mg tablets"),
        ("5 mg tablets", "see section 3. 5 mg tablets"),
        ("last dose of 5", "the last dose of 5."),
        ("café", "cafe\u0301"),
        ("用量は5mg", "用量は 5mgである"),
    ],
)
def test_a_text_stands_where_it_is_only_set_otherwise(part: str, page: str) -> None:
    assert stands_in(fold(part), fold(page))


@pytest.mark.parametrize(
    ("part", "page"),
    [
        ("5 mg daily", "15 mg daily"),
        ("5 mg daily", "-5 mg daily"),
        ("5 mg daily", "0.5 mg daily"),
        ("5 mg daily", "0,5 mg daily"),
        ("5 mg daily", "≤ 5 mg daily"),
        ("10 mg daily", "5-10 mg daily"),
        ("10 mg daily", "5-\n10 mg daily"),
        ("a dose of 5", "a dose of 5.5 mg"),
        ("a dose of 5", "a dose of 50 mg"),
        ("lower by 5", "lower by 5 %"),
        ("510 mg", "5 10 mg"),
        ("5 10 mg", "510 mg"),
        ("109 cells", "10⁹ cells"),
        ("effective in adults", "ineffective in adults"),
        ("is effective", "is effectively"),
        ("Take 5 mg.", "Take 6 mg."),
        ("Take 5 mg", "Take 5 µg"),
        ("-5 °C", "5 °C"),
        ("", "anything"),
    ],
)
def test_another_figure_sign_or_word_is_another_text(part: str, page: str) -> None:
    assert not stands_in(fold(part), fold(page))


def test_a_later_place_counts_when_an_earlier_one_is_inside_a_number() -> None:
    assert stands_in(fold("5 mg daily"), fold("15 mg daily, then 5 mg daily"))
