"""What was typed, with personal data masked: the only form of a question that is searched or kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from chatbot.errors import InvalidQuestion
from chatbot.privacy.masking import Redaction, mask
from chatbot.privacy.personal import personal_data
from chatbot.question import read_question


@dataclass(frozen=True, slots=True)
class Submitted:
    """One text of a reader."""

    text: str  # normalised and masked
    redactions: tuple[Redaction, ...] = ()  # places in what was typed
    too_long: bool = False  # it is heard as far as SCREENED_CHARACTERS, and not answered

    @property
    def said(self) -> str:
        """The text without its placeholders, which say nothing of what is asked: what is heard and searched."""
        return " ".join(_placeholder().sub(" ", self.text).split())


@cache
def _placeholder() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, personal_data().placeholders.values())))


def submit(typed: str, never: Callable[[str], bool]) -> Submitted:
    """Reads and masks what was typed; no folded word that ``never`` knows is masked as a name.

    Raises ``InvalidQuestion`` for a text without anything to read.
    """
    read = read_question(typed)
    if not read.question:
        raise InvalidQuestion("the question is empty; write what you are looking for")
    masked = mask(read.question, personal_data(), never)
    places = (
        Redaction(*read.typed_span(redaction.start, redaction.end), redaction.type) for redaction in masked.redactions
    )
    return Submitted(masked.text, tuple(places), read.is_too_long)
