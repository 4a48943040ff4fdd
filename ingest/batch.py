"""What is known before a batch and what becomes of its files, written down in groups.

Registry and stagings are read once, and each file is judged by what was made of them: the time that a file takes
doesn't grow with how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable

from corpus.model import Approval
from corpus.registry import Entry, check_same_bytes
from corpus.staging import Staging
from corpus.store import Store

GROUP = 64  # stagings committed at once, as each commit waits for the disk; what a kill takes is staged again


class Batch:
    """The stagings of one run; `write` commits the last of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, int] = {}  # file -> hash of what is staged of it
        self._given: dict[str, tuple[Approval, ...]] = {}  # file -> approvals that wait for a publish
        self._waiting: dict[tuple[str, str], set[str]] = {}  # number and version -> files that have such approvals
        self._unwritten: list[Staging] = []
        for staging in store.stagings():
            self._note(staging)
        self._registry = store.registry()
        self._index()

    def has_approval(self, source_sha256: str) -> bool:
        """Whether the registry knows these bytes."""
        self._refresh()
        return source_sha256 in self._sources

    def check_versions(self, file: str, approvals: Iterable[Approval]) -> None:
        """Raises ``Conflict`` when a number and version is approved, or waits to be, with other bytes.

        Said before anything is staged, so that one such file doesn't stop the others from being published.
        """
        self._refresh()
        for approval in approvals:
            number = approval.key[:2]
            for entry in self._versions.get(number, ()):
                check_same_bytes(entry.approval, approval)
            for other in self._waiting.get(number, set()) - {file}:
                for given in self._given[other]:
                    if given.key[:2] == number:
                        check_same_bytes(given, approval)

    def stage(self, staging: Staging) -> None:
        """Records what became of a file, unless that is on record already."""
        if self._kept.get(staging.file) == hash(staging):
            return
        self._note(staging)
        self._unwritten.append(staging)
        if len(self._unwritten) >= GROUP:
            self.write()

    def write(self) -> None:
        """Commits what isn't written yet."""
        unwritten, self._unwritten = self._unwritten, []
        self._store.stage(*unwritten)

    def _note(self, staging: Staging) -> None:
        self._kept[staging.file] = hash(staging)
        for approval in self._given.pop(staging.file, ()):
            self._waiting[approval.key[:2]].discard(staging.file)
        if staging.approvals:
            self._given[staging.file] = staging.approvals
        for approval in staging.approvals:
            self._waiting.setdefault(approval.key[:2], set()).add(staging.file)

    def _refresh(self) -> None:
        """Another process may have changed the registry; without a change this is one small query."""
        now = self._store.registry(self._registry)
        if now.version != self._registry.version:
            self._registry = now
            self._index()

    def _index(self) -> None:
        self._sources = {entry.approval.source_sha256 for entry in self._registry.entries.values()}
        self._versions: dict[tuple[str, str], list[Entry]] = {}
        for entry in self._registry.entries.values():
            self._versions.setdefault(entry.approval.key[:2], []).append(entry)
