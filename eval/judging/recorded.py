"""What is on record of what a reply cites: the approval, the stored text, and where in it a citation stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from corpus.errors import CorpusError, NotFound
from corpus.model import Block, Document
from corpus.store import Store
from eval.judging.addresses import asked_for, parts_of
from eval.judging.oracle import Oracle, Right

Row = Mapping[str, Any]  # of the wire form
_EVERYBODY = "all healthcare professionals"  # what a citation calls an approval for every role


class Recorded:
    """The registry and the stored texts of one home, as an outsider reads them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._oracle = Oracle(store.history(), trial=True)  # whether an approval counts is asked by another suite
        self._document = functools.cache(store.document)
        self._products = frozenset(right.product for right in self._oracle.rights if right.product)

    def right(self, document: str, version: str, country: str) -> Right | None:
        """The approval of a version for the reader's country; another one where it has none: eligibility's fault."""
        rows = self._oracle.versions(document, version)
        return next((row for row in rows if row.country == country), rows[0] if rows else None)

    def cited(self, citation: Row) -> Document:
        """The stored document in which a citation's spans count: the one its address names, else the newest.

        Raises what the store raises, and ``NotFound`` for an address that leads to nowhere.
        """
        if parts_of(citation["url"]) is None:
            raise NotFound(f"its citation links to nowhere: {citation['url']!r}")
        rows = self._oracle.versions(citation["document"], citation["version"])
        digests = self._store.digests_of_source(rows[0].source) if rows else []
        named = asked_for(citation["url"], "text")
        fitting = [sha256 for sha256 in digests if named and sha256.startswith(named)] or digests
        if not fitting:
            raise NotFound(f"no text of {citation['document']} version {citation['version']} is stored")
        return self._document(fitting[-1])

    def citation_faults(self, citation: Row, country: str) -> Iterator[str]:
        """Where a citation isn't what is on record."""
        right = self.right(citation["document"], citation["version"], country)
        if right is None:
            yield "no such version was ever approved"
            return
        recorded: dict[str, str | None] = {
            "title": right.title,
            "type": right.type,
            "owner": right.owner,
            "audience": ", ".join(right.roles) or _EVERYBODY,
            "approval": right.approval,
            "approved_on": right.approved_on,
        }
        try:
            document = self.cited(citation)
        except CorpusError as error:
            yield f"its document can't be read: {error}"
        else:
            recorded["file"] = document.source.name
            block = block_of(document, citation["spans"])
            if block is not None:
                recorded["anchor"] = block.anchor if citation["page"] is None else None
        for name, value in recorded.items():
            if citation[name] != value:
                yield f"its {name} is '{citation[name]}', on record is '{value}'"

    def step_fault(self, step: Row, country: str) -> str:
        """What is wrong with how a document offered next is called; empty when it is called as on record."""
        parts = parts_of(step["url"])
        path = [unquote(part) for part in parts.path.split("/")] if parts else []
        right = self.right(path[-2], path[-1], country) if len(path) > 1 else None
        if right is None:
            return f"next step '{step['title']}' is no approved document: {step['url']!r}"
        return "" if step["title"] == right.title else f"next step '{step['title']}' opens '{right.title}'"

    def headline_faults(self, reply: Row, country: str) -> Iterator[str]:
        """Products that the headline of an answer names and that nothing it cites is about.

        The headings over its quotes may name others, and stand in the headline as they are.
        """
        rights = [self.right(row["document"], row["version"], country) for row in reply["citations"]]
        own = {right.product for right in rights if right is not None}
        left = reply["headline"]
        for heading in sorted({part for row in reply["quotes"] for part in row["heading"]}, key=len, reverse=True):
            left = left.replace(heading, " ")
        for product in sorted(self._products - own):
            if re.search(rf"\b{re.escape(product)}\b", left, re.IGNORECASE):
                yield f"the headline names {product}, its citations are about {', '.join(sorted(own)) or 'no product'}"


def block_of(document: Document, spans: Sequence[Row]) -> Block | None:
    """The block in which a citation's first span begins; None where its text has none."""
    if not spans:
        return None
    before = [block for block in document.blocks if block.start <= spans[0]["start"] < max(block.end, block.start + 1)]
    return before[-1] if before else None
