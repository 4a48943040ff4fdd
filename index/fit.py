"""Utterances -> a fitted linear model, once per encoder and set of utterances.

Fitted on one thread with a fixed order, its weights rounded to eleven bits: the same utterances give the same bytes.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from index.encoder import Encoder, EncoderFiles
from index.errors import EncoderUnavailable
from index.linear import BUCKETS, FILES, Examples, Lesson, Linear, LinearFiles, piece_vector, write_linear
from index.sealed import is_whole, put, sweep

INVERSE_REGULARISATION = 12.0  # C of scikit-learn; the best of 4, 12 and 30 on the development set
ROUNDS = 400  # of L-BFGS at most: on the shipped utterances it stops by itself before a hundred
_FITTING = ".fitting-"


def fitted_linear(encoders: Path, files: EncoderFiles, lesson: Lesson | Examples, workers: int) -> LinearFiles:
    """The model of ``lesson`` for a compiled encoder, kept beside it below ``encoders``; a damaged one is replaced.

    Raises ``EncoderUnavailable`` without the ingest extra.
    """
    target = encoders / f"linear-{_key(files, lesson.sha256)}"
    if not is_whole(target, FILES):
        examples = lesson.read()
        sweep(encoders, _FITTING)
        vectors = Encoder(files).encode_all([example.text for example in examples.rows], workers)
        model = fit(vectors, examples)
        with tempfile.TemporaryDirectory(dir=encoders, prefix=_FITTING) as folder:
            made = Path(folder) / "linear"
            made.mkdir()
            write_linear(model, made)
            put(made, target, FILES)
    return LinearFiles(target)


def fit(vectors: NDArray[np.float32], examples: Examples) -> Linear:
    """Fits the model to unit ``vectors``, shape (examples, dimensions), and the examples' own words.

    Raises ``ValueError`` for fewer than three labels, which need no model of this kind.
    """
    if len({example.label for example in examples.rows}) < 3:
        raise ValueError("the examples need three labels or more")
    try:
        from scipy.sparse import csr_matrix, hstack
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise EncoderUnavailable("scikit-learn is not installed; run: pip install 'signpost[ingest]'") from error
    rows = [piece_vector(example.reading) for example in examples.rows]
    starts = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    pieces = csr_matrix(
        (np.concatenate([w for _, w in rows]), np.concatenate([b for b, _ in rows]), starts), (len(rows), BUCKETS)
    )
    labels = [example.label for example in examples.rows]
    regression = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=ROUNDS)
    with threadpool_limits(1):
        regression.fit(hstack([csr_matrix(vectors), pieces], format="csr").astype(np.float64), labels)
    weights = regression.coef_
    dimensions = vectors.shape[1]
    return Linear(
        examples=examples.sha256,
        labels=tuple(map(str, regression.classes_)),
        embedding=_rounded(weights[:, :dimensions]),
        pieces=_rounded(weights[:, dimensions:].T),
        bias=_rounded(regression.intercept_),
    )


def _rounded(weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """To the half precision: what a sum's last bits decide is not kept."""
    return np.ascontiguousarray(weights.astype(np.float16).astype(np.float32))


def _key(files: EncoderFiles, lesson: str) -> str:
    code = [Path(module).read_text(encoding="utf-8") for module in (__file__, Path(__file__).with_name("linear.py"))]
    return hashlib.sha256("\n".join([files.digest(), lesson, *code]).encode()).hexdigest()[:32]
