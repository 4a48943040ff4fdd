"""The power fails while replies are put on record: whoever has got one finds it in the log afterwards.

The log lies on a file system of its own, in an image. What the image holds at an instant is what a disk would hold
after a power cut: what was confirmed but not written through lies in the memory of the machine. So the writer is
stopped, the image copied, the copy mounted as after a restart, and compared with all that was acknowledged before.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from corpus.database import open_database
from corpus.tables import records
from index.layout import Home
from tests.conftest import ROOT
from tests.corpus.test_ledger import check

CUTS = 100  # a tenth without --acceptance
MOMENTS = 20261122  # the seed of when
THREADS = 4
IMAGE_BYTES = 256 * 1024 * 1024  # sparse
REASON = "needs the right to mount an image (root, and a loop device)"


class Writer:
    """The process that appends, and what it has acknowledged."""

    def __init__(self, root: Path, mode: str) -> None:
        command = [sys.executable, "-m", "tests.end_to_end.log_writer", str(root), mode, str(THREADS)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self._pipe = self.process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._said = b""
        while not self.acknowledged():
            assert self.process.poll() is None, "the writer ended"
            time.sleep(0.01)

    def acknowledged(self) -> dict[int, str]:
        """The hash of each record by its index, as far as it was said by now."""
        while True:
            try:
                said = os.read(self._pipe, 1 << 16)
            except BlockingIOError:
                break
            if not said:
                break
            self._said += said
        lines = self._said.decode().split("\n")[:-1]
        return {int(index): hashed for index, hashed in (line.split() for line in lines)}

    @contextmanager
    def stopped(self) -> Iterator[dict[int, str]]:
        """Every thread stands still, none of them inside the kernel; what was acknowledged before."""
        self.process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        try:
            yield self.acknowledged()
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """The file system of an image, put in order as after a power cut (ext4 replays its journal)."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def new_image(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
    return path


def mountable(folder: Path) -> bool:
    """Whether this machine lets us."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        return False
    try:
        with mounted(new_image(folder / "trial"), folder / "trial-disk"):
            return True
    except subprocess.CalledProcessError:
        return False


def lost(root: Path, acknowledged: dict[int, str]) -> int:
    """How many acknowledged records a home lacks; what it has must be whole."""
    home = Home(root)
    database = open_database(home.database)
    check(database)
    with database.reading() as connection:
        kept = {row.idx: row.leaf_hash for row in connection.execute(records.select())}
    database.close()
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = "SELECT count(*) FROM records LEFT JOIN bodies USING (idx) WHERE type = 'answer' AND nonce IS NULL"
        assert connection.execute(orphans).fetchone() == (0,)  # no reply without its body
    return sum(kept.get(index) != hashed for index, hashed in acknowledged.items())


def cut(folder: Path, mode: str, cuts: int) -> list[int]:
    """How many acknowledged records each of so many power cuts loses, of one writer that goes on."""
    chance = random.Random(MOMENTS)  # noqa: S311 - moments, not secrets
    losses = []
    image, copy = new_image(folder / f"{mode}.img"), folder / f"{mode}-cut.img"
    with mounted(image, folder / mode) as disk:
        open_database(Home(disk).database).close()
        writer = Writer(disk, mode)
        try:
            for _ in range(cuts):
                time.sleep(chance.uniform(0.02, 0.12))
                with writer.stopped() as acknowledged:
                    subprocess.run(["cp", "--sparse=always", image, copy], check=True)
                with mounted(copy, folder / f"{mode}-cut") as left:
                    losses.append(lost(left, acknowledged))
                copy.unlink()
        finally:
            writer.kill()
    image.unlink()
    return losses


def test_a_power_cut_loses_no_acknowledged_record(tmp_path: Path, whole: bool) -> None:
    """And the positive control: the same cuts lose records of a database that doesn't wait for the disk."""
    if not mountable(tmp_path):
        if os.environ.get("CI") != "true":
            pytest.skip(REASON)
        without_mounting(tmp_path)
        return
    cuts = CUTS if whole else CUTS // 10
    losses = cut(tmp_path, "FULL", cuts)
    assert losses == [0] * cuts
    control = cut(tmp_path, "NORMAL", max(cuts // 5, 5))
    assert sum(control) > 0, "a disk that isn't waited for must lose something, or these cuts prove nothing"
    print(f"{cuts} cuts with synchronous=FULL: none lost; {len(control)} with NORMAL lost {control}")  # noqa: T201


def without_mounting(folder: Path) -> None:
    """What can be shown where nothing may be mounted, and it is less: the files as the kernel sees them, copied at an
    instant, hold every acknowledged record. That they were written through as well is left to `synchronous=FULL`,
    which tests/corpus/test_database.py reads back from each connection.
    """
    chance = random.Random(MOMENTS)  # noqa: S311 - moments, not secrets
    root = folder / "home"
    root.mkdir()
    open_database(Home(root).database).close()
    writer = Writer(root, "FULL")
    try:
        for number in range(CUTS // 10):
            time.sleep(chance.uniform(0.02, 0.12))
            copy = folder / f"copy-{number}"
            with writer.stopped() as acknowledged:
                shutil.copytree(root, copy)
            assert lost(copy, acknowledged) == 0
            shutil.rmtree(copy)
    finally:
        writer.kill()


def test_files_copied_at_an_instant_hold_every_acknowledged_record(tmp_path: Path) -> None:
    without_mounting(tmp_path)
