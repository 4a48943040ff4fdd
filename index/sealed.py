"""Folders that are costly to make and kept between runs: made whole, sealed by their digest, replaced when damaged."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

ABANDONED = 3600.0  # seconds after which an unfinished one was left by a kill: making takes a minute or two


def digest_of(folder: Path, names: Sequence[str]) -> str:
    """One SHA-256 over the named files, in this order."""
    parts = [hashlib.sha256((folder / name).read_bytes()).digest() for name in names]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def is_whole(folder: Path, names: Sequence[str]) -> bool:
    """Whether it was made to its end and is still, byte for byte, what it was then."""
    seal = _seal(folder)
    if not all(file.is_file() for file in (seal, *(folder / name for name in names))):
        return False
    return seal.read_text(encoding="ascii").strip() == digest_of(folder, names)


def put(made: Path, folder: Path, names: Sequence[str]) -> None:
    """Moves what was ``made`` to ``folder``, unless another process was first; the seal is written last."""
    if is_whole(folder, names):
        return
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)
    _seal(folder).write_text(digest_of(folder, names) + "\n", encoding="ascii")


def sweep(parent: Path, prefix: str) -> None:
    """Removes what kills left half made: folders whose names begin with ``prefix``, untouched for ABANDONED."""
    for folder in parent.glob(f"{prefix}*"):
        if time.time() - folder.stat().st_mtime > ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)


def _seal(folder: Path) -> Path:
    """The file beside a folder that holds its digest."""
    return folder.with_suffix(".sha256")
