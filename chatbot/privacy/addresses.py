"""Where somebody lives: a street with its number, and the town and postcode behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from chatbot.privacy.numbers import Span
from chatbot.privacy.personal import PersonalData
from chatbot.privacy.words import Text, words_of

_LINK = re.compile(r"[\s:;.,=\-–]*(?:(?:is|in|at|to|on|the same|lautet|est|es|è)(?!\w)[\s:.,\-–]*){0,2}", re.IGNORECASE)
_TYPE = "ADDRESS"


def addresses_in(read: Text, data: PersonalData, never: Callable[[str], bool]) -> list[Span]:
    """The addresses in a text, none over another; a word that is ``never`` personal ends one."""
    if not any(char.isdigit() for char in read.text):
        return []
    found: list[Span] = []
    for start, end in sorted((*_streets(read.text, data, never), *_lived(read, data, never))):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]), _TYPE)
        else:
            found.append((start, end, _TYPE))
    return found


def _streets(text: str, data: PersonalData, never: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    for shape in data.addresses:
        for match in shape.pattern.finditer(text):
            if not any(never(word.folded) for word in words_of(match.group())):
                yield match.start(), _with_town(text, match.end(), data, never)


def _with_town(text: str, end: int, data: PersonalData, never: Callable[[str], bool]) -> int:
    town = data.town.match(text, end)
    if town and not any(never(word.folded) for word in words_of(town.group())):
        return town.end()
    while place := data.place.match(text, end):
        if any(never(word.folded) or word.folded in data.names.ordinary for word in words_of(place.group())):
            break
        end = place.end()
    return end


def _lived(read: Text, data: PersonalData, never: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """What stands behind "lives at" and has a number and a capital."""
    for cue in (cue for cue in read.cues if cue.kind == "address"):
        link = _LINK.match(read.text, read.words[cue.after - 1].end)
        match = data.lived.match(read.text, link.end()) if link else None
        if match is None:
            continue
        end = next((match.start() + word.start for word in words_of(match.group()) if never(word.folded)), match.end())
        said = [word for word in words_of(read.text[match.start() : end]) if not word.text[0].islower()]
        named = any(word.text[0].isupper() and word.folded not in data.names.ordinary for word in said)
        if named and not read.text.isupper() and any(word.text.isdigit() for word in said):
            yield match.start(), match.start() + said[-1].end
