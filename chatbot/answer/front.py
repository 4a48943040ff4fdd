"""What stands before a reply's body, the most urgent first: handovers and notices; or, without a body, a plain no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.answer.contacts import Contacts
from chatbot.answer.handovers import Desk, handover, safety_route
from chatbot.answer.reply import Handover, NoAnswer, Notice
from chatbot.policy import Policy, Rendered
from chatbot.routing.decision import ACTS, Decision
from chatbot.submitted import Submitted

_REFUSED = {"injection": "injection", "out_of_scope": "out_of_scope"}  # boundaries that say no and hand over nothing
_EXPLAINED = ("off_label", "comparison", "injection")  # boundaries with a notice of their name
_DESKS: dict[str, Desk] = {
    "off_label": "medical_information",
    "comparison": "medical_information",
    "medical_information": "medical_information",
    "commercial": "commercial",
}


@dataclass(frozen=True, slots=True)
class Front:
    """The part of a reply that no document is needed for."""

    notices: tuple[Notice, ...]
    handovers: tuple[Handover, ...]
    refusal: NoAnswer | None  # the body, where the question isn't passed on and nobody is handed it
    templates: tuple[Rendered, ...]


@dataclass(frozen=True, slots=True)
class Speaking:
    """With whose words: the policy, the contacts of the reader's country, the language of the fixed texts."""

    policy: Policy
    contacts: Contacts
    language: str


def front_of(decision: Decision, submitted: Submitted, first: bool, product: str, speaking: Speaking) -> Front:
    """The front of the reply to a decided question, the ``first`` of its conversation or not.

    ``product`` is the brand that is named, or empty.
    """
    policy, contacts, language = speaking.policy, speaking.contacts, speaking.language
    given = [handover(desk, submitted.text, contacts, policy, language, product) for desk in _desks(decision)]
    texts = [(kind, _text(kind, submitted, speaking)) for kind in _notices(decision, submitted, first)]
    reason, refused = _refusal(decision, submitted, speaking)
    return Front(
        notices=tuple(Notice(kind, text.text) for kind, text in texts),
        handovers=tuple(made for made, _ in given),
        refusal=NoAnswer(refused[0].text, reason) if refused else None,
        templates=(*(text for _, text in given), *(text for _, text in texts), *refused),
    )


def _refusal(decision: Decision, submitted: Submitted, speaking: Speaking) -> tuple[str, tuple[Rendered, ...]]:
    """Why there is a plain no, and its text; an empty reason where there is none."""
    policy, language = speaking.policy, speaking.language
    if submitted.too_long:
        return "too_long", (policy.render("too_long", language),)
    reason = _REFUSED.get(decision.boundary, "")
    return reason, (policy.render("no_answer", language, reason=reason),) if reason else ()


def _desks(decision: Decision) -> Iterator[Desk]:
    """The most urgent first."""
    if decision.emergency:
        yield "crisis" if decision.crisis else "emergency"
    if decision.safety:
        yield "safety"
    if decision.boundary in _DESKS:
        yield _DESKS[decision.boundary]


def _notices(decision: Decision, submitted: Submitted, first: bool) -> Iterator[str]:
    if first:
        yield "disclosure"
    if submitted.redactions:
        yield "personal_data"
    if decision.foreign:
        yield "language"
    if decision.boundary in _EXPLAINED:
        yield decision.boundary
    if decision.patient_specific:
        yield "patient_specific"
    if decision.safety_route:
        yield "safety_route"
    if decision.act:
        yield decision.act


def _text(kind: str, submitted: Submitted, speaking: Speaking) -> Rendered:
    policy, contacts, language = speaking.policy, speaking.contacts, speaking.language
    if kind == "safety_route":
        return safety_route(contacts, policy, language)
    if kind == "personal_data":
        kinds = " ".join(sorted({redaction.type for redaction in submitted.redactions}))
        return policy.render(kind, language, kinds=kinds)
    if kind == "language":
        return policy.render(kind, language, line=contacts.line_24h, scheme=contacts.scheme_name)
    return policy.render(f"act_{kind}" if kind in ACTS else kind, language)
