"""Documents, stagings and registry events in the database. Thin: what they mean is decided elsewhere."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select

from corpus.boxes import Boxes, pack, unpack
from corpus.coverage import Coverage, coverage_from_value, coverage_value
from corpus.database import Database, upsert
from corpus.errors import NotFound, StoreUnavailable
from corpus.event_log import append_events, events_after, read_registry
from corpus.findings import Acceptance, findings_from_json, findings_json
from corpus.ledger import append_leaves, new_leaf, newest_of, read_head
from corpus.model import (
    Document,
    Passage,
    Source,
    document_bytes,
    document_from_bytes,
    passage_from_row,
    passage_row,
)
from corpus.registry import Event, Key, Registry
from corpus.staging import Staging, clear_approvals, drop_waiting, forget, read_stagings, write_staging
from corpus.tables import acceptances, coverage, documents, sources


@dataclass(frozen=True, slots=True)
class Kept:
    """What an ingest run asks of a document that is stored: told without making it."""

    sha256: str
    pages: tuple[int, ...]  # their numbers; empty in formats without pages
    passages: int
    confirmed: float  # share of sentences, as Document.confirmed_share


class Store:
    """What ingest writes and everyone reads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add_document(
        self,
        document: Document,
        size: int,
        passages: Sequence[Passage],
        boxes: Boxes,
        covered: Coverage | None = None,
    ) -> str:
        """Keeps a document with its passages, boxes and coverage; again, only that is renewed. Returns its digest."""
        rows = json.dumps([passage_row(passage)[1:] for passage in passages], ensure_ascii=False)
        with self.database.writing() as connection:
            _add_source(connection, document.source, size)
            connection.execute(
                upsert(connection, documents)
                .values(
                    sha256=document.sha256,
                    source_sha256=document.source.sha256,
                    reader=document.reader,
                    content=zlib.compress(document_bytes(document), 6),
                    passages=zlib.compress(rows.encode(), 6),
                    boxes=pack(boxes),
                )
                .on_conflict_do_nothing()
            )
            if covered is not None:
                content = zlib.compress(json.dumps(coverage_value(covered), ensure_ascii=False).encode(), 6)
                row = {"document": document.sha256, "short": bool(covered.short), "content": content}
                connection.execute(
                    upsert(connection, coverage)
                    .values(row)
                    .on_conflict_do_update(index_elements=["document"], set_=row)
                )
        return document.sha256

    def find_document(self, source_sha256: str, name: str, reader: str) -> Kept | None:
        """The document that ``reader`` made of a source under this file name, if it did."""
        query = select(documents.c.sha256, documents.c.content, documents.c.passages).where(
            documents.c.source_sha256 == source_sha256, documents.c.reader == reader
        )
        with self.database.reading() as connection:
            for sha256, content, passages in connection.execute(query):
                value = json.loads(_checked(sha256, content))
                if value["source"][0] == name:
                    return _kept(sha256, value, len(json.loads(zlib.decompress(passages))))
        return None

    def digests_of_source(self, source_sha256: str) -> list[str]:
        """The digests of every document made of a source, the newest last."""
        query = select(documents.c.sha256).where(documents.c.source_sha256 == source_sha256).order_by(documents.c.id)
        with self.database.reading() as connection:
            return [str(sha256) for sha256 in connection.execute(query).scalars()]

    def source_of(self, sha256: str) -> str:
        """The SHA-256 of the file that a document was made of, without reading it; empty when it isn't stored."""
        with self.database.reading() as connection:
            return str(connection.execute(_SOURCE, {"sha256": sha256}).scalar() or "")

    def document(self, sha256: str) -> Document:
        """The document with this digest; raises ``NotFound``, and ``StoreUnavailable`` when it was changed."""
        return document_from_bytes(_checked(sha256, self._column(_CONTENT, sha256)))

    def coverage(self, sha256: str) -> Coverage | None:
        """How well it was read; ``None`` for a document that was kept before that was measured."""
        with self.database.reading() as connection:
            found = connection.execute(select(coverage.c.content).where(coverage.c.document == sha256)).scalar()
        return coverage_from_value(json.loads(zlib.decompress(found))) if found is not None else None

    def is_measured(self, sha256: str) -> bool:
        """Whether its coverage is known."""
        with self.database.reading() as connection:
            found = connection.execute(select(coverage.c.document).where(coverage.c.document == sha256)).scalar()
        return found is not None

    def short_documents(self) -> frozenset[str]:
        """The digests of the documents that were read so badly that a person has to look."""
        with self.database.reading() as connection:
            return frozenset(connection.execute(select(coverage.c.document).where(coverage.c.short)).scalars())

    def boxes(self, sha256: str) -> Boxes:
        """Its character boxes; raises ``NotFound``."""
        return unpack(self._column(_BOXES, sha256))

    def passages(self, sha256: str) -> tuple[Passage, ...]:
        """Its passages in text order; raises ``NotFound``."""
        rows = json.loads(zlib.decompress(self._column(_PASSAGES, sha256)))
        return tuple(passage_from_row([sha256, *row]) for row in rows)

    def _column(self, statement: Select[Any], sha256: str) -> bytes:
        with self.database.reading() as connection:
            found = connection.execute(statement, {"sha256": sha256}).scalar()
        if found is None:
            raise NotFound(f"no document with sha256 {sha256} is stored; ingest its file again")
        return bytes(found)

    def stage(self, *stagings: Staging) -> None:
        """Records what became of files, all or none; the last word on a path counts."""
        if not stagings:
            return
        with self.database.writing() as connection:
            for staging in stagings:
                write_staging(connection, staging)

    def clear_approvals(self, published: Iterable[Staging]) -> None:
        """Forgets staged approvals that are events now: from then on the registry alone says what holds.

        What was staged since ``published`` was read stays: it waits for the next publish.
        """
        waited = [staging for staging in published if staging.approvals]
        if not waited:
            return
        with self.database.writing() as connection:
            for staging in waited:
                clear_approvals(connection, staging)

    def stagings(self) -> list[Staging]:
        """Every file ever ingested, sorted by path."""
        with self.database.reading() as connection:
            return read_stagings(connection)

    def forget(self, files: Iterable[str]) -> None:
        """Drops what became of files that are gone; documents and events stay."""
        with self.database.writing() as connection:
            for file in files:
                forget(connection, file)

    def drop_waiting(self, keys: Iterable[Key]) -> None:
        """Takes staged approvals back that are no events yet: the next publish won't know them."""
        unwanted = set(keys)
        with self.database.writing() as connection:
            drop_waiting(connection, lambda staging, approval: approval.key in unwanted)

    def accept(self, acceptance: Acceptance) -> None:
        """Keeps a person's word on what was found in a source; it counts from the next ingest on."""
        with self.database.writing() as connection:
            connection.execute(
                insert(acceptances).values(
                    source_sha256=acceptance.source_sha256,
                    found=findings_json(acceptance.findings),
                    actor=acceptance.actor,
                    at=acceptance.at,
                    reason=acceptance.reason,
                )
            )

    def acceptances(self, source_sha256: str) -> list[Acceptance]:
        """Everything that was accepted of a source, in order."""
        query = select(acceptances).where(acceptances.c.source_sha256 == source_sha256).order_by(acceptances.c.id)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Acceptance(row.source_sha256, findings_from_json(row.found), row.actor, row.at, row.reason) for row in rows
        ]

    def append(self, new: Iterable[Event]) -> Registry:
        """Appends events that fit what is on record and returns the state after them.

        All or none: raises what :meth:`Registry.apply` raises, and then nothing is written.
        """
        return self.decide(lambda _registry: new)

    def decide(self, events_for: Callable[[Registry], Iterable[Event]]) -> Registry:
        """Like :meth:`append`, for events that depend on the state: nobody can change it in between."""
        with self.database.writing() as connection:
            return append_events(connection, events_for)

    def note_edition(self, edition: str, actor: str) -> None:
        """Puts on record that replies come from this edition (its id) from now on, unless that is said already."""
        with self.database.writing() as connection:
            newest = newest_of(connection, "edition")
            if newest is None or newest["edition"]["id"] != edition:
                value = {"id": edition, "manifest_sha256": edition.removeprefix("sha256:"), "actor": actor}
                append_leaves(connection, [new_leaf(read_head(connection).origin, "edition", {"edition": value})])

    def registry(self, known: Registry | None = None) -> Registry:
        """The state now; with ``known`` only the events after it are read."""
        with self.database.reading() as connection:
            return read_registry(connection, known)

    def history(self) -> list[Event]:
        """Every event in order."""
        with self.database.reading() as connection:
            return list(events_after(connection, 0))


