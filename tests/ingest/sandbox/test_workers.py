from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.model import Source
from ingest import formats
from ingest.errors import InvalidInput, Quarantined
from ingest.limits import CHILD_BYTES
from ingest.sandbox import landlock, workers
from ingest.sandbox.workers import Reading, Workers
from tests.builders import pdf

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no filter of system calls")
SMALL = "import ingest.limits as l; l.FILE_SECONDS, l.WAITING_FACTOR, l.CHILD_BYTES = 1, 3, 2**28; "
_BOOT = workers.BOOT
EVIL = "from tests.ingest.sandbox.evil import take_over; take_over(); "


def after(code: str) -> str:
    """How a keeper starts that runs ``code`` before anything of ours is loaded."""
    return _BOOT.replace("from ingest", f"{code}from ingest", 1)


class Desk:
    """Files for one pair of workers."""

    def __init__(self, root: Path, pool: Workers) -> None:
        self.root, self.pool = root, pool

    def read(self, text: str | bytes, media_type: str = formats.MARKDOWN) -> Reading:
        content = text.encode() if isinstance(text, str) else text
        file = self.root / hashlib.sha256(content).hexdigest()
        file.write_bytes(content)
        source = Source("file.md", file.name, media_type)
        return self.pool.submit(file, source, self.root / "pages").result()

    def text(self, text: str) -> str:
        return self.read(text).read().document.text

    def refused(self, text: str) -> str:
        with pytest.raises(Quarantined) as caught:
            self.read(text).read()
        return str(caught.value)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Workers whose reader obeys the file, with limits that are soon reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "BOOT", after(SMALL + EVIL))
        patch.setenv("SIGNPOST_TEST_SECRET", "hunter2")
        with Workers(1) as pool:
            yield Desk(tmp_path_factory.mktemp("evil"), pool)


def test_an_honest_file_is_read_with_its_pictures_and_what_it_took(tmp_path: Path) -> None:
    with Workers(1) as pool:
        reading = Desk(tmp_path, pool).read(pdf(["Take one tablet."], ["Take no more."]), formats.PDF)
    read = reading.read()
    document, boxes = read.document, read.boxes
    assert (document.text, len(document.pages)) == ("Take one tablet.\nTake no more.", 2)
    assert boxes.characters.shape == (len(document.text), 4)
    assert sorted(file.name for file in (tmp_path / "pages").iterdir()) == ["0001.jpg", "0002.jpg"]
    assert reading.drawn == {1, 2}
    assert reading.usage is not None
    assert reading.usage.cpu_seconds > 0
    assert 2**24 < reading.usage.peak_bytes < CHILD_BYTES


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("LOOP", r"more than 1 seconds of processor time; split it"),
        ("SLEEP", r"more than 3 seconds by the clock; split it"),
        ("ALLOCATE", r"more than [\d,]+ MiB of memory; split it"),
        ("CRASH", r"crashed \(SIGSEGV, with \d+ MiB in memory\)"),
        ("ABORT", r"crashed \(SIGABRT, with"),
        ("EXIT", r"ended without a word"),
        ("FAIL", r"the reader failed: RecursionError\('too deep'\); report this file"),
        ("IGNORE", r"crashed \(SIGKILL"),
        ("FORGE", r"doesn't keep to the form"),
        ("NOT_CONFINED", r"doesn't keep to the form"),
        ("LONG", r"doesn't keep to the form"),
        ("HALF", r"ended without a word"),
        ("GARBAGE", r"can't be trusted: what it handed back is no document"),
        ("OTHER", r"can't be trusted: its document is that of another file"),
        ("TERMINAL", r"^red \[31malert on two lines$"),
    ],
)
def test_a_file_that_breaks_its_reader_ends_only_itself_with_the_reason(deed: str, reason: str, evil: Desk) -> None:
    if deed in ("LOOP", "ALLOCATE", "IGNORE") and sys.platform != "linux":
        pytest.skip("other systems end it by the clock or not at all")
    assert re.search(reason, evil.refused(deed))
    assert evil.text(f"Swallow it whole after {deed}.") == f"Swallow it whole after {deed}."


