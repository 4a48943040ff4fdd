"""Text that stands in documents and tells a reader nothing: page furniture, links, disclaimers, bare figures."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]{3,}")  # a text without one is a figure, a unit or a mark
_NOTHING = re.compile(
    r"\s*(?:"
    r"(?:page|seite|página|side) \d+(?: (?:of|von|de|af) \d+)?"
    r"|(?:see|siehe|véase|ver|se)(?: also| auch| también)? (?:section|abschnitt|sección|apartado|pkt\.)\s*[\d., and-]+"
    r"|(?:https?://|www\.)\S+"
    r"|.{0,80}\b(?:is a fictional medicine|ist ein erfundenes arzneimittel|es un medicamento ficticio)\b.*"
    r")\s*\.?\s*",
    re.IGNORECASE | re.DOTALL,
)


def is_boilerplate(text: str) -> bool:
    """Whether a sentence, item or row answers nothing on its own."""
    return _WORD.search(text) is None or _NOTHING.fullmatch(text) is not None
