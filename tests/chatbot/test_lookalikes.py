"""Medicines whose names differ by one or two letters: none is ever taken for the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.answer.ordinary import Ordinary, ordinary_words
from chatbot.answer.reply import Answer
from chatbot.policy import Policy, load_policy
from index.analysis import words
from index.compile import compiled_encoder
from tests.builders import document
from tests.chatbot.lookalikes import Asking

QUESTIONS = (
    "{name} dose",
    "what is the maximum dose of {name}?",
    "Can I give {name} with ibuprofen?",
    "{name} side effects",
    "how is {name} stored",
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def ordinary(encoders: Path) -> Ordinary:
    return ordinary_words(compiled_encoder(encoders).root)


@pytest.fixture(scope="module")
def pairs(reference_data: Path) -> list[tuple[str, str]]:
    """Both ways round: the name that the documents have, and the one that is asked about."""
    file = reference_data / "drug_names" / "lookalike_pairs_edit2.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 313
    return [pair for row in rows for pair in ((row["a"], row["b"]), (row["b"], row["a"]))]


def about(name: str) -> tuple[str, ...]:
    return (
        f"The recommended starting dose of {name} is 40 mg once daily, the maximum dose is 80 mg a day.",
        f"Do not give {name} with ibuprofen or potassium supplements.",
        f"The most frequent side effects of {name} were headache and dizziness.",
        f"{name} is stored in a refrigerator.",
    )


def exchanged(asking: Asking, known: str, asked: str, questions: Iterator[str]) -> Iterator[str]:
    """The questions about ``asked`` in which it was read as something, or answered with what is said of ``known``."""
    for question in questions:
        query = asking.read(question)
        if known in words(" ".join(query.meanings)) or query.readings:
            yield f"{question}: read as {query.readings}, {query.terms}"
        assert asking.searched(query).query == question
        body = asking.reply(query).reply.body
        if isinstance(body, Answer) and any(known in words(quote.text) for quote in body.quotes):
            yield f"{question}: {body.quotes[0].text}"


def test_no_product_is_taken_for_the_one_it_looks_like(
    pairs: list[tuple[str, str]], policy: Policy, ordinary: Ordinary, tmp_path: Path
) -> None:
    """The documents are about one of the two, the question names the other."""
    wrong: list[str] = []
    for number, (known, asked) in enumerate(pairs):
        name = known.capitalize()
        label = document(*about(name), names=(name,), title=f"{name} product information")
        asking = Asking(label, tmp_path / str(number), policy, ordinary)
        wrong += exchanged(asking, known, asked, (question.format(name=asked) for question in QUESTIONS))
    assert not wrong, "\n".join(wrong)


def test_no_medicine_that_a_document_mentions_is_taken_for_the_one_it_looks_like(
    pairs: list[tuple[str, str]], policy: Policy, ordinary: Ordinary, tmp_path: Path
) -> None:
    """One of the two stands in the text of our product's label, the question asks for our product with the other."""
    asked_about = ("Can Velmarin be given with {name}?", "velmarin and {name}", "{name} max dose with velmarin")
    wrong: list[str] = []
    for number, (known, asked) in enumerate(pairs):
        lines = ("Velmarin is given once daily.", f"Velmarin must not be given with {known}.", f"Stop {known} first.")
        label = document(*lines, names=("Velmarin",), title="Velmarin product information")
        asking = Asking(label, tmp_path / str(number), policy, ordinary)
        wrong += exchanged(asking, known, asked, (question.format(name=asked) for question in asked_about))
    assert not wrong, "\n".join(wrong)
