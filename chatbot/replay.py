"""A logged turn, answered again from what its record says: the same state must give the same bytes.

The state is the edition, the registry as it was, the policy, the settings, the reader and the instant. The registry is
rebuilt from its events; edition and policy are those of today, and where they are others than the record's, that is
said beside what changed with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chatbot.answer.compose import Library
from chatbot.answer.wire import reply_bytes
from chatbot.assistant import Assistant
from chatbot.conversation import Before, turn_time
from chatbot.respond import consider
from chatbot.submitted import Submitted
from corpus.errors import NotFound
from corpus.model import Audience
from corpus.registry import fold


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one record."""

    index: int
    portal: str
    question: str  # empty when it is lost
    difference: str  # the first one, for a person; empty when the bytes are the same
    moved: tuple[str, ...] = ()  # what is another one than the record's, so that a difference is no fault
    lost: str = ""  # why there is nothing to compare


def replay(assistant: Assistant, index: int) -> Replayed:
    """Answers record ``index`` again and compares; the log is only read. Raises ``NotFound`` and ``AuditDamaged``."""
    leaf: dict[str, Any] = json.loads(assistant.log.record(index).leaf)
    portal = str(leaf["portal"])
    try:
        body = assistant.log.body(index)
    except NotFound as error:
        return Replayed(index, portal, "", "", lost=str(error))
    entities, told = leaf["decision"]["entities"], leaf["audience"]
    detectors = leaf["decision"]["detectors"]
    if not entities.keys() >= {"first", "before"} or "too_long" not in detectors:
        release = leaf["software"]["version"]
        return Replayed(index, portal, "", "", lost=f"version {release} did not record all that decides a reply")
    library = assistant.library()
    audience = Audience(told["country"], told["role"], told["specialty"], told["language"])
    registry = fold(assistant.store.history()[: leaf["registry_version"]])
    submitted = Submitted(body.question, body.redactions, detectors["too_long"])
    before = Before(tuple(entities["before"]), entities["first"])
    considered = consider(library, audience, submitted, before)
    responded = assistant.answer(library, registry, audience, considered, turn_time(leaf))
    difference = first_difference(body.reply, reply_bytes(responded.composed.reply))
    return Replayed(index, portal, body.question, difference, _moved(library, leaf))


def first_difference(logged: bytes, now: bytes) -> str:
    """Where two canonical replies part, in words; empty when they don't."""
    if logged == now:
        return ""
    return _path(json.loads(logged), json.loads(now), "reply") or "the same value in other bytes"


def _path(before: Any, after: Any, where: str) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(f"{where}.{key}", before.get(key), after.get(key)) for key in sorted({*before, *after})]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(f"{where}[{at}]", *pair) for at, pair in enumerate(zip(before, after, strict=True))]
    else:
        return "" if before == after else f"{where}: {_short(before)} was logged, {_short(after)} comes now"
    return next((found for place, one, other in pairs if (found := _path(one, other, place))), "")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _moved(library: Library, leaf: dict[str, Any]) -> tuple[str, ...]:
    pairs = {
        "edition": (leaf["edition"]["id"], library.edition.id),
        "policy": (leaf["policy_sha256"], library.policy.sha256),
        "settings": (leaf["software"]["config_sha256"], library.config),
    }
    return tuple(name for name, (then, now) in pairs.items() if then != now)
