"""Whether the places that a question set names are so: the sentence stands there, and its reader may be shown it."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable

from corpus.errors import CorpusError
from corpus.model import Audience, Document
from corpus.store import Store
from eval.judging.matching import words
from eval.judging.oracle import Oracle
from eval.sets import Place
from index.documents import EditionDocument


class Shelf:
    """The documents that an edition searches, as a question set calls them: by file."""

    def __init__(self, documents: Iterable[EditionDocument], store: Store, *, trial: bool) -> None:
        """``trial`` says whether assumed approvals count."""
        self._documents: dict[str, list[EditionDocument]] = {}
        for document in documents:
            self._documents.setdefault(document.file, []).append(document)
        rights = (right for right in Oracle(store.history(), trial=trial).rights if trial or not right.assumed)
        self._countries: dict[str, set[str]] = {}
        for right in rights:
            self._countries.setdefault(right.source, set()).add(right.country)
        self._text = functools.cache(lambda sha256: _Text(store.document(sha256)))

    def fault(self, place: Place, reader: Audience | None) -> str:
        """Why a place can't be found for a reader, for a person; empty when it can.

        Empty too for a file that isn't here, which is said of the set as a whole, and for a damaged text, which the
        question's own error names. Only the country counts: that an approval ends is what dates are there for.
        """
        faults = [self._fault(document, place, reader) for document in self._documents.get(place.document, ())]
        return min(faults, default="")  # one file name, several versions: one that holds is enough

    def _fault(self, document: EditionDocument, place: Place, reader: Audience | None) -> str:
        approved = self._countries.get(document.source_sha256, set())
        if reader is not None and reader.country not in approved:
            where = ", ".join(sorted(approved)) or "no country"
            return f"{place.document} is approved for {where}, and the reader is in {reader.country}"
        try:
            text = self._text(document.sha256)
        except CorpusError:
            return ""
        return text.fault(place)


class _Text:
    """One document's words, by page."""

    def __init__(self, document: Document) -> None:
        self._whole = _joined(document.text)
        texts: dict[int, list[str]] = defaultdict(list)  # a table's row over a page end goes back and forth
        for page in document.pages:
            texts[page.number].append(document.text[page.start : page.end])
        self._pages = {number: _joined(" ".join(parts)) for number, parts in texts.items()}

    def fault(self, place: Place) -> str:
        """As that of a shelf. One page that holds is enough, as it is for a hit; without pages none has to."""
        quote = _joined(place.quote)
        if quote not in self._whole:
            return f"its sentence stands nowhere in {place.document}"
        if not self._pages or any(self._stands_on(quote, page) for page in place.pages):
            return ""
        right = ", ".join(str(page) for page in self._pages if self._stands_on(quote, page))
        named = ", ".join(map(str, place.pages)) or "none"
        return f"its sentence stands on p. {right} of {place.document}, and the set says p. {named}"

    def _stands_on(self, quote: str, page: int) -> bool:
        on = quote in self._pages.get(page, "")
        return on or self._runs_over(quote, page - 1) or self._runs_over(quote, page)

    def _runs_over(self, quote: str, page: int) -> bool:
        """Whether it begins on a page and ends on the next."""
        first, second = self._pages.get(page, ""), self._pages.get(page + 1, "")
        return quote in first[:-1] + second and quote not in first and quote not in second


def _joined(text: str) -> str:
    """The words between single spaces: a sentence stands in another text if this is part of it."""
    return f" {' '.join(words(text))} "
