from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index import encodings
from index.encodings import Encodings
from index.errors import CacheUnusable

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


def cached(
    texts: list[str], encoder: Any, cache: Path, digest: str = "one", group: int = 1
) -> tuple[NDArray[np.float32], int]:
    """The vectors of texts that are asked for in groups, and how many were encoded."""
    encodings = Encodings(encoder, digest, cache, 1)
    groups = [texts[start : start + group] for start in range(0, len(texts), group)]
    found = list(encodings.of(groups))
    assert [len(vectors) for vectors in found] == [len(texts) for texts in groups]
    return np.concatenate(found), encodings.encoded


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


def test_what_was_encoded_before_a_stop_is_not_encoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BATCH", 2)
    with pytest.raises(KeyboardInterrupt):
        cached(TEXTS, Recorder(lives=2), tmp_path / "c")
    again = Recorder()
    vectors, _ = cached(TEXTS, again, tmp_path / "c")
    assert again.asked == TEXTS[4:]
    assert (vectors == EXPECTED).all()


def test_a_text_that_comes_again_is_encoded_once_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "BATCH", 2)
    encoder = Recorder()
    vectors, encoded = cached([*TEXTS, *TEXTS[::-1]], encoder, tmp_path / "c", group=3)
    assert (sorted(encoder.asked), encoded) == (TEXTS, len(TEXTS))
    assert (vectors == np.concatenate([EXPECTED, EXPECTED[::-1]])).all()


def test_the_next_batch_is_looked_up_while_one_is_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BATCH", 2)
    looked_up = threading.Event()

    class Patient(Recorder):
        def encode_all(self, texts: Sequence[str], workers: int) -> NDArray[np.float32]:
            assert looked_up.wait(10), "nothing is read while this is encoded"
            return super().encode_all(texts, workers)

    def groups() -> Iterator[list[str]]:
        yield TEXTS[:2]
        looked_up.set()
        yield [*TEXTS[1:3], TEXTS[0]]

    found = list(Encodings(Patient(), "one", tmp_path / "c", 1).of(groups()))
    assert (np.concatenate(found) == EXPECTED[[0, 1, 1, 2, 0]]).all()


def test_a_vector_of_another_length_is_no_vector(tmp_path: Path) -> None:
    """Of a file that something else wrote into: it is encoded again and mended."""
    cached(TEXTS, Recorder(), tmp_path / "c")
    with closing(sqlite3.connect(tmp_path / "c")) as connection, connection:
        connection.execute("UPDATE encodings SET vector = x'00'")
    vectors, encoded = cached(TEXTS, Recorder(), tmp_path / "c")
    assert (encoded, (vectors == EXPECTED).all()) == (len(TEXTS), True)
    assert cached(TEXTS, Recorder(), tmp_path / "c")[1] == 0


def test_a_group_without_texts_keeps_its_place(tmp_path: Path) -> None:
    found = list(Encodings(Recorder(), "one", tmp_path / "c", 1).of([["a"], [], ["b", "a"]]))
    assert [len(vectors) for vectors in found] == [1, 0, 2]
    assert (found[2][1] == found[0][0]).all()


def test_a_damaged_cache_says_that_it_may_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"no database at all, but as long as one" * 100)
    with pytest.raises(CacheUnusable, match="delete the file"):
        cached(TEXTS, Recorder(), tmp_path / "c")
