from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from index.slices import Slices


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    return path


def test_a_slice_is_the_files_bytes(file: Path) -> None:
    slices = Slices(file)
    assert slices.read(3, 7) == bytes([3, 4, 5, 6])
    assert slices.read(100, 100) == b""
    rows = np.zeros(8, np.uint8)
    slices.read_runs(rows.data, [(8, 5), (40, 0), (2, 3)])
    assert rows.tolist() == [8, 9, 10, 11, 12, 2, 3, 4]
    slices.read_runs(rows[:0].data, [])


def test_a_file_that_became_shorter_is_said_to_be(file: Path) -> None:
    slices = Slices(file)
    os.truncate(file, 50)
    with pytest.raises(OSError, match="10 bytes where 20 were; the edition was changed, publish again"):
        slices.read(40, 60)
    with pytest.raises(OSError, match="2 bytes where 6 were"):
        slices.read_runs(np.zeros(6, np.uint8).data, [(60, 4), (0, 2)])


def test_the_file_is_closed_with_the_last_who_holds_it(file: Path) -> None:
    slices = Slices(file)
    opened = slices._file
    assert os.fstat(opened).st_size == 100
    del slices
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened)
