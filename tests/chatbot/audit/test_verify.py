"""A log that was changed behind its back is found out and the change is named; an honest one is never suspected."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatbot.audit.export import Exporter, Wanted
from chatbot.audit.signer import SECRET, Signer, verifier_of
from chatbot.audit.verify.faults import KINDS
from chatbot.audit.verify.log import Verdict, verify_log
from corpus.database import Database
from corpus.ledger import append_leaves, new_leaf
from corpus.proofs.exported import verify_export
from corpus.proofs.note import Verifier
from tests.grown import Grown, grown
from tests.mutations import Mutation, Unfit, mutations, unlock


@dataclass(frozen=True, slots=True)
class Base:
    """A log that mutations start from."""

    file: Path
    old: Path  # a copy from half way
    witness: Path
    verifier: Verifier
    secret: bytes

    def verify(self, file: Path) -> Verdict:
        database = Database(file)
        try:
            return verify_log(database, [self.verifier], [self.witness])
        finally:
            database.close()


def _copied(database: Path, target: Path) -> Path:
    """The database as one file: what stands in the write-ahead log too."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return target


def _verifier(log: Grown) -> Verifier:
    return verifier_of(log.log.origin, log.keys.secret(SECRET))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    folder = tmp_path_factory.mktemp("base")
    witness = folder / "witness"
    with grown(folder / "home", seed=8) as log:
        log.signer = Signer(log.database, log.keys, witness)
        for step in range(12):
            log.reply(20)
            for more in (log.event, log.case, log.signature, log.opinion, log.edition, log.access):
                more()
            if step == 5:
                log.erase()
                log.sign()
                old = _copied(log.home.database, folder / "old.db")
            log.sign()
        log.reply(3)
        file = _copied(log.home.database, folder / "whole.db")
        for each in (file, old):
            with closing(sqlite3.connect(each)) as connection, connection:
                unlock(connection)
        return Base(file, old, witness, _verifier(log), log.keys.secret(SECRET))


def test_the_log_that_mutations_start_from_verifies(base: Base) -> None:
    verdict = base.verify(base.file)
    assert (verdict.count, verdict.faults) == (0, ())
    assert verdict.checkpoints == verdict.witnessed == 12
    assert verdict.size == verdict.signed + 3 > 256


def _mutated(base: Base, mutation: Mutation, chance: random.Random, target: Path) -> Verdict | None:
    """What a verification says of a changed copy; ``None`` when the change couldn't be made."""
    shutil.copyfile(base.file, target)
    try:
        with closing(sqlite3.connect(target)) as connection, connection:
            mutation.apply(connection, chance)
    except (Unfit, sqlite3.IntegrityError):
        return None
    verdict = base.verify(target)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            target.with_name(target.name + suffix).unlink()
    return verdict


def test_random_mutations_are_all_found_and_named(base: Base, whole: bool, tmp_path: Path) -> None:
    chance = random.Random(2026)  # noqa: S311 - the same mutations each time
    chosen = mutations(base.secret)
    wanted = 2_000 if whole else 200
    made: dict[str, int] = dict.fromkeys((each.name for each in chosen), 0)
    wrong: list[str] = []
    tries = 0
    while sum(made.values()) < wanted:
        mutation = chosen[tries % len(chosen)]
        tries += 1
        verdict = _mutated(base, mutation, chance, tmp_path / "mutated.db")
        if verdict is None:
            assert tries < 50 * wanted
            continue
        made[mutation.name] += 1
        kinds = {fault.kind for fault in verdict.faults}
        if not kinds & mutation.expected:
            wrong.append(f"{mutation.name}: {sorted(kinds) or 'nothing'}")
    assert not wrong
    assert all(made.values()), f"never made: {[name for name, count in made.items() if not count]}"


def test_an_old_copy_that_is_put_back_is_shorter_than_its_witness_says(base: Base) -> None:
    kinds = {fault.kind for fault in base.verify(base.old).faults}
    assert kinds == {"shorter"}


def test_without_a_witness_nobody_can_tell_an_old_copy_from_a_young_log(base: Base) -> None:
    """What is claimed is what holds: only a checkpoint that is kept elsewhere catches this."""
    database = Database(base.old)
    assert not verify_log(database, [base.verifier]).count
    database.close()


