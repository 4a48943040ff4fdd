"""A result as one HTML file that opens anywhere: no script, no picture, and its style in it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined


def html_report(result: dict[str, Any], about: dict[str, str]) -> str:
    """The page: measures, kinds of reply, styles, then every question, those without their sentence first.

    ``about`` says what was evaluated, in the order to show; its "Registry version" also stands where a program reads
    it: what the page quotes was in force then.
    """
    source = files("eval").joinpath("templates", "labels.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    rows = sorted(result["per_query"], key=lambda row: (row["shown"] is not None, row["id"]))
    return template.from_string(source).render(result=result, rows=rows, about=about)
