"""A handful of small documents to index, the same in every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.model import Passage
from index.build import Candidate, build_edition
from index.built import Built
from index.compile import compiled_encoder
from index.layout import Home
from tests.builders import document

ROOT = Path(__file__).resolve().parents[2]


def candidate(*paragraphs: str, names: tuple[str, ...] = ("Velmarin", "lodisartan"), **changes: Any) -> Candidate:
    """A document to index, one passage a paragraph."""
    made = document(*paragraphs, names=names, **changes)
    passages = tuple(
        Passage(made.sha256, block.start, made.text[block.start : block.end], block.path, 1, None, block.sentences)
        for block in made.blocks
    )
    return Candidate(made, passages, names)


LABELS = (
    candidate(
        "The recommended starting dose is 40 mg once daily.",
        "In severe renal impairment the dose should not exceed 20 mg.",
        "Treatment must be stopped as soon as pregnancy is detected.",
        name="velmarin.pdf",
    ),
    candidate(
        "Die empfohlene Dosis beträgt 40 mg einmal täglich.",
        "Bei schwerer Nierenfunktionsstörung wird die Dosis halbiert.",
        name="velmarin-de.pdf",
        language="de",
    ),
    candidate(
        "Inject the pen once a week, at any time of day.",
        "Nausea is the most frequent adverse reaction.",
        name="lumetra.pdf",
        names=("Lumetra", "pesiglutide"),
    ),
    candidate("Inject 150 mg every four weeks.", name="quorvex.pdf", names=("Quorvex Pen 150 mg", "imbelizumab/HPMC")),
    candidate("Somnolence and dizziness may occur.", name="nerolin.pdf", names=("Nero Plus", "davicetam")),
)


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


def build(home: Home, candidates: tuple[Candidate, ...] = LABELS, workers: int = 1) -> Built:
    """The edition of ``candidates`` in a home that has the compiled encoder."""
    return build_edition(candidates, home, compiled_encoder(home.encoders), workers, silent)