def test_the_verifier_names_the_record_that_was_changed(base: Base, tmp_path: Path) -> None:
    target = tmp_path / "changed.db"
    shutil.copyfile(base.file, target)
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("UPDATE records SET leaf = zeroblob(10) WHERE idx = 77")
        connection.execute("DELETE FROM records WHERE idx BETWEEN 100 AND 102")
    faults = {(fault.kind, fault.index): fault.what for fault in base.verify(target).faults}
    assert "record 77" in faults["leaf_hash", 77]
    assert faults["record_missing", 100] == "records 100 to 102 are missing"


def test_honest_logs_raise_no_alarm(whole: bool, tmp_path: Path) -> None:
    """Erasures, events, restarts and signatures in any order, verified with a witness after each run."""
    for seed in range(200 if whole else 20):
        with grown(tmp_path / str(seed), seed, steps=40) as log:
            witness = tmp_path / f"{seed}.witness"
            Signer(log.database, log.keys, witness).sign()
            log.grow(5)
            verdict = verify_log(log.database, [_verifier(log)], [witness])
            assert verdict.faults == (), f"seed {seed}"
            assert verdict.size == log.size


def test_texts_may_be_missing_where_an_erasure_says_so_and_nowhere_else(tmp_path: Path) -> None:
    """By ranges of records, as retention makes them, and by cases, whose words go and whose facts stay."""
    with grown(tmp_path / "home", seed=12) as log:
        indexes = log.reply(30)
        log.case()
        with closing(sqlite3.connect(log.home.database)) as connection, connection:
            unlock(connection)
            connection.execute("UPDATE case_reports SET nonce = x'', ciphertext = x''")
            connection.execute("DELETE FROM bodies WHERE idx BETWEEN ? AND ?", (indexes[3], indexes[9]))
            (case,) = connection.execute("SELECT id FROM cases").fetchone()
        found = [(fault.kind, fault.index) for fault in verify_log(log.database, []).faults]
        assert [index for kind, index in found if kind == "body_missing"] == indexes[3:10]
        assert {kind for kind, _ in found} == {"body_missing", "case_changed"}
        said = {"records": [[indexes[3], indexes[5]], [indexes[6], indexes[8]]], "cases": [case]}
        with log.database.writing() as connection:
            append_leaves(connection, [new_leaf(log.log.origin, "erasure", {"erasure": said})])
        left = [(fault.kind, fault.index) for fault in verify_log(log.database, []).faults]
        assert left == [("body_missing", indexes[9])]


def test_a_log_that_grows_while_it_is_verified_raises_no_alarm(tmp_path: Path) -> None:
    with grown(tmp_path / "home", seed=3, steps=30) as log:
        log.sign()

        def more(_done: int, _all: int) -> None:
            log.reply(5)
            log.erase()
            log.event()
            log.sign()

        assert verify_log(log.database, [_verifier(log)], tell=more).faults == ()


def test_a_log_on_postgresql_is_grown_signed_verified_and_found_changed(server_url: str, tmp_path: Path) -> None:
    with grown(tmp_path / "home", seed=11, steps=60, url=server_url) as log:
        witness = tmp_path / "witness"
        Signer(log.database, log.keys, witness).sign()
        log.grow(5)
        assert verify_log(log.database, [_verifier(log)], [witness]).faults == ()
        exporter = Exporter(log.database, log.log, log.signer)
        exporter.to_path(tmp_path / "out", Wanted("a.lee", bodies=True, reason="to see"))
        assert verify_export(tmp_path / "out", log.signer.verifier()).faults == []
        with log.database.writing() as connection:
            for table in ("records", "events"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_append_only ON {table}")
            connection.exec_driver_sql("UPDATE records SET ts = 'then' WHERE idx = 3")
            connection.exec_driver_sql("DELETE FROM events WHERE sequence = 2")
        faults = verify_log(log.database, [_verifier(log)], [witness]).faults
        assert {fault.kind for fault in faults} == {"projection", "event_missing"}


def test_many_faults_are_counted_and_the_first_are_listed(base: Base, tmp_path: Path) -> None:
    target = tmp_path / "all.db"
    shutil.copyfile(base.file, target)
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("UPDATE records SET ts = 'then'")
    verdict = base.verify(target)
    assert (len(verdict.faults), verdict.count) == (100, verdict.size)


def test_every_kind_of_fault_is_in_the_guide() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "guide.md").read_text(encoding="utf-8")
    for kind, meaning in KINDS.items():
        assert f"| `{kind}` | {meaning} |" in guide
