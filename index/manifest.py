"""What says that an edition is whole, and which one is active. Imports nothing that searches: asking is quick."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import DamagedEdition, NoEdition, ShrunkEdition
from index.layout import EditionFiles, Home

FORMAT = 5
_WAY_OUT = "`signpost publish` builds it again, `signpost editions activate ID` goes back to another"


def verify_edition(folder: Path) -> dict[str, Any]:
    """The manifest of an edition whose files all have their digests.

    Raises ``ShrunkEdition`` when nothing but the manifest is left, ``DamagedEdition`` and ``NoEdition``.
    """
    manifest_file = EditionFiles(folder).manifest
    if not manifest_file.is_file():
        raise NoEdition(f"{folder}: no edition is there; `signpost editions` lists them, `signpost publish` builds one")
    content = manifest_file.read_bytes()
    if edition_id(content) != f"sha256:{folder.name}":
        raise DamagedEdition(f"{manifest_file}: not the manifest this edition is named after; {_WAY_OUT}")
    manifest: dict[str, Any] = json.loads(content)
    if is_shrunk(folder):
        raise ShrunkEdition(f"{folder}: shrunk to its manifest, since no record needed more of it; {_WAY_OUT}")
    if manifest["format"] != FORMAT:
        raise DamagedEdition(
            f"{manifest_file}: format {manifest['format']}, this release reads {FORMAT}; publish again"
        )
    for name, digest in manifest["files"].items():
        file = folder / name
        if not file.is_file():
            raise DamagedEdition(f"{file}: missing; {_WAY_OUT}")
        if file_digest(file) != digest:
            raise DamagedEdition(f"{file}: its bytes are not what the manifest says; {_WAY_OUT}")
    return manifest


def is_shrunk(folder: Path) -> bool:
    """Whether nothing but the manifest of an edition is left."""
    manifest = EditionFiles(folder).manifest
    return manifest.is_file() and [entry for entry in folder.iterdir() if entry != manifest] == []


def current_edition(home: Home) -> str:
    """The id of the active edition; raises ``NoEdition``."""
    try:
        return home.current.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise NoEdition(f"{home.root}: nothing is published yet; run `signpost publish`") from error


@contextmanager
def building(home: Home) -> Iterator[None]:
    """While no other process builds, activates or shrinks an edition; waits for one that does."""
    with home.publish_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def activate(home: Home, edition: str) -> None:
    """Makes a verified edition the active one; raises ``DamagedEdition`` or ``NoEdition`` and changes nothing."""
    verify_edition(home.edition(edition))
    make_current(home, edition)


def make_current(home: Home, edition: str) -> None:
    """Makes an edition that was just verified the active one."""
    folder = home.edition(edition)
    part = home.current.with_name(".CURRENT.part")
    with part.open("w", encoding="ascii") as stream:
        stream.write(f"sha256:{folder.name}\n")  # the whole id, however it was given
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(home.current)
    sync(home.editions)


def edition_id(manifest: bytes) -> str:
    """The identity: the digest of the manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
