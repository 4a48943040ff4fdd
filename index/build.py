"""Documents and passages -> an edition on disk, then the active one.

The order is what makes it safe: all files into a temporary folder, each synced, the folder renamed to its id, its
parent synced, and only then CURRENT replaced by rename. A kill at any moment leaves the old edition active and whole.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.model import Document, Passage
from index.analysis import tokens
from index.bm25 import K1, PAIR_WEIGHT, B, build_bm25
from index.documents import EditionDocument, document_row
from index.edition import FORMAT, edition_id, file_digest, verify_edition
from index.encoder import Encoder, EncoderFiles
from index.encodings import encode_cached
from index.errors import DamagedEdition, NoEdition
from index.fusion import ALPHA, FEEDBACK_PASSAGES, FEEDBACK_WEIGHT, SENTENCE_WEIGHT
from index.layout import EditionFiles, Home
from index.linear import LinearFiles
from index.passages import build_passages
from index.sentences import SENTENCE_WORDS, build_sentences, sentence_texts
from index.suggest import build_topics
from index.vectors import build_vectors

HEADING_WEIGHT = 2  # how often BM25 counts each word of names, title and headings (docs/decisions/0009-ranking.md)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document to be indexed, with the product names it is to be found by."""

    document: Document
    passages: tuple[Passage, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    edition: str
    passages: int
    encoded: int  # passages and sentences that were not in the cache


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


def build_edition(
    candidates: Sequence[Candidate],
    home: Home,
    encoder_files: EncoderFiles,
    workers: int,
    progress: Callable[[int, int], None],
    linear: LinearFiles | None = None,
) -> Built:
    """Builds, or finds built already, the edition of ``candidates``; does not activate it.

    The same documents, names, encoder and routing model give the same id, whatever their order here. Without a
    ``linear`` model the edition only searches.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.document.sha256)
    passages = [passage for candidate in ordered for passage in candidate.passages]
    texts = [text for candidate in ordered for text in _search_texts(candidate)]
    languages = [candidate.document.language for candidate in ordered for _ in candidate.passages]
    encoder = Encoder(encoder_files)
    sentences = [sentence_texts(passage) for passage in passages]
    read = [*texts, *(text for row in sentences for text in row)]
    vectors, encoded = encode_cached(read, encoder, encoder_files.digest(), home.encodings, workers, progress)
    home.editions.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.editions, prefix=".building-") as folder:
        files = EditionFiles(Path(folder) / "edition")
        files.root.mkdir()
        documents = [_edition_document(candidate) for candidate in ordered]
        _write_lines(files.documents, [document_row(document) for document in documents])
        build_passages(passages, [document.sha256 for document in documents], files.passages, files.passage_table)
        build_topics(zip(documents, (candidate.passages for candidate in ordered), strict=True), files.topics)
        build_bm25([search_tokens(text, language) for text, language in zip(texts, languages, strict=True)], files.bm25)
        build_vectors(vectors[: len(texts)], files.vectors)
        build_sentences(vectors[len(texts) :], [len(row) for row in sentences], files.sentences)
        shutil.copytree(encoder_files.root, files.encoder)
        if linear is not None:
            shutil.copytree(linear.root, files.linear)
        manifest = _manifest(files, len(passages))
        files.manifest.write_bytes(manifest)
        made = edition_id(manifest)
        _keep(files.root, home.edition(made))
    return Built(made, len(passages), encoded)


def activate(home: Home, edition: str) -> None:
    """Makes a verified edition the active one; raises ``DamagedEdition`` or ``NoEdition`` and changes nothing."""
    folder = home.edition(edition)
    verify_edition(folder)
    part = home.current.with_name(".CURRENT.part")
    with part.open("w", encoding="ascii") as stream:
        stream.write(f"sha256:{folder.name}\n")  # the whole id, however it was given
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(home.current)
    _sync(home.editions)


def _search_texts(candidate: Candidate) -> list[str]:
    title, names = candidate.document.title, candidate.names
    return [search_text(passage, title, names) for passage in candidate.passages]


def _edition_document(candidate: Candidate) -> EditionDocument:
    document = candidate.document
    return EditionDocument(
        document.sha256,
        document.source.sha256,
        document.source.name,
        document.title,
        document.language,
        candidate.names,
    )


def _manifest(files: EditionFiles, passages: int) -> bytes:
    """No time and no path in it: the same content has the same manifest anywhere."""
    names = sorted(str(file.relative_to(files.root)) for file in files.root.rglob("*") if file.is_file())
    value = {
        "format": FORMAT,
        "passages": passages,
        "settings": {
            "bm25": {"k1": str(K1), "b": str(B), "pairs": str(PAIR_WEIGHT), "headings": str(HEADING_WEIGHT)},
            "fusion": {
                "alpha": str(ALPHA),
                "feedback_passages": str(FEEDBACK_PASSAGES),
                "feedback_weight": str(FEEDBACK_WEIGHT),
                "sentence_weight": str(SENTENCE_WEIGHT),
                "sentence_words": str(SENTENCE_WORDS),
            },
        },
        "files": {name: file_digest(files.root / name) for name in names},
    }
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _keep(built: Path, target: Path) -> None:
    """Syncs and renames a build to its place; a damaged edition of the same id gives way to the new one."""
    for file in [*built.rglob("*"), built]:
        _sync(file)
    if target.exists():
        try:
            verify_edition(target)
        except (DamagedEdition, NoEdition):
            shutil.rmtree(target)
        else:
            return
    built.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_lines(path: Path, rows: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
