"""A question on record, with all that decides its reply beside edition, policy, registry and instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.answer.compose import Library
from chatbot.answer.eligible import Eligibility
from chatbot.answer.reply import Reply
from chatbot.audit.leaf import Body
from chatbot.conversation import Before
from chatbot.respond import Scene, consider, respond
from chatbot.submitted import Submitted
from corpus.model import Approval, Audience
from corpus.registry import Registry


@dataclass(frozen=True, slots=True)
class Logged:
    """What was asked, by whom, after what."""

    audience: Audience
    submitted: Submitted  # as it was masked
    before: Before  # what the conversation had left by then


def logged_of(leaf: Mapping[str, Any], body: Body) -> Logged | None:
    """The question of a reply's record; None where its release did not record all that decides a reply."""
    entities, detectors = leaf["decision"]["entities"], leaf["decision"]["detectors"]
    if not entities.keys() >= {"first", "before"} or "too_long" not in detectors:
        return None
    told = leaf["audience"]
    return Logged(
        Audience(told["country"], told["role"], told["specialty"], told["language"]),
        Submitted(body.question, body.redactions, detectors["too_long"]),
        Before(tuple(entities["before"]), entities["first"]),
    )


class Setting:
    """An edition with its policy, and a registry: what questions can be answered in again, without a record."""

    def __init__(self, library: Library, registry: Registry, counts: Callable[[Approval], bool]) -> None:
        """``counts`` says of an approval that is in force whether it counts here."""
        self.library, self.registry = library, registry
        self._eligibility = Eligibility(counts)

    def reply(self, logged: Logged, instant: datetime) -> Reply:
        """What ``logged`` gets here at ``instant`` (aware)."""
        library, audience = self.library, logged.audience
        considered = consider(library, audience, logged.submitted, logged.before)
        eligible = self._eligibility.of(library.edition, self.registry, audience, instant)
        return respond(library, Scene(audience, self.registry, eligible, instant), considered).composed.reply
