"""What a sentence must not be shown without: the stem of its list, the exception behind it, the footnote it points at.

All of it is quoted with the sentence, as it stands in the document; nothing is put into other words. A table's caption
and header are headings of its rows, so each row has them as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from corpus.model import Block, Document, Sentence, Span
from corpus.signoff import SignOff

LIST_BLOCKS = 40  # looked back over for a stem, and ahead for a footnote; a longer list has lost its reader
# A sentence that takes back what the one before it says.
_EXCEPTION = re.compile(
    r"(?:however|except|unless|nevertheless|but|this does not apply|jedoch|allerdings|ausgenommen|außer|es sei denn"
    r"|sin embargo|no obstante|excepto|salvo|a menos que)(?!\w)",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?<!\w)(?:\*{1,3}|[†‡§#])|(?<=[\w%)\]])(?:\*{1,3}|[†‡§#])")


def with_context(document: Document, sentence: Sentence, signoff: SignOff) -> tuple[tuple[Span, ...], ...]:
    """The quotes to show: ``sentence`` and what it must not be shown without, in text order, cut at page ends.

    What follows on in the document is one quote; what doesn't is another, so that each can be found as it is shown.
    What the second reader didn't confirm can't be quoted, so it isn't taken along either; but where a person has marked
    any of it as not to be cited, nothing is quoted, and the tuple is empty.
    """
    chosen = _closed(document, {sentence, *_beside(document, sentence)}, signoff)
    if any(signoff.forbids(document.sha256, Span(each.start, each.end)) for each in chosen):
        return ()
    runs: list[list[Sentence]] = []
    for each in sorted(chosen, key=lambda each: each.start):
        if runs and not document.text[runs[-1][-1].end : each.start].strip():
            runs[-1].append(each)
        else:
            runs.append([each])
    return tuple(
        tuple(span for each in run for span in document.spans_by_page(Span(each.start, each.end))) for run in runs
    )


def _beside(document: Document, sentence: Sentence) -> Iterator[Sentence]:
    """What the document itself says it must not be shown without, as far as it can be quoted."""
    at = bisect_right([block.start for block in document.blocks], sentence.start) - 1
    found = [*_stem(document, at), *_exception(document.blocks[at], document.text, sentence)]
    found += _footnotes(document, at, sentence)
    yield from (each for each in found if each.confirmed)


def _closed(document: Document, chosen: set[Sentence], signoff: SignOff) -> set[Sentence]:
    """``chosen`` with what people have marked as kept with it, and with that, and so on."""
    new = chosen
    while new:
        kept = (place for each in new for place in signoff.beside(document.sha256, Span(each.start, each.end)))
        new = {found for place in kept for found in document.sentences_in(place)} - chosen
        chosen = chosen | new
    return chosen


def is_lead_in(text: str) -> bool:
    """Whether a sentence only announces what follows it."""
    return text.rstrip().endswith(":")


def _stem(document: Document, at: int) -> Iterator[Sentence]:
    """The sentence before a list that an item of it completes."""
    blocks = document.blocks
    if blocks[at].kind != "item":
        return
    for block in reversed(blocks[max(0, at - LIST_BLOCKS) : at]):
        if block.kind != "item":
            last = block.sentences[-1] if block.kind == "paragraph" and block.sentences else None
            if last is not None and is_lead_in(document.text[last.start : last.end]):
                yield last
            return


def _exception(block: Block, text: str, sentence: Sentence) -> Iterator[Sentence]:
    following = next((each for each in block.sentences if each.start >= sentence.end), None)
    if following is not None and _EXCEPTION.match(text, following.start):
        yield following


def _footnotes(document: Document, at: int, sentence: Sentence) -> Iterator[Sentence]:
    """The notes under a table, or a page, that a mark in the sentence points at."""
    marks = set(_MARK.findall(document.text[sentence.start : sentence.end]))
    for block in document.blocks[at + 1 : at + 1 + LIST_BLOCKS] if marks else ():
        note = _MARK.match(document.text, block.start)
        if note is not None and note[0] in marks and block.sentences:
            marks.discard(note[0])
            yield from block.sentences
