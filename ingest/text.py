"""Plain text: paragraphs and list items, as blank lines, bullets and the width of the lines part them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest import flow
from ingest.errors import Quarantined
from ingest.limits import HEADING_WORDS
from ingest.lines import RawBlock
from ingest.marks import strip_marker

_LONG = 40  # characters: shorter lines are never broken because they were full


def read_text(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first line as title where it isn't a sentence, and the blocks; raises ``Quarantined``."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Quarantined(f"the text is not UTF-8: {error}; save it in UTF-8") from error
    if "\0" in text:
        raise Quarantined("it has null characters, so it is no text; convert it to a format that is read")
    paragraphs = list(_paragraphs([flow.squeezed(line) for line in text.replace("\f", "\n\n").splitlines()]))
    if not paragraphs:
        raise Quarantined("the file has no text; provide it again")
    blocks = [flow.block("item" if strip_marker(each) else "paragraph", each, None) for each in paragraphs]
    first = paragraphs[0]
    return first if len(first.split()) <= HEADING_WORDS and not first.endswith((".", ":", ";")) else "", blocks


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines are joined where one is full: where the next word would have made it longer than every other line."""
    width = max(map(len, lines), default=0)
    joined = last = ""
    for line in lines:
        if not line:
            yield from filter(None, [joined])
            joined = ""
        elif joined and not strip_marker(line) and _is_full(last, line, width):
            joined = f"{joined} {line}"
        else:
            yield from filter(None, [joined])
            joined = line
        last = line
    yield from filter(None, [joined])


def _is_full(line: str, following: str, width: int) -> bool:
    return width >= _LONG and len(line) + 1 + len(following.split()[0]) > width
