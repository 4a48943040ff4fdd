"""The stages of ingestion on Ray Data, beside the product's own pipeline, over the same files in one run.

    pip install "ray[data]"    # beside Signpost, in an environment of its own
    python docs/examples/ray_ingest.py FOLDER COMPILED_ENCODER [--files N] [--workers N]

COMPILED_ENCODER is a folder below a home's `encoders/`. What it prints is quoted in docs/decisions/0024-ray-data.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.database import open_database
from corpus.model import Document, Passage
from corpus.store import Store
from index.encoder import Encoder, EncoderFiles
from index.encodings import BATCH
from index.reading import search_text
from ingest.formats import open_source
from ingest.parse import parse
from ingest.pipeline import ingest

Batch = dict[str, Any]
Row = tuple[str, int, str]  # a passage: its document, where it starts, and what is encoded of it


def rows_of(document: Document, passages: Sequence[Passage]) -> list[Row]:
    """The passages of one document."""
    return [(each.document, each.start, search_text(each, document.title, document.names)) for each in passages]


def read_files(batch: Batch) -> Batch:
    """Stage 1, a function of a batch of file names: parse and split; one row a passage."""
    rows: list[Row] = []
    for name in batch["file"]:
        source, _ = open_source(Path(str(name)))
        with tempfile.TemporaryDirectory() as pictures:
            made = parse(Path(str(name)), source, Path(pictures))
        rows += rows_of(made.document, made.passages)
    return {key: np.array([row[at] for row in rows]) for at, key in enumerate(("document", "start", "text"))}


class EncodeTexts:
    """Stage 2, a function of a batch of passages that keeps its encoder: their vectors, each as if alone."""

    def __init__(self, encoder: str) -> None:
        self._encoder = Encoder(EncoderFiles(Path(encoder)))

    def __call__(self, batch: Batch) -> Batch:
        return {**batch, "vector": self._encoder.encode_all([str(text) for text in batch["text"]], 1)}


def on_ray(files: list[Path], encoder: Path, workers: int) -> Iterator[Batch]:
    """Rows with vectors, from Ray Data on this machine."""
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    data = ray.data.from_items([{"file": str(file)} for file in files], override_num_blocks=4 * workers)
    read = data.map_batches(read_files, batch_size=4)
    half = max(1, workers // 2)  # actors hold their processor; the rest are for reading
    encoded = read.map_batches(EncodeTexts, batch_size=64, concurrency=half, fn_constructor_args=[str(encoder)])
    yield from encoded.iter_batches(batch_size=256)
    ray.shutdown()


def stored_rows(store: Store, sha256: str) -> list[Row]:
    """The passages of a stored document."""
    return rows_of(store.document(sha256), store.passages(sha256))


def on_ours(files: list[Path], encoder: Path, workers: int) -> Iterator[Batch]:
    """The same rows from the product's own pipeline, which also stores documents, boxes and page pictures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = Store(open_database(root / "signpost.db"))
        done = [each for each in ingest(files, [], store, root / "pages", root / "sources", workers) if each.document]
        loaded = Encoder(EncoderFiles(encoder))
        rows = [row for outcome in done for row in stored_rows(store, str(outcome.document))]
        for at in range(0, len(rows), BATCH):
            documents, starts, texts = zip(*rows[at : at + BATCH], strict=True)
            vectors = loaded.encode_all(texts, workers)
            yield {
                "document": np.array(documents),
                "start": np.array(starts),
                "text": np.array(texts),
                "vector": vectors,
            }
        store.database.close()


def measured(what: str, run: Callable[[], Iterator[Batch]], files: int) -> dict[str, Any]:
    """Time, memory of all processes together (proportional set size), and a digest of every passage and vector."""
    peak, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            peak[0] = max(peak[0], sum(map(_memory, _family(os.getpid()))))

    watcher, started = threading.Thread(target=watch), time.monotonic()
    watcher.start()
    rows = []
    for batch in run():
        for document, start, text, vector in zip(*(batch[key] for key in _COLUMNS), strict=True):
            digest = hashlib.sha256(np.asarray(vector, np.float32).tobytes()).hexdigest()
            rows.append(f"{document} {start} {text} {digest}")
    seconds = time.monotonic() - started
    stop.set()
    watcher.join()
    return {
        "pipeline": what,
        "files_per_second": round(files / seconds, 2),
        "passages_per_second": round(len(rows) / seconds, 1),
        "seconds": round(seconds, 1),
        "peak_memory_mib": peak[0] // 2**20,
        "passages": len(rows),
        "digest": hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16],
    }


_COLUMNS = ("document", "start", "text", "vector")


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # it has ended meanwhile
                continue
    found = [root]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _memory(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    files = sorted(given.folder.glob("*.pdf"))[: given.files]
    for what, run in (("Signpost", on_ours), ("Ray Data", on_ray)):
        figures = measured(what, lambda run=run: run(files, given.encoder, given.workers), len(files))
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
