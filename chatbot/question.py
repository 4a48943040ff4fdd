"""What was typed -> a question that can be read, or a clear refusal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.errors import InvalidQuestion
from chatbot.limits import QUESTION_CHARACTERS


@dataclass(frozen=True, slots=True)
class Typed:
    """A question as it is read, and where each of its code points was typed."""

    question: str  # NFC, no invisible controls, single spaces, none at its ends; empty where nothing was typed
    starts: tuple[int, ...]  # for each code point of the question, the index of what it was typed as
    ends: tuple[int, ...]  # and of what stands behind that

    @property
    def is_too_long(self) -> bool:
        """Whether it is longer than what is answered; it is whole here all the same, to be screened."""
        return len(self.question) > QUESTION_CHARACTERS

    def typed_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the question stands in the typed text; raises ``ValueError`` for an empty or outside one."""
        if not 0 <= start < end <= len(self.question):
            raise ValueError(f"no span of a question of {len(self.question):,} code points: {start} to {end}")
        return self.starts[start], self.ends[end - 1]


def read_question(text: str) -> Typed:
    """Reads any text, too long or empty as it may be, so that nothing typed escapes the screening."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    gap: tuple[int, int] | None = None  # white space not yet written: none at the ends, one between words
    for char, start, end in _composed(text):
        if char.isspace():
            gap = (gap[0] if gap else start, end)
            continue
        if gap and chars:
            chars.append(" ")
            starts.append(gap[0])
            ends.append(gap[1])
        gap = None
        chars.append(char)
        starts.append(start)
        ends.append(end)
    return Typed("".join(chars), tuple(starts), tuple(ends))


def check_question(text: str) -> str:
    """The question in NFC without invisible controls; raises ``InvalidQuestion``."""
    typed = read_question(text)
    if not typed.question:
        raise InvalidQuestion("the question is empty; write what you are looking for")
    if typed.is_too_long:
        raise InvalidQuestion(
            f"the question has {len(typed.question):,} characters, at most {QUESTION_CHARACTERS:,} are read; shorten it"
        )
    return typed.question


def _composed(text: str) -> Iterator[tuple[str, int, int]]:
    """The visible code points in NFC (Unicode Standard Annex #15), each with where it was typed."""
    visible = [(char, at) for at, char in enumerate(text) if _is_visible(char)]
    if unicodedata.is_normalized("NFC", "".join(char for char, _ in visible)):
        yield from ((char, at, at + 1) for char, at in visible)
        return
    together = ""  # code points that are composed with each other, and with nothing behind them
    start = end = 0
    for char, at in visible:
        if together and not _joins(together, char):
            yield from ((made, start, end) for made in unicodedata.normalize("NFC", together))
            together = ""
        start = at if not together else start
        together, end = together + char, at + 1
    yield from ((made, start, end) for made in unicodedata.normalize("NFC", together))


def _joins(together: str, char: str) -> bool:
    """Whether a code point belongs to those before it: a combining mark, or one that composes with the last."""
    if unicodedata.combining(char):
        return True
    last = unicodedata.normalize("NFC", together)[-1]
    return unicodedata.normalize("NFC", last + char) != last + unicodedata.normalize("NFC", char)


def _is_visible(char: str) -> bool:
    """Zero-width, bidi and other control characters say nothing to a reader and can hide words from a screen."""
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
