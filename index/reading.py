"""What the retrievers read of passages, while an edition is built over them.

Read from the edition's own file of passages, one at a time, as often as is needed: however many there are, the
memory holds what is made of them and not their text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.model import Passage
from index.analysis import tokens
from index.documents import EditionDocument
from index.encodings import Encodings
from index.layout import EditionFiles
from index.passages import open_passages
from index.sentences import build_sentences, sentence_texts
from index.vectors import build_vectors

HEADING_WEIGHT = 2  # how often BM25 counts each word of names, title and headings (docs/decisions/0009-ranking.md)


class Reading:
    """The passages of an edition that is being built, with their documents."""

    def __init__(self, files: EditionFiles, documents: Sequence[EditionDocument], passages: int) -> None:
        self.passages = open_passages(files.passages, files.passage_table, passages)
        self._documents = documents

    def by_document(self) -> Iterator[tuple[EditionDocument, Iterator[Passage]]]:
        """Each document that has passages, with them."""
        for number, rows in groupby(range(len(self.passages)), key=lambda row: int(self.passages.owners[row])):
            yield self._documents[number], (self.passages[row] for row in rows)

    def texts(self) -> Iterator[list[str]]:
        """What is encoded of each passage: its search text, then its sentences that are compared."""
        for document, passages in self.by_document():
            for passage in passages:
                yield [search_text(passage, document.title, document.names), *sentence_texts(passage)]

    def tokens(self) -> Iterator[list[str]]:
        """What BM25 counts of each passage."""
        for document, passages in self.by_document():
            for passage in passages:
                yield search_tokens(search_text(passage, document.title, document.names), document.language)


def write_vectors(
    read: Reading,
    encodings: Encodings,
    files: EditionFiles,
    scratch: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Encodes what isn't encoded yet and writes both kinds of vectors; in between they lie in files in ``scratch``."""
    counts = [len(texts) - 1 for texts in read.texts()]
    progress(0, len(counts))
    whole = _mapped(scratch / "whole", len(counts), encodings.dimensions)
    parts = _mapped(scratch / "parts", sum(counts), encodings.dimensions)
    at = 0
    for number, vectors in enumerate(encodings.of(read.texts())):
        whole[number] = vectors[0]
        parts[at : at + counts[number]] = vectors[1:]
        at += counts[number]
        progress(number + 1, len(counts))
    build_vectors(whole, files.vectors)
    build_sentences(parts, counts, files.sentences)


def _mapped(path: Path, rows: int, dimensions: int) -> NDArray[np.float32]:
    """An array in a file, which no memory map can be when it is empty."""
    if not rows:
        return np.zeros((0, dimensions), np.float32)
    return np.memmap(path, np.float32, "w+", shape=(rows, dimensions))


def search_text(passage: Passage, title: str, names: Sequence[str]) -> str:
    """What both retrievers read of a passage: product names, the headings above it, then its text.

    A title that only repeats the names adds nothing and would crowd out text from the encoder's 256 tokens.
    """
    title_words = title.casefold()
    repeats = bool(names) and all(name.casefold() in title_words for name in names)
    head = [
        " ".join(names) if names else title,
        *([] if repeats or not names else [title]),
        *passage.path[-2:],
    ]
    return ". ".join(part for part in head if part) + "\n" + passage.text


def search_tokens(text: str, language: str) -> list[str]:
    """What BM25 counts of a passage's ``search_text``: its first line HEADING_WEIGHT times.

    Weighted in the count, so that it saturates with the text's own words (Robertson, Zaragoza and Taylor 2004,
    doi 10.1145/1031171.1031181).
    """
    head, _, body = text.partition("\n")
    return tokens(head, language) * HEADING_WEIGHT + tokens(body, language)
