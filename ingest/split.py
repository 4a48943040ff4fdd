"""Document -> passages: they follow headings, sentences and pages, and never cut a sentence.

A passage starts on the page it is cited with: on the label questions this alone puts the right page first in 69 %
instead of 65 % (docs/decisions/0004-passages.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from corpus.model import Block, Document, Passage, Sentence
from ingest.limits import MINOR_PASSAGE_WORDS, PASSAGE_WORDS
from ingest.marks import is_cjk


def split(document: Document) -> tuple[Passage, ...]:
    """The passages in text order; every sentence of the document is in exactly one."""
    sha256 = document.sha256
    return tuple(_passage(document, sha256, part) for group in _groups(document) for part in _by_page(document, group))


def _groups(document: Document) -> Iterator[list[tuple[Block, Sentence]]]:
    """Sentences that make a passage: up to PASSAGE_WORDS, broken at headings where enough has come together."""
    group: list[tuple[Block, Sentence]] = []
    words = 0
    for block in document.blocks:
        if block.kind == "heading":
            continue
        if group and _breaks(group[-1][0], block, words):
            yield group
            group, words = [], 0
        for sentence in block.sentences:
            size = _words(document.text[sentence.start : sentence.end])
            if group and words + size > PASSAGE_WORDS:
                yield group
                group, words = [], 0
            group.append((block, sentence))
            words += size
    if group:
        yield group


def _by_page(document: Document, group: list[tuple[Block, Sentence]]) -> Iterator[list[tuple[Block, Sentence]]]:
    for _, part in itertools.groupby(group, key=lambda item: document.page_at(item[1].start)):
        yield list(part)


def _breaks(last: Block, block: Block, words: int) -> bool:
    """A numbered or outer heading always starts a passage, a minor one only when the last is long enough."""
    if last.path == block.path:
        return False
    shared = sum(a == b for a, b in zip(last.path, block.path, strict=False))
    minor = shared >= 1 and shared >= max(len(last.path), len(block.path)) - 1 and not _numbered(block.path[shared:])
    return not minor or words >= MINOR_PASSAGE_WORDS


def _numbered(names: tuple[str, ...]) -> bool:
    return any(name[:1].isdigit() for name in names)


def _passage(document: Document, sha256: str, group: list[tuple[Block, Sentence]]) -> Passage:
    first, last = group[0], group[-1]
    start, end = first[1].start, last[1].end
    return Passage(
        document=sha256,
        start=start,
        text=document.text[start:end],
        path=first[0].path,
        page=document.page_at(start),
        anchor=first[0].anchor,
        sentences=tuple(sentence for _, sentence in group),
    )


def _words(text: str) -> int:
    """Words, or half the characters where words are written without spaces."""
    ideographs = 0 if text.isascii() else sum(is_cjk(char) for char in text)
    return len(text.split()) + ideographs // 2
