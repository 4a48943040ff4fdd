"""The signer signs what it has hashed itself, and refuses a log that isn't the one it signed before."""

from __future__ import annotations

import json
import logging
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatbot.audit.checkpoints import newest_note, note_of, prove
from chatbot.audit.keys import KeyStore
from chatbot.audit.signer import SECRET, Signer, verifier_of
from chatbot.audit.signing import Signing
from chatbot.errors import AuditDamaged, LogRefused
from corpus.database import Database
from corpus.errors import NotFound
from corpus.proofs.merkle import leaf_hash, root_of
from corpus.proofs.note import Checkpoint, verified
from corpus.proofs.witness import notes_in
from tests.grown import Grown, grown
from tests.mutations import mend, unlock


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Grown]:
    with grown(tmp_path / "home", seed=1) as made:
        made.reply(10)
        yield made


def altered(log: Grown, *statements: str) -> None:
    with closing(sqlite3.connect(log.home.database)) as connection, connection:
        unlock(connection)
        for statement in statements:
            connection.execute(statement)


def point(log: Grown) -> Checkpoint:
    with log.database.reading() as connection:
        note = newest_note(connection)
    return Checkpoint.parse(verified(note, [verifier_of(log.log.origin, log.keys.secret(SECRET))]))


def notes(file: Path) -> list[Checkpoint]:
    with file.open(encoding="utf-8") as lines:
        return [Checkpoint.parse(note.partition("\n\n")[0] + "\n") for note in notes_in(lines)]


def test_a_checkpoint_is_of_all_records_and_of_their_bytes(log: Grown) -> None:
    assert log.signer.sign()
    assert not log.signer.sign()  # nothing is new
    hashes = [leaf_hash(log.log.record(index).leaf) for index in range(log.size)]
    assert point(log) == Checkpoint(log.log.origin, log.size, root_of(hashes))


def test_the_first_signature_names_its_key_in_the_log(log: Grown) -> None:
    log.sign()
    log.restart()
    log.reply()
    log.sign()
    with log.database.reading() as connection:
        leaves = connection.exec_driver_sql("SELECT leaf FROM records WHERE type = 'key'").scalars().all()
    (named,) = [json.loads(leaf)["key"] for leaf in leaves]
    assert named == {"verifier": str(log.signer.verifier())}


def test_a_new_process_goes_on_from_what_was_signed(log: Grown) -> None:
    log.sign()
    altered(log, "UPDATE records SET leaf_hash = 'gone' WHERE idx = 3")  # it hashes bytes, and only new ones
    log.restart()
    log.reply(4)
    assert log.signer.sign()
    assert point(log).size == log.size


def shorter(log: Grown) -> None:
    altered(log, "DELETE FROM records WHERE idx >= 10", "DELETE FROM bodies WHERE idx >= 10")
    with closing(sqlite3.connect(log.home.database)) as connection, connection:
        mend(connection)


def rewritten(log: Grown) -> None:
    altered(log, "UPDATE records SET leaf = CAST(replace(leaf, 'dosing', 'storage') AS BLOB) WHERE idx = 9")
    with closing(sqlite3.connect(log.home.database)) as connection, connection:
        mend(connection)


def another_head(log: Grown) -> None:
    altered(log, "UPDATE log_head SET frontier = zeroblob(length(frontier))")


def gap(log: Grown) -> None:
    log.reply(5)
    altered(log, "DELETE FROM records WHERE idx = (SELECT size FROM log_head) - 2")


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("change", "said"), [(shorter, "has 10 records"), (another_head, "head"), (gap, "is missing")])
def test_another_log_is_never_signed(log: Grown, change: Callable[[Grown], None], said: str, restarted: bool) -> None:
    log.sign()
    before = point(log)
    change(log)
    if restarted:
        log.restart()
    with pytest.raises(LogRefused, match=said):
        log.sign()
    assert point(log) == before


def test_a_log_that_was_rewritten_before_its_last_signature_shows_when_all_is_hashed_again(log: Grown) -> None:
    """The service hashes only what is new; its saved frontier isn't believed where its signature doesn't hold."""
    log.sign()
    rewritten(log)
    log.restart()
    with pytest.raises(LogRefused):
        log.sign()


def test_a_frontier_that_was_changed_is_made_again_from_the_leaves(log: Grown) -> None:
    log.sign()
    altered(log, "UPDATE checkpoints SET frontier = zeroblob(length(frontier))")
    log.restart()
    log.reply()
    log.sign()
    assert point(log).size == log.size


