"""Edition: an immutable build, opened only when every file is what its manifest says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.bm25 import Bm25
from index.documents import Documents, EditionDocument, document_from_row
from index.encoder import Encoder, EncoderFiles
from index.errors import DamagedEdition, NoEdition
from index.layout import EditionFiles, Home
from index.linear import Linear, LinearFiles, open_linear
from index.passages import Passages, open_passages
from index.sentences import Sentences
from index.vectors import Vectors

FORMAT = 5


@dataclass(frozen=True, slots=True)
class Edition:
    """An opened edition. Passage ``i`` stands at row ``i`` of both retrievers and of the sentence vectors."""

    id: str  # "sha256:" and the manifest's digest
    documents: Documents
    passages: Passages  # on the disk until they are asked for
    owners: NDArray[np.int32]  # (passages,): the index in ``documents`` of each passage's document
    bm25: Bm25
    vectors: Vectors
    sentences: Sentences
    encoder: Encoder
    linear: Linear | None  # what names a question's route; an edition that only searches has none

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
    with files.documents.open(encoding="utf-8") as stream:
        documents = Documents(document_from_row(json.loads(line)) for line in stream)
    passages = open_passages(files.passages, files.passage_table, manifest["passages"])
    return Edition(
        id=edition_id(files.manifest.read_bytes()),
        documents=documents,
        passages=passages,
        owners=passages.owners,
        bm25=Bm25(files.bm25, manifest["passages"]),
        vectors=Vectors(files.vectors, manifest["passages"]),
        sentences=Sentences(files.sentences, manifest["passages"]),
        encoder=Encoder(EncoderFiles(files.encoder)),
        linear=open_linear(LinearFiles(files.linear)) if files.linear.is_dir() else None,
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


_WAY_OUT = "`signpost publish` builds it again, `signpost editions activate ID` goes back to another"
