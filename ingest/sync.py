"""Which files that were read once are gone, and which of those say nothing because a whole folder is.

Pure: paths in, paths out. An empty folder looks the same whether its files were deleted or its share isn't mounted, so
a folder that lost all its files proposes nothing until a person says that it went on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.limits import FOLDER_FILES, VANISHED_SHARE


@dataclass(frozen=True, slots=True)
class Vanished:
    """What a sync saw: of the files that were read before under its paths, those that are gone."""

    known: int
    files: tuple[Path, ...]  # gone one by one, or with a folder that was named
    folders: tuple[tuple[Path, int], ...]  # gone whole, with how many files; their files are not in ``files``

    def is_many(self, new: int) -> bool:
        """Whether so much is gone at once, ``new`` files and the folders, that something else may be behind it."""
        return new + sum(count for _, count in self.folders) > VANISHED_SHARE * self.known


def vanished(known: Iterable[Path], found: Iterable[Path], roots: Sequence[Path], gone: Sequence[Path]) -> Vanished:
    """Compares the ``known`` files under ``roots`` and ``gone`` with those ``found``; all paths are resolved.

    ``gone`` are files and folders that a person says are gone on purpose.
    """
    there = set(found)
    scope = [file for file in known if _under(file, (*roots, *gone))]
    missing = [file for file in scope if file not in there]
    before = Counter(folder for file in scope for folder in file.parents)
    lost = Counter(folder for file in missing for folder in file.parents)
    files: list[Path] = []
    folders: Counter[Path] = Counter()
    for file in missing:
        whole = None if _under(file, gone) else _whole(file, roots, before, lost)
        if whole is None:
            files.append(file)
        else:
            folders[whole] += 1
    return Vanished(len(scope), tuple(sorted(files)), tuple(sorted(folders.items())))


def _whole(file: Path, roots: Sequence[Path], before: Counter[Path], lost: Counter[Path]) -> Path | None:
    """The outermost folder of ``file``, within the roots, that lost every file and had more than one."""
    inside = [folder for folder in file.parents if _under(folder, roots)]
    whole = [folder for folder in inside if before[folder] == lost[folder] >= FOLDER_FILES]
    return whole[-1] if whole else None


def _under(path: Path, roots: Iterable[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)
