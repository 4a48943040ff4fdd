"""fp32 editions, and where they are encoded. No GPU is needed: on the processor torch runs the same code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import gpu
from index.build import build_edition
from index.compile import compiled_encoder
from index.edition import open_edition
from index.encoder import FP32, Encoder, EncoderFiles
from index.gpu import TorchEncoder, gpu_encoder
from index.layout import EditionFiles, Home
from index.retrieve import retrieve
from index.weights import copy_default_model
from tests.index.small import LABELS, silent

TEXTS = [
    "In severe renal impairment the dose should not exceed 20 mg.",
    "Nausea",
    "dose " * 400,
    "Einmal täglich 40 mg.",
]


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> EncoderFiles:
    """The default model, compiled in fp32."""
    return compiled_encoder(tmp_path_factory.mktemp("encoders"), precision=FP32)


@pytest.fixture(scope="module")
def torch_encoder(tmp_path_factory: pytest.TempPathFactory) -> TorchEncoder:
    """What a GPU would run, on the processor."""
    folder = tmp_path_factory.mktemp("model") / "model"
    copy_default_model(folder)
    return TorchEncoder(folder, "cpu", 256)


def test_torch_and_the_compiled_graph_give_the_same_vectors_in_fp32(
    fp32: EncoderFiles, torch_encoder: TorchEncoder
) -> None:
    compiled, torch = Encoder(fp32).encode_all(TEXTS, 1), torch_encoder.encode_all(TEXTS, 1)
    assert compiled.shape == torch.shape == (len(TEXTS), torch_encoder.dimensions)
    assert np.abs(compiled - torch).max() < 1e-5


def test_an_fp32_edition_says_so_and_is_searched_as_any_other(
    fp32: EncoderFiles, torch_encoder: TorchEncoder, new_home: Callable[[], Home]
) -> None:
    home = new_home()
    here = build_edition(LABELS, home, fp32, 1, silent)
    there = build_edition(LABELS, home, fp32, 1, silent, elsewhere=torch_encoder)
    assert (here.encoded, there.encoded) == (2 * here.passages, 2 * here.passages)  # cached apart
    for made in (here, there):
        folder = home.edition(made.edition)
        manifest = json.loads(EditionFiles(folder).manifest.read_text(encoding="utf-8"))
        assert manifest["encoder"] == {
            "model": "all-MiniLM-L6-v2",
            "precision": "fp32",
            "max_tokens": 256,
            "disabled_optimizers": ["SkipLayerNormFusion"],
        }
        edition = open_edition(folder)
        best = retrieve(edition, "dose in severe renal impairment", 1, np.ones(len(edition.passages), bool)).hits[0]
        assert "renal impairment" in edition.passages[best.passage].text


def test_a_gpu_is_used_for_fp32_alone_and_only_where_there_is_one(
    fp32: EncoderFiles, encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    class Seen:
        """Notes what it would load where."""

        def __init__(self, model: Path, device: str, max_tokens: int) -> None:
            assert (model / "model.safetensors").is_file()
            asked.append((device, max_tokens))

    monkeypatch.setattr(gpu, "TorchEncoder", Seen)
    for there, files in ((False, fp32), (True, compiled_encoder(encoders))):
        monkeypatch.setattr(gpu, "has_gpu", lambda there=there: there)
        assert gpu_encoder(files, None) is None
    assert asked == []
    assert gpu_encoder(fp32, None) is not None
    assert asked == [("cuda", 256)]
