"""A process with the readers loaded, that forks itself for each file: start-up is paid once, and no file meets another.

It never looks at a file. It says how each child ended, what it took, and which limit it met.
"""

from __future__ import annotations

import json
import logging
import math
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdf
from PIL import Image

from corpus.model import Source
from ingest.language import language_of
from ingest.limits import FILE_SECONDS, MAX_PAGES, PAGE_SECONDS, WAITING_FACTOR
from ingest.sandbox import child, confine, frames, landlock

_READINGS = 3  # of each page: as text, by the second reader, as a picture
_MOST_SECONDS = math.ceil(FILE_SECONDS + PAGE_SECONDS * _READINGS * MAX_PAGES)  # only the lower bound can be raised
_CHUNK = 1 << 18


def main() -> None:
    """Serves requests on standard input, one file after the other, until it is closed."""
    parent = int(sys.argv.pop())
    confine.die_with_parent(parent)
    folders = _prepare()
    frames.send(1, frames.READY)
    for request in frames.receive(0):
        wanted = json.loads(request.content)
        _serve(Path(wanted["file"]), Source(*wanted["source"]), folders)


def _prepare() -> tuple[Path, ...]:
    """What every child would load for itself."""
    logging.getLogger(pypdf.__name__).setLevel(logging.CRITICAL)  # its notes on odd fonts are no one's
    Image.preinit()
    language_of("The tablets are swallowed whole.")
    folders = landlock.readable() if confine.ON_LINUX else ()
    confine.freeze()
    return folders


def _serve(file: Path, source: Source, folders: tuple[Path, ...]) -> None:
    reader, writer = os.pipe()
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        child.run(writer, file, source, folders, keeper)
    os.close(writer)
    watch = Watch(pid, time.monotonic())
    try:
        for frame in _frames_of(watch, reader):
            if frame.kind in (frames.TICK, frames.PICTURE):
                watch.readings += 1
                watch.allow()
            if frame.kind not in (frames.CONFINED, frames.TICK):
                frames.send(1, frame.kind, frame.content)
    except frames.Garbled:
        watch.stopped = "form"
    finally:
        os.close(reader)
        status = _end(watch)
    frames.send(1, frames.ENDED, json.dumps(status).encode())


@dataclass(slots=True)
class Watch:
    """A child and what it may still take."""

    pid: int
    started: float  # time.monotonic()
    confined: bool = False  # from then on a hostile file may speak
    readings: int = 0
    stopped: str = ""  # which limit it was ended for: "waiting", "form"
    allowed: int = 0  # whole seconds of processor time that the kernel knows of

    @property
    def seconds(self) -> float:
        """Of processor time, so far: the more pages were read, the more there may be to read."""
        return FILE_SECONDS + PAGE_SECONDS * min(self.readings, _READINGS * MAX_PAGES)

    @property
    def waiting(self) -> float:
        """Seconds by the clock that it may take."""
        return WAITING_FACTOR * self.seconds

    @property
    def left(self) -> float:
        """Of those."""
        return self.started + self.waiting - time.monotonic()

    def allow(self) -> None:
        """Tells the kernel (prlimit(2)); elsewhere the clock alone ends a child."""
        wanted = math.ceil(self.seconds)
        if confine.ON_LINUX and wanted != self.allowed:
            resource.prlimit(self.pid, resource.RLIMIT_CPU, (wanted, _MOST_SECONDS))
            self.allowed = wanted


def _frames_of(watch: Watch, reader: int) -> Iterator[frames.Frame]:
    """What the child says until it ends or has to be ended; ends this process when nobody listens any more."""
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(0, 0)  # whoever asked has gone: that alone is reported
    watch.allow()
    said = frames.Frames()
    while True:
        ready = dict(poll.poll(max(0.0, watch.left) * 1000))
        if 0 in ready:
            _kill(watch.pid)
            os._exit(1)
        if watch.left <= 0:  # however much it has to say
            watch.stopped = "waiting"
            return
        data = os.read(reader, _CHUNK)
        if not data:
            return
        for frame in said.feed(data):
            if frame.kind not in (frames.AFTER if watch.confined else frames.BEFORE):
                raise frames.Garbled(f"no child says {frame.kind!r} here")
            watch.confined = watch.confined or frame.kind == frames.CONFINED
            yield frame


def _end(watch: Watch) -> dict[str, object]:
    """Ends the child, which may only have closed its side, and says how it ended; what has ended already stays so."""
    _kill(watch.pid)
    _, status, used = os.wait4(watch.pid, 0)
    unit = 1024 if confine.ON_LINUX else 1  # getrusage(2): kilobytes, and bytes on macOS
    return {
        "stopped": watch.stopped,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "wall": time.monotonic() - watch.started,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * unit,
        "allowed": watch.seconds,
        "waiting": watch.waiting,
    }


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (
        ProcessLookupError,
        PermissionError,
    ):  # before it has made its group, or where no more than a zombie is left
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
