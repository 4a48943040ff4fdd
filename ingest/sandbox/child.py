"""One file's own process: it reads the file, gives up everything else, parses, hands back data, ends."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from corpus.model import Source
from ingest.errors import Quarantined
from ingest.parse import Tell, read_document
from ingest.sandbox import confine, frames, handback


def serve(handle: int, file: Path, source: Source, folders: tuple[Path, ...]) -> None:
    """Parses ``file`` and sends what came of it through ``handle``, which is all that stays open."""
    tell = _teller(confine.keep_only(handle))
    try:
        content = file.read_bytes()  # while it still may
        confine.confine(folders)
        tell(frames.CONFINED, b"")
    except confine.NotConfined as error:
        tell(frames.NOT_CONFINED, str(error).encode())
        return
    try:
        if hashlib.sha256(content).hexdigest() != source.sha256:
            tell(frames.DAMAGED, b"")
            return
        told = Tell(
            lambda page, jpeg: tell(frames.PICTURE, handback.picture(page, jpeg)),
            lambda page, jpeg: tell(frames.FOUND, handback.picture(page, jpeg)),
            lambda: tell(frames.TICK, b""),
        )
        read = read_document(content, source, told)
        tell(frames.DOCUMENT, handback.packed(read))
    except Quarantined as error:
        tell(frames.REFUSED, handback.refusal(error))
    except MemoryError:
        tell(frames.FULL, b"")
    except BaseException as error:  # noqa: BLE001 - nothing may get past here, into the keeper's code
        tell(frames.FAILED, repr(error).encode(errors="replace"))


def _teller(handle: int) -> Callable[[bytes, bytes], None]:
    def tell(kind: bytes, content: bytes) -> None:
        frames.send(handle, kind, content)

    return tell


def run(handle: int, file: Path, source: Source, folders: tuple[Path, ...], parent: int) -> None:
    """`serve` for a process that has just been forked; never returns."""
    try:
        os.setsid()  # a group of its own, killed whole
        confine.die_with_parent(parent)
        serve(handle, file, source, folders)
    finally:
        os._exit(0)  # no clean-up of the keeper's
