"""The second reader: pypdf reads the file on its own, and each sentence must be found on its page.

What two independent readers agree on is quotable; what only one saw is kept, searched, and never quoted.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import pypdf

from corpus.model import Block, Document, Sentence, Span
from ingest.pdf_actions import check_actions

_DASH = re.compile(r"[\u2010-\u2015\u2212]")
# Any dash but a minus: one before a digit, after a space or a sign. A hyphen takes its line's end along.
_HYPHEN = re.compile(r"(?<![\s(\[<>=≤≥~±,;:])-\s*|-(?!\d)")
_ENDS_IN_NUMBER = re.compile(r"(?:\d[.,]?|-)$")
_SPACES = re.compile(r"[\s\u00ad]+")
_SPACE = re.compile(r"(?<!\d) | (?!\d)")  # any but between digits, where it parts two numbers


def fold(text: str) -> str:
    """White space, ligatures and hyphenation folded away: what two readers of one page may differ in.

    A minus before a number stays (-5 is not 5), and so does one space between two numbers (5 10 is not 510).
    """
    plain = _DASH.sub("-", unicodedata.normalize("NFKC", f" {text}"))
    return _SPACE.sub("", _SPACES.sub(" ", _HYPHEN.sub("", plain)))


def stands_in(part: str, page: str) -> bool:
    """Whether the folded ``part`` stands in the folded ``page``, and not as the tail of a longer number."""
    at = page.find(part) if part else -1  # what folds to nothing can't be confirmed
    while at >= 0:
        before, after = page[max(0, at - 2) : at], page[at + len(part) : at + len(part) + 1]
        inside = part[0].isdigit() and _ENDS_IN_NUMBER.search(before) is not None
        if not inside and not (part[-1].isdigit() and after.isdigit()):
            return True
        at = page.find(part, at + 1)
    return False


def page_texts(content: bytes, tick: Callable[[], None] = lambda: None) -> list[str]:
    """The text of each page by pypdf, ``tick`` called after each.

    Raises what pypdf raises, and ``Quarantined`` for a file that would do more than be read.
    """
    reader = pypdf.PdfReader(io.BytesIO(content))
    check_actions(reader)
    found: list[str] = []
    for page in reader.pages:
        found.append(page.extract_text())
        tick()
    return found


def read_pages(content: bytes) -> list[str]:
    """The same, folded."""
    return [fold(text) for text in page_texts(content)]


def confirm(document: Document, pages: Sequence[str]) -> Document:
    """``document`` with the sentences marked that stand on their pages in ``pages``.

    Of a table's row each cell must: a merged cell is repeated in rows that it doesn't stand beside in the file.
    """
    blocks = tuple(
        replace(block, sentences=tuple(_confirmed(document, block, sentence, pages) for sentence in block.sentences))
        for block in document.blocks
    )
    return replace(document, blocks=blocks)


def _confirmed(document: Document, block: Block, sentence: Sentence, pages: Sequence[str]) -> Sentence:
    whole = Span(sentence.start, sentence.end)
    found = _stands(document, whole, pages)
    if block.cells and not found:
        found = all(_stands(document, Span(cell.start, cell.end), pages) for cell in block.cells)
    return replace(sentence, confirmed=found)


def _stands(document: Document, span: Span, pages: Sequence[str]) -> bool:
    slices = document.spans_by_page(span)
    return bool(slices) and all(
        stands_in(fold(part.of(document.text)), pages[number - 1])
        for part in slices
        if (number := document.page_at(part.start)) is not None
    )
