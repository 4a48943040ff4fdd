"""Characters without a shape: those that carry text of their own or turn the order of what is read are no text.

A joiner between two letters shapes them and stays; see docs/decisions/0022-hidden-text.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.findings import Finding
from ingest.errors import Quarantined
from ingest.limits import FINDING_CHARACTERS
from ingest.lines import RawBlock

_OVERRIDES = "\u202d\u202e"  # what follows is shown in an order that its letters don't have (UAX #9, 3.1.2)
_OPENING, _CLOSING = "\u202a\u202b\u2066\u2067\u2068", "\u202c\u2069"
_FLAG = "\U0001f3f4"  # the only sign after which tags are shown: the flags of England, Scotland and Wales
_TAGS = re.compile(rf"(?<![{_FLAG}\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")  # one chooses a shape, more carry bytes
_SHAPELESS = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]{3,}")  # no script needs three in a row
_FILLERS = re.compile(r"[\u115f\u1160\u3164\uffa0]+")  # letters by their category, white space by their look
_TURNING = re.compile(f"[{_OVERRIDES}{_OPENING}{_CLOSING}]+")
_ANY = re.compile(
    r"[\u00ad\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_CARRYING = (_TAGS, _SELECTORS, _SHAPELESS, _FILLERS)


def trick_in(text: str) -> str:
    """The first words from the first trick on, its characters written as code points; empty where there is none."""
    if not _ANY.search(text):
        return ""
    found = [match.start() for pattern in _CARRYING if (match := pattern.search(text))]
    if any(char in text for char in _OVERRIDES) or not _balanced(text):
        found += [match.start() for match in (_TURNING.search(text),) if match]
    if not found:
        return ""
    shown = "".join(f"<{ord(char):04X}>" if _has_no_shape(char) else char for char in text[min(found) :])
    return shown[:FINDING_CHARACTERS]


def without_tricks(blocks: Sequence[RawBlock]) -> tuple[list[RawBlock], tuple[Finding, ...]]:
    """The blocks without such characters, and what was found; raises ``Quarantined`` for a cell of nothing else."""
    kept: list[RawBlock] = []
    found: list[Finding] = []
    for block in blocks:
        tricks = [trick for line in block.lines if (trick := trick_in(line.text))]
        if not tricks:
            kept.append(block)
            continue
        found.extend(Finding(None, "control", trick) for trick in tricks)
        lines = tuple(replace(line, text=without_trick(line.text)) for line in block.lines)
        if block.cells and not all(line.text for line in lines):
            raise Quarantined("a cell of a table holds nothing but characters without a shape; remove them")
        lines = tuple(line for line in lines if line.text)
        if lines:
            kept.append(replace(block, lines=lines))
    return kept, tuple(dict.fromkeys(found))


def without_trick(text: str) -> str:
    """``text`` without such characters, if it has a trick."""
    if not trick_in(text):
        return text
    plain = _TURNING.sub("", text)
    for pattern in _CARRYING:
        plain = pattern.sub("", plain)
    return re.sub(r"\s+", " ", plain).strip()


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        if depth < 0:
            return False
    return depth == 0


def _has_no_shape(char: str) -> bool:
    return any(pattern.match(char * 3) for pattern in (*_CARRYING, _TURNING))
