"""Edition: an immutable build, opened only when every file is what its manifest says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.model import Passage, passage_from_row
from index.bm25 import Bm25
from index.encoder import Encoder, EncoderFiles
from index.errors import DamagedEdition, NoEdition
from index.layout import EditionFiles, Home
from index.sentences import Sentences
from index.vectors import Vectors

FORMAT = 3


@dataclass(frozen=True, slots=True)
class EditionDocument:
    """What an edition knows of a document: enough to search it, nothing about its approval."""

    sha256: str
    source_sha256: str
    file: str
    title: str
    language: str
    names: tuple[str, ...]  # product names, of the document and of the product table


@dataclass(frozen=True, slots=True)
class Edition:
    """An opened edition. Passage ``i`` stands at row ``i`` of both retrievers and of the sentence vectors."""

    id: str  # "sha256:" and the manifest's digest
    documents: tuple[EditionDocument, ...]
    passages: tuple[Passage, ...]
    owners: NDArray[np.int32]  # (passages,): the index in ``documents`` of each passage's document
    bm25: Bm25
    vectors: Vectors
    sentences: Sentences
    encoder: Encoder

    def document_of(self, passage: int) -> EditionDocument:
        """The document of a passage by its number."""
        return self.documents[int(self.owners[passage])]

    def mask(self, sources: set[str]) -> NDArray[np.bool_]:
        """Which passages come from these sources, shape (passages,)."""
        chosen = np.array([document.source_sha256 in sources for document in self.documents], dtype=bool)
        result: NDArray[np.bool_] = chosen[self.owners]
        return result


def open_edition(folder: Path) -> Edition:
    """Verifies every digest, then opens; raises ``DamagedEdition`` or ``NoEdition``."""
    manifest = verify_edition(folder)
    files = EditionFiles(folder)
    documents = tuple(_document(row) for row in _rows(files.documents))
    passages = tuple(passage_from_row(row) for row in _rows(files.passages))
    position = {document.sha256: index for index, document in enumerate(documents)}
    return Edition(
        id=edition_id(files.manifest.read_bytes()),
        documents=documents,
        passages=passages,
        owners=np.array([position[passage.document] for passage in passages], dtype=np.int32),
        bm25=Bm25(files.bm25, manifest["passages"]),
        vectors=Vectors(files.vectors, manifest["passages"]),
        sentences=Sentences(files.sentences, manifest["passages"]),
        encoder=Encoder(EncoderFiles(files.encoder)),
    )


def verify_edition(folder: Path) -> dict[str, Any]:
    """The manifest of an edition whose files all have their digests; raises ``DamagedEdition`` or ``NoEdition``."""
    manifest_file = EditionFiles(folder).manifest
    if not manifest_file.is_file():
        raise NoEdition(f"{folder}: no edition is there; `signpost editions` lists them, `signpost publish` builds one")
    content = manifest_file.read_bytes()
    if edition_id(content) != f"sha256:{folder.name}":
        raise DamagedEdition(f"{manifest_file}: not the manifest this edition is named after; {_WAY_OUT}")
    manifest: dict[str, Any] = json.loads(content)
    if manifest["format"] != FORMAT:
        raise DamagedEdition(
            f"{manifest_file}: format {manifest['format']}, this release reads {FORMAT}; publish again"
        )
    for name, digest in manifest["files"].items():
        file = folder / name
        if not file.is_file():
            raise DamagedEdition(f"{file}: missing; {_WAY_OUT}")
        if file_digest(file) != digest:
            raise DamagedEdition(f"{file}: its bytes are not what the manifest says; {_WAY_OUT}")
    return manifest


def current_edition(home: Home) -> str:
    """The id of the active edition; raises ``NoEdition``."""
    try:
        return home.current.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise NoEdition(f"{home.root}: nothing is published yet; run `signpost publish`") from error


def edition_id(manifest: bytes) -> str:
    """The identity: the digest of the manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def document_row(document: EditionDocument) -> dict[str, Any]:
    """A document as a JSON value."""
    return {
        "sha256": document.sha256,
        "source": document.source_sha256,
        "file": document.file,
        "title": document.title,
        "language": document.language,
        "names": list(document.names),
    }


def _document(row: dict[str, Any]) -> EditionDocument:
    return EditionDocument(
        row["sha256"], row["source"], row["file"], row["title"], row["language"], tuple(row["names"])
    )


def _rows(path: Path) -> list[Any]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


_WAY_OUT = "`signpost publish` builds it again, `signpost editions activate ID` goes back to another"