def test_ticks_buy_no_endless_time(evil: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BOOT", after(f"{SMALL}l.MAX_PAGES = 1; {EVIL}"))
    with Workers(1) as pool:
        assert re.search(r"more than \d seconds", Desk(evil.root, pool).refused("TICK"))


@ON_LINUX
@pytest.mark.parametrize("deed", ["FORK", "RUN", "THREAD", "KILL 1", f"KILL {os.getpid()}"])
def test_a_reader_reaches_no_other_process(deed: str, evil: Desk) -> None:
    assert re.search(r"refused: (PermissionError|RuntimeError)", evil.text(deed))


@ON_LINUX
def test_a_reader_reaches_no_network(evil: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        assert "refused: PermissionError" in evil.text(f"CONNECT {server.getsockname()[1]}")
        with pytest.raises(TimeoutError):
            server.accept()


@ON_LINUX
def test_a_reader_writes_and_deletes_no_file(evil: Desk) -> None:
    there = evil.root / "there"
    there.write_text("mine", encoding="utf-8")
    for deed in (f"WRITE {there}", f"WRITE {evil.root / 'new'}", f"DELETE {there}"):
        assert "refused: PermissionError" in evil.text(deed)
    assert there.read_text(encoding="utf-8") == "mine"
    assert not (evil.root / "new").exists()


@ON_LINUX
def test_a_reader_reads_no_file_of_ours(evil: Desk) -> None:
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    secret = evil.root / "key"
    secret.write_text("hunter2", encoding="utf-8")
    for path in (secret, "/etc/passwd", "/proc/self/environ"):
        assert "refused: PermissionError" in evil.text(f"READ {path}")


def test_a_reader_inherits_no_secret_and_no_open_file(evil: Desk) -> None:
    with (evil.root / "open").open("w") as stream:
        os.set_inheritable(stream.fileno(), True)
        assert "open: [0, 1, 2, 3]" in evil.text("OPEN")
    seen = evil.text("ENVIRONMENT")
    assert "hunter2" not in seen
    assert "OMP_NUM_THREADS" in seen


def test_page_pictures_are_pictures_and_bounded(evil: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are kept on our disk and shown to people."""
    assert "a page that it drew is no picture" in evil.refused("PICTURE <svg>")
    monkeypatch.setattr(workers, "MAX_PICTURES_BYTES", 8)
    assert "page pictures have more than 8 bytes" in evil.refused("PICTURE 123456789")
    assert not (evil.root / "pages").exists()


@pytest.mark.parametrize("loser", [signal.SIGKILL, signal.SIGTERM])
def test_children_end_with_a_parent_that_is_killed(loser: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "sleeps"
    file.write_bytes(b"SLEEP")
    code = (
        "import sys\nfrom pathlib import Path\nfrom corpus.model import Source\nfrom ingest.sandbox import workers\n"
        f"workers.BOOT = {after(EVIL)!r}\n"
        "pool = workers.Workers(1)\n"
        f"file = Path({str(file)!r})\n"
        f"source = Source('x.md', {hashlib.sha256(b'SLEEP').hexdigest()!r}, 'text/markdown')\n"
        "pool.submit(file, source, file.parent).result()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    family = _wait_for(lambda: found if len(found := _descendants(parent.pid)) == 2 else None)
    parent.send_signal(loser)
    parent.wait()
    _wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))


def test_workers_that_are_left_end_what_they_are_doing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BOOT", after(EVIL))
    file = tmp_path / "sleeps"
    file.write_bytes(b"SLEEP")
    source = Source("x.md", hashlib.sha256(b"SLEEP").hexdigest(), formats.MARKDOWN)
    before = set(_descendants(os.getpid()))
    with Workers(1) as pool:
        pool.submit(file, source, tmp_path)
        waiting = pool.submit(file, source, tmp_path)
        _wait_for(lambda: len(set(_descendants(os.getpid())) - before) == 2)
    assert waiting.cancelled()
    _wait_for(lambda: set(_descendants(os.getpid())) <= before)


@ON_LINUX
def test_without_a_filter_nothing_is_parsed_and_the_message_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BOOT", after("import ingest.sandbox.seccomp as s; s.MACHINES.clear(); "))
    with (
        Workers(1) as pool,
        pytest.raises(InvalidInput, match=r"can't be confined here: .*machines.*let the container"),
    ):
        Desk(tmp_path, pool).read("Take one.")


def test_readers_that_do_not_start_are_no_fault_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BOOT", "raise SystemExit(1)")
    with Workers(1) as pool, pytest.raises(InvalidInput, match="doesn't start"):
        Desk(tmp_path, pool).read("Take one.")


def test_a_kept_copy_that_was_changed_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.write_bytes(b"Take two.")
    with Workers(1) as pool:
        reading = pool.submit(file, Source("a.md", "0" * 64, formats.MARKDOWN), tmp_path).result()
    with pytest.raises(Quarantined, match="its kept copy is damaged; ingest it again"):
        reading.read()


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found += [int(stat.parent.name), *_descendants(int(stat.parent.name))]
    return found


def _wait_for(check: Callable[[], object]) -> list[int]:
    for _ in range(600):
        if found := check():
            return found if isinstance(found, list) else []
        time.sleep(0.1)
    raise AssertionError("it never happened")
