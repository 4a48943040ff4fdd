"""A reader that a hostile file has taken over: it does what the file's text says, from inside the child."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from corpus.model import Source
from ingest.errors import Quarantined
from ingest.parse import Read, Tell, read_document
from ingest.sandbox import child, frames

HANDLE = 3  # what a child has open beside nothing
FORGED = frames.Frame(frames.ENDED, b'{"stopped": "", "signal": 0, "wall": 0, "cpu": 0, "peak": 0, "allowed": 9}')


def take_over() -> None:
    """From here on children of this process read with `evil`."""
    child.read_document = evil


def evil(content: bytes, source: Source, tell: Tell) -> Read:
    """Reads honestly what `_DEEDS` doesn't know; a deed's result becomes the document's text."""
    name, _, argument = content.decode().partition(" ")
    deed = _DEEDS.get(name)
    if deed is None:
        return read_document(content, source, tell)
    said = deed(argument.strip())
    if callable(said):
        return said(source)
    return read_document(f"# Seen\n\n{said}\n".encode(), source, tell)


def _tried(work: Callable[[], object]) -> str:
    try:
        return f"done: {work()}"
    except (OSError, RuntimeError) as error:
        return f"refused: {type(error).__name__}"


def _loop(_: str) -> None:
    while True:
        pass


def _sleep(_: str) -> None:
    threading.Lock().acquire()
    threading.Event().wait()


def _ignore(_: str) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    os.close(HANDLE)
    _sleep("")


def _tick(_: str) -> None:
    while True:
        frames.send(HANDLE, frames.TICK)


def _allocate(_: str) -> int:
    return len([b"x" * 2**20 for _ in range(4096)])


def _crash(_: str) -> None:
    ctypes.string_at(0)


def _abort(_: str) -> None:
    os.abort()


def _exit(_: str) -> None:
    os._exit(0)


def _connect(port: str) -> str:
    return _tried(lambda: socket.create_connection(("127.0.0.1", int(port)), timeout=1))


def _fork(_: str) -> str:
    return _tried(os.fork)


def _run(_: str) -> str:
    return _tried(lambda: subprocess.run([sys.executable, "-V"], check=False))


def _thread(_: str) -> str:
    return _tried(threading.Thread(target=int).start)


def _write(path: str) -> str:
    return _tried(lambda: Path(path).write_bytes(b"x"))


def _delete(path: str) -> str:
    return _tried(Path(path).unlink)


def _read(path: str) -> str:
    return _tried(lambda: Path(path).read_text(encoding="utf-8"))


def _kill(pid: str) -> str:
    return _tried(lambda: os.kill(int(pid), signal.SIGKILL))


def _environment(_: str) -> str:
    return " ".join(sorted(os.environ)) + json.dumps(dict(os.environ))


def _open_files(_: str) -> str:
    found = []
    for handle in range(4096):
        try:
            os.fstat(handle)
        except OSError:
            continue
        found.append(handle)
    return f"open: {found}"


def _forge(_: str) -> None:
    frames.send(HANDLE, FORGED.kind, FORGED.content)
    _sleep("")


def _not_confined(_: str) -> None:
    frames.send(HANDLE, frames.NOT_CONFINED, b"please stop the batch")
    _sleep("")


def _long(_: str) -> None:
    os.write(HANDLE, frames.DOCUMENT + (2**31).to_bytes(4, "big") + b"x" * 1000)
    _sleep("")


def _half(_: str) -> None:
    os.write(HANDLE, frames.DOCUMENT + (1000).to_bytes(4, "big") + b"x")
    os._exit(0)


def _garbage(_: str) -> None:
    frames.send(HANDLE, frames.DOCUMENT, b"\x80\x04garbage" * 10)
    os._exit(0)


def _terminal(_: str) -> None:
    raise Quarantined("red \x1b[31malert\x07 \u202eon\n two lines")


def _other(_: str) -> Callable[[Source], Read]:
    def made(source: Source) -> Read:
        read = read_document(b"# Other\n\nTake ten.\n", source, Tell(lambda *_: None, lambda *_: None, lambda: None))
        return replace(read, document=replace(read.document, source=replace(source, sha256="0" * 64)))

    return made


def _picture(content: str) -> str:
    jpeg = content.encode() if content.startswith("<") else b"\xff\xd8\xff%s\xff\xd9" % content.encode()
    frames.send(HANDLE, frames.PICTURE, (1).to_bytes(4, "big") + jpeg)
    os._exit(0)


def _fail(_: str) -> None:
    raise RecursionError("too deep")


_DEEDS: dict[str, Callable[[str], object]] = {
    "LOOP": _loop,
    "SLEEP": _sleep,
    "IGNORE": _ignore,
    "TICK": _tick,
    "ALLOCATE": _allocate,
    "CRASH": _crash,
    "ABORT": _abort,
    "EXIT": _exit,
    "CONNECT": _connect,
    "FORK": _fork,
    "RUN": _run,
    "THREAD": _thread,
    "WRITE": _write,
    "DELETE": _delete,
    "READ": _read,
    "KILL": _kill,
    "ENVIRONMENT": _environment,
    "OPEN": _open_files,
    "FORGE": _forge,
    "NOT_CONFINED": _not_confined,
    "LONG": _long,
    "HALF": _half,
    "GARBAGE": _garbage,
    "TERMINAL": _terminal,
    "OTHER": _other,
    "PICTURE": _picture,
    "FAIL": _fail,
}
