"""The errors of this package: they differ by what the caller can do about them."""

from __future__ import annotations

from corpus.findings import Finding


class IngestError(Exception):
    """Base of everything ingestion refuses; the message names the cause and the way out."""


class Quarantined(IngestError):
    """The file can't be read as it is; the others go on. ``findings`` are what a person may look at."""

    def __init__(self, reason: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(reason, findings)  # both are its arguments, so that both come through a pickle
        self.reason = reason
        self.findings = findings

    def __str__(self) -> str:
        return self.reason


class Unfinished(Quarantined):
    """Reading it failed or was stopped, which says nothing lasting of the file: another run tries again."""


class InvalidInput(IngestError):
    """A path or an option is wrong: mend it and run again."""
