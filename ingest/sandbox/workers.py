"""The parent's side: keepers that parse one file at a time, and what the parent makes of what they say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.boxes import Boxes
from corpus.kept import keep_bytes, picture_name
from corpus.model import Document, Source
from ingest.errors import InvalidInput, Quarantined
from ingest.limits import CHILD_BYTES, MAX_PAGES, WAITING_FACTOR
from ingest.sandbox import frames, handback

_BOOT = "import sys; sys.path[:] = sys.argv[1:-1]; from ingest.sandbox.keeper import main; main()"
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL")  # what an interpreter may need to start
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # a process with threads can't fork safely
_JPEG = (b"\xff\xd8\xff", b"\xff\xd9")
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """What reading one file took."""

    seconds: float  # by the clock
    cpu_seconds: float
    peak_bytes: int  # resident at most, the loaded readers among them


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one file in its child. What it handed back is unchecked yet."""

    source: Source
    raw: bytes | None  # None when it was refused or stopped
    pictures: int  # kept, from page 1 on
    reason: str  # why there is nothing, else empty
    usage: Usage | None  # None when the keeper died too

    def document(self) -> tuple[Document, Boxes]:
        """The document, once it has passed every check; raises ``Quarantined``."""
        if self.raw is None:
            raise Quarantined(self.reason)
        try:
            return handback.unpacked(self.raw, self.source, self.pictures)
        except handback.Distrusted as error:
            raise Quarantined(f"its reader can't be trusted: {error}; report this file") from error


class Workers:
    """``count`` files are parsed at a time, each in a process of its own."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, "keeper")
        self._local = threading.local()
        self._keepers: list[Keeper] = []
        self._closed = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends every process at once: what is being parsed is parsed again another time."""
        self._closed = True
        for keeper in self._keepers:
            keeper.kill()
        self._threads.shutdown(cancel_futures=True)
        for keeper in self._keepers:
            keeper.close()

    def submit(self, file: Path, source: Source, pictures: Path) -> Future[Reading]:
        """Parses the kept ``file``; page pictures go to ``pictures``.

        The future raises ``InvalidInput`` where the system can't confine a process, and ``OSError`` of our own disk.
        """
        return self._threads.submit(self._read, file, source, pictures)

    def _read(self, file: Path, source: Source, pictures: Path) -> Reading:
        # Of this thread alone, and started by it: a process is told when the thread that started it ends.
        keeper: Keeper | None = getattr(self._local, "keeper", None)
        if keeper is None or keeper.ended:
            if self._closed:
                raise InvalidInput("the workers are closed")
            keeper = self._local.keeper = Keeper()
            self._keepers.append(keeper)
        return keeper.read(file, source, pictures)


class Keeper:
    """A process that has the readers loaded and nothing of ours: no environment, no open file, no memory."""

    def __init__(self) -> None:
        path = [str(Path(each or ".").resolve()) for each in sys.path]
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter with our own module
            [sys.executable, "-I", "-c", _BOOT, *path, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={**inherited, **_ONE_THREAD},
            start_new_session=True,
        )
        self._frames = frames.receive(self._out)
        if next(self._frames, None) is None:
            self.close()
            raise InvalidInput("the process that reads files doesn't start; what it said stands above")

    @property
    def ended(self) -> bool:
        """Whether it can't be asked any more."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Ends it and the child it may have, from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Ends it and frees what it took here."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def read(self, file: Path, source: Source, pictures: Path) -> Reading:
        """One file; whatever becomes of it, the next one can be read."""
        request = {"file": str(file.resolve()), "source": [source.name, source.sha256, source.media_type]}
        try:
            with suppress(BrokenPipeError):
                frames.send(self._in, frames.REQUEST, json.dumps(request).encode())
            return self._reading(source, pictures)
        except BaseException:
            self.kill()  # in the middle of a message: nothing can be asked of it any more
            self._process.wait()
            raise

    def _reading(self, source: Source, pictures: Path) -> Reading:
        said: frames.Frame | None = None
        drawn = 0
        for frame in self._frames:
            if frame.kind == frames.PICTURE:
                drawn += 1
                if drawn > MAX_PAGES or not (frame.content.startswith(_JPEG[0]) and frame.content.endswith(_JPEG[1])):
                    said = frames.Frame(frames.FAILED, b"it handed back a page that is no picture")
                elif said is None:
                    keep_bytes(pictures / picture_name(drawn), frame.content)
            elif frame.kind == frames.ENDED:
                return _judged(source, said, drawn, json.loads(frame.content))
            elif said is None or said.kind == frames.DOCUMENT:
                said = frame
        self._process.wait()
        return Reading(source, None, drawn, "its reader and the process that watches it died; report this file", None)

    @property
    def _in(self) -> int:
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        return self._process.stdin.fileno()

    @property
    def _out(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        return self._process.stdout.fileno()


def _judged(source: Source, said: frames.Frame | None, drawn: int, ended: dict[str, Any]) -> Reading:
    usage = Usage(ended["wall"], ended["cpu"], ended["peak"])
    if said is not None and said.kind == frames.NOT_CONFINED:
        raise InvalidInput(_not_confined(handback.reason(said.content)))
    why = _stopped(ended) or _refused(said)
    if why or said is None:
        return Reading(source, None, drawn, why, usage)
    return Reading(source, said.content, drawn, "", usage)


def _refused(said: frames.Frame | None) -> str:
    """The child's own word on why it made nothing of the file; empty when it made a document."""
    if said is None:
        return "its reader ended without a word; report this file"
    words = handback.reason(said.content) if said.kind in (frames.REFUSED, frames.FAILED) else ""
    return {
        frames.DOCUMENT: "",
        frames.REFUSED: words or "its reader gave no reason; report this file",
        frames.FAILED: f"the reader failed: {words}; report this file",
        frames.FULL: f"reading it takes more than {CHILD_BYTES // _MIB:,} MiB of memory; split it or export it again",
    }.get(said.kind, "its reader doesn't keep to the form; report this file")


def _stopped(ended: dict[str, Any]) -> str:
    """Which limit ended the child; empty when it ended by itself."""
    allowed, number = float(ended["allowed"]), int(ended["signal"])
    if ended["stopped"] == "form":
        return "its reader doesn't keep to the form; report this file"
    if ended["stopped"] == "waiting":
        most = WAITING_FACTOR * allowed
        return (
            f"reading it takes more than {most:.0f} seconds by the clock; split it, or ingest it when less is running"
        )
    if number == signal.SIGXCPU or (number == signal.SIGKILL and ended["cpu"] >= allowed):
        return f"reading it takes more than {allowed:.0f} seconds of processor time; split it or export it again"
    if number:
        name, peak = signal.Signals(number).name, int(ended["peak"]) // _MIB
        return f"its reader crashed ({name}, with {peak:,} MiB in memory); export it again, and report this file"
    return ""


def _not_confined(words: str) -> str:
    return (
        f"a process can't be confined here: {words}. Files are only parsed without network and within bounds: "
        "use Linux on x86-64 or AArch64 and let the container runtime permit prctl and seccomp"
    )
