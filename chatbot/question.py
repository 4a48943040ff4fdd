"""What was typed -> a question that can be read, or a clear refusal."""

from __future__ import annotations

import unicodedata

from chatbot.errors import InvalidQuestion
from chatbot.limits import QUESTION_CHARACTERS


def check_question(text: str) -> str:
    """The question in NFC without invisible controls; raises ``InvalidQuestion``."""
    visible = "".join(char for char in unicodedata.normalize("NFC", text) if _is_visible(char))
    question = " ".join(visible.split())
    if not question:
        raise InvalidQuestion("the question is empty; write what you are looking for")
    if len(question) > QUESTION_CHARACTERS:
        raise InvalidQuestion(
            f"the question has {len(question):,} characters, at most {QUESTION_CHARACTERS:,} are read; shorten it"
        )
    return question


def _is_visible(char: str) -> bool:
    """Zero-width, bidi and other control characters say nothing to a reader and can hide words from a screen."""
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
