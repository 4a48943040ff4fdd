"""The nouns of a benchmark: what every engine is given, what it must do, and what was measured of it.

All engines of a run hold the same passages with the same vectors; each encodes the query by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eval.model import Metric
from index.edition import Edition
from index.encoder import EncoderFiles
from index.sentences import Sentences

TOP = 10  # how many passages a search gives


@dataclass(frozen=True, slots=True)
class Passages:
    """What is searched: the same for every engine. A passage is known by its number."""

    texts: tuple[str, ...]  # what both retrievers read of each
    languages: tuple[str, ...]  # of each, ISO 639-1
    vectors: NDArray[np.float32]  # unit, (passages, dimensions), as Signpost stores them
    sentences: Sentences  # that Signpost compares; no other engine has any

    def __len__(self) -> int:
        return len(self.texts)

    def digest(self) -> str:
        """The SHA-256 over all texts and vectors in their order."""
        read = hashlib.sha256()
        for text in self.texts:
            read.update(text.encode() + b"\0")
        read.update(np.ascontiguousarray(self.vectors).tobytes())
        return read.hexdigest()


@dataclass(frozen=True, slots=True)
class Weights:
    """One model in its two forms."""

    encoder: EncoderFiles  # compiled to int8: ours
    model: Path | None  # a sentence-transformers folder: what the products load, in fp32; None: none of them is run


@dataclass(frozen=True, slots=True)
class Setting:
    """What an engine is made from."""

    passages: Passages
    weights: Weights
    folder: Path  # its own, empty
    edition: Edition | None  # where these passages are a whole edition


class NothingFound(Exception):
    """An engine gave no passage, or one that isn't there: it is set up wrongly, and its times say nothing."""


class Engine(Protocol):
    """A search engine that holds the passages."""

    def search(self, query: str) -> list[int]:
        """The numbers of the ``TOP`` best passages, best first; the query is encoded in here."""

    def close(self) -> None:
        """Frees what it holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine that can be asked for."""

    name: str  # how it is asked for
    title: str  # how tables call it
    packages: tuple[str, ...]  # distributions it needs beyond the base install
    make: Callable[[Setting], Engine]
    largest: int | None = None  # passages; None: any number
    why: str = ""  # it isn't run with more
    fp32: bool = False  # it encodes by itself, from the model's folder


@dataclass(frozen=True, slots=True)
class Timing:
    """What one engine took over one number of passages. Times are milliseconds a query."""

    engine: str
    title: str
    passages: int
    p50: Metric  # its interval: the smallest and largest median of a round
    p99: Metric  # the same
    ratio: Metric  # times as long as Signpost: median over queries, bootstrap interval
    over_bare: Metric | None  # milliseconds more than the bare loop, likewise; None when that didn't run
    overlap: float  # the share of Signpost's first TOP that it found too, mean over queries
    per_query: tuple[float, ...]  # the median over rounds, by query
    parts: Mapping[str, float]  # milliseconds of what a search is made of; empty for all but Signpost


@dataclass(frozen=True, slots=True)
class Absent:
    """An engine that was asked for and has no figures."""

    engine: str
    passages: int | None  # None: at no size
    reason: str


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What a benchmark found."""

    dataset: str
    timings: tuple[Timing, ...]  # by size, then in the order of the engines
    absent: tuple[Absent, ...]
    queries: int
    rounds: int
    threads: int
    data: Mapping[str, str]  # SHA-256 of the passages by size, of the queries and of the weights
    versions: Mapping[str, str]  # of the packages that were measured
    machine: str  # processors and system, as far as they explain a time
