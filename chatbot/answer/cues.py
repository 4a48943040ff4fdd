"""Cues: why a source is worth opening, in words, from what the review and the document itself say."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from chatbot.limits import READING_WORDS
from chatbot.policy import Policy
from corpus.calendar import start_of_day
from corpus.model import Approval, Audience, Document

_SPANS = (("week", timedelta(days=7)), ("month", timedelta(days=31)), ("three months", timedelta(days=92)))


def citation_cues(
    approval: Approval, document: Document, audience: Audience, instant: datetime, policy: Policy, language: str
) -> tuple[str, ...]:
    """The cues of a cited document in ``language``, most telling first."""
    return (
        *updated_cue(approval, instant, policy, language),
        *specialty_cue(approval, audience, policy, language),
        reading_cue(document.words, policy, language),
    )


def updated_cue(approval: Approval, instant: datetime, policy: Policy, language: str) -> tuple[str, ...]:
    """How fresh the version is; nothing when it took effect longer ago than anyone would call fresh."""
    age = instant - start_of_day(approval.effective_on, approval.country)
    span = next((name for name, length in _SPANS if age < length), None)
    return (policy.render("cue_updated", language, span=span).text,) if span else ()


def reading_cue(words: int, policy: Policy, language: str) -> str:
    """How long a document of so many words takes to read, in whole minutes."""
    return policy.render("cue_reading_time", language, minutes=str(math.ceil(words / READING_WORDS))).text


def specialty_cue(approval: Approval, audience: Audience, policy: Policy, language: str) -> tuple[str, ...]:
    """That a document is meant for the reader's own specialty; nothing where it isn't."""
    if audience.specialty and audience.specialty in approval.specialties:
        return (policy.render("cue_specialty", language, specialty=audience.specialty).text,)
    return ()
