from __future__ import annotations

import pytest

from chatbot.answer.expected import gives


@pytest.mark.parametrize(
    ("question", "text", "given"),
    [
        ("How many reports of angioedema?", "Harrowpeak had received 14 reports.", True),
        ("How many reports of angioedema?", "Angioedema has been reported.", False),
        ("Wie oft wird Kalium kontrolliert?", "Nach 1 Woche und alle 3 Monate.", True),
        ("¿Cuántos días antes?", "Al menos 7 días antes.", True),
        ("when is the webinar", "It takes place on 21 January 2027.", True),
        ("when is the webinar", "It starts at 19:00.", True),
        ("when is the webinar", "It has 3 parts.", False),
        ("starting dose", "40 mg once daily", False),  # expects nothing in particular
        ("somehow many", "14", False),
    ],
)
def test_a_sentence_gives_what_the_question_expects(question: str, text: str, given: bool) -> None:
    assert gives(question, text) is given
