"""Text -> the same without personal data, and where that stood.

What is found is replaced by one code point a type, and what remains is read again until nothing more is found: a number
tells the name beside it, and a name the date. A placeholder is read as that code point, so masking what is masked
changes nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from chatbot.privacy.addresses import addresses_in
from chatbot.privacy.names import names_in
from chatbot.privacy.numbers import Span, numbers_in
from chatbot.privacy.personal import PersonalData
from chatbot.privacy.words import Text


@dataclass(frozen=True, slots=True)
class Redaction:
    """A span that was masked."""

    start: int  # offset into the text given, in code points
    end: int  # exclusive
    type: str  # of ``PersonalData.placeholders``


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose personal data is masked."""

    text: str  # with a placeholder for each redaction: "[name]"
    redactions: tuple[Redaction, ...]  # in their order, none over another


def nothing(word: str) -> bool:
    """The words that are never personal, when nobody names any."""
    return not word


def mask(text: str, patterns: PersonalData, never: Callable[[str], bool] = nothing) -> Masked:
    """Masks the personal data in a text.

    No folded word for which ``never`` says yes is part of a name or an address: medicines, for one.
    """
    pieces = _pieces(text, patterns)
    read = Text(_read(pieces, text, patterns), patterns.phrases)
    found = True
    while found:
        found = False
        for find in _READERS:
            spans = find(read, patterns, never)
            if spans:
                found = True
                pieces = _with(pieces, spans)
                read = Text(_read(pieces, text, patterns), patterns.phrases)
    redactions = tuple(Redaction(piece.start, piece.end, piece.type) for piece in pieces if piece.found)
    said = (patterns.placeholders[piece.type] if piece.found else text[piece.start : piece.end] for piece in pieces)
    return Masked("".join(said), redactions)


class _Piece(NamedTuple):
    """A slice of the text."""

    start: int
    end: int
    type: str = ""  # what it is read as; none for what is read as it stands
    found: bool = False  # masked here; else a placeholder that was there


def _pieces(text: str, patterns: PersonalData) -> list[_Piece]:
    """The text and the placeholders in it."""
    pieces, done = [], 0
    types = {said: kind for kind, said in patterns.placeholders.items()}
    for match in re.finditer("|".join(map(re.escape, types)), text) if "[" in text else ():
        pieces += [_Piece(done, match.start()), _Piece(match.start(), match.end(), types[match.group()])]
        done = match.end()
    return [*pieces, _Piece(done, len(text))]


def _read(pieces: Iterable[_Piece], text: str, patterns: PersonalData) -> str:
    return "".join(patterns.marks[each.type] if each.type else text[each.start : each.end] for each in pieces)


def _with(pieces: list[_Piece], spans: Iterable[Span]) -> list[_Piece]:
    """The pieces with spans of what is read cut out of them; a placeholder inside one stays."""
    left = deque(sorted(spans))
    made: list[_Piece] = []
    at = 0  # in what is read
    for piece in pieces:
        size = 1 if piece.type else piece.end - piece.start
        done, shift = piece.start, piece.start - at
        while left and left[0][0] < at + size:
            start, end, kind = left.popleft()
            if not piece.type:
                first, last = max(start, at) + shift, min(end, at + size) + shift
                made += [_Piece(done, first), _Piece(first, last, kind, found=True)]
                done = last
            if end > at + size:  # it goes on behind a placeholder
                left.appendleft((at + size, end, kind))
        made.append(piece if piece.type else _Piece(done, piece.end))
        at += size
    return [piece for piece in made if piece.start < piece.end]


def _signs(read: Text, patterns: PersonalData, _: Callable[[str], bool]) -> list[Span]:
    """E-mail addresses and logins."""
    folded = read.text.casefold()
    for needed, shape in patterns.signs:
        if needed in folded:
            found = [(match.start(), match.end(), shape.type) for match in shape.pattern.finditer(read.text)]
            if found:
                return found
    return []


def _numbers(read: Text, patterns: PersonalData, _: Callable[[str], bool]) -> list[Span]:
    return numbers_in(read, patterns)


def _names(read: Text, patterns: PersonalData, never: Callable[[str], bool]) -> list[Span]:
    """Names, and wherever else a part of one stands again."""
    spans = names_in(read, patterns, never)
    if not spans:
        return spans
    taken = {at for start, end, _ in spans for at in range(start, end)}
    inside = {word for word in read.words if word.start in taken}
    parts = {
        word.folded.removesuffix("'s")
        for word in inside
        if len(word.text) >= _REPEATED and word.text[0].isupper() and word.folded not in patterns.names.ordinary
    } - patterns.names.particles
    again = [
        (word.start, word.end - 2 * word.folded.endswith("'s"), "PERSON")
        for word in read.words
        if word.text[0].isupper() and word.folded.removesuffix("'s") in parts and word not in inside
    ]
    return [*spans, *again]


def _beside(read: Text, patterns: PersonalData, _: Callable[[str], bool]) -> list[Span]:
    """Dates and numbers that are personal because of what stands beside them."""
    if not any(char.isdigit() for char in read.text):
        return []
    for shape in patterns.beside:
        found = [(*match.span("value"), shape.type) for match in shape.pattern.finditer(read.text)]
        if found:
            return found
    return []


_REPEATED = 3  # letters of a part that is looked for again
_READERS = (_signs, addresses_in, _numbers, _names, _beside)  # a street takes its postcode before a number does
