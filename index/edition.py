"""Edition: an immutable build, opened only when every file is what its manifest says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bm25 import Bm25
from index.documents import Documents, EditionDocument, document_from_row
from index.encoder import Encoder, EncoderFiles
from index.layout import EditionFiles
from index.linear import Linear, LinearFiles, open_linear
from index.manifest import edition_id, verify_edition
from index.passages import Passages, open_passages
from index.sentences import Sentences
from index.vectors import Vectors


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
