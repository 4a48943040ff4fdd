"""What a reader is offered outside a turn: new documents, and questions to begin with. Nothing of it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from chatbot.answer.compose import Library
from chatbot.answer.language import language_of_texts
from chatbot.answer.lists import newest
from chatbot.answer.next_steps import Stepper
from chatbot.answer.questions import in_edition, starters
from chatbot.answer.reply import Ground, NextStep
from chatbot.limits import WHATS_NEW, WHATS_NEW_DAYS


def whats_new(library: Library, ground: Ground, since: datetime | None) -> tuple[NextStep, ...]:
    """Up to WHATS_NEW documents of this reader that took effect after ``since`` (aware), newest first.

    Without ``since``, in the last WHATS_NEW_DAYS.
    """
    begin = since or ground.instant - timedelta(days=WHATS_NEW_DAYS)
    own = in_edition(ground.approvals, library.edition.documents)
    found = newest(own.values(), begin, ground.instant)[:WHATS_NEW]
    language = language_of_texts(ground.audience.language, "")
    return Stepper(ground, library.policy, language, library.words).steps(found)


def starter_questions(library: Library, ground: Ground, page: str) -> list[str]:
    """Questions to begin with: on the page of a product those about it, else those of the reader's specialty."""
    own = in_edition(ground.approvals, library.edition.documents)
    return starters(library.bank, own, ground.audience, page)
