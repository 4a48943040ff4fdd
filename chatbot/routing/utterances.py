"""The utterance files -> the examples that the routing model is fitted from."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from chatbot.routing.signs import Sign, Signs, fold, signs_of
from index.linear import Example, Examples, Lesson, Reading

FOLDER = Path(__file__).parent / "utterances"
_SIGNS = Path(__file__).with_name("signs.toml")
_NAMES = "names.toml"
_REACTION = "reaction"  # the sign of what can happen to a body
PRODUCT, OTHER = "xproduct", "xother"  # what stands for any own product, and for any other medicine


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of an utterance file."""

    id: str  # route/language/kind/number from 1
    text: str  # with {product} and {other} for names
    label: str  # route/kind


def read_utterances(folder: Path = FOLDER) -> tuple[Utterance, ...]:
    """Every utterance of every file, in the order of the files' names and of their lines."""
    return tuple(
        utterance
        for file in sorted(folder.glob("*.toml"))
        if file.name != _NAMES
        for utterance in _of(tomllib.loads(file.read_text(encoding="utf-8")))
    )


def read_examples(signs: Signs, signs_file: bytes, folder: Path = FOLDER) -> Examples:
    """The examples of every file, read with ``signs``."""
    return Examples(examples_of(read_utterances(folder), signs, folder), examples_digest(signs_file, folder))


def shipped_lesson() -> Lesson:
    """This release's examples; reading them waits until something is fitted."""
    file = _SIGNS.read_bytes()
    return Lesson(examples_digest(file), lambda: read_examples(signs_of(tomllib.loads(file.decode())), file))


def examples_digest(signs_file: bytes, folder: Path = FOLDER) -> str:
    """The SHA-256 of all that the examples are read from."""
    files = [file.read_bytes() for file in sorted(folder.glob("*.toml"))]
    return hashlib.sha256(b"\x00".join([signs_file, *files])).hexdigest()


def examples_of(utterances: Sequence[Utterance], signs: Signs, folder: Path = FOLDER) -> tuple[Example, ...]:
    """The utterances with names filled in, another one each time, so that none of them means anything."""
    names = tomllib.loads((folder / _NAMES).read_text(encoding="utf-8"))
    own, others = _taking(names["products"]), _taking(names["others"])
    return tuple(
        Example(
            text=_filled(utterance.text, own, others),
            reading=reading_of(utterance.text.replace("{product}", PRODUCT).replace("{other}", OTHER), signs),
            label=utterance.label,
        )
        for utterance in utterances
    )


def reading_of(neutral: str, signs: Signs, treated: str = "") -> Reading:
    """A text, whose names of medicines are neutral by now, as the model reads it.

    ``treated`` is what the medicines named are for, folded: their disease is no reaction to them.
    """
    named = [
        Sign(name, match.start(), match.end()) for name in (PRODUCT, OTHER) for match in re.finditer(name, neutral)
    ]
    folded = fold(neutral)
    read = (
        sign for sign in signs.read(neutral) if sign.name != _REACTION or folded[sign.start : sign.end] not in treated
    )
    found = sorted((*named, *read), key=lambda sign: (sign.start, sign.end, sign.name))
    return Reading(neutral, tuple(sign.name for sign in found))


def _of(table: Mapping[str, object]) -> Iterator[Utterance]:
    route = table["route"]
    for language, kinds in table.items():
        if not isinstance(kinds, dict):
            continue
        for kind, texts in kinds.items():
            for number, text in enumerate(texts, 1):
                yield Utterance(f"{route}/{language}/{kind}/{number}", text, f"{route}/{kind}")


def _taking(names: Sequence[str]) -> Iterator[str]:
    return (names[at % len(names)] for at in count())


def _filled(text: str, own: Iterator[str], others: Iterator[str]) -> str:
    while "{product}" in text:
        text = text.replace("{product}", next(own), 1)
    while "{other}" in text:
        text = text.replace("{other}", next(others), 1)
    return text
