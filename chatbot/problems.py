"""Errors as RFC 9457 problem details: constant, safe texts that never repeat what came in.

Whoever is refused may have had an adverse reaction to tell, so every one says where it is reported.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from chatbot.answer.contacts import Contacts
from chatbot.answer.handovers import safety_route
from chatbot.answer.language import language_accepted
from chatbot.errors import (
    AuditUnavailable,
    Forbidden,
    Gone,
    InvalidFilter,
    InvalidQuestion,
    KeyReused,
    Misconfigured,
    TooManyTurns,
    TooOften,
    Unauthenticated,
    UnknownConversation,
    VaultUnavailable,
)
from chatbot.limits import BODY_BYTES, QUESTION_CHARACTERS
from chatbot.policy import Policy
from corpus.errors import NotFound, StoreUnavailable
from index.errors import IndexingError

logger = logging.getLogger("signpost")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One row of the error contract."""

    slug: str
    status: int
    title: str
    detail: str
    way_back: str = ""  # a path of ours, for a person who followed a link


TOO_LARGE = ProblemType(
    "request-too-large",
    413,
    "Request too large",
    f"A request has at most {BODY_BYTES:,} bytes. Shorten the question.",
)
INVALID = ProblemType(
    "invalid-request",
    422,
    "Invalid request",
    "The address or the body does not have the form that /docs describes. Mend it and send it again.",
)
FAULT = ProblemType(
    "internal-error",
    500,
    "Internal error",
    "Nothing was answered. The service has logged the fault. Try again later.",
)
PROBLEMS: dict[type[Exception], ProblemType] = {
    InvalidQuestion: ProblemType(
        "invalid-question",
        422,
        "The question can't be read",
        f"A question has 1 to {QUESTION_CHARACTERS:,} characters of text. Shorten or rewrite it.",
    ),
    UnknownConversation: ProblemType(
        "unknown-conversation",
        404,
        "No such conversation",
        "The conversation is not yours or has ended. Leave it out to start a new one.",
    ),
    Unauthenticated: ProblemType(
        "unauthenticated",
        401,
        "Not signed in",
        "The token or link is missing, expired or not valid here. Sign in to the portal again, or ask again.",
    ),
    Gone: ProblemType(
        "gone",
        410,
        "This link shows nothing any more",
        "The link was used already, or the document may not be shown to you now. Ask again for what is in force.",
    ),
    KeyReused: ProblemType(
        "idempotency-key-reused",
        409,
        "The key belongs to another question",
        "This Idempotency-Key came with another text, conversation or language. Give each question a key of its own.",
    ),
    TooManyTurns: ProblemType(
        "too-many-turns",
        429,
        "Too many questions at once",
        "More questions came from you than a person can read answers to. Nothing was answered; ask again in a minute.",
    ),
    TooOften: ProblemType(
        "too-often",
        429,
        "Sent too often",
        "As much of this as is kept has been kept already. Nothing more needs to be sent.",
    ),
    InvalidFilter: ProblemType(
        "invalid-filter",
        422,
        "A filter can't be read",
        "Kind, intent, product and portal take the values that the list offers; country takes two capital letters, "
        "language two small ones, before a record's number. Nothing was listed.",
        "/review",
    ),
    Forbidden: ProblemType(
        "forbidden",
        403,
        "This is not yours to do",
        "It needs another role, or the form was made for another session. Open its page again.",
        "/review/cases",
    ),
    NotFound: ProblemType("not-found", 404, "Not found", "There is no such thing here. Check the address."),
    StoreUnavailable: ProblemType(
        "unavailable",
        503,
        "Not available now",
        "No reply can be recorded now, so none is given. Try again in a moment.",
    ),
    **dict.fromkeys(
        (AuditUnavailable, VaultUnavailable, Misconfigured),
        ProblemType(
            "unavailable",
            503,
            "Not available now",
            "No reply can be recorded now, so none is given. Try again in a moment.",
        ),
    ),
    IndexingError: ProblemType(
        "edition-unavailable",
        503,
        "Not available now",
        "The content can't be opened. Its operator has been told.",
    ),
}


@dataclass(frozen=True, slots=True)
class Refusals:
    """How the service refuses: a page for a person who followed a link, the problem for a program."""

    policy: Callable[[], Policy]  # in force; must not raise
    country: Callable[[str], str]  # of a bearer token, empty when it is nobody's

    def answer(self, request: Request, kind: ProblemType, reference: str = "") -> Response:
        """The response to ``request``; ``reference`` is what the service's log has the cause under."""
        policy, language = self.policy(), language_accepted(request.headers.get("accept-language", ""))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        contacts = policy.contacts_for(self.country(token.strip()) if scheme.casefold() == "bearer" else "")
        text = safety_route(contacts, policy, language).text
        if "text/html" in request.headers.get("accept", ""):
            report = policy.render("report", language).text
            return _page(kind, f'<section lang="{language}"><p>{escape(text)}</p>{_links(contacts, report)}</section>')
        return _problem(kind, reference, _route(contacts, text))


def add_handlers(app: FastAPI, refusals: Refusals) -> None:
    """Every error leaves as a problem; the cause goes to the service's log."""
    for error, kind in PROBLEMS.items():
        app.add_exception_handler(error, _handler(kind, refusals))
    app.add_exception_handler(RequestValidationError, _handler(INVALID, refusals))
    app.add_exception_handler(Exception, _handler(FAULT, refusals))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        slug, title = f"http-{error.status_code}", str(error.detail)
        return refusals.answer(request, ProblemType(slug, error.status_code, title, "See /docs for what is here."))

    app.add_exception_handler(HTTPException, http)


def _handler(kind: ProblemType, refusals: Refusals):  # type: ignore[no-untyped-def]
    async def handle(request: Request, error: Exception) -> Response:
        # What was wrong with a token or a link is for the operator, not for whoever sent it.
        reference = ""
        if kind.status >= 500 or kind.status in (401, 410):
            reference = str(uuid.uuid4())
            logger.log(
                logging.ERROR if kind.status >= 500 else logging.WARNING,
                "%s: %s [%s]",
                kind.slug,
                error,
                reference,
                exc_info=error if kind is FAULT else None,
            )
        return refusals.answer(request, kind, reference)

    return handle


def _problem(kind: ProblemType, reference: str, route: dict[str, str]) -> JSONResponse:
    value: dict[str, Any] = {
        "type": f"urn:signpost:problem:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "safety": route,
    }
    if reference:
        value["instance"] = f"urn:uuid:{reference}"
    headers = {"WWW-Authenticate": "Bearer"} if kind.status == 401 else {}
    return JSONResponse(value, kind.status, headers, media_type="application/problem+json")


def _route(contacts: Contacts, text: str) -> dict[str, str]:
    return {
        "text": text,
        "url": contacts.safety_url,
        "scheme": contacts.scheme_name,
        "scheme_url": contacts.scheme_url,
    }


def _links(contacts: Contacts, report: str) -> str:
    pairs = [(contacts.safety_url, report), (contacts.scheme_url, contacts.scheme_name)]
    links = "".join(f'<a href="{escape(url)}">{escape(name)}</a> ' for url, name in pairs if url)
    return f"<nav>{links.rstrip()}</nav>"


def _page(kind: ProblemType, safety: str) -> Response:
    link = f'<nav><a href="{kind.way_back}">Start again without it</a></nav>' if kind.way_back else ""
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(kind.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/viewer.css">'
        f"<main><h1>{escape(kind.title)}</h1><p>{escape(kind.detail)}</p>{link}{safety}</main></html>"
    )
    return HTMLResponse(html, kind.status)
