"""Rules that numbers keep: what tells a card or a record number from any other row of digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"  # Orden INT/2058/2008: the number modulo 23 picks the letter
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{2}|\d{4})|\d{4}([./-])\d{1,2}\2\d{1,2}")
_TOKEN_DIGITS = 4  # of a record number: fewer are a room, an age or a section
_PHONE_DIGITS = (6, 15)  # a short national number; the longest of ITU-T E.164
_TRUNK_DIGITS = 9  # behind a trunk zero, without a cue: fewer are a dose, a ratio or a date


def luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    digits = _digits(number)
    doubled = (sum(divmod(2 * digit, 10)) if at % 2 else digit for at, digit in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def nhs(number: str) -> bool:
    """The check digit of NHS numbers: modulus 11 (NHS Data Dictionary, NHS NUMBER)."""
    digits = _digits(number)
    weighted = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return len(digits) == 10 and -weighted % 11 == digits[-1]


def iban(number: str) -> bool:
    """The check digits of account numbers: ISO 13616, modulus 97 of ISO 7064; or its form without any space."""
    compact = "".join(number.split())
    if not 15 <= len(compact) <= 34:
        return False
    moved = "".join(str(int(char, 36)) for char in compact[4:] + compact[:4])
    return int(moved) % 97 == 1 or (compact == number and sum(char.isdigit() for char in number) >= 10)


def dni(number: str) -> bool:
    """The letter of a Spanish identity number."""
    digits = "".join(char for char in number if char.isdigit())
    return _DNI_LETTERS[int(digits) % 23] == number[-1].upper()


def kvnr(number: str) -> bool:
    """The check digit of a German health insurance number (§ 290 SGB V): Luhn's sum, the other places doubled."""
    digits = [*_digits(f"{ord(number[0]) - 64:02d}"), *_digits(number[1:])]
    total = sum(sum(divmod(digit * (1 + at % 2), 10)) for at, digit in enumerate(digits[:-1]))
    return total % 10 == digits[-1]


def ip(number: str) -> bool:
    """Four bytes; the short ones of a section's number aren't enough."""
    parts = number.split(".")
    return all(int(part) < 256 for part in parts) and len(number) >= 9


def phone(number: str) -> bool:
    """Digits enough for a telephone, and no date."""
    least = _TRUNK_DIGITS if re.match(r"\(?0", number) else _PHONE_DIGITS[0]
    return least <= len(_digits(number)) <= _PHONE_DIGITS[1] and not _DATE.fullmatch(number)


def called(number: str) -> bool:
    """Behind a word like "phone": fewer digits are enough."""
    return _PHONE_DIGITS[0] <= len(_digits(number)) <= _PHONE_DIGITS[1] and not _DATE.fullmatch(number)


def token(number: str) -> bool:
    """A record number: some digits that are no year and no date."""
    said = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ -")
    return len(_digits(number)) >= _TOKEN_DIGITS and not _YEAR.fullmatch(said) and not _DATE.fullmatch(said)


def anything(number: str) -> bool:
    """The shape is enough."""
    return bool(number)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "": anything,
    "called": called,
    "dni": dni,
    "iban": iban,
    "ip": ip,
    "kvnr": kvnr,
    "luhn": luhn,
    "nhs": nhs,
    "phone": phone,
    "token": token,
}


def _digits(number: str) -> list[int]:
    return [int(char) for char in number if char.isdecimal()]
