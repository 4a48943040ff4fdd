"""Text -> unit vector, by the compiled encoder. Imports no torch.

An int8 encoding depends on what else is in its batch, so every text is encoded alone, unpadded and on one thread:
the same text gives the same vector whatever was cached, killed or run beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when it loads: otherwise onnxruntime reports to its maker
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.sealed import digest_of

FILES = ("encoder.json", "encoder.onnx", "tokenizer.json")
Precision = Literal["int8", "fp32"]
INT8: Precision = "int8"
FP32: Precision = "fp32"


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """A compiled encoder on disk."""

    root: Path

    def settings(self) -> dict[str, Any]:
        """Its model's name, its precision, how many tokens of a text it reads, and which optimizers it runs without."""
        found: dict[str, Any] = json.loads((self.root / "encoder.json").read_text(encoding="utf-8"))
        return found

    def digest(self) -> str:
        """One SHA-256 over all its files: what encodings are cached under."""
        return digest_of(self.root, FILES)


class Encoder:
    """A loaded encoder. Thread-safe: each call computes on its own thread."""

    def __init__(self, files: EncoderFiles) -> None:
        settings = files.settings()
        self._tokenizer = Tokenizer.from_file(str(files.root / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(settings["max_tokens"]))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(files.root / "encoder.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=settings.get("disabled_optimizers", []),  # an older edition's encoder names none
        )
        self.dimensions = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, text: str) -> NDArray[np.float32]:
        """The unit vector of one text, shape (dimensions,), float32."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        vector: NDArray[np.float32] = self._session.run(None, {"ids": ids})[0][0]
        return vector

    def encode_all(self, texts: Sequence[str], workers: int) -> NDArray[np.float32]:
        """The unit vectors of many texts, shape (texts, dimensions), each as if encoded alone."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        with ThreadPoolExecutor(workers) as pool:
            return np.stack(list(pool.map(self.encode, texts)))
