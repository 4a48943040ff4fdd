"""The routing model is fitted once, kept beside the encoder, and fitted again when what was kept is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import fit as module
from index.encoder import FILES as ENCODER_FILES
from index.encoder import EncoderFiles
from index.fit import fitted_linear
from index.linear import FILES, Examples, Lesson, LinearFiles
from index.sealed import digest_of
from tests.index.test_linear import EXAMPLES, VECTORS


class Fixed:
    """An encoder that has the vectors of EXAMPLES, and counts how often it is asked for them."""

    asked = 0

    def __init__(self, _files: EncoderFiles) -> None: ...

    def encode_all(self, _texts: list[str], _workers: int) -> NDArray[np.float32]:
        Fixed.asked += 1
        return VECTORS


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderFiles:
    """A compiled encoder in name."""
    monkeypatch.setattr(module, "Encoder", Fixed)
    monkeypatch.setattr(Fixed, "asked", 0)
    folder = tmp_path / "encoders" / "compiled"
    folder.mkdir(parents=True)
    for name in ENCODER_FILES:
        (folder / name).write_text(name)
    return EncoderFiles(folder)


def fitted(files: EncoderFiles) -> Path:
    return fitted_linear(files.root.parent, files, EXAMPLES, 1).root


def test_a_model_is_fitted_once(files: EncoderFiles) -> None:
    assert fitted(files) == fitted(files)
    assert Fixed.asked == 1


def test_a_lesson_is_read_when_something_is_fitted_from_it(files: EncoderFiles) -> None:
    read: list[str] = []

    def reading() -> Examples:
        read.append("once")
        return EXAMPLES

    lesson = Lesson(EXAMPLES.sha256, reading)
    made = [fitted_linear(files.root.parent, files, lesson, 1) for _ in range(2)]
    assert made == [LinearFiles(fitted(files))] * 2
    assert read == ["once"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["lost", "changed", "cut short"])
def test_a_damaged_model_is_fitted_again_to_the_same_bytes(name: str, damage: str, files: EncoderFiles) -> None:
    folder = fitted(files)
    before, content = digest_of(folder, FILES), (folder / name).read_bytes()
    if damage == "lost":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content[:-1] if damage == "cut short" else content[:-1] + b"\x7f")
    assert fitted(files) == folder
    assert (Fixed.asked, digest_of(folder, FILES)) == (2, before)


def test_a_folder_that_a_kill_left_unfinished_is_replaced(files: EncoderFiles) -> None:
    folder = fitted(files)
    folder.with_suffix(".sha256").unlink()
    (folder / FILES[-1]).unlink()
    fitted(files)
    assert Fixed.asked == 2
    assert all((folder / name).is_file() for name in FILES)


def test_a_model_of_another_encoder_is_another_model(files: EncoderFiles) -> None:
    first = fitted(files)
    (files.root / ENCODER_FILES[0]).write_text("changed")
    assert fitted(files) != first
