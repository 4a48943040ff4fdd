"""Numbers in questions against ranges in documents: "crcl 20" belongs to "15 to 29 mL/min" and not to "below 15".

Doses are told by creatinine clearance, weight, age or a laboratory value, one line a range; words alone can't choose
the line. This only orders what is quoted: the line is shown as it stands, and nothing is computed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

_NUMBER = r"(?<![\d.,])(\d{1,7}(?:[.,]\d{1,4})?)(?![.,]?\d)"  # of one length at most, so that no text is slow
_STRENGTH = re.compile(rf"{_NUMBER}\s?(?:(?:mg|µg|mcg|g|ml|iu|units?)\b(?!/)|%)", re.IGNORECASE)  # doses and shares
_ASKED = re.compile(rf"(?<![\w/-]){_NUMBER}(?!\w)")  # not part of a name such as "GLP-1" or "HbA1c"
_YEAR = re.compile(r"(?:(?<!\w)\w+\s)?(?<!\d)(?:19|20)\d\d(?!\d)")  # with the word before it: "from 2035"
_BELOW = (
    r"(?:(?<!\w)(?:below|under|less than|fewer than|unter|weniger als|menos de|menor de|inferior a|por debajo de)|<)"
)
_ABOVE = r"(?:(?<!\w)(?:above|over|more than|exceeds?|greater than|über|mehr als|más de|mayor de|superior a)|>)"
_AT_MOST = r"(?:(?<!\w)(?:up to|at most|within|bis zu|höchstens|innerhalb von|hasta|como máximo|en el plazo de)|≤|<=)"
_AT_LEAST = r"(?:(?<!\w)(?:at least|from|ab|mindestens|desde|al menos|a partir de)|≥|>=)"
_OR_MORE = r"(?:or more|or above|or over|and over|oder mehr|und mehr|o más)\b"
_OR_LESS = r"(?:or less|or below|or under|oder weniger|o menos)\b"
_BETWEEN = r"(?:–|-|to|and|bis|und|a|y|hasta)"
_UNIT = r"[^\d.;,]{0,12}?\s"  # between a number and "or more"
_GROUPED = re.compile(r"\d[.,]\d{3}(?!\d)")  # a thousand, or a fraction: nobody can say without the language
_COUNTED = {
    **dict.fromkeys(("a", "one", "ein", "eine", "einer", "un", "una"), 1),
    **dict.fromkeys(("two", "zwei", "dos"), 2),
    **dict.fromkeys(("three", "drei", "tres"), 3),
    **dict.fromkeys(("four", "vier", "cuatro"), 4),
}
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_COUNTED)})"
_WEEKS = re.compile(
    rf"(?<![\w.,])(?:({_COUNT})(\s?{_BETWEEN}\s?))?({_COUNT})[\s-](?:weeks?|wochen?|semanas?)"
    r"(\s(?:and a half|und eine halbe|y media))?(?!\w)",
    re.IGNORECASE,
)
# What a number is of, where that is said right behind it. Weeks are turned into days; the fifth week is another thing.
_UNITS = {
    "weight": re.compile(r"\s?(?:kg|kilos?|kilograms?)\b", re.IGNORECASE),
    "age": re.compile(r"[\s-]?(?:years?|yrs?|y/?o|jahren?|años|ans)\b", re.IGNORECASE),
    "months": re.compile(r"\s?(?:months?|monaten?|meses|mes)\b", re.IGNORECASE),
    "days": re.compile(r"\s?(?:days?|tagen?|días?)\b", re.IGNORECASE),
    "hours": re.compile(r"\s?(?:hours?|hrs?|h|stunden?|horas?)\b", re.IGNORECASE),
    "clearance": re.compile(r"\s?ml/min", re.IGNORECASE),
    "amount": re.compile(r"\s?(?:mmol|µmol|umol|mg|g)/d?l\b", re.IGNORECASE),
    "pressure": re.compile(r"\s?mm\s?hg\b", re.IGNORECASE),
    "times": re.compile(r"\s?(?:x\b|×|times\b|mal\b|veces\b)", re.IGNORECASE),
}
_COUNTED_BEFORE = re.compile(r"(?<!\w)(weeks?|wochen?|semanas?|days?|tage?n?|días?)\s$", re.IGNORECASE)
_Bounds = tuple[float, float]  # both included
_Range = tuple[float, float, str]  # with what they are of; "" where that isn't said


def _up(value: str) -> float:
    return math.nextafter(_value(value), math.inf)


def _down(value: str) -> float:
    return math.nextafter(_value(value), -math.inf)


# How ranges are written, and what they hold; a form is read where none before it was.
_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], _Bounds]]] = [
    (re.compile(pattern, re.IGNORECASE), bounds)
    for pattern, bounds in (
        (
            rf"{_NUMBER}\s?{_BETWEEN}\s?(<|≤|<=|less than\s|below\s|unter\s|menos de\s)?\s?{_NUMBER}",
            lambda m: (_value(m[1]), _value(m[3]) if m[2] in (None, "≤", "<=") else _down(m[3])),
        ),
        (rf"{_AT_MOST}\s?{_NUMBER}", lambda m: (-math.inf, _value(m[1]))),
        (rf"{_AT_LEAST}\s?{_NUMBER}", lambda m: (_value(m[1]), math.inf)),
        (rf"{_BELOW}\s?{_NUMBER}", lambda m: (-math.inf, _down(m[1]))),
        (rf"{_ABOVE}\s?{_NUMBER}", lambda m: (_up(m[1]), math.inf)),
        (rf"{_NUMBER}{_UNIT}{_OR_MORE}", lambda m: (_value(m[1]), math.inf)),
        (rf"{_NUMBER}{_UNIT}{_OR_LESS}", lambda m: (-math.inf, _value(m[1]))),
    )
]


def fits(question: str, text: str) -> int:
    """1 when a range in ``text`` meets a number or range of the question, -1 when it has ranges and none does, else 0.

    2 when such a range is bounded on both sides: the line of a table that is meant, and not one that holds for many.
    "crcl 30" meets "30 to 59"; "crcl below 30" doesn't. Strengths and shares are no ranges: "10 to 20 mg" is a dose.
    Kilograms are compared with kilograms: "42 kg" says nothing of "10 to 42 days".
    """
    asked = _asked(question)
    told = _ranges(_in_days(text)) if asked else ()
    compared = [(one, other) for one in asked for other in told if _comparable(one[2], other[2])]
    if not compared:
        return 0
    met = [(low, high) for (start, end, _), (low, high, _) in compared if low <= end and start <= high]
    if not met:
        return -1
    return 2 if any(-math.inf < low and high < math.inf for low, high in met) else 1


def _comparable(one: str, other: str) -> bool:
    return one == other or not one or not other


@lru_cache(maxsize=64)
def _asked(question: str) -> tuple[_Range, ...]:
    """The ranges a question states, else its numbers; a year is neither."""
    question = _in_days(_YEAR.sub("", question))
    plain = _without_strengths(question)
    numbers = ((match, _value(match[1])) for match in _ASKED.finditer(plain))
    return _ranges(question) or tuple((number, number, _unit(plain, match)) for match, number in numbers)


def _ranges(text: str) -> tuple[_Range, ...]:
    """The ranges a text states; none where a number could be a thousand or a fraction."""
    plain = _without_strengths(text)
    return () if _GROUPED.search(plain) else tuple(_read(plain))


def _read(plain: str) -> Iterator[_Range]:
    for pattern, bounds in _FORMS:
        for match in pattern.finditer(plain):
            yield (*bounds(match), _unit(plain, match))
        plain = pattern.sub(lambda match: ";" * len(match[0]), plain)


def _unit(text: str, match: re.Match[str]) -> str:
    """What the numbers of a match are of."""
    counted = _COUNTED_BEFORE.search(text[: match.start()])
    if counted:
        return f"the {counted[1][:3].casefold()}"
    last = max(match.end(group) for group in range(1, match.re.groups + 1))
    return next((name for name, unit in _UNITS.items() if unit.match(text, last)), "")


def _in_days(text: str) -> str:
    """The text with its weeks as days, so that "10 days" is more than "one week"."""

    def days(match: re.Match[str]) -> str:
        first, between, last, half = match.groups()
        start = f"{7 * _counted(first)}{between}" if first else ""
        return f"{start}{7 * _counted(last) + (3.5 if half else 0)} days"

    return _WEEKS.sub(days, text)


def _counted(text: str) -> int:
    return _COUNTED.get(text.casefold()) or int(text)


def _without_strengths(text: str) -> str:
    """The text with each dose or share, and the range it stands in, taken out."""
    return _STRENGTH.sub("", re.sub(rf"{_NUMBER}\s?{_BETWEEN}\s?(?={_NUMBER}\s?(?:mg|µg|mcg|%))", "", text))


def _value(digits: str) -> float:
    return float(digits.replace(",", "."))
