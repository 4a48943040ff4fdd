"""The parent's side: keepers that parse one file at a time, and what the parent makes of what they say."""

from __future__ import annotations

import hashlib
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

from corpus.kept import found_name, keep_bytes, picture_name
from corpus.model import Source
from ingest.errors import InvalidInput, Quarantined, Unfinished
from ingest.limits import CHILD_BYTES, MAX_PICTURES_BYTES
from ingest.parse import Read
from ingest.sandbox import frames, handback

# The search path of this process is all that its modules are found by.
BOOT = "import sys; sys.path[:] = sys.argv[1:-1]; from ingest.sandbox.keeper import main; main()"
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL")  # what an interpreter may need to start
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # a process with threads can't fork safely
_NAMES = {frames.PICTURE: picture_name, frames.FOUND: found_name}
_MIB = 2**20
_MEMORY = f"{CHILD_BYTES // _MIB:,} MiB of memory"
_NEARLY_FULL = 0.9  # the readers' own memory counts in the peak, so that this much is near the limit


@dataclass(frozen=True, slots=True)
class Usage:
    """What reading one file took."""

    seconds: float  # by the clock
    cpu_seconds: float
    peak_bytes: int  # resident at most, the loaded readers among them


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one file in its child. A document that it handed back is unchecked yet."""

    source: Source
    made: bytes | Quarantined  # the document, or why there is none
    drawn: frozenset[int]  # the 1-based pages whose pictures are kept
    usage: Usage | None  # None when the keeper died too

    def read(self) -> Read:
        """What was read, once it has passed every check; raises ``Quarantined``."""
        if isinstance(self.made, Quarantined):
            raise self.made
        try:
            return handback.unpacked(self.made, self.source, self.drawn)
        except handback.Distrusted as error:
            raise _distrusted(error) from error


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
            [sys.executable, "-I", "-c", BOOT, *path, str(os.getpid())],
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
        made: bytes | Quarantined = Unfinished("its reader ended without a word; report this file")
        drawn: set[int] = set()
        room = MAX_PICTURES_BYTES
        for frame in self._frames:
            if frame.kind == frames.ENDED:
                ended = json.loads(frame.content)
                usage = Usage(ended["wall"], ended["cpu"], ended["peak"])
                return Reading(source, _stopped(ended) or made, frozenset(drawn), usage)
            if frame.kind == frames.NOT_CONFINED:
                raise InvalidInput(_not_confined(handback.words_of(frame.content)))
            try:
                if frame.kind in _NAMES:
                    page, jpeg = handback.picture_of(frame.content)
                    room -= len(jpeg)
                    if room < 0:
                        raise handback.Distrusted(f"its page pictures have more than {MAX_PICTURES_BYTES:,} bytes")
                    keep_bytes(pictures / _NAMES[frame.kind](page), jpeg, hashlib.sha256(jpeg).hexdigest())
                    drawn |= {page} if frame.kind == frames.PICTURE else set()
                else:
                    made = _made(frame)
            except handback.Distrusted as error:
                made = _distrusted(error)
        self._process.wait()
        made = Unfinished("its reader and the process that watches it died; report this file")
        return Reading(source, made, frozenset(drawn), None)

    @property
    def _in(self) -> int:
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        return self._process.stdin.fileno()

    @property
    def _out(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        return self._process.stdout.fileno()


def _made(frame: frames.Frame) -> bytes | Quarantined:
    """The child's own word on the file; raises ``Distrusted``."""
    if frame.kind == frames.REFUSED:
        return handback.refused(frame.content)
    if frame.kind == frames.FAILED:
        return Unfinished(f"the reader failed: {handback.words_of(frame.content)}; report this file")
    if frame.kind == frames.FULL:
        return _limited(_MEMORY)
    if frame.kind == frames.DAMAGED:
        return Unfinished("its kept copy is damaged; ingest it again")
    return frame.content


def _stopped(ended: dict[str, Any]) -> Unfinished | None:
    """Which limit ended the child; ``None`` when it ended by itself."""
    allowed, number = float(ended["allowed"]), int(ended["signal"])
    if ended["stopped"] == "form":
        return Unfinished("its reader doesn't keep to the form; report this file")
    if ended["stopped"] == "waiting":
        return _limited(f"{ended['waiting']:.0f} seconds by the clock")
    if number == signal.SIGXCPU or (number == signal.SIGKILL and ended["cpu"] >= allowed):
        return _limited(f"{allowed:.0f} seconds of processor time")
    if number and ended["peak"] > _NEARLY_FULL * CHILD_BYTES:  # pdfium ends itself when it gets no more
        return _limited(_MEMORY)
    if number:
        name, peak = signal.Signals(number).name, int(ended["peak"]) // _MIB
        return Unfinished(f"its reader crashed ({name}, with {peak:,} MiB in memory); export it again, and report it")
    return None


def _limited(most: str) -> Unfinished:
    return Unfinished(f"reading it takes more than {most}; split it or export it again")


def _distrusted(error: handback.Distrusted) -> Unfinished:
    return Unfinished(f"its reader can't be trusted: {error}; report this file")


def _not_confined(words: str) -> str:
    return (
        f"a process can't be confined here: {words}. Files are only parsed without network and within bounds: "
        "use Linux on x86-64 or AArch64 and let the container runtime permit prctl and seccomp"
    )
