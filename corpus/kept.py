"""Files kept beside the database: source bytes and page pictures, named by the digest of the source."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folders:
    """Where an ingest run keeps what is no row of the database."""

    sources: Path  # source bytes, by their SHA-256
    pages: Path  # page pictures, a folder a source
    refusals: Path  # why sources were quarantined; may be deleted at any time


def picture_name(page: int) -> str:
    """The file name of the picture of a 1-based page, in its source's folder."""
    return f"{page:04d}.jpg"


def found_name(page: int) -> str:
    """That of the picture of a 1-based page on which what nobody sees is marked."""
    return f"found-{picture_name(page)}"


def keep_bytes(path: Path, content: bytes, sha256: str | None = None) -> None:
    """Writes a content-addressed file once, whole or not at all, and on disk before anything names it.

    With ``sha256`` a file that is there but damaged is written again.
    """
    if path.exists() and sha256 in (None, hashlib.sha256(path.read_bytes()).hexdigest()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # two workers may read copies of one file at once
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
