"""What is refused is screened all the same: the text of a request that gets no answer, before the refusal leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from chatbot.assistant import Assistant
from chatbot.errors import ChatbotError
from chatbot.limits import SCREENED_CHARACTERS
from chatbot.screening import Place
from corpus.errors import StoreUnavailable
from corpus.model import Audience
from index.errors import IndexingError

logger = logging.getLogger("signpost")

SCREENED = "screened"  # in a request's state: the assistant has it in hand, case or not
_FIELDS = ("text", "question", "comment")  # where free text stands in a body, whatever else does
_LANGUAGE = "en"  # of fixed texts that nobody reads


@dataclass(frozen=True, slots=True)
class RefusedTexts:
    """Screens the bodies of requests that are refused."""

    assistant: Assistant
    country: Callable[[str], str]  # of a bearer token, expired or not; empty when it is nobody's

    async def screen(self, request: Request, body: bytes) -> None:
        """Opens a case for what a refused request tells, durable when this returns.

        When it can't be opened, the operator is told, and the refusal says where to report all the same.
        """
        text = text_of(body)
        if request.method != "POST" or not text or getattr(request.state, SCREENED, False):
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        country = self.country(token.strip()) if scheme.casefold() == "bearer" else ""
        place = Place("", None, "", country, "", "refused", datetime.now(UTC))
        audience = Audience(country, "", "", _LANGUAGE)
        try:
            text = text[: SCREENED_CHARACTERS + 1]  # one more shows that it went on
            await run_in_threadpool(self.assistant.screen, text, audience, place)
        except (ChatbotError, StoreUnavailable, IndexingError) as error:
            logger.error("a refused text could not be screened: %s", error)


def text_of(body: bytes) -> str:
    """The free text in a body: JSON or a form; of anything else, and of what was cut, all that can be read as text."""
    raw = body.decode("utf-8", errors="replace")
    try:
        value = json.loads(raw)
    except ValueError:
        fields = dict(parse_qsl(raw))
        return "\n".join(fields[name] for name in _FIELDS if name in fields) or raw
    if not isinstance(value, dict):
        return raw
    return "\n".join(str(value[name]) for name in _FIELDS if value.get(name))
