"""Three hundred short documents to search, and a file of them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

NAMES = (
    "Velmarin",
    "Lumetra",
    "Quorvex",
    "Nerolin",
    "Astivane",
    "Brodexa",
    "Calvirin",
    "Dorsulan",
    "Etravel",
    "Fenorix",
)
TOPICS = (
    ("the dose", "The recommended dose of {name} is {number} mg once daily, with or without food."),
    ("the renal dose", "In severe renal impairment {name} is limited to {number} mg on alternate days."),
    ("pregnancy", "Treatment with {name} is stopped {number} days before a planned pregnancy."),
    ("the storage", "Packs of {name} are stored below {number} degrees in the original carton."),
    ("adverse reactions", "Headache was reported by {number} of a hundred patients who took {name}."),
    ("overdose", "After an overdose of {name} the patient is observed for {number} hours."),
)


def rows() -> list[dict[str, str]]:
    """Three hundred short documents; each can be asked for."""
    return [
        {
            "_id": f"{name}-{topic}-{number}",
            "title": name,
            "question": f"What is known of {topic} of {name} {number}?",
            "text": text.format(name=name, number=number),
        }
        for (name, (topic, text)), number in itertools.product(itertools.product(NAMES, TOPICS), range(1, 6))
    ]


def write_rows(path: Path, given: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path