def _checked(sha256: str, content: bytes) -> bytes:
    """The canonical form of a document as it is stored, if it is what it was."""
    try:
        found = zlib.decompress(content)
    except zlib.error:
        found = b""
    if hashlib.sha256(found).hexdigest() != sha256:
        raise StoreUnavailable(f"document {sha256}: its stored text is not what it was; restore the database")
    return found


def kept_of(document: Document, passages: Sequence[Passage]) -> Kept:
    """What is kept of a document that is at hand."""
    pages = tuple(page.number for page in document.pages)
    return Kept(document.sha256, pages, len(passages), document.confirmed_share())


def _kept(sha256: str, value: dict[str, Any], passages: int) -> Kept:
    """From the canonical form of a document (see corpus.model.document_bytes)."""
    marks = [mark for block in value["blocks"] for _, _, mark in block[5]]
    confirmed = sum(marks) / len(marks) if marks else 1.0
    return Kept(sha256, tuple(page for page, _, _ in value["pages"]), passages, confirmed)


# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it.
_CONTENT, _PASSAGES, _BOXES, _SOURCE = (
    select(column).where(documents.c.sha256 == bindparam("sha256"))
    for column in (documents.c.content, documents.c.passages, documents.c.boxes, documents.c.source_sha256)
)


def _add_source(connection: Connection, source: Source, size: int) -> None:
    connection.execute(
        upsert(connection, sources)
        .values(sha256=source.sha256, name=source.name, media_type=source.media_type, size=size)
        .on_conflict_do_nothing()
    )
