"""`signpost audit`, and the service that signs what it writes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from corpus.proofs.note import told
from corpus.proofs.witness import notes_in
from index.layout import Home
from tests.conftest import Cli
from tests.end_to_end.conftest import Serve
from tests.grown import grown
from tests.mutations import unlock


def alter(home: Home, *statements: str) -> None:
    with closing(sqlite3.connect(home.database)) as connection, connection:
        unlock(connection)
        for statement in statements:
            connection.execute(statement)


def kinds(output: str) -> set[str]:
    return {fault["kind"] for fault in json.loads(output)["faults"]}


def test_every_command_that_adds_to_the_log_signs_it(small_copy: Home, cli: Cli) -> None:
    at = ("--home", small_copy.root, "--json")
    before = json.loads(cli("audit", "verify", *at).stdout)
    assert before["verified"]
    assert before["signed"] == before["size"] > 1  # what `ingest --publish` added
    assert cli("ask", "What is the starting dose of Velmarin?", *at).returncode == 0
    document = json.loads(cli("documents", *at).stdout)["documents"][0]["document"]
    assert cli("withdraw", document, "--reason", "recalled", *at).returncode == 0
    after = json.loads(cli("audit", "verify", *at).stdout)
    assert after["verified"]
    assert after["signed"] == after["size"] > before["size"] + 1
    assert after["checkpoints"] == before["checkpoints"] + 2


def test_a_log_is_verified_from_the_command_line_by_its_exit_code(cli: Cli, tmp_path: Path) -> None:
    with grown(tmp_path / "home", seed=4, steps=20) as log:
        log.sign()
        home, key = log.home, str(log.signer.verifier())
    at = ("--home", home.root)
    done = cli("audit", "verify", *at)
    assert done.returncode == 0, done.stderr
    assert "verified: " in done.stdout
    assert "compare a checkpoint kept elsewhere" in done.stdout
    kept = tmp_path / "kept"
    kept.write_text(cli("audit", "checkpoint", *at).stdout, encoding="utf-8")
    assert cli("audit", "key", *at).stdout == f"{key}\n"
    done = cli("audit", "verify", "--witness", kept, "--key", key, *at)
    assert "1 of witnesses compared" in done.stdout
    assert "compare a checkpoint" not in done.stdout
    with grown(tmp_path / "other", seed=5) as other:
        stranger = str(other.signer.verifier())
    done = cli("audit", "verify", "--key", stranger, *at, "--json")
    assert (done.returncode, kinds(done.stdout)) == (1, {"checkpoint_signature"})
    for wrong in (("--key", "no key"), ("--witness", tmp_path / "nowhere")):
        done = cli("audit", "verify", *wrong, *at)
        assert (done.returncode, done.stdout) == (2, "")
    alter(home, "UPDATE records SET ts = 'then' WHERE idx = 3")
    done = cli("audit", "verify", *at)
    assert done.returncode == 1
    assert "projection: record 3" in done.stdout
    assert "NOT verified" in done.stdout
    for name in (home.database, home.database.with_name(f"{home.database.name}-wal")):
        if name.exists():
            name.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert cli("audit", "verify", *at).returncode == 3


def test_a_record_is_proved_and_exported_from_the_command_line(cli: Cli, tmp_path: Path) -> None:
    with grown(tmp_path / "home", seed=4, steps=20) as log:
        log.sign()
        size = log.size
        log.reply(10)
        log.sign()
        home, key = log.home, str(log.signer.verifier())
    at = ("--home", home.root)
    proof = json.loads(cli("audit", "proof", 5, "--from", size, "--json", *at).stdout)
    assert told(proof["checkpoint"]).size == size + 10
    assert told(proof["consistency"]["note"]).size == size
    done = cli("audit", "proof", 5, *at)
    assert proof["hash"] in done.stdout
    assert proof["checkpoint"] in done.stdout
    done = cli("audit", "proof", 5, "--from", 2, *at)
    assert done.returncode == 2
    assert "nearest" in done.stderr
    assert cli("audit", "export", tmp_path / "out", "--bodies", *at).returncode == 2
    done = cli("audit", "export", tmp_path / "out", "--from", 3, "--to", 9, "--bodies", "--reason", "to see", *at)
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "corpus.proofs", ".", "--key", key]
    stranger = subprocess.run(command, cwd=tmp_path / "out", env={}, capture_output=True, text=True, check=False)
    assert stranger.returncode == 0, stranger.stdout + stranger.stderr
    assert json.loads(cli("audit", "verify", *at, "--json").stdout)["verified"]


def test_a_log_whose_key_store_is_gone_is_not_signed_with_another(cli: Cli, small_copy: Home, tmp_path: Path) -> None:
    shutil.move(small_copy.keys, tmp_path / "keys")
    at = ("--home", small_copy.root)
    document = json.loads(cli("documents", *at, "--json").stdout)["documents"][0]["document"]
    done = cli("withdraw", document, "--reason", "recalled", *at)
    assert done.returncode == 0
    assert "the log isn't signed" in done.stderr
    assert "restore it from its backup" in done.stderr
    assert not small_copy.keys.exists()
    shutil.move(tmp_path / "keys", small_copy.keys)
    verdict = json.loads(cli("audit", "verify", *at, "--json").stdout)
    assert verdict["verified"]
    assert verdict["signed"] < verdict["size"]


def test_the_service_signs_each_reply_within_a_second_and_writes_the_witness(
    small_copy: Home, serve: Serve, cli: Cli, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    with serve(small_copy, "--witness", str(witness)) as served:
        status, reply = served.ask("What is the starting dose of Velmarin?")
        assert status == 200
        end, wanted = time.monotonic() + 20, reply["record"]["index"] + 1
        while _witnessed(witness) < wanted and time.monotonic() < end:
            time.sleep(0.05)
        assert _witnessed(witness) >= wanted
        with urllib.request.urlopen(f"{served.url}/readyz", timeout=10) as response:  # noqa: S310
            state = json.load(response)["log"]
        assert state["fault"] == ""
        assert state["signed"] >= wanted
        served.kill()
    done = cli("audit", "verify", "--witness", witness, "--home", small_copy.root, "--json")
    assert json.loads(done.stdout)["verified"], done.stdout


def test_the_service_says_that_the_log_was_changed_and_goes_on_answering(
    small_copy: Home, serve: Serve, cli: Cli, tmp_path: Path
) -> None:
    with serve(small_copy) as served:
        served.ask("What is the starting dose of Velmarin?")
        alter(small_copy, "UPDATE log_head SET frontier = zeroblob(length(frontier))")
        end, fault = time.monotonic() + 20, ""
        while not fault and time.monotonic() < end:
            time.sleep(0.1)
            with urllib.request.urlopen(f"{served.url}/readyz", timeout=10) as response:  # noqa: S310
                fault = json.load(response)["log"]["fault"]
        assert "signpost audit verify" in fault
        assert served.ask("What is the starting dose of Velmarin?")[0] == 200
    assert cli("audit", "verify", "--home", small_copy.root).returncode == 1


def _witnessed(file: Path) -> int:
    if not file.exists():
        return 0
    with file.open(encoding="utf-8") as lines:
        return max((told(note).size for note in notes_in(lines)), default=0)
