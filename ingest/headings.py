"""Which lines of a PDF are headings, and how far out: numbered, named in the outline, bold, or alone above text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ingest.limits import HEADING_WORDS
from ingest.lines import LEVEL_ANNEX, LEVEL_BOLD, LEVEL_MINOR, Line
from ingest.marks import ITEM, LETTERED, is_cjk, numbered_level
from ingest.pieces import PARAGRAPH_GAP, height

_MINOR_WORDS = 10
_TITLE_CHARACTERS = 150
_DEEPEST = LEVEL_BOLD - 1
Outline = Mapping[tuple[int, str], int]  # page and folded title -> depth, from 0; see `folded`


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together, before it is known what they are."""

    lines: tuple[Line, ...]
    is_row: bool  # of a table


@dataclass(frozen=True, slots=True)
class Headings:
    """What one document says about its headings."""

    mostly_bold: bool  # then bold marks nothing
    outline: Outline

    @property
    def _numbered(self) -> bool:
        """Whether the outline's titles have numbers: then those without stand below them."""
        return any(numbered_level(title) for _, title in islice(self.outline, 200))

    def level(self, group: Group, before: Group | None, after: Sequence[Group]) -> int | None:
        """The heading level of ``group`` between its neighbours; ``None`` when it is text."""
        text = " ".join(line.text for line in group.lines)
        first = group.lines[0]
        depth = numbered_level(text)
        listed = self.outline.get((first.page or 0, folded(text)))
        if listed is not None and after:
            return depth or (LEVEL_BOLD if self._numbered else min(listed + 1, _DEEPEST))
        if not _fits(text):
            return None
        bold = first.style == "bold" and not self.mostly_bold
        if depth and (bold or not text.endswith(tuple(".;,:"))):
            return depth
        if text.endswith(tuple(".;,")) or not after:
            return None
        if bold and text.isupper() and sum(word.isalpha() for word in text.split()) > 1:
            return 1 if LETTERED.match(text) else LEVEL_ANNEX
        if bold and (text[0].isupper() or text[0].isdigit() or is_cjk(text[0])):
            return LEVEL_BOLD
        return LEVEL_MINOR if _is_minor(group, before, after) else None


def folded(title: str) -> str:
    """A title without case, numbers' dots and spaces, in which an outline and its page may differ."""
    return "".join(char for char in title.casefold() if char.isalnum())


def _fits(text: str) -> bool:
    few = len(text.split()) <= HEADING_WORDS and len(text) <= _TITLE_CHARACTERS
    return few and any(char.isalpha() for char in text)


def _is_minor(group: Group, before: Group | None, after: Sequence[Group]) -> bool:
    """Whether a short line alone above text is a heading, though nothing but its place says so."""
    if not _could_be_minor(group):
        return False
    if after[0].is_row:  # the stub of the rows below it
        return True
    if all(_could_be_minor(item) for item in after):
        return False
    line = group.lines[0]
    if line.style == "italic":
        return True
    if before is None or before.lines[-1].page != line.page:
        return True
    return line.top - before.lines[-1].bottom > PARAGRAPH_GAP * height(line)


def _could_be_minor(group: Group) -> bool:
    line = group.lines[0]
    return (
        len(group.lines) == 1
        and line.text[0].isupper()
        and len(line.text.split()) <= _MINOR_WORDS
        and not line.text.endswith((".", ";", ",", ":"))
        and ": " not in line.text
        and not ITEM.match(line.text)
        and not group.is_row
    )
