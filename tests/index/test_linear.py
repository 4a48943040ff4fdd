"""The linear model: what it learns, that it is the same every time, and that it is only arrays."""

from pathlib import Path

import numpy as np
import pytest

from index.fit import fit
from index.linear import (
    BUCKETS,
    FILES,
    Example,
    Examples,
    LinearFiles,
    Reading,
    open_linear,
    piece_vector,
    write_linear,
)

ROWS = (
    ("how is it stored", "storage"),
    ("keep in the fridge?", "storage"),
    ("can it stand at room temperature", "storage"),
    ("what is the dose", "dosing"),
    ("starting dose in adults", "dosing"),
    ("how many tablets a day", "dosing"),
    ("hello", "greeting"),
    ("good morning", "greeting"),
)
EXAMPLES = Examples(tuple(Example(text, Reading(text, ()), label) for text, label in ROWS), "0" * 64)
VECTORS = np.random.default_rng(5).normal(size=(len(ROWS), 8)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
NOWHERE = np.zeros(8, np.float32)


def likeliest(text: str) -> str:
    model = fit(np.zeros_like(VECTORS), EXAMPLES)
    return model.labels[int(model.probabilities(NOWHERE, Reading(text, ())).argmax())]


@pytest.mark.parametrize(("text", "label"), [("fridges", "storage"), ("doses", "dosing")])
def test_words_and_their_letters_speak_for_a_label_where_the_embedding_says_nothing(text: str, label: str) -> None:
    assert likeliest(text) == label


def test_two_labels_are_too_few_to_fit() -> None:
    with pytest.raises(ValueError, match="three labels"):
        fit(VECTORS[:6], Examples(EXAMPLES.rows[:6], EXAMPLES.sha256))


def test_probabilities_are_one_in_all() -> None:
    model = fit(VECTORS, EXAMPLES)
    assert model.probabilities(VECTORS[0], EXAMPLES.rows[0].reading).sum() == pytest.approx(1.0)


def test_a_text_without_a_letter_has_probabilities_too() -> None:
    assert np.isfinite(fit(VECTORS, EXAMPLES).probabilities(NOWHERE, Reading("…", ()))).all()


def test_signs_and_words_never_share_a_bucket() -> None:
    words, _ = piece_vector(Reading("rash after the tablet", ()))
    signs, _ = piece_vector(Reading("", ("reaction", "happened")))
    assert words.max() < BUCKETS // 2 <= signs.min()


def test_the_same_examples_give_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        write_linear(fit(VECTORS, EXAMPLES), folder)
    assert [(folders[0] / name).read_bytes() for name in FILES] == [(folders[1] / name).read_bytes() for name in FILES]


def test_a_written_model_opens_as_it_was(tmp_path: Path) -> None:
    model = fit(VECTORS, EXAMPLES)
    write_linear(model, tmp_path)
    opened = open_linear(LinearFiles(tmp_path))
    assert (opened.labels, opened.examples) == (model.labels, EXAMPLES.sha256)
    reading = Reading("dose", ("xproduct",))
    assert (opened.probabilities(VECTORS[1], reading) == model.probabilities(VECTORS[1], reading)).all()
