"""Where the characters of a text stand in what a reader kept of it."""

from __future__ import annotations

import unicodedata

from corpus.model import Span


class Alignment:
    """The characters of ``text`` in ``kept``, which has the same ones in the same order.

    The two may differ in white space, and ``kept`` may lack characters that nobody sees (Unicode's category Cf: soft
    hyphens, joiners). From the first other difference on, nothing has a place: a guess would move every later answer.
    """

    def __init__(self, text: str, kept: str) -> None:
        self._text = text
        self._places: list[int | None] = [None] * len(text)
        at = 0
        for index, character in enumerate(text):
            while at < len(kept) and kept[at].isspace():
                at += 1
            if at < len(kept) and kept[at] == character:
                self._places[index] = at
                at += 1
            elif not _is_unseen(character):
                break

    def place(self, span: Span) -> Span | None:
        """Where in ``kept`` the visible characters of a span of ``text`` stand; None unless all of them do."""
        found: list[int] = []
        for index in range(span.start, span.end):
            at = self._places[index]
            if at is not None:
                found.append(at)
            elif not _is_unseen(self._text[index]):
                return None
        return Span(found[0], found[-1] + 1) if found else None


def _is_unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"
