"""Editions that nothing needs shrink to their manifest, which proves what they were; big files are kept once.

An edition is needed while it is active, is the one to go back to, or is named by a record that still has its text: that
record can be answered again from it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from corpus.database import Database
from corpus.tables import bodies, records
from index.errors import NoEdition
from index.layout import EditionFiles, Home
from index.manifest import building, current_edition, file_digest, is_shrunk, sync

SHARED_BYTES = 1 << 20  # of a file that is worth one inode
# In canonical JSON no text of a leaf can hold this: its quotes would be escaped.
_NAMED = re.compile(rb'"edition":\{"id":"(sha256:[0-9a-f]{64})"')
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}  # what a file system without hard links says


@dataclass(frozen=True, slots=True)
class Kept:
    """One edition of a home, and why it is kept."""

    edition: str  # its id
    active: bool
    previous: bool  # the one to go back to
    needed: int  # records that still have their text and name it
    shrunk: bool
    bytes: int  # of its files

    @property
    def idle(self) -> bool:
        """Whether nothing needs more of it than its manifest."""
        return not (self.active or self.previous or self.needed or self.shrunk)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What shrinking did."""

    editions: tuple[Kept, ...]  # as they were found
    shared: int  # files that became one with another edition's

    @property
    def idle(self) -> tuple[Kept, ...]:
        """Those that were shrunk, or would be."""
        return tuple(kept for kept in self.editions if kept.idle)


def kept_editions(home: Home, database: Database) -> list[Kept]:
    """Every edition of a home by its id."""
    needed, named = _named(database)
    try:
        active = current_edition(home)
    except NoEdition:
        active = ""
    folders = sorted(path for path in home.editions.glob("*") if EditionFiles(path).manifest.is_file())
    previous = _previous(folders, named, active)
    return [_kept(folder, active, previous, needed[f"sha256:{folder.name}"]) for folder in folders]


def shrink(home: Home, database: Database, *, dry_run: bool = False) -> Shrunk:
    """Removes all but the manifest of what is idle, and links equal big files of the others; waits for a publish.

    Raises ``NoEdition`` when nothing is published. Damaged files are left as they are.
    """
    with building(home):
        current_edition(home)
        found = tuple(kept_editions(home, database))
        if dry_run:
            return Shrunk(found, 0)
        for kept in found:
            if kept.idle:
                _to_manifest(home.edition(kept.edition))
        whole = [home.edition(kept.edition) for kept in found if not kept.idle and not kept.shrunk]
        return Shrunk(found, _share(whole))


def _named(database: Database) -> tuple[Counter[str], list[str]]:
    """How many records with a text name each edition, and the editions that were active, in order."""
    replies = select(records.c.leaf).join(bodies, bodies.c.idx == records.c.idx)
    activations = select(records.c.leaf).where(records.c.type == "edition").order_by(records.c.idx)
    needed: Counter[str] = Counter()
    with database.snapshot() as connection:
        for (leaf,) in connection.execute(replies.execution_options(yield_per=1_000)):
            found = _NAMED.search(leaf)
            if found:
                needed[found[1].decode()] += 1
        named = [json.loads(leaf)["edition"]["id"] for (leaf,) in connection.execute(activations)]
    return needed, named


def _previous(folders: Sequence[Path], named: Sequence[str], active: str) -> str:
    """The edition that was active before; one that an older release activated is known by its folder's age alone."""
    there = {f"sha256:{folder.name}": folder for folder in folders}
    before = [edition for edition in named if edition != active and edition in there]
    if before:
        return before[-1]
    others = [edition for edition in there if edition != active]
    return max(others, key=lambda edition: there[edition].stat().st_mtime, default="")


def _kept(folder: Path, active: str, previous: str, needed: int) -> Kept:
    edition = f"sha256:{folder.name}"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Kept(edition, edition == active, edition == previous, needed, is_shrunk(folder), size)


def _to_manifest(folder: Path) -> None:
    """A kill in the middle leaves a damaged edition that is still idle: the next call does the rest."""
    manifest = EditionFiles(folder).manifest
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry != manifest:
            entry.unlink()
    sync(folder)


def _share(folders: Sequence[Path]) -> int:
    """Makes equal big files one, each after its digest was checked; how many."""
    alike: defaultdict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        files = json.loads(EditionFiles(folder).manifest.read_bytes())["files"]
        for name, digest in files.items():
            if (folder / name).is_file() and (folder / name).stat().st_size >= SHARED_BYTES:
                alike[digest].append(folder / name)
    return sum(_link(first, other, digest) for digest, (first, *rest) in alike.items() for other in rest)


def _link(first: Path, other: Path, digest: str) -> bool:
    if first.samefile(other) or file_digest(first) != digest or file_digest(other) != digest:
        return False
    part = other.with_name(f".{other.name}.part")
    part.unlink(missing_ok=True)  # of a shrink that was killed here
    try:
        os.link(first, part)
    except OSError as error:
        if error.errno in _NO_LINKS:  # then each edition keeps its own
            return False
        raise
    part.replace(other)
    sync(other.parent)
    return True
