"""What is searched and asked: passages of a file, of a collection or of the active edition, and queries from them.

The whole of a corpus is a real edition, made by ``index.build`` as ``publish`` makes it; all other sizes are samples of
its passages, or repeat them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import InvalidInput
from corpus.model import Block, Document, Passage, Sentence, Source
from eval.bench.engines import Passages
from eval.model import Progress
from eval.scratch import scratch_home
from index.build import Candidate, build_edition
from index.edition import Edition, open_edition
from index.encoder import EncoderFiles
from index.layout import EditionFiles, Home
from index.manifest import current_edition
from index.reading import search_text

PASSAGE_WORDS = 110  # as ingest cuts
JITTER = 0.3  # the length of the noise on a repeated passage's unit vector: a cosine of 0.96 with the first
_SEED = 20_130_423  # of the noise
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s)|\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a corpus file."""

    id: str
    title: str  # may be empty
    text: str
    question: str  # that the text answers; empty where the corpus has none
    language: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """A whole corpus, indexed."""

    name: str
    edition: Edition
    encoder: EncoderFiles  # it was encoded with
    passages: Passages
    asked: tuple[str, ...]  # what it can be asked, without repetition, in its own order


def of_home(home: Home) -> Corpus:
    """The active edition; asked are its headings. Raises ``NoEdition`` or ``DamagedEdition``."""
    folder = home.edition(current_edition(home))
    edition = open_edition(folder)
    return _corpus("the active edition", edition, EncoderFiles(EditionFiles(folder).encoder), _headings(edition))


def of_file(path: Path, home: Home, scratch: Path, encoder: EncoderFiles, workers: int, encoding: Progress) -> Corpus:
    """The documents of a JSONL file, cut into passages, or of a BEIR folder, where each is one.

    Built in ``scratch``; only the cache of encodings is the home's. Asked are the questions of its rows, else a
    folder's own queries, else the titles. Raises ``InvalidInput``.
    """
    rows = tuple(read_rows(path / "corpus.jsonl" if path.is_dir() else path))
    own = path / "queries.jsonl"
    asked: Iterable[str] = (row.question or row.title for row in rows)
    if path.is_dir() and own.is_file():
        asked = read_queries(own)
    place = scratch_home(home, scratch)
    candidates = [candidate(row, whole=path.is_dir()) for row in rows]
    built = build_edition(candidates, place, encoder, workers, encoding)
    return _corpus(path.name, open_edition(place.edition(built.edition)), encoder, asked)


def read_rows(path: Path) -> Iterator[Row]:
    """The documents of a JSONL file, gzipped or not: {"text"}, and where known "_id", "title", "question", "language".

    Raises ``InvalidInput`` with the file, the line and the way out.
    """
    seen = 0
    for number, row in _objects(path):
        seen += 1
        yield Row(
            id=_text(row, "_id", path, number) or str(number),
            title=_text(row, "title", path, number),
            text=_text(row, "text", path, number),
            question=_text(row, "question", path, number),
            language=_text(row, "language", path, number) or "en",
        )
    if not seen:
        raise InvalidInput(f"{path}: nothing in it; write one JSON object with a text a line")


def read_queries(path: Path) -> tuple[str, ...]:
    """The texts of a JSONL file of queries; raises ``InvalidInput`` with the file, the line and the way out."""
    found = tuple(text for number, row in _objects(path) if (text := _text(row, "text", path, number).strip()))
    if not found:
        raise InvalidInput(f'{path}: no query in it; write {{"text": "…"}}, one a line')
    return found


