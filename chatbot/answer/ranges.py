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
_Bounds = tuple[float, float]  # both included


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

    "crcl 30" meets "30 to 59"; "crcl below 30" doesn't. Strengths and shares are no ranges: "10 to 20 mg" is a dose.
    """
    asked = _asked(question)
    told = _ranges(_in_days(text)) if asked else ()
    if not told:
        return 0
    return 1 if any(low <= end and start <= high for start, end in asked for low, high in told) else -1


@lru_cache(maxsize=64)
def _asked(question: str) -> tuple[_Bounds, ...]:
    """The ranges a question states, else its numbers; a year is neither."""
    question = _in_days(_YEAR.sub("", question))
    numbers = (_value(match[1]) for match in _ASKED.finditer(_without_strengths(question)))
    return _ranges(question) or tuple((number, number) for number in numbers)


def _ranges(text: str) -> tuple[_Bounds, ...]:
    """The ranges a text states; none where a number could be a thousand or a fraction."""
    plain = _without_strengths(text)
    return () if _GROUPED.search(plain) else tuple(_read(plain))


def _read(plain: str) -> Iterator[_Bounds]:
    for pattern, bounds in _FORMS:
        yield from (bounds(match) for match in pattern.finditer(plain))
        plain = pattern.sub(";", plain)


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
