"""Copies of a home that a test may change."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from index.layout import Home


def copied(home: Home, folder: Path) -> Home:
    """All that a home holds, under a folder that isn't there yet."""
    copied_tree(home.root, folder)
    return Home(folder)


def copied_tree(source: Path, target: Path) -> None:
    """A folder and its files; the encoder's weights are one file in all copies, as nothing writes into them."""
    shutil.copytree(source, target, copy_function=_copied_file)


def _copied_file(source: str, target: str) -> None:
    if source.endswith(".onnx"):
        os.link(source, target)  # 90 MB, of which one run would write two hundred
    else:
        shutil.copy2(source, target)
