"""Texts as a person scans them in a table."""

from __future__ import annotations

_CHARACTERS = 160


def quoted(text: str) -> str:
    """A text on one line in quotation marks, cut where it is long."""
    flat = " ".join(text.split())
    return f"“{flat}”" if len(flat) <= _CHARACTERS else f"“{flat[:_CHARACTERS].rstrip()}…”"
