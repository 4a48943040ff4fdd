"""Numbers in questions against ranges in documents: "crcl 20" belongs to "15 to 29 mL/min" and not to "below 15".

Doses are told by creatinine clearance, weight, age or a laboratory value, one line a range; words alone can't choose
the line. This only orders what is quoted: the line is shown as it stands, and nothing is computed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache

_NUMBER = r"(\d+(?:[.,]\d+)?)"
# A number that is asked about: not a strength or a share, nor part of a name such as "GLP-1" or "HbA1c".
_ASKED = re.compile(rf"(?<![\w.,/-]){_NUMBER}(?![\w.,]*\d)(?!\s*(?:mg|µg|mcg|ml\b(?!/)|%))", re.IGNORECASE)
_BELOW = r"below|under|less than|fewer than|<|unter|weniger als|menos de|menor de|inferior a|por debajo de"
_ABOVE = r"above|over|more than|exceeds?|greater than|>|über|mehr als|más de|mayor de|superior a|por encima de"
_AT_MOST = r"up to|at most|≤|bis zu|höchstens|hasta|como máximo"
_AT_LEAST = r"at least|from|≥|ab|mindestens|desde|al menos|a partir de"
_OR_MORE = r"or more|or above|or over|and over|oder mehr|und mehr|o más"
_OR_LESS = r"or less|or below|or under|oder weniger|o menos"
_Bounds = tuple[float, float]  # both included


def fits(question: str, text: str) -> int:
    """1 when a range in ``text`` holds a number of the question, -1 when it has ranges and none does, else 0."""
    numbers = [_value(match[1]) for match in _ASKED.finditer(question)]
    ranges = _ranges(text) if numbers else ()
    if not ranges:
        return 0
    return 1 if any(low <= number <= high for number in numbers for low, high in ranges) else -1


@cache
def _forms() -> Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], _Bounds]]]:
    """How ranges are written, and what they hold."""
    tail = r"[^\d.;,]{0,12}?\s(?:"
    forms: list[tuple[str, Callable[[re.Match[str]], _Bounds]]] = [
        (rf"{_NUMBER}\s*(?:–|-|to|and|bis|a|y)\s*{_NUMBER}", lambda m: (_value(m[1]), _value(m[2]))),
        (rf"(?<!\w)(?:{_BELOW})\s*{_NUMBER}", lambda m: (-math.inf, math.nextafter(_value(m[1]), -math.inf))),
        (rf"(?<!\w)(?:{_ABOVE})\s*{_NUMBER}", lambda m: (math.nextafter(_value(m[1]), math.inf), math.inf)),
        (rf"(?<!\w)(?:{_AT_MOST})\s*{_NUMBER}", lambda m: (-math.inf, _value(m[1]))),
        (rf"(?<!\w)(?:{_AT_LEAST})\s*{_NUMBER}", lambda m: (_value(m[1]), math.inf)),
        (rf"{_NUMBER}{tail}{_OR_MORE})", lambda m: (_value(m[1]), math.inf)),
        (rf"{_NUMBER}{tail}{_OR_LESS})", lambda m: (-math.inf, _value(m[1]))),
    ]
    return [(re.compile(pattern, re.IGNORECASE), bounds) for pattern, bounds in forms]


def _ranges(text: str) -> list[_Bounds]:
    return [bounds(match) for pattern, bounds in _forms() for match in pattern.finditer(text)]


def _value(digits: str) -> float:
    return float(digits.replace(",", "."))
