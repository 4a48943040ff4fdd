"""What becomes of the files of one run, as it is put on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.catalogue import CatalogueRow, read_sidecar
from corpus.findings import Finding
from corpus.kept import Folders
from corpus.model import Approval, Source
from corpus.staging import Staging
from corpus.store import Kept, Store
from ingest.batch import Batch
from ingest.errors import InvalidInput

if TYPE_CHECKING:
    from ingest.sandbox.workers import Usage


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
class Asked:
    """A file that has to be read: its bytes are kept."""

    file: Path
    source: Source
    size: int  # bytes
    rows: tuple[CatalogueRow, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what it knows, and where it keeps what it finds."""

    catalogue: Sequence[CatalogueRow]
    store: Store
    batch: Batch
    folders: Folders

    def stage(self, file: Path, source: Source, kept: Kept, rows: tuple[CatalogueRow, ...], state: str) -> Outcome:
        """A file whose document is stored."""
        approvals = approvals_of(rows, source.sha256)
        unapproved = not rows and not self.batch.has_approval(source.sha256)
        self.batch.stage(Staging(staged_name(file), source.sha256, kept.sha256, "", approvals, unapproved))
        return Outcome(file, state, "", kept.sha256, kept.passages, kept.confirmed, unapproved, rows)

    def quarantine(self, file: Path, sha256: str, reason: str, findings: tuple[Finding, ...] = ()) -> Outcome:
        """A file that isn't read; ``sha256`` is empty where not even its bytes were."""
        self.batch.stage(Staging(staged_name(file), sha256, None, reason, (), unapproved=False, findings=findings))
        return Outcome(
            file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=(), source=sha256, findings=findings
        )

    def is_accepted(self, source: Source, findings: tuple[Finding, ...]) -> bool:
        """Whether a person was shown all that was found in these bytes and said that the rest may be staged."""
        accepted = self.store.acceptances(source.sha256) if findings else []
        return not findings or any(each.covers(source.sha256, findings) for each in accepted)


def staged_name(file: Path) -> str:
    """What a file is staged under."""
    return str(file.resolve())


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
