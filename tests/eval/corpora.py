"""The public corpora as texts under what their own labels mean to us. Nothing of a text is kept."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.question import read_question
from chatbot.routing.entities import ProductNames, entities_of
from corpus.products import Product, product_named
from eval.sets import Utterance

Names = Callable[[str], tuple[str, ...]]  # the medicines that a text names
EVENTS = frozenset({"ADR", "WD", "INF"})  # PsyTAR: reaction, withdrawal, no effect; the rest is effect and illness
REVIEWED = "Nerolin"  # stands for the medicine that a review is about and doesn't name
# CLINC150's intents that are small talk of ours too; all others ask a bank, a kitchen or a car.
TALK = frozenset(
    {"greeting", "goodbye", "thank_you", "are_you_a_bot", "what_is_your_name", "who_made_you", "who_do_you_work_for"}
    | {"what_can_i_ask_you", "repeat", "how_old_are_you", "what_are_your_hobbies", "do_you_have_pets", "tell_joke"}
    | {"fun_fact", "meaning_of_life", "where_are_you_from", "yes", "no", "maybe", "cancel"}
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts by label, and the portal they are asked of."""

    name: str
    texts: Mapping[str, tuple[Utterance, ...]]  # by what the corpus' label means
    products: tuple[Product, ...] | None = None  # None: the sample's


def read_corpora(data: Path, labels: Path, names: Names) -> Iterator[Corpus]:
    """All of them, of the reference data in ``data``; ``labels`` are ours of the physicians' questions."""
    yield _physicians(data / "physician_questions.jsonl", labels)
    yield _declared("physicians' cases, their medicines ours", _cases(data, labels), names)
    yield _declared(
        "ade_corpus, dev", [(row["text"], row["label"]) for row in _rows(data / "ade_corpus/dev.jsonl")], names
    )
    reviews = [
        (row["text"], "event" if EVENTS & set(row["labels"]) else "none") for row in _rows(data / "psytar/dev.jsonl")
    ]
    yield Corpus("psytar, dev", _by_label(reviews))
    yield Corpus("psytar, dev, after a turn on a product", _by_label(reviews, (REVIEWED,)))
    for name, file in (("conversation_acts", "conversation_acts"), ("smalltalk", "smalltalk")):
        rows = _rows(data / f"{file}.jsonl")
        yield Corpus(name, _by_label([(row["text"], row["label"].partition(".")[0]) for row in rows]))
    clinc = [*_rows(data / "clinc150/val.jsonl"), *_rows(data / "clinc150/oos_val.jsonl")]
    yield Corpus(
        "clinc150, val", _by_label([(row["text"], "talk" if row["label"] in TALK else "other") for row in clinc])
    )
    for file in ("dan", "inthewild_jailbreak", "system_prompt_extraction", "harmbench_prompts"):
        rows = _rows(data / f"injection/{file}.jsonl")
        yield Corpus(f"injection/{file}", _by_label([(row["text"], file) for row in rows]))
    yield Corpus("personal_data", _personal(data / "personal_data/synthetic.jsonl"))


def named_medicines(medicines: frozenset[str]) -> Names:
    """Finds the names of medicines, not of classes, that the release knows."""
    table = ProductNames.of((), medicines)
    return lambda text: tuple(name for name in entities_of(text, table).others if name in table.medicines)


def key(text: str) -> str:
    """By which a text is known without being told."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def read_labels(path: Path) -> dict[str, str]:
    """Labels by key."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row["label"] for row in csv.DictReader(lines)}


def _physicians(path: Path, labels: Path) -> Corpus:
    known = read_labels(labels)
    return Corpus(
        "physician_questions",
        _by_label([(row["text"], known.get(key(row["text"]), "not read")) for row in _rows(path)]),
    )


def _cases(data: Path, labels: Path) -> list[tuple[str, str]]:
    texts = [row["text"] for row in _rows(data / "physician_questions.jsonl")]
    known = read_labels(labels)
    return [(text, "case") for text in texts if known.get(key(text)) == "case"]


def _declared(name: str, rows: list[tuple[str, str]], names: Names) -> Corpus:
    """With every medicine that the texts name as a product of the table, of which nothing but its name is known."""
    found = {text: names(text) for text, _ in rows}
    products = tuple(product_named([each]) for each in sorted({each for row in found.values() for each in row}))
    told = [(text, f"{label}, {'product named' if found[text] else 'no name known'}") for text, label in rows]
    return Corpus(name, _by_label(told), products)


def _personal(path: Path) -> dict[str, tuple[Utterance, ...]]:
    rows = _rows(path)
    made: dict[str, tuple[Utterance, ...]] = {}
    for label in sorted({row["label"] for row in rows}):
        chosen = [row for row in rows if row["label"] == label]
        made[label] = tuple(
            _utterance(row["text"], spans=tuple((s[1], s[2], s[0]) for s in row["spans"])) for row in chosen
        )
    return made


def _by_label(rows: list[tuple[str, str]], context: tuple[str, ...] = ()) -> dict[str, tuple[Utterance, ...]]:
    labels = sorted({label for _, label in rows})
    return {want: tuple(_utterance(text, context) for text, label in rows if label == want) for want in labels}


def _utterance(text: str, context: tuple[str, ...] = (), spans: tuple[tuple[int, int, str], ...] = ()) -> Utterance:
    return Utterance(key(text), text, "", (), (), (), context, spans, {})


def _rows(path: Path) -> list[dict[str, Any]]:
    # Only a line feed ends a row: texts hold other characters that end a line elsewhere.
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return [row for row in rows if read_question(row["text"]).question]  # what is empty the service refuses to read
