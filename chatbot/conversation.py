"""What earlier turns leave to the next one: decision fields of their records, and no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chatbot.errors import UnknownConversation
from chatbot.limits import CONVERSATION_MINUTES, CONVERSATION_TURNS


@dataclass(frozen=True, slots=True)
class Before:
    """The state of a conversation when a question comes."""

    products: tuple[str, ...] = ()  # that the last question about any was about
    first: bool = True  # nothing was said yet


def turn_time(leaf: Mapping[str, Any]) -> datetime:
    """The instant as of which a turn was answered, by its leaf."""
    return datetime.fromisoformat(leaf["as_of"])


def before_turn(turns: Sequence[Mapping[str, Any]], portal: str, pseudonym: str, now: datetime) -> Before:
    """The state that the ``turns`` of one conversation leave, leaves of the log in order.

    Raises ``UnknownConversation`` when it isn't this reader's or has ended.
    """
    if not turns or turns[-1]["actor"]["pseudonym"] != pseudonym or turns[-1]["portal"] != portal:
        raise UnknownConversation("no such conversation of yours; leave 'conversation' out to start one")
    ended = now - turn_time(turns[-1]) > timedelta(minutes=CONVERSATION_MINUTES)
    if ended or len(turns) >= CONVERSATION_TURNS:
        raise UnknownConversation("this conversation has ended; leave 'conversation' out to start a new one")
    entities = turns[-1]["decision"]["entities"]
    return Before(tuple(entities.get("leaves", entities["products"])), first=False)  # early releases kept no "leaves"
