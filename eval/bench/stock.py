"""A home whose passages may all be cited, as large as is asked for: what a service is measured over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import event

from chatbot.policy import load_policy
from corpus.boxes import NO_BOXES
from corpus.database import Database, open_database
from corpus.errors import InvalidInput
from corpus.model import Approval, Audience
from corpus.registry import Event, approval_payload
from corpus.store import Store
from eval.bench.corpus import Row, candidate
from eval.model import Progress
from eval.scratch import scratch_home
from index.build import Candidate, build_edition
from index.encoder import EncoderFiles
from index.fit import fitted_linear
from index.layout import Home
from index.manifest import activate

READER = Audience("GB", "physician", "", "en")  # every approval holds for this one
_DAY = date(2024, 1, 1)  # of every approval: long ago, and without an end
_AT = "2024-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Stocked:
    """A home that a service can be started on."""

    home: Home
    documents: int
    passages: int
    questions: tuple[str, ...]  # that its documents answer, without repetition


def stocked_home(
    rows: Sequence[Row],
    passages: int | None,
    home: Home,
    scratch: Path,
    encoder: EncoderFiles,
    workers: int,
    encoding: Progress,
) -> Stocked:
    """Documents of ``rows``, evenly spread, until they have ``passages``; all of them for ``None``.

    Each is a document of the product that its title names. Built in ``scratch``; only the cache of encodings is
    ``home``'s. Raises ``InvalidInput`` when the rows have too few passages.
    """
    made = scratch_home(home, scratch)
    chosen = _chosen(rows, passages)
    candidates = [found for _, found in chosen]
    linear = fitted_linear(made.encoders, encoder, load_policy().read_examples(), workers)
    built = build_edition(candidates, made, encoder, workers, encoding, linear)
    activate(made, built.edition)
    database = open_database(made.database)
    try:
        _store(candidates, database)
    finally:
        database.close()
    asked = dict.fromkeys(row.question or row.title for row, _ in chosen)
    return Stocked(made, len(candidates), built.passages, tuple(text for text in asked if text.strip()))


def _chosen(rows: Sequence[Row], passages: int | None) -> list[tuple[Row, Candidate]]:
    read = ((row, candidate(row, whole=False)) for row in rows)
    named = [(row, Candidate(found.document, found.passages, (row.title,) if row.title else ())) for row, found in read]
    have = sum(len(found.passages) for _, found in named)
    if passages is None or passages == have:
        return named
    if passages > have:
        raise InvalidInput(f"{passages:,} passages: the corpus has {have:,}; give a smaller size or a larger corpus")
    return list(_until(passages, named))


def _until(passages: int, named: Sequence[tuple[Row, Candidate]]) -> Iterator[tuple[Row, Candidate]]:
    """Evenly spread ones with as many passages together; the last may be cut short."""
    left = passages
    for row, found in sorted(named, key=lambda pair: pair[1].document.sha256):  # a digest's order is that of no topic
        kept = found.passages[:left]
        if kept:
            yield row, Candidate(found.document, kept, found.names)
        left -= len(kept)


def _store(candidates: Sequence[Candidate], database: Database) -> None:
    # Not synced: what a power cut takes of a scratch home is made again, and tens of thousands of syncs take minutes.
    event.listen(database.engine, "connect", _unsynced)
    database.engine.dispose()
    store = Store(database)
    for found in candidates:
        store.add_document(found.document, len(found.document.text.encode()), found.passages, NO_BOXES)
    store.append(_approved(number, found) for number, found in enumerate(candidates, 1))


def _unsynced(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _approved(number: int, found: Candidate) -> Event:
    approval = Approval(
        document_number=f"BENCH-{number:06d}",
        version="1.0",
        country=READER.country,
        source_sha256=found.document.source.sha256,
        title=found.document.title,
        product=next(iter(found.names), ""),
        indication="",
        document_type="product information",
        roles=(),
        specialties=(),
        language=found.document.language,
        approval_id=f"MLR-{number}",
        approved_on=_DAY,
        effective_on=_DAY,
        expires_on=None,
        owner="bench",
    )
    payload = approval_payload(approval)
    return Event("approve", *approval.key, payload, actor="bench", at=_AT, reason="to be measured")
