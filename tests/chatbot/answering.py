"""A question answered from documents, whatever the routing would make of it: for tests that aren't about routing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chatbot.answer.reply import Reply
from chatbot.assistant import Assistant
from chatbot.conversation import Before
from chatbot.respond import Responded, consider
from chatbot.routing.decision import Decision
from chatbot.routing.hearing import Heard
from chatbot.routing.intent import IntentRule, Intents
from chatbot.routing.rules import Rules
from chatbot.submitted import submit
from corpus.model import Audience
from index.linear import Linear


def passing(heard: Heard, model: Linear, rules: Rules, intents: Intents) -> Decision:
    """Stands in for ``decide``: every question goes on to the documents, its intent told by words alone."""
    return Decision(
        emergency=False,
        crisis=False,
        safety=False,
        safety_route=False,
        boundary="",
        patient_specific=False,
        act="",
        foreign=False,
        asks=True,
        rules=(),
        scores={},
        intent=_intent(heard.text.casefold(), intents.rules, intents.fallback),
    )


def responded(assistant: Assistant, question: str, audience: Audience, instant: datetime) -> Responded:
    """What the documents give to a question in the middle of a conversation; none of it is recorded."""
    library, registry = assistant.library(), assistant.registry()
    considered = consider(library, audience, submit(question, library.ears.is_medicine), Before(first=False))
    policy = library.policy
    decision = passing(considered.heard, library.ears.model, policy.rules, policy.intents)
    return assistant.answer(library, registry, audience, replace(considered, decision=decision), instant)


def replied(assistant: Assistant, question: str, audience: Audience, instant: datetime) -> Reply:
    """The reply alone."""
    return responded(assistant, question, audience, instant).composed.reply


def _intent(text: str, rules: Sequence[IntentRule], fallback: str) -> str:
    counts = {rule.id: rule.count(text) for rule in rules}
    return max(counts, key=lambda intent: counts[intent]) if any(counts.values()) else fallback
