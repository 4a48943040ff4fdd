"""How fast an fp32 edition's texts are encoded on this machine's GPU, beside the compiled graph on its processor.

    python docs/examples/gpu_encode.py [MODEL] [--texts N]

Needs the ingest extra and a torch that finds the GPU; prints one JSON value, exit 1 where there is none. MODEL is a
sentence-transformers folder; the installed all-MiniLM-L6-v2 unless one is named. In the product the same happens with
`signpost publish --precision fp32`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.compile import compiled_encoder
from index.encoder import FP32, Encoder
from index.encodings import BATCH, Encodes
from index.gpu import gpu_encoder

WORDS = ("dose", "tablet", "renal", "hepatic", "adult", "child", "week", "daily", "severe", "storage", "onset", "risk")
PROCESSOR_TEXTS = 64  # enough for a rate; a processor takes some 30 ms for each
MOST_APART = 1e-4  # of one component: beyond, the two would rank differently


def timed(encoder: Encodes, texts: Sequence[str]) -> tuple[NDArray[np.float32], float]:
    """The vectors of texts, encoded BATCH at a time as ingestion does, and how many it took a second."""
    encoder.encode_all(texts[:8], 1)  # the first call loads kernels
    started = time.monotonic()
    parts = [encoder.encode_all(texts[at : at + BATCH], 1) for at in range(0, len(texts), BATCH)]
    return np.concatenate(parts), len(texts) / (time.monotonic() - started)


def main() -> int:
    """Both over the same texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--texts", type=int, default=20_000)
    given = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 - words, not secrets
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(8, 110))) for _ in range(given.texts)]
    with tempfile.TemporaryDirectory() as folder:
        files = compiled_encoder(Path(folder), given.model, FP32)
        there = gpu_encoder(files, given.model)
        if there is None:
            sys.stderr.write("torch finds no GPU here\n")
            return 1
        here, slow = timed(Encoder(files), texts[:PROCESSOR_TEXTS])
        vectors, fast = timed(there, texts)
        again, _ = timed(there, texts)
    apart = float(np.abs(vectors[: len(here)] - here).max())
    figures = {
        "hardware": there.name,
        "texts_per_second": round(fast, 1),
        "processor_thread_texts_per_second": round(slow, 1),
        "most_apart": apart,
        "same_bytes_again": bool((vectors == again).all()),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if apart <= MOST_APART else 1


if __name__ == "__main__":
    sys.exit(main())
