"""Which replies cited a document: its blast radius, read from the log by an index and told from the leaves themselves.

Cited is what a reply quotes, its safety information included. A document that was only offered to be opened (a next
step, a list) is not cited: nothing of it was shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select

from chatbot.audit.log import AuditRecord
from corpus.database import Database
from corpus.errors import NotFound
from corpus.tables import cited, events, records

_BATCH = 500  # leaves read at once


@dataclass(frozen=True, slots=True)
class Cited:
    """A reply that cited a document."""

    index: int
    at: str  # UTC, ISO 8601
    kind: str
    portal: str
    country: str
    conversation: str
    pseudonym: str
    versions: tuple[str, ...]  # of the document, in the order of their citations, each once
    quotes: tuple[str, ...]  # the SHA-256 of each quote of it, in order


class CitedBook:
    """Reads the log by what was cited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, document: str, version: str | None = None) -> None:
        """Raises ``NotFound`` for a document or version that was never registered and never cited."""
        registered = (events.c.document_number == document, *([events.c.version == version] if version else []))
        with self._database.reading() as connection:
            query = select(or_(exists().where(*registered), exists().where(*_about(document, version))))
            if not connection.execute(query).scalar_one():
                name = f"document '{document}'" + (f" version '{version}'" if version else "")
                raise NotFound(f"no {name} was ever registered or cited; `signpost documents` lists them")

    def replies(self, document: str, version: str | None = None) -> Iterator[Cited]:
        """The replies that cited it, by their index."""
        after = -1
        while batch := self.newer(document, version, after, _BATCH):
            for record in batch:
                yield _cited(record, document, version)
            after = batch[-1].index

    def newer(self, document: str, version: str | None, after: int, count: int) -> list[AuditRecord]:
        """At most ``count`` records above ``after`` that cited it, by their index."""
        return self._records(document, version, cited.c.idx > after, cited.c.idx.asc(), count)

    def older(self, document: str, version: str | None, before: int, count: int) -> list[AuditRecord]:
        """At most ``count`` records below ``before`` that cited it, the newest first."""
        return self._records(document, version, cited.c.idx < before, cited.c.idx.desc(), count)

    def _records(
        self, document: str, version: str | None, where: ColumnElement[bool], order: ColumnElement[int], count: int
    ) -> list[AuditRecord]:
        query = select(cited.c.idx).where(*_about(document, version), where).distinct().order_by(order).limit(count)
        with self._database.reading() as connection:
            indexes = list(connection.execute(query).scalars())
            rows = connection.execute(select(records).where(records.c.idx.in_(indexes)))
            found = {row.idx: AuditRecord(row.idx, bytes(row.leaf), str(row.leaf_hash)) for row in rows}
        return [found[index] for index in indexes]


def _about(document: str, version: str | None) -> list[ColumnElement[bool]]:
    return [cited.c.document == document, *([cited.c.version == version] if version else [])]


def _cited(record: AuditRecord, document: str, version: str | None) -> Cited:
    leaf = json.loads(record.leaf)
    rows = [
        row for row in leaf["citations"] if row["document"] == document and (not version or row["version"] == version)
    ]
    return Cited(
        index=record.index,
        at=leaf["ts"],
        kind=leaf["type"],
        portal=leaf["portal"],
        country=leaf["audience"]["country"],
        conversation=leaf["conversation"],
        pseudonym=leaf["actor"]["pseudonym"],
        versions=tuple(dict.fromkeys(row["version"] for row in rows)),
        quotes=tuple(row["quote_sha256"] for row in rows),
    )
