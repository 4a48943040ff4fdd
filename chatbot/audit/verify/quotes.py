"""Whether what was quoted still stands in the stored documents, each text and each quote looked at once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from chatbot.audit.verify.faults import Faults
from corpus.database import Database
from corpus.errors import NotFound, StoreUnavailable
from corpus.model import Document
from corpus.store import Store

_DOCUMENTS, _QUOTES = 16, 100_000  # kept in memory: labels have up to 3 MB of text


class Quotes:
    """Checks citations against the store."""

    def __init__(self, database: Database, faults: Faults) -> None:
        self._store = Store(database)
        self._faults = faults
        self._texts: OrderedDict[str, tuple[str, str] | None] = OrderedDict()  # source digest and text
        self._good: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._told: set[str] = set()  # digests of documents that were named

    def check(self, index: int, citation: Mapping[str, Any]) -> None:
        """One citation of a record."""
        spans = citation["spans"]
        key = (citation["text_sha256"], citation["quote_sha256"], citation["source_sha256"], *map(tuple, spans))
        if key in self._good:
            return
        found = self._text(index, citation["text_sha256"])
        if found is None:
            return
        source, text = found
        cut = " ".join(text[start:end] for start, end in spans)
        inside = all(0 <= start < end <= len(text) for start, end in spans)
        if source != citation["source_sha256"] or not inside or _sha256(cut) != citation["quote_sha256"]:
            name = f"{citation['document']} version {citation['version']}"
            self._faults.add("quote_changed", index, f"the text of {name} isn't what record {index} quoted")
            return
        self._good[key] = None
        if len(self._good) > _QUOTES:
            self._good.popitem(last=False)

    def _text(self, index: int, sha256: str) -> tuple[str, str] | None:
        """A document's source and text; ``None`` when it can't be had, which is said once."""
        if sha256 not in self._texts:
            self._texts[sha256] = self._read(index, sha256)
            if len(self._texts) > _DOCUMENTS:
                self._texts.popitem(last=False)
        self._texts.move_to_end(sha256)
        return self._texts[sha256]

    def _read(self, index: int, sha256: str) -> tuple[str, str] | None:
        try:
            document: Document = self._store.document(sha256)
        except NotFound:
            self._name(
                "document_missing", index, sha256, f"document {sha256}, which record {index} cites, isn't stored"
            )
        except StoreUnavailable as error:
            if sha256 not in str(error):  # the database itself
                raise
            self._name("document_changed", index, sha256, f"document {sha256}, which record {index} cites, was changed")
        else:
            return document.source.sha256, document.text
        return None

    def _name(self, kind: str, index: int, sha256: str, what: str) -> None:
        if sha256 not in self._told:
            self._told.add(sha256)
            self._faults.add(kind, index, what)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