def test_an_old_copy_is_refused_where_the_witness_knows_better(log: Grown, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    Signer(log.database, log.keys, witness).sign()
    with closing(sqlite3.connect(log.home.database)) as source, closing(sqlite3.connect(tmp_path / "old.db")) as copy:
        source.backup(copy)
    log.reply(3)
    Signer(log.database, log.keys, witness).sign()
    old = Database(tmp_path / "old.db")
    with pytest.raises(LogRefused, match="witness"):
        Signer(old, log.keys, witness).sign()
    old.close()


def test_the_witness_has_every_checkpoint_once_whoever_signs(log: Grown, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    signers = [Signer(log.database, log.keys, witness) for _ in range(3)]
    for _ in range(4):
        log.reply()
        for signer in signers:
            signer.sign()
    sizes = [each.size for each in notes(witness)]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == log.size
    with log.database.reading() as connection:
        kept = [note_of(connection, size) for size in sizes]
    assert witness.read_text(encoding="utf-8") == "".join(f"{note}\n" for note in kept)


@pytest.mark.parametrize("cut", [1, 2, 30, 77, 180])
def test_what_a_power_cut_left_at_the_end_of_the_witness_says_nothing(log: Grown, tmp_path: Path, cut: int) -> None:
    witness = tmp_path / "witness"
    for _ in range(2):
        log.reply()
        Signer(log.database, log.keys, witness).sign()
    witness.write_bytes(witness.read_bytes()[:-cut])
    log.reply()
    Signer(log.database, log.keys, witness).sign()
    found = notes(witness)
    assert found[-1].size == log.size
    assert len(found) == 3 if cut == 1 else len(found) in (2, 3)


def test_a_long_witness_is_read_from_its_end(log: Grown, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    signer = Signer(log.database, log.keys, witness)
    for _ in range(400):
        log.access()
        signer.sign()
    assert witness.stat().st_size > 64 * 1024
    assert [each.size for each in notes(witness)] == list(range(log.size - 399, log.size + 1))


def test_a_witness_of_another_log_is_refused(log: Grown, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    with grown(tmp_path / "other", seed=2) as other:
        Signer(other.database, other.keys, witness).sign()
    with pytest.raises(LogRefused, match="another log"):
        Signer(log.database, log.keys, witness).sign()


def _sign(database: Path, keys: Path, times: int) -> None:
    opened = Database(database)
    signer = Signer(opened, KeyStore(keys))
    for _ in range(times):
        signer.sign()
    opened.close()


def test_processes_that_sign_at_once_agree(log: Grown) -> None:
    log.sign()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_sign, args=(log.home.database, log.home.keys, 30)) for _ in range(3)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        log.reply()
        log.sign()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    log.sign()
    assert point(log).size == log.size


def test_the_service_signs_within_a_second_and_once_more_when_it_stops(log: Grown) -> None:
    signing = Signing(log.signer)
    signing.start()
    size = log.reply()[0] + 1
    end = time.monotonic() + 5
    while (log.signer.signed or 0) < size and time.monotonic() < end:
        time.sleep(0.02)
    assert signing.state() == {"signed": log.size, "fault": ""}
    log.reply()
    signing.stop()
    assert signing.state() == {"signed": log.size, "fault": ""}


def test_a_refusal_is_said_once_in_the_log_and_as_long_as_it_holds_in_the_state(
    log: Grown, caplog: pytest.LogCaptureFixture
) -> None:
    log.sign()
    another_head(log)
    signing = Signing(log.signer)
    with caplog.at_level(logging.ERROR, "signpost"):
        signing.start()
        time.sleep(1.6)
        signing.stop()
    assert [record.message.startswith("the log isn't signed") for record in caplog.records] == [True]
    assert "head" in str(signing.state()["fault"])


def test_a_record_is_proved_in_the_newest_checkpoint(log: Grown) -> None:
    log.reply(600)
    log.sign()
    with log.database.snapshot() as connection:
        for index in (0, 1, 255, 256, 300, log.size - 1):
            proved = prove(connection, index)  # checked before it is given out
            assert proved.leaf == log.log.record(index).leaf
            assert proved.checkpoint.size == log.size


def test_what_cannot_be_proved_is_said(log: Grown) -> None:
    with log.database.snapshot() as connection, pytest.raises(NotFound, match="no checkpoint yet"):
        prove(connection, 0)
    log.sign()
    (late,) = log.reply()
    with log.database.snapshot() as connection:
        with pytest.raises(NotFound, match="in no checkpoint yet"):
            prove(connection, late)
        with pytest.raises(NotFound, match="no record"):
            prove(connection, late + 1)
    altered(log, "UPDATE records SET leaf = zeroblob(20) WHERE idx = 4")
    with log.database.snapshot() as connection, pytest.raises(AuditDamaged, match="record 4"):
        prove(connection, 4)
