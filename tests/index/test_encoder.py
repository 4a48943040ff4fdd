from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.compile import compiled_encoder
from index.encoder import FILES, Encoder, EncoderFiles
from index.weights import copy_default_model
from tests.index.small import ROOT

TEXTS = (
    "The recommended starting dose is 40 mg once daily.",
    "Renal impairment",
    "Die empfohlene Dosis beträgt 40 mg einmal täglich.",
    "In patients with heart failure " * 20,
    "x",
    "",
)
NO_TORCH = """
import sys
from pathlib import Path
import numpy as np
import index.preference, index.publish
from index.edition import open_edition
from index.retrieve import retrieve
edition = open_edition(Path(sys.argv[1]))
assert retrieve(edition, "dose", 1, np.ones(len(edition.passages), bool)).hits
print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "transformers", "sentence_transformers", "onnx"}))
"""


@pytest.fixture(scope="module")
def files(encoders: Path) -> EncoderFiles:
    return compiled_encoder(encoders)


@pytest.fixture(scope="module")
def encoder(files: EncoderFiles) -> Encoder:
    return Encoder(files)


def test_a_vector_is_the_same_whatever_is_encoded_beside_it_and_by_how_many(encoder: Encoder) -> None:
    alone = np.stack([encoder.encode(text) for text in TEXTS])
    assert (encoder.encode_all(TEXTS, 1) == alone).all()
    assert (encoder.encode_all(TEXTS * 5, 4) == np.tile(alone, (5, 1))).all()
    assert (encoder.encode_all(TEXTS[::-1], 2) == alone[::-1]).all()


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode_all(TEXTS, 2)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), encoder.dimensions), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_what_is_beyond_the_models_limit_is_cut(encoder: Encoder) -> None:
    start = "dose " * 254  # with the two marks at its ends, 256 tokens
    assert (encoder.encode(start + "pregnancy") == encoder.encode(start)).all()
    assert (encoder.encode("dose " * 253 + "pregnancy") != encoder.encode(start)).any()


def test_vectors_are_close_to_what_sentence_transformers_makes(encoder: Encoder, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    copy_default_model(tmp_path)
    model = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    full = model.encode(list(TEXTS[:4]), batch_size=1, normalize_embeddings=True, show_progress_bar=False)
    cosines = (encoder.encode_all(TEXTS[:4], 1) * full).sum(axis=1)
    assert (cosines > 0.98).all()


def test_an_encoder_of_before_names_no_optimizers_and_runs_with_all(files: EncoderFiles, tmp_path: Path) -> None:
    """Its edition's passages were encoded so: what is run otherwise would rank otherwise."""
    for name in FILES:
        (tmp_path / name).write_bytes((files.root / name).read_bytes())
    settings = files.settings()
    assert settings.pop("disabled_optimizers") == ["SkipLayerNormFusion"]
    (tmp_path / "encoder.json").write_text(json.dumps(settings), encoding="utf-8")
    before, now = (Encoder(each).encode_all(TEXTS[:4], 1) for each in (EncoderFiles(tmp_path), files))
    cosines = (before * now).sum(axis=1)
    assert (cosines > 0.98).all()
    assert (before != now).any()


def test_the_digest_is_of_every_file(files: EncoderFiles, tmp_path: Path) -> None:
    digests = {files.digest()}
    for changed in FILES:
        for name in FILES:
            (tmp_path / name).write_bytes((files.root / name).read_bytes() + (b" " if name == changed else b""))
        digests.add(EncoderFiles(tmp_path).digest())
    assert len(digests) == 1 + len(FILES)


def test_answering_loads_no_torch(edition_folder: Path) -> None:
    command = [sys.executable, "-c", NO_TORCH, str(edition_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
