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
_STRENGTH = re.compile(rf"{_NUMBER}\s*(?:mg|µg|mcg|ml\b(?!/)|%)", re.IGNORECASE)  # or a share: not asked about
_ASKED = re.compile(rf"(?<![\w.,/-]){_NUMBER}(?![\w.,]*\d)")  # not part of a name such as "GLP-1" or "HbA1c"
_BELOW = r"below|under|less than|fewer than|<|unter|weniger als|menos de|menor de|inferior a|por debajo de"
_ABOVE = r"above|over|more than|exceeds?|greater than|>|über|mehr als|más de|mayor de|superior a|por encima de"
_AT_MOST = r"up to|at most|≤|bis zu|höchstens|hasta|como máximo"
_AT_LEAST = r"at least|from|≥|ab|mindestens|desde|al menos|a partir de"
_OR_MORE = r"or more|or above|or over|and over|oder mehr|und mehr|o más"
_OR_LESS = r"or less|or below|or under|oder weniger|o menos"
_Bounds = tuple[float, float]  # both included


def fits(question: str, text: str) -> int:
    """1 when a range in ``text`` meets a number or range of the question, -1 when it has ranges and none does, else 0.

    "crcl 30" meets "30 to 59"; "crcl below 30" doesn't.
    """
    asked = _asked(question)
    told = _ranges(text) if asked else []
    if not told:
        return 0
    return 1 if any(low <= end and start <= high for start, end in asked for low, high in told) else -1


def _asked(question: str) -> list[_Bounds]:
    """The ranges a question states, else its numbers; strengths and shares are neither."""
    plain = _STRENGTH.sub("", question)
    numbers = (_value(match[1]) for match in _ASKED.finditer(plain))
    return _ranges(plain) or [(number, number) for number in numbers]


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
