from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index import encodings
from index.encodings import encode_cached
from tests.index.small import silent

TEXTS = [f"passage {number}" for number in range(7)]


class Recorder:
    """An encoder that notes what it was asked for, and dies when it has encoded ``lives`` batches."""

    dimensions = 8

    def __init__(self, lives: int = 99) -> None:
        self.asked: list[str] = []
        self.lives = lives

    def encode_all(self, texts: Sequence[str], _workers: int) -> NDArray[np.float32]:
        if not self.lives:
            raise KeyboardInterrupt
        self.lives -= 1
        self.asked += texts
        return np.stack([self.vector(text) for text in texts])

    @staticmethod
    def vector(text: str) -> NDArray[np.float32]:
        return np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint32).astype(np.float32)


EXPECTED = np.stack([Recorder.vector(text) for text in TEXTS])


def cached(texts: list[str], encoder: Any, cache: Path, digest: str = "one") -> tuple[NDArray[np.float32], int]:
    return encode_cached(texts, encoder, digest, cache, 1, silent)


def test_only_new_texts_are_encoded_and_each_vector_goes_to_its_own_text(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "encodings.db"
    assert cached(TEXTS[::2], Recorder(), cache)[1] == 4
    again = Recorder()
    vectors, encoded = cached(TEXTS, again, cache)
    assert (vectors == EXPECTED).all()
    assert (again.asked, encoded) == (TEXTS[1::2], 3)


def test_another_encoder_never_gets_the_vectors_of_the_first(tmp_path: Path) -> None:
    cached(TEXTS, Recorder(), tmp_path / "c")
    assert cached(TEXTS, Recorder(), tmp_path / "c", digest="two")[1] == len(TEXTS)


def test_a_kill_costs_at_most_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BATCH", 2)
    with pytest.raises(KeyboardInterrupt):
        cached(TEXTS, Recorder(lives=2), tmp_path / "c")
    again = Recorder()
    vectors, _ = cached(TEXTS, again, tmp_path / "c")
    assert again.asked == TEXTS[4:]
    assert (vectors == EXPECTED).all()
