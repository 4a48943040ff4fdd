"""Passages on a GPU: the configured model in fp32, by sentence-transformers. Queries stay on the processor.

Only fp32 editions are encoded here: what a quantised graph makes of a text no GPU does alike. In fp32 the two differ in
the last bits alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import FP32, EncoderFiles
from index.weights import copy_default_model

_TEXTS = 256  # a step of the GPU: in fp32 and at 256 tokens some 2 GB of its memory


class TorchEncoder:
    """A sentence-transformers model on a device that torch knows."""

    def __init__(self, model: Path, device: str, max_tokens: int) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(model), device=device, local_files_only=True)
        self._model.max_seq_length = max_tokens
        self.name = f"torch on {device}"
        self.dimensions = int(self._model.get_embedding_dimension() or 0)

    def encode_all(self, texts: Sequence[str], workers: int) -> NDArray[np.float32]:
        """The unit vectors of texts, shape (texts, dimensions); ``workers`` are the processor's and wait."""
        del workers
        made = self._model.encode(
            list(texts), batch_size=_TEXTS, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(made, np.float32).reshape(len(texts), self.dimensions)


def gpu_encoder(files: EncoderFiles, model: Path | None) -> TorchEncoder | None:
    """The encoder of an fp32 edition on this machine's GPU; ``None`` for int8, and where there is none.

    ``model`` is the folder that ``files`` were compiled from, ``None`` for the default one.
    """
    settings = files.settings()
    if settings["precision"] != FP32 or not has_gpu():
        return None
    if model is not None:
        return TorchEncoder(model, "cuda", settings["max_tokens"])
    with tempfile.TemporaryDirectory() as folder:
        copy_default_model(Path(folder) / "model")
        return TorchEncoder(Path(folder) / "model", "cuda", settings["max_tokens"])


def has_gpu() -> bool:
    """Whether torch is installed and finds a GPU that it can compute on."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())
