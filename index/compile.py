"""A sentence-transformers model, compiled to what the service runs: one ONNX graph and its tokenizer.

Quantised to int8 per channel with dynamic activations, unless fp32 is asked for. Exported by the TorchScript exporter:
its graph runs a quarter faster here than the newer exporter's, and carries no paths of the machine. No mask and no
computed shape is in it, for a text is encoded alone (docs/decisions/0003-encoder.md).
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from index.encoder import FILES, INT8, EncoderFiles, Precision
from index.errors import EncoderUnavailable
from index.sealed import is_whole, put, sweep
from index.weights import MODEL, PINS, copy_default_model

MAX_TOKENS = 256  # all-MiniLM-L6-v2's own limit (sentence_bert_config.json)
_COMPILING = ".compiling-"
_DISABLED = ("SkipLayerNormFusion",)  # of onnxruntime: the fused kernel takes eight times what its parts take
_TOOLS = ("torch", "onnx", "onnxruntime", "sentence-transformers", "transformers")


def compiled_encoder(encoders: Path, model: Path | None = None, precision: Precision = INT8) -> EncoderFiles:
    """The compiled form of ``model`` (a sentence-transformers folder; default all-MiniLM-L6-v2) below ``encoders``.

    Compiled once per model, precision, tool versions and this code. Raises ``EncoderUnavailable`` without the ingest
    extra.
    """
    target = encoders / _key(model, precision)
    if not is_whole(target, FILES):
        encoders.mkdir(parents=True, exist_ok=True)
        sweep(encoders, _COMPILING)
        with tempfile.TemporaryDirectory(dir=encoders, prefix=_COMPILING) as folder:
            made = Path(folder) / "encoder"
            made.mkdir()
            if model is None:
                source = Path(folder) / "model"
                copy_default_model(source)
            else:
                source = model
            _compile(source, made, MODEL if model is None else model.name, precision)
            put(made, target, FILES)
    return EncoderFiles(target)


def _key(model: Path | None, precision: Precision) -> str:
    """Everything that can change the compiled bytes."""
    try:
        tools = [f"{tool} {version(tool)}" for tool in _TOOLS]
    except PackageNotFoundError as error:
        raise EncoderUnavailable(f"{error.name} is not installed; run: pip install 'signpost[ingest]'") from error
    if model is None:
        weights = PINS["model.safetensors"]
    else:
        files = sorted(file for file in model.rglob("*") if file.is_file())
        if not any(file.suffix == ".safetensors" for file in files):
            raise EncoderUnavailable(f"{model}: no *.safetensors inside; name a sentence-transformers folder")
        read = [f"{file.relative_to(model)} {_digest(file)}" for file in files]
        weights = hashlib.sha256("\n".join([model.name, *read]).encode()).hexdigest()
    code = [Path(module).read_text(encoding="utf-8") for module in (__file__, Path(__file__).with_name("graph.py"))]
    return hashlib.sha256("\n".join([weights, precision, *tools, *code]).encode()).hexdigest()[:32]


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _compile(source: Path, target: Path, name: str, precision: Precision) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from index.graph import write_shapes

    exported, fp32 = target.parent / "exported.onnx", target.parent / "fp32.onnx"
    _export(source, exported)
    write_shapes(exported, fp32)
    if precision == INT8:
        logging.getLogger().setLevel(logging.ERROR)  # quantize_dynamic advises on what changes nothing here
        quantize_dynamic(fp32, target / "encoder.onnx", weight_type=QuantType.QInt8, per_channel=True)
    else:
        fp32.rename(target / "encoder.onnx")
    (target / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    settings = {"model": name, "precision": precision, "max_tokens": MAX_TOKENS, "disabled_optimizers": _DISABLED}
    (target / "encoder.json").write_text(json.dumps(settings, sort_keys=True) + "\n", encoding="utf-8")


def _export(source: Path, exported: Path) -> None:
    """Writes the graph of the model in ``source``, in single precision."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Attention in its plain steps, which onnxruntime fuses; torch's own brings guards against masks that hide all.
    plain = {"attn_implementation": "eager"}
    model = SentenceTransformer(str(source), device="cpu", local_files_only=True, model_kwargs=plain).eval()

    class Encode(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            """``ids`` (1, tokens) -> unit vector (1, dimensions): no padding, so no mask either."""
            out = self.model({"input_ids": ids})
            return torch.nn.functional.normalize(out["sentence_embedding"], dim=-1)

    longest = torch.ones(1, MAX_TOKENS, dtype=torch.long)  # traced on less, a model's window of attention is left out
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns of tracing and of its own age
        torch.onnx.export(
            Encode(),
            (longest,),
            str(exported),
            input_names=["ids"],
            output_names=["vector"],
            dynamic_axes={"ids": {1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )
