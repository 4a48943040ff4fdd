"""Check digits against published examples."""

from __future__ import annotations

import pytest

from chatbot.privacy.checksums import CHECKS


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("luhn", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("nhs", "943 476 5919", "943 476 5918"),
        ("iban", "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        ("dni", "12345678Z", "12345678A"),
        ("kvnr", "A123456780", "A123456781"),
        ("ip", "192.168.10.24", "4.8.1.2"),
        ("ip", "10.20.30.40", "10.20.30.400"),
        ("token", "A0012345", "2019"),
        ("token", "00123456", "12.03.2024"),
        ("phone", "0228 555 0193", "01 02 24"),
        ("called", "555 0142", "12/03/2024"),
    ],
)
def test_a_number_keeps_its_rule_or_not(check: str, right: str, wrong: str) -> None:
    assert CHECKS[check](right)
    assert not CHECKS[check](wrong)


def test_one_wrong_digit_is_always_noticed_in_a_card() -> None:
    card = "5555555555554444"
    for at in range(len(card)):
        for digit in set("0123456789") - {card[at]}:
            assert not CHECKS["luhn"](card[:at] + digit + card[at + 1 :])
