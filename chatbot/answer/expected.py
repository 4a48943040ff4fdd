"""What kind of answer a question expects: "how many" a figure, "when is" a date. Answer typing, as in question
answering since TREC-8 (Voorhees 1999); here it only orders sentences.
"""

from __future__ import annotations

import re

_FIGURE_ASKED = re.compile(
    r"(?<!\w)(?:how (?:many|much|often|long)|wie (?:viele?|oft|lange)|cuánt[oa]s?|con qué frecuencia)(?!\w)",
    re.IGNORECASE,
)
_DATE_ASKED = re.compile(r"(?<!\w)(?:when (?:is|does|will)|wann (?:ist|findet|beginnt)|cuándo)(?!\w)", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_DATE = re.compile(r"\b(?:(?:19|20)\d\d|\d{1,2}:\d\d)\b")


def gives(question: str, text: str) -> bool:
    """Whether ``text`` has the kind of answer that the question expects; never when it expects none in particular."""
    return (_FIGURE_ASKED.search(question) is not None and _FIGURE.search(text) is not None) or (
        _DATE_ASKED.search(question) is not None and _DATE.search(text) is not None
    )
