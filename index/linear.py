"""A linear model that names what a text is about: its embedding and its word pieces, weighed.

Multinomial logistic regression over two blocks of features side by side: the encoder's unit vector, which knows what
words mean, and hashed words and runs of letters (Weinberger et al. 2009, arXiv:0902.2206), which know how they are
written in any language. Weights are plain arrays: nothing is unpickled, and a text's score can be added up by hand.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 14  # of hashed pieces: the shipped utterances fill the half for words wholly, 3 % of that for signs
LETTERS = (3, 4)  # lengths of the runs of letters of a word, its bounds counted
PIECE_WEIGHT = 1.0  # length of the vector of words and letters beside the embedding's, which is 1
SIGN_WEIGHT = 1.0  # likewise of the signs

_WORD = re.compile(r"[^\W_]+|[?!%<>{}$;]")

FILES = ("model.json", "embedding.npy", "pieces.npy", "bias.npy")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the model reads it, beside its embedding."""

    neutral: str  # the text with each name of a medicine as a word that stands for all
    signs: tuple[str, ...]  # what its words stand for, in their order


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance that the model is fitted from."""

    text: str  # as someone would type it
    reading: Reading
    label: str


@dataclass(frozen=True, slots=True)
class Examples:
    """All of them."""

    rows: tuple[Example, ...]
    sha256: str  # of the files they were read from

    def read(self) -> Examples:
        """Themselves: as a lesson's."""
        return self


@dataclass(frozen=True, slots=True)
class Lesson:
    """Examples that are read when something is fitted from them: reading takes a second."""

    sha256: str  # as of the examples
    read: Callable[[], Examples]


@dataclass(frozen=True, slots=True)
class LinearFiles:
    """A fitted model on disk."""

    root: Path


@dataclass(frozen=True)
class Linear:
    """A fitted model. Without slots: what is derived is derived once."""

    examples: str  # SHA-256 of the files that its examples were read from
    labels: tuple[str, ...]
    embedding: NDArray[np.float32]  # (labels, dimensions)
    pieces: NDArray[np.float32]  # (BUCKETS, labels): a text reads few rows
    bias: NDArray[np.float32]  # (labels,)

    def probabilities(self, vector: NDArray[np.float32], reading: Reading) -> NDArray[np.float64]:
        """The probability of each label, shape (labels,); ``vector`` is the text's unit embedding."""
        scores = self.embedding @ vector + self.bias
        buckets, weights = piece_vector(reading)
        if len(buckets):
            scores = scores + weights @ self.pieces[buckets]
        shifted = np.exp((scores - scores.max()).astype(np.float64))
        result: NDArray[np.float64] = shifted / shifted.sum()
        return result

    @cached_property
    def place(self) -> dict[str, int]:
        """The index of each label."""
        return {label: at for at, label in enumerate(self.labels)}


def piece_vector(reading: Reading) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The buckets of a text's pieces and their weights, a sparse vector: words and letters in the first half of the
    buckets with length PIECE_WEIGHT, signs in the second with SIGN_WEIGHT.
    """
    words = _hashed(_pieces(reading.neutral), PIECE_WEIGHT)
    signs = _hashed(_sign_pieces(reading.signs), SIGN_WEIGHT)
    return np.concatenate([words[0], signs[0] + BUCKETS // 2]), np.concatenate([words[1], signs[1]])


def write_linear(model: Linear, folder: Path) -> None:
    """Writes the files of a model into an empty folder."""
    value = {"examples": model.examples, "labels": model.labels}
    (folder / FILES[0]).write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, array in zip(FILES[1:], (model.embedding, model.pieces, model.bias), strict=True):
        np.save(folder / name, array, allow_pickle=False)


def open_linear(files: LinearFiles) -> Linear:
    """The model in a folder; its arrays are mapped, not read."""
    value = json.loads((files.root / FILES[0]).read_text(encoding="utf-8"))
    arrays = [np.load(files.root / name, mmap_mode="r", allow_pickle=False) for name in FILES[1:]]
    return Linear(value["examples"], tuple(value["labels"]), arrays[0], arrays[1], np.asarray(arrays[2]))


def _hashed(pieces: Iterable[str], length: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    found = np.fromiter((zlib.crc32(piece.encode()) % (BUCKETS // 2) for piece in pieces), np.int64)
    buckets, counts = np.unique(found, return_counts=True)
    weights = np.sqrt(counts, dtype=np.float32)
    return buckets, weights * np.float32(length / (float(np.sqrt(np.square(weights).sum())) or 1.0))


def _sign_pieces(signs: Sequence[str]) -> Iterable[str]:
    """Each sign, each two that follow one another, and each two that stand in one text."""
    yield from signs
    if signs:
        yield from (f"{first} {second}" for first, second in zip(["^", *signs], [*signs, "$"], strict=True))
    yield from (f"{first}+{second}" for first, second in combinations(sorted(set(signs)), 2))


def _pieces(neutral: str) -> Iterable[str]:
    words = _WORD.findall(_folded(neutral))
    if not words:
        return
    yield from (f"w {word}" for word in words)
    yield from (f"p {first} {second}" for first, second in zip(["^", *words], [*words, "$"], strict=True))
    for word in words:
        yield from _letters(word)


def _letters(word: str) -> Sequence[str]:
    bound = f"<{word}>"
    return [bound[at : at + size] for size in LETTERS for at in range(len(bound) - size + 1)]


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def _folded(text: str) -> str:
    """Small letters without accents; each run of digits is one 0, so that 20 mg and 25 mg are the same piece."""
    plain = text.lower() if text.isascii() else _without_accents(text)
    return re.sub(r"\d+(?:[.,]\d+)*", "0", plain)