def candidate(row: Row, whole: bool) -> Candidate:
    """A row as a document to be indexed: one passage, or as many as it takes at ``PASSAGE_WORDS`` words each."""
    sentences = tuple(Sentence(*match.span(), True) for match in _SENTENCE.finditer(row.text))
    source = Source(row.id, hashlib.sha256(f"{row.id}\n{row.text}".encode()).hexdigest(), "text/plain")
    block = Block(0, len(row.text), "paragraph", (), None, sentences)
    document = Document(source, "bench", row.title, row.language, (), row.text, (), (block,))
    groups = [sentences] if whole else list(_groups(row.text, sentences))
    passages = tuple(_passage(document, group) for group in groups if group)
    return Candidate(document, passages, ())


def resized(passages: Passages, size: int) -> Passages:
    """``size`` of the passages, evenly spread; beyond all of them, repeated with noise on their vectors.

    The noise keeps copies from being equally near to every query, which no real corpus has.
    """
    have = len(passages)
    rows = np.arange(size) * have // size if size <= have else np.arange(size) % have
    vectors = passages.vectors[rows]
    if size > have:
        noise = np.random.default_rng(_SEED).normal(size=(size - have, vectors.shape[1])).astype(np.float32)
        vectors[have:] += JITTER / np.sqrt(vectors.shape[1], dtype=np.float32) * noise
        vectors[have:] /= np.linalg.norm(vectors[have:], axis=1, keepdims=True)
    chosen = rows.tolist()
    return Passages(
        tuple(passages.texts[row] for row in chosen),
        tuple(passages.languages[row] for row in chosen),
        vectors,
        passages.sentences.taken(rows),
    )


def evenly(items: Sequence[str], count: int) -> tuple[str, ...]:
    """``count`` of the items, evenly spread over them; all where there are fewer."""
    return tuple(items[at * len(items) // count] for at in range(count)) if count < len(items) else tuple(items)


def _corpus(name: str, edition: Edition, encoder: EncoderFiles, asked: Iterable[str]) -> Corpus:
    owners = [edition.document_of(at) for at in range(len(edition.passages))]
    read = zip(edition.passages, owners, strict=True)
    texts = tuple(search_text(passage, owner.title, owner.names) for passage, owner in read)
    vectors = edition.vectors.rows(np.arange(len(texts)))
    passages = Passages(texts, tuple(owner.language for owner in owners), vectors, edition.sentences)
    return Corpus(name, edition, encoder, passages, tuple(dict.fromkeys(text for text in asked if text.strip())))


def _headings(edition: Edition) -> Iterator[str]:
    """Each passage's innermost heading, after the name of what it is about."""
    for at, passage in enumerate(edition.passages):
        owner = edition.document_of(at)
        about = owner.names[0] if owner.names else owner.title
        yield f"{about} {passage.path[-1]}" if passage.path else about


def _groups(text: str, sentences: tuple[Sentence, ...]) -> Iterator[tuple[Sentence, ...]]:
    group: list[Sentence] = []
    words = 0
    for sentence in sentences:
        size = len(text[sentence.start : sentence.end].split())
        if group and words + size > PASSAGE_WORDS:
            yield tuple(group)
            group, words = [], 0
        group.append(sentence)
        words += size
    yield tuple(group)


def _passage(document: Document, group: tuple[Sentence, ...]) -> Passage:
    start, end = group[0].start, group[-1].end
    return Passage(document.sha256, start, document.text[start:end], (), None, None, group)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"{path}: line {number}: no JSON: {error}; write one object a line") from error
        if not isinstance(row, dict):
            raise InvalidInput(f'{path}: line {number}: no object; write {{"text": "…"}}')
        yield number, row


def _lines(path: Path) -> Iterator[str]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as packed:
                yield from packed
        else:
            with path.open(encoding="utf-8") as plain:
                yield from plain
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not readable: {error}; give a JSONL file, plain or gzipped") from error


def _text(row: dict[str, object], name: str, path: Path, number: int) -> str:
    """The value of a field, "" where it is missing; only the text must be there."""
    value = row.get(name, None if name == "text" else "")
    if not isinstance(value, str):
        raise InvalidInput(f"{path}: line {number}: {name!r} is no text; write a string")
    return value
