"""The pages of the console as HTML."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatbot.review.evidence import readable_time

_HERE = Path(__file__).parent
_VIEWER = _HERE.parent / "viewer"  # the cited passage is drawn as readers see it
templates = Environment(
    loader=FileSystemLoader([_HERE / "templates", _VIEWER]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["readable_time"] = readable_time


def drawn(template: str, **values: object) -> str:
    """A page of the console."""
    return templates.get_template(template).render(**values)
