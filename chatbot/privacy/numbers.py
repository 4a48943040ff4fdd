"""Numbers of a person: behind a cue whatever has its shape, elsewhere only what can be told by its form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chatbot.privacy.personal import PersonalData
from chatbot.privacy.words import Text

Span = tuple[int, int, str]  # start, end, type

# Between a cue and its value. A telephone may come a few words later, a date of birth after a short one.
_LINK = re.compile(
    r"[\s:;.,#=º°()\-–/\"']*(?:(?:is|was|are|no|nr|nº|number|num|n|id|of|the|card|est|lautet|ist|es|è|ending|in)"
    r"(?!\w)[\s:.,#=º°\-–]*){0,3}",
    re.IGNORECASE,
)
_FAR = {"phone": 25, "birth": 14}  # characters
_START = re.compile(r"(?<![\w.,/-])[+(]?(?:(?=\w*\d)\w|[A-Z]{1,3} \d)")


def numbers_in(read: Text, data: PersonalData) -> list[Span]:
    """The numbers of a person in a text, none over another."""
    if not any(char.isdigit() for char in read.text):
        return []
    taken: set[int] = set()
    found: list[Span] = []
    for start, end, kind in (*_cued(read, data), *_shaped(read.text, data)):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            found.append((start, end, kind))
    return [span for span in found if span[2]]


def _cued(read: Text, data: PersonalData) -> Iterator[Span]:
    # What is harmless is taken first, so that nothing else takes it; a telephone last, since it looks the farthest.
    order = {"harmless": 0, "phone": 2}
    for cue in sorted(read.cues, key=lambda cue: (order.get(cue.kind, 1), -cue.after, cue.kind)):
        shape = data.values.get(cue.kind)
        if shape is None:
            continue
        after = read.words[cue.after - 1].end
        far = _FAR.get(cue.kind)
        for start in _starts(read.text, after, far):
            match = shape.pattern.match(read.text, start)
            if match and shape.check(match.group()):
                yield match.start(), match.end(), shape.type
                break


def _starts(text: str, after: int, far: int | None) -> Iterable[int]:
    """Where a value may begin."""
    if far is None:
        link = _LINK.match(text, after)
        return (link.end(),) if link else ()
    window = text[after : after + far + 1]
    stop = next((at for at, char in enumerate(window) if char in "?!;"), len(window))
    first = next((at for at, char in enumerate(window) if char.isdigit()), stop)
    last = min(first, stop, far)
    return (
        at
        for at in range(after, after + last + 1)
        if at < len(text) and not text[at].isspace() and (at == 0 or not text[at - 1].isalnum())
    )


def _shaped(text: str, data: PersonalData) -> Iterator[Span]:
    done = 0
    for begun in _START.finditer(text):
        if begun.start() < done:
            continue
        # "(030) 23125" begins with its bracket, and "(030 23125)" behind it.
        for start in (begun.start(), begun.start() + 1) if begun.group()[0] == "(" else (begun.start(),):
            found = _at(text, start, data)
            if found:
                done = found[1]
                yield found
                break


def _at(text: str, start: int, data: PersonalData) -> Span | None:
    for shape in data.shapes:
        match = shape.pattern.match(text, start)
        if match and shape.check(match.group()):
            return match.start(), match.end(), shape.type
    return None
