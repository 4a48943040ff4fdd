"""Folders that are kept between runs: whole, or made again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from index.sealed import ABANDONED, is_whole, put, sweep

NAMES = ("one.bin", "two.bin")


def made(folder: Path, text: str = "made") -> Path:
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_text(f"{text} {name}")
    return folder


def test_what_was_put_is_whole_and_stays_until_it_is_damaged(tmp_path: Path) -> None:
    put(made(tmp_path / "new"), tmp_path / "kept", NAMES)
    assert is_whole(tmp_path / "kept", NAMES)
    put(made(tmp_path / "other", "later"), tmp_path / "kept", NAMES)  # another process was first
    assert (tmp_path / "kept" / NAMES[0]).read_text() == f"made {NAMES[0]}"


@pytest.mark.parametrize("damage", ["changed", "file lost", "seal lost", "never finished"])
def test_what_is_damaged_gives_way_to_what_is_made_anew(damage: str, tmp_path: Path) -> None:
    kept, seal = tmp_path / "kept", tmp_path / "kept.sha256"
    put(made(tmp_path / "new"), kept, NAMES)
    if damage == "changed":
        (kept / NAMES[1]).write_text("changed")
    elif damage == "seal lost":
        seal.unlink()
    else:
        (kept / NAMES[0]).unlink()
        if damage == "never finished":
            seal.unlink()
    assert not is_whole(kept, NAMES)
    put(made(tmp_path / "again"), kept, NAMES)
    assert is_whole(kept, NAMES)


def test_only_what_was_left_long_ago_is_swept(tmp_path: Path) -> None:
    old, fresh, other = (made(tmp_path / name) for name in (".making-1", ".making-2", "kept"))
    long_ago = time.time() - ABANDONED - 60
    for folder in (old, other):
        os.utime(folder, (long_ago, long_ago))
    sweep(tmp_path, ".making-")
    assert [folder.exists() for folder in (old, fresh, other)] == [False, True, True]
