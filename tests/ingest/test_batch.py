"""The stagings of a run: judged by what is on record, and written in groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.database import Database
from corpus.errors import Conflict
from corpus.staging import Staging
from corpus.store import Store
from ingest import batch as module
from ingest.batch import Batch
from tests.builders import approval, approve

ONE = approval("1" * 64, document_number="ONE")
TWO = approval("2" * 64, document_number="TWO")


def staging(file: str, *approvals: object, sha256: str = "1" * 64) -> Staging:
    return Staging(file, sha256, "d" * 64, "", approvals, unapproved=False)  # type: ignore[arg-type]


class Counting(Store):
    """A store that counts its writes of stagings."""

    writes = 0

    def stage(self, *stagings: Staging) -> None:
        self.writes += bool(stagings)
        super().stage(*stagings)


@pytest.fixture
def store(database: Database) -> Counting:
    return Counting(database)


def test_stagings_are_written_in_groups_and_none_is_lost(store: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 4)
    batch, given = Batch(store), [staging(f"{number}.pdf") for number in range(10)]
    for each in given:
        batch.stage(each)
    assert len(store.stagings()) == 8
    batch.write()
    assert (store.stagings(), store.writes) == (given, 3)


def test_what_is_on_record_already_is_not_written_again(store: Counting) -> None:
    for given, writes in ((staging("a.pdf", ONE), 1), (staging("a.pdf", ONE), 1), (staging("a.pdf", TWO), 2)):
        batch = Batch(store)
        batch.stage(given)
        batch.write()
        assert (store.stagings(), store.writes) == ([given], writes)


def test_a_version_that_waits_with_other_bytes_is_refused(store: Counting) -> None:
    store.stage(staging("kept.pdf", ONE))
    batch = Batch(store)
    batch.stage(staging("new.pdf", TWO, sha256="2" * 64))
    for known in (ONE, TWO):
        batch.check_versions("other.pdf", [known])
        with pytest.raises(Conflict, match="give the new file a new version"):
            batch.check_versions("other.pdf", [replace(known, source_sha256="3" * 64)])


def test_a_file_may_change_what_it_was_staged_with_itself(store: Counting) -> None:
    store.stage(staging("kept.pdf", ONE))
    batch, changed = Batch(store), replace(ONE, source_sha256="3" * 64)
    batch.check_versions("kept.pdf", [changed])
    batch.stage(staging("kept.pdf", changed, sha256="3" * 64))
    batch.check_versions("other.pdf", [changed])
    with pytest.raises(Conflict):
        batch.check_versions("other.pdf", [ONE])


def test_what_another_process_publishes_meanwhile_counts(store: Counting, database: Database) -> None:
    batch = Batch(store)
    assert not batch.has_approval(ONE.source_sha256)
    Store(database).append([approve(ONE)])
    assert batch.has_approval(ONE.source_sha256)
    with pytest.raises(Conflict):
        batch.check_versions("other.pdf", [replace(ONE, source_sha256="3" * 64)])
