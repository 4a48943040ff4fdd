"""What the second reader reads on a page and the document doesn't have: words that ingestion may have lost.

A word is a run of letters or a run of digits, or one ideograph: "5mg" and "5 mg" are the same two words. Each counts as
often as it stands, so a lost row is seen though its words stand elsewhere on the page too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from corpus.coverage import PageCoverage
from corpus.model import Document

__all__ = ["PageCoverage", "coverage", "words"]

_IDEOGRAPH = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
_WORD = re.compile(rf"[{_IDEOGRAPH}]|\d+|[^\W\d_{_IDEOGRAPH}]+")
_SOFT_HYPHEN = "\u00ad"
_LONG = 5  # letters: a shorter word is found inside others by chance
_GONE = "\0"


def coverage(document: Document, removed: Mapping[int, str], witness: Sequence[str]) -> tuple[PageCoverage, ...]:
    """One value a page of ``witness``, the second reader's text of each page as it read it.

    ``removed`` is the text of the headers and footers that were taken out, by 1-based page.
    """
    texts: dict[int, list[str]] = defaultdict(list)
    ends: dict[int, list[str]] = defaultdict(list)  # a word over a page's end stands whole on the page it starts on
    for page in document.pages:
        text = document.text[page.start : page.end]
        texts[page.number].append(text)
        ends[page.number + 1].extend(text.rsplit(maxsplit=1)[-1:])
    return tuple(
        _page(number, words(read), words(" ".join((*texts[number], removed.get(number, "")))), ends[number])
        for number, read in enumerate(witness, 1)
    )


def words(text: str) -> list[str]:
    """The folded words of ``text``: no case, no ligatures, no soft hyphens, no punctuation."""
    folded = unicodedata.normalize("NFKC", text.replace(_SOFT_HYPHEN, "")).casefold()
    return _WORD.findall(folded)


def _page(number: int, seen: Sequence[str], ours: Sequence[str], before: Sequence[str]) -> PageCoverage:
    unmatched = _without(seen, Counter(ours))
    if not unmatched:
        return PageCoverage(number, len(seen), ())
    # Where the readers part words in different places, the pieces stand in what is left over, or the whole in the text.
    left = " ".join(_runs(ours, Counter(seen))) + " " + "".join(word for end in before for word in words(end))
    whole = "".join(ours)
    often = Counter(seen)
    missed = []
    for word in unmatched:
        if word in left:
            left = left.replace(word, _GONE, 1)
        elif len(word) < _LONG or whole.count(word) < often[word]:
            missed.append(word)
    return PageCoverage(number, len(seen), tuple(missed))


def _without(some: Iterable[str], others: Counter[str]) -> list[str]:
    """``some`` less those in ``others``, each as often as it stands there."""
    left = []
    for word in some:
        if others[word]:
            others[word] -= 1
        else:
            left.append(word)
    return left


def _runs(some: Iterable[str], others: Counter[str]) -> list[str]:
    """What :func:`_without` leaves of ``some``, neighbours joined."""
    runs = [""]
    for word in some:
        if others[word]:
            others[word] -= 1
            runs.append("")
        else:
            runs[-1] += word
    return [run for run in runs if run]
