"""Documents and passages -> an edition on disk, then the active one.

The order is what makes it safe: all files into a temporary folder, each synced, the folder renamed to its id, its
parent synced, and only then CURRENT replaced by rename. A kill at any moment leaves the old edition active and whole.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpus.model import Document, Passage
from index.bm25 import K1, PAIR_WEIGHT, B, build_bm25
from index.built import Built
from index.documents import EditionDocument, document_row
from index.encoder import Encoder, EncoderFiles
from index.encodings import Elsewhere, Encodings
from index.errors import DamagedEdition, NoEdition
from index.fusion import ALPHA, FEEDBACK_PASSAGES, FEEDBACK_WEIGHT, SENTENCE_WEIGHT
from index.layout import BUILDING, EditionFiles, Home
from index.linear import LinearFiles
from index.manifest import FORMAT, edition_id, file_digest, sync, verify_edition
from index.passages import build_passages
from index.reading import HEADING_WEIGHT, Reading, write_vectors
from index.sentences import SENTENCE_WORDS
from index.suggest import build_topics


class Readable(Protocol):
    """A document to be indexed, in the memory or anywhere else."""

    @property
    def sha256(self) -> str:
        """``Document.sha256``."""
        ...

    def read(self) -> Candidate:
        """It, in the memory."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document to be indexed, with the product names it is to be found by."""

    document: Document
    passages: tuple[Passage, ...]
    names: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """``Document.sha256``."""
        return self.document.sha256

    def read(self) -> Candidate:
        """Itself."""
        return self


def build_edition(
    candidates: Sequence[Readable],
    home: Home,
    encoder_files: EncoderFiles,
    workers: int,
    progress: Callable[[int, int], None],
    linear: LinearFiles | None = None,
    elsewhere: Elsewhere | None = None,
) -> Built:
    """Builds, or finds built already, the edition of ``candidates``; does not activate it.

    The same documents, names, encoder and routing model give the same id, whatever their order here. Without a
    ``linear`` model the edition only searches. Documents are read one at a time; from then on their passages are read
    from the edition's own files. ``progress`` is told passages done and passages in all. Encoded by the compiled
    encoder on this processor, or ``elsewhere``.
    """
    digest = encoder_files.digest() + (f" by {elsewhere.name}" if elsewhere else "")
    encodings = Encodings(elsewhere or Encoder(encoder_files), digest, home.encodings, workers)
    home.editions.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.editions, prefix=BUILDING) as folder:
        files = EditionFiles(Path(folder) / "edition")
        files.root.mkdir()
        read = _write_documents(sorted(candidates, key=lambda each: each.sha256), files)
        build_topics(read.by_document(), files.topics)
        write_vectors(read, encodings, files, Path(folder), progress)
        build_bm25(read.tokens(), files.bm25)
        shutil.copytree(encoder_files.root, files.encoder)
        if linear is not None:
            shutil.copytree(linear.root, files.linear)
        manifest = _manifest(files, len(read.passages))
        files.manifest.write_bytes(manifest)
        made = edition_id(manifest)
        _keep(files.root, home.edition(made))
    return Built(made, len(read.passages), encodings.encoded)


def _write_documents(ordered: Sequence[Readable], files: EditionFiles) -> Reading:
    """Writes the documents of an edition with their passages; one is in the memory at a time."""
    found: list[EditionDocument] = []

    def passages() -> Iterator[Passage]:
        for each in ordered:
            candidate = each.read()
            found.append(_edition_document(candidate))
            yield from candidate.passages

    count = build_passages(passages(), [each.sha256 for each in ordered], files.passages, files.passage_table)
    _write_lines(files.documents, [document_row(document) for document in found])
    return Reading(files, found, count)


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
        "encoder": EncoderFiles(files.encoder).settings(),
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
        sync(file)
    if target.exists():
        try:
            verify_edition(target)
        except (DamagedEdition, NoEdition):
            shutil.rmtree(target)
        else:
            return
    built.rename(target)
    sync(target.parent)


def _write_lines(path: Path, rows: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
