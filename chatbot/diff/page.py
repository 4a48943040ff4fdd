"""The difference as one HTML file, without a script: how much changes, a picture of it, each change side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatbot.diff.changes import ASPECTS
from chatbot.diff.difference import Difference

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 480  # of the longest bar, in the picture's units


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the picture."""

    name: str
    said: str
    questions: int
    records: int
    width: int


def difference_html(found: Difference) -> str:
    """The page; what it shows of readers is their questions as they were masked."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("diff.html").render(found=found, bars=_bars(found))


def _bars(found: Difference) -> list[Bar]:
    longest = max((records for _, records in found.counts.values()), default=1)
    return [
        Bar(name, ASPECTS[name], questions, records, max(2, _WIDTH * records // longest))
        for name, (questions, records) in found.counts.items()
    ]
