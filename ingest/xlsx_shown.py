"""A cell's value as Excel shows it: what can't be told for certain is refused, as it can't be quoted.

Number formats: ECMA-376, part 1, 18.8.31. What the formats of dates, fractions and exponents look like depends on the
reader's computer, or on more of Excel than is rebuilt here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ingest.errors import Quarantined

_POINT = frozenset({"en", "he", "ja", "ko", "th", "zh"})  # languages that write 2.5; the others here write 2,5
_GENERAL = "general"
_LITERAL = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[A-Za-z]+\d*\]|([-+/():!^&\'~{}<>= €$£%])'
)
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[0#?]*)?|\.[0#?]+")
_MOST = 10**11  # from here on General shows an exponent, and below this many significant digits no rounding
_LEAST = Decimal("1e-9")
_SIGNIFICANT = 10
_ISO = re.compile(r"y{4}-mm-dd", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Locale:
    """How numbers are written where a file's language is spoken: a file says 2.5, Excel shows 2,5 to Germans."""

    decimal: str
    grouping: str  # empty where it is written in more than one way

    @staticmethod
    def of(language: str) -> Locale:
        """That of an ISO 639-1 language."""
        return Locale(".", ",") if language in _POINT else Locale(",", "")


def shown(value: object, code: str, locale: Locale) -> str:
    """The text of a value under a number format; empty for what the format hides. Raises ``Quarantined``."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time | timedelta):
        return _date(value, code)
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), code, locale)
    return _text(str(value), code)


def _date(value: datetime | date | time | timedelta, code: str) -> str:
    if isinstance(value, date) and _ISO.fullmatch(code.partition(";")[0]):
        return value.strftime("%Y-%m-%d")
    raise Quarantined(f"a date or time of the format '{code}' looks different on every computer; write it as text")


def _text(value: str, code: str) -> str:
    sections = _sections(code)
    if len(sections) < 4 and "@" not in sections[-1]:
        return value
    before, at, after = sections[-1].partition("@")
    if not at:
        return _literal(sections[-1], code)
    return f"{_literal(before, code)}{value}{_literal(after, code)}"


def _number(value: Decimal, code: str, locale: Locale) -> str:
    if code.casefold() in (_GENERAL, "@", ""):
        return _general(value, locale)
    sections = _sections(code)
    if any("[" in section and re.search(r"\[[<>=]", section) for section in sections):
        raise _unknown(code)
    number = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    section = sections[number]
    sign = "-" if value < 0 and number == 0 else ""
    if section.strip().casefold() == _GENERAL:
        return sign + _general(abs(value), locale)
    plain = _LITERAL.sub(lambda found: "\0" * len(found[0]), section)
    found = _DIGITS.search(plain)
    rest = _DIGITS.sub("", plain, count=1).replace("\0", "")
    if rest:
        raise _unknown(code)
    before, after = (section, "") if found is None else (section[: found.start()], section[found.end() :])
    percents = sum(part == "%" for part in _signs(section))
    digits = "" if found is None else _digits(abs(value) * 100**percents, found[0], (code, locale))
    if sign and not any(char in "123456789" for char in digits):
        raise Quarantined(f"the number {value} is shown as a negative zero; write it as text")
    return f"{sign}{_literal(before, code)}{digits}{_literal(after, code)}"


def _digits(value: Decimal, pattern: str, style: tuple[str, Locale]) -> str:
    code, locale = style
    whole, _, fraction = pattern.partition(".")
    if whole.endswith(",") or "?" in pattern:
        raise _unknown(code)
    rounded = value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    units, _, decimals = f"{rounded:f}".partition(".")
    units = units.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        units = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", _grouped(units, locale), units)
    kept = len(fraction.rstrip("#"))
    decimals = decimals[:kept] + decimals[kept:].rstrip("0")
    return f"{units}{locale.decimal}{decimals}" if "." in pattern else units


def _grouped(units: str, locale: Locale) -> str:
    if len(units) > 3 and not locale.grouping:
        raise Quarantined(f"thousands like {units} are parted in several ways in its language; write them as text")
    return locale.grouping


def _general(value: Decimal, locale: Locale) -> str:
    if abs(value) >= _MOST or 0 < abs(value) < _LEAST:
        raise Quarantined(f"the number {value} is shown with an exponent; write it as text")
    places = max(0, _SIGNIFICANT - 1 - max(0, value.adjusted())) if value else 0
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", locale.decimal)


def _literal(part: str, code: str) -> str:
    left = _LITERAL.sub("", part)
    if left.strip():
        raise _unknown(code)
    return "".join(_signs(part))


def _signs(part: str) -> list[str]:
    found = []
    for match in _LITERAL.finditer(part):
        quoted, escaped, width, fill, currency, plain = match.groups()
        found.append(" " if width or fill else quoted or escaped or currency or plain or "")
    return found


def _sections(code: str) -> list[str]:
    """The parts for positive and negative numbers, zero and text; a semicolon in quotes parts nothing."""
    return re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)


def _unknown(code: str) -> Quarantined:
    return Quarantined(f"the number format '{code}' can't be shown as Excel does; write the value as text")
