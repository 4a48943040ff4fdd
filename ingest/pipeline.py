"""Files -> stored documents: read, confirm, split, keep. Each file ends staged, unchanged or quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.catalogue import CatalogueRow, read_sidecar
from corpus.errors import Conflict
from corpus.errors import InvalidInput as CorpusInvalidInput
from corpus.findings import Finding
from corpus.kept import keep_bytes, picture_name
from corpus.model import Approval, Source
from corpus.staging import Staging
from corpus.store import Kept, Store, kept_of
from ingest.batch import Batch
from ingest.errors import InvalidInput, Quarantined
from ingest.formats import MEDIA_TYPES, is_content, open_source, reader_of
from ingest.parse import parsed
from ingest.reasons import WAY_OUT, reason_of
from ingest.sandbox.workers import Reading, Usage, Workers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    file: Path
    state: str  # staged, unchanged or quarantined
    reason: str  # of a quarantine, else empty
    document: str | None  # Document.sha256
    passages: int
    confirmed: float  # share of sentences that the second reader confirmed
    unapproved: bool  # no metadata: staged, never cited
    rows: tuple[CatalogueRow, ...]  # what the catalogue or sidecar says of it
    source: str = ""  # SHA-256 of its bytes, where they were read
    findings: tuple[Finding, ...] = ()  # why it is quarantined, where a person may decide
    usage: Usage | None = None  # None when it wasn't parsed in this run


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file that is being parsed."""

    file: Path
    source: Source
    size: int  # bytes
    rows: tuple[CatalogueRow, ...]


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Every readable file under ``paths``, sorted; raises ``InvalidInput`` for a path that isn't there."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and is_content(file.relative_to(path)))
        elif path.is_file():
            found.add(path)
        else:
            raise InvalidInput(f"{path}: no such file or folder; check the path")
    if not found:
        raise InvalidInput(f"no files with {', '.join(MEDIA_TYPES)} found; name files or folders that hold some")
    return sorted(found)


def ingest(
    files: Sequence[Path],
    rows: Sequence[CatalogueRow],
    store: Store,
    pages: Path,
    sources: Path,
    workers: int,
) -> Iterator[Outcome]:
    """Stages ``files``, yielding an outcome as each is done; their order is not that of ``files``.

    What became of them is on record when the last is out, or when the run is left before.
    ``pages`` and ``sources`` are folders for page pictures and source bytes, both addressed by the source's SHA-256.
    """
    batch = Batch(store)
    try:
        yield from _ingest(files, rows, store, batch, pages, sources, workers)
    finally:
        batch.write()


def _ingest(
    files: Sequence[Path],
    rows: Sequence[CatalogueRow],
    store: Store,
    batch: Batch,
    pages: Path,
    sources: Path,
    workers: int,
) -> Iterator[Outcome]:
    pending: dict[Future[Reading], _Asked] = {}
    with Workers(workers) as pool:
        names: dict[str, Path] = {}
        for file in files:
            if file.name in names:  # not staged: that would overwrite what became of the other one
                reason = f"{names[file.name]} of this batch has the same name; rename one of them"
                yield Outcome(file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=())
                continue
            names[file.name] = file
            try:
                source, content = open_source(file)
                about = rows_about(file, rows)
                batch.check_versions(_name(file), approvals_of(about, source.sha256))
            except (Quarantined, CorpusInvalidInput, Conflict) as error:
                yield _quarantine(batch, file, "", str(error))
                continue
            known = store.find_document(source.sha256, source.name, reader_of(source.media_type))
            if known is not None and _is_whole(store, known, pages / source.sha256):
                yield _stage(batch, file, source, known, about, "unchanged")
                continue
            kept = sources / source.sha256  # read from here on: the file itself may change meanwhile
            keep_bytes(kept, content, source.sha256)
            asked = _Asked(file, source, len(content), about)
            pending[pool.submit(kept, source, pages / source.sha256)] = asked
            while len(pending) > 2 * workers:
                yield from _finish(store, batch, pending)
        while pending:
            yield from _finish(store, batch, pending)


def _finish(store: Store, batch: Batch, pending: dict[Future[Reading], _Asked]) -> Iterator[Outcome]:
    """Whatever a file did to its reader is an outcome; what the disk or the system did ends the run."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        asked = pending.pop(future)
        reading = future.result()
        try:
            made = parsed(reading.read(), asked.size)
        except Quarantined as error:
            outcome = _quarantine(batch, asked.file, asked.source.sha256, str(error), error.findings)
        else:
            if _is_accepted(store, asked.source, made.findings):
                store.add_document(made.document, made.size, made.passages, made.boxes, made.coverage)
                kept = kept_of(made.document, made.passages)
                outcome = _stage(batch, asked.file, asked.source, kept, asked.rows, "staged")
            else:
                reason = f"{reason_of(made.findings)}; {WAY_OUT}"
                outcome = _quarantine(batch, asked.file, asked.source.sha256, reason, made.findings)
        yield replace(outcome, usage=reading.usage)


def rows_about(file: Path, rows: Sequence[CatalogueRow]) -> tuple[CatalogueRow, ...]:
    """What the sidecar says, else the catalogue; empty when neither knows the file."""
    sidecar = file.with_suffix(".toml")
    if sidecar.is_file():
        return read_sidecar(sidecar, file.name)
    return tuple(row for row in rows if row.describes(file.name))


def approvals_of(rows: Iterable[CatalogueRow], sha256: str) -> tuple[Approval, ...]:
    """The approvals that approved rows give the bytes with this digest."""
    return tuple(_approval(row, sha256) for row in rows if row.status == "approved")


def _approval(row: CatalogueRow, sha256: str) -> Approval:
    if row.approved_on is None or row.effective_on is None:  # the catalogue checks this for approved rows
        raise InvalidInput(f"{row.where}: an approved row needs approved_on and effective_on")
    return Approval(
        document_number=row.document_number,
        version=row.version,
        country=row.country,
        source_sha256=sha256,
        title=row.title,
        product=row.product,
        indication=row.indication,
        document_type=row.document_type,
        roles=row.roles,
        specialties=row.specialties,
        language=row.language,
        approval_id=row.approval_id,
        approved_on=row.approved_on,
        effective_on=row.effective_on,
        expires_on=row.expires_on,
        owner=row.owner,
    )


def _is_whole(store: Store, known: Kept, folder: Path) -> bool:
    """Whether its coverage was measured and every page's picture is still there; else the file is read again."""
    pictured = all((folder / picture_name(page)).is_file() for page in known.pages)
    return pictured and store.coverage(known.sha256) is not None


def _name(file: Path) -> str:
    """What a file is staged under."""
    return str(file.resolve())


def _stage(batch: Batch, file: Path, source: Source, kept: Kept, rows: tuple[CatalogueRow, ...], state: str) -> Outcome:
    approvals = approvals_of(rows, source.sha256)
    unapproved = not rows and not batch.has_approval(source.sha256)
    batch.stage(Staging(_name(file), source.sha256, kept.sha256, "", approvals, unapproved))
    return Outcome(file, state, "", kept.sha256, kept.passages, kept.confirmed, unapproved, rows)


def _is_accepted(store: Store, source: Source, findings: tuple[Finding, ...]) -> bool:
    """Whether a person was shown all that was found in these bytes and said that the rest may be staged."""
    accepted = store.acceptances(source.sha256) if findings else []
    return not findings or any(each.covers(source.sha256, findings) for each in accepted)


def _quarantine(batch: Batch, file: Path, sha256: str, reason: str, findings: tuple[Finding, ...] = ()) -> Outcome:
    batch.stage(Staging(_name(file), sha256, None, reason, (), unapproved=False, findings=findings))
    return Outcome(
        file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=(), source=sha256, findings=findings
    )
