"""The routes: parse, call, serialise."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST

from chatbot.answer.reply import NextStep
from chatbot.answer.wire import API, document_of, document_value
from chatbot.assistant import Assistant
from chatbot.audit.idempotency import AnsweredMeanwhile, Keyed
from chatbot.audit.signing import Signing
from chatbot.discovery import starter_questions, whats_new
from chatbot.errors import AuditUnavailable, Gone, InvalidQuestion, Unauthenticated, UnknownConversation
from chatbot.identity import Identity
from chatbot.limits import APPEND_TRIES, KEY_CHARACTERS, PAGE_CHARACTERS, PAGE_NUMBER, VIEW_SECONDS
from chatbot.metrics import Metrics
from chatbot.rate import Rate
from chatbot.refused import SCREENED
from chatbot.repeated import first_answer
from chatbot.schemas import Problem, Question, Starters, Suggestions, TurnResponse, Typed, Verdict, WhatsNew
from chatbot.source_view import find_version, marked_spans, source_page
from chatbot.tickets import Tickets, View
from chatbot.turns import Asker
from corpus.model import Audience

_BEARER = HTTPBearer(auto_error=False, description="A token of the portal's identity provider")
_VIEWER = Path(__file__).parent / "viewer"
_PROBLEMS: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (401, 404, 413, 422, 429, 503)}
_TURN_PROBLEMS: dict[int | str, dict[str, Any]] = {**_PROBLEMS, 409: {"model": Problem}}
_templates = Environment(loader=FileSystemLoader(_VIEWER), autoescape=True, undefined=StrictUndefined)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_CHARACTERS,
        pattern="^[!-~]+$",
        description="Of this question alone, by you: sent again with the same body within ten minutes it gets the "
        "first answer again, with the same record; with another body it is refused (409).",
    ),
]
AskerOf = Callable[..., Awaitable[Asker]]  # what says who sends a request


@dataclass(frozen=True, slots=True)
class Service:
    """What the routes call."""

    assistant: Assistant
    identity: Identity
    tickets: Tickets
    metrics: Metrics
    rate: Rate
    signing: Signing | None = None  # what signs the log, where something does


def routes(service: Service) -> APIRouter:
    """All routes of the service."""
    router = APIRouter()

    async def reader(given: HTTPAuthorizationCredentials | None = Depends(_BEARER)) -> Asker:
        # Async though it waits for nothing: a thread for each token would take as long as checking it.
        with service.metrics.failing():
            return service.identity.asker(given.credentials if given else None)

    _add_turns(router, service, reader)
    _add_discovery(router, service, reader)
    _add_viewer(router, service)
    _add_sources(router, service)
    _add_operations(router, service)
    return router


def _add_turns(router: APIRouter, service: Service, reader: AskerOf) -> None:
    @router.post(f"{API}/turns", response_model=TurnResponse, responses=_TURN_PROBLEMS, tags=["conversation"])
    def post_turn(
        request: Request, question: Question, key: IdempotencyKey = None, asker: Asker = Depends(reader)
    ) -> Response:
        """Answers one question with quotes of approved documents; the reply is on record before it leaves."""
        asker = _speaking(asker, question.language)
        with service.metrics.failing(), service.metrics.seconds.time():
            value = _keyed(service, request, asker, question, key) if key else _turn(service, request, asker, question)
        # As it is: checked against its own schema it would be the same value, later. A test holds it to the schema.
        return JSONResponse({**value, "tickets": _tickets(service, value["reply"], asker.audience)})

    @router.post(f"{API}/feedback", status_code=204, responses=_PROBLEMS, tags=["conversation"])
    def post_feedback(verdict: Verdict, asker: Asker = Depends(reader)) -> None:
        """What a reader says of a reply of theirs; the last word counts."""
        pseudonym = service.assistant.keys.pseudonym(asker.portal, asker.subject)
        service.assistant.feedback.give(
            pseudonym, verdict.turn, helpful=verdict.helpful, reason=verdict.reason or "", at=datetime.now(UTC)
        )


def _turn(
    service: Service, request: Request, asker: Asker, question: Question, keyed: Keyed | None = None
) -> dict[str, Any]:
    """Answers, as far as the reader may ask now."""
    service.rate.take(service.assistant.keys.pseudonym(asker.portal, asker.subject))
    try:
        turn = service.assistant.turn(asker, question.text, question.conversation, keyed=keyed)
    except (UnknownConversation, InvalidQuestion):
        raise  # refused before it was heard
    except Exception:
        setattr(request.state, SCREENED, True)
        raise
    service.metrics.turns.labels(turn.reply.kind).inc()
    return turn.value()


def _keyed(service: Service, request: Request, asker: Asker, question: Question, key: str) -> dict[str, Any]:
    """The first answer to this key, or a new one; a repeat is no question more, so it isn't counted as one."""
    assistant = service.assistant
    pseudonym = assistant.keys.pseudonym(asker.portal, asker.subject)
    keyed = assistant.idempotency.keyed(pseudonym, key, question.text, question.conversation, question.language)
    for _ in range(APPEND_TRIES):
        given = first_answer(assistant, asker, keyed, datetime.now(UTC))
        if given is not None:
            service.metrics.repeats.inc()
            return given
        try:
            return _turn(service, request, asker, question, keyed)
        except AnsweredMeanwhile:
            continue
    raise AuditUnavailable("what the key stands for changes faster than it can be read; ask again in a moment")


def _add_discovery(router: APIRouter, service: Service, reader: AskerOf) -> None:
    @router.post(f"{API}/suggest", response_model=Suggestions, responses=_PROBLEMS, tags=["discovery"])
    def post_suggest(typed: Typed, asker: Asker = Depends(reader)) -> dict[str, list[str]]:
        """Questions that documents of this reader stand behind. Nothing of it is kept."""
        asker = _speaking(asker, typed.language)
        return {"suggestions": service.assistant.suggest(typed.q, asker.audience, datetime.now(UTC))}

    @router.get(f"{API}/starters", response_model=Starters, responses=_PROBLEMS, tags=["discovery"])
    def get_starters(
        page: Annotated[str, Query(max_length=PAGE_CHARACTERS, description="A product's, by its name.")] = "",
        language: Annotated[str | None, Query(pattern="^[a-z]{2}$")] = None,
        asker: Asker = Depends(reader),
    ) -> dict[str, list[str]]:
        """Questions to begin with, by the reader's specialty and the page."""
        asker = _speaking(asker, language)
        library, ground = service.assistant.ground(asker.audience, datetime.now(UTC))
        return {"questions": starter_questions(library, ground, page)}

    @router.get(f"{API}/whats-new", response_model=WhatsNew, responses=_PROBLEMS, tags=["discovery"])
    def get_whats_new(
        since: Annotated[datetime | None, Query(description="ISO 8601; UTC where it names no zone.")] = None,
        asker: Asker = Depends(reader),
    ) -> dict[str, Any]:
        """The documents of this reader that took effect since, newest first."""
        begin = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
        library, ground = service.assistant.ground(asker.audience, datetime.now(UTC))
        steps = whats_new(library, ground, begin)
        tickets = _step_tickets(service, steps, asker.audience, ground.instant)
        return {"documents": [document_value(step) for step in steps], "tickets": tickets}


def _speaking(asker: Asker, language: str | None) -> Asker:
    """The reader with the language a request names."""
    return asker if language is None else replace(asker, audience=replace(asker.audience, language=language))


def _add_viewer(router: APIRouter, service: Service) -> None:
    @router.get(f"{API}/documents/{{document}}/{{version}}", response_class=HTMLResponse, tags=["sources"])
    def get_document(
        request: Request,
        document: str,
        version: str,
        ticket: str | None = None,
        page: int | None = None,
        mark: Annotated[str, Query(max_length=500)] = "",
        text: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """The source, opened at the page with the passage marked."""
        now = datetime.now(UTC)
        if ticket is not None:
            view = _redeemed(service, request, ticket, document, version, now)
            clean = str(request.url.remove_query_params("ticket").replace(scheme="", netloc=""))
            response = RedirectResponse(f"{clean}#mark", 303)
            response.set_cookie(
                _cookie_name(document, version),
                service.tickets.cookie(view, now),
                max_age=VIEW_SECONDS,
                path=f"{API}/documents",
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
            return response
        audience = _viewer(service, request, document, version, now)
        approval, found, cited = find_version(service.assistant, document, version, audience, now, text)
        spans = marked_spans(mark, found) if cited else ()
        shown = source_page(service.assistant, approval, found, page, spans)
        query = f"&mark={mark}&text={text}" if spans else ""
        html = _templates.get_template("source.html").render(source=shown, path=request.url.path, query=query)
        return HTMLResponse(html)

    @router.get("/viewer.css", include_in_schema=False)
    def get_style() -> FileResponse:
        return FileResponse(_VIEWER / "viewer.css", media_type="text/css")


def _add_sources(router: APIRouter, service: Service) -> None:
    @router.get(f"{API}/documents/{{document}}/{{version}}/text", tags=["sources"])
    def get_text(
        request: Request,
        document: str,
        version: str,
        text: Annotated[str, Query(max_length=64)] = "",
        given: HTTPAuthorizationCredentials | None = Depends(_BEARER),
    ) -> PlainTextResponse:
        """The canonical text that spans count in, for outside checks."""
        now = datetime.now(UTC)
        if given is not None:
            audience = service.identity.asker(given.credentials).audience
        else:
            audience = _viewer(service, request, document, version, now)
        _, found, _ = find_version(service.assistant, document, version, audience, now, text)
        return PlainTextResponse(found.text, headers={"X-Document-SHA256": found.sha256})

    @router.get(f"{API}/documents/{{document}}/{{version}}/pages/{{page}}", tags=["sources"])
    def get_page(
        request: Request, document: str, version: str, page: Annotated[int, InPath(ge=1, le=PAGE_NUMBER)]
    ) -> FileResponse:
        """The picture of a page, made at ingest."""
        now = datetime.now(UTC)
        audience = _viewer(service, request, document, version, now)
        approval, _, _ = find_version(service.assistant, document, version, audience, now, "")
        picture = service.assistant.home.page_picture(approval.source_sha256, page)
        if not picture.is_file():
            raise Gone("no picture of this page")
        return FileResponse(picture, media_type="image/jpeg")


def _add_operations(router: APIRouter, service: Service) -> None:
    @router.get("/livez", tags=["operation"])
    def get_livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"model": Problem}}, tags=["operation"])
    def get_readyz() -> dict[str, object]:
        """The edition is open and the database can be read, in the process that answers.

        ``log`` says how far the log is signed, and what is wrong.
        """
        edition, registry = service.assistant.edition(), service.assistant.registry()
        log = {} if service.signing is None else {"log": service.signing.state()}
        return {"status": "ready", "edition": edition.id, "registry_version": registry.version, **log}

    @router.get("/metrics", tags=["operation"])
    def get_metrics() -> Response:
        """Prometheus text format."""
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


def _viewer(service: Service, request: Request, document: str, version: str, now: datetime) -> Audience:
    cookie = request.cookies.get(_cookie_name(document, version))
    if cookie is None:
        raise Unauthenticated("no ticket and no view")
    return service.tickets.view(cookie, document, version, now).audience


def _redeemed(service: Service, request: Request, ticket: str, document: str, version: str, now: datetime) -> View:
    """The ticket's view; a link that is followed twice by the same browser opens what it opened already."""
    try:
        return service.tickets.redeem(ticket, document, version, now)
    except Gone:
        cookie = request.cookies.get(_cookie_name(document, version))
        if cookie is None:
            raise
        return service.tickets.view(cookie, document, version, now)


def _cookie_name(document: str, version: str) -> str:
    """One cookie a document version, so that two open sources don't shut each other; its path can't say that,
    because browsers compare paths as they were encoded.
    """
    return f"signpost_view_{hashlib.sha256(f'{document}/{version}'.encode()).hexdigest()[:16]}"


def _tickets(service: Service, reply: Mapping[str, Any], audience: Audience) -> dict[str, str]:
    """By citation number and next step, of a reply's wire form."""
    now = datetime.now(UTC)
    cited = {str(each["number"]): (each["document"], each["version"]) for each in reply["citations"]}
    offered = {f"next-{number}": document_of(step["url"]) for number, step in enumerate(reply["next_steps"], 1)}
    return {
        name: service.tickets.ticket(View(document, version, audience), now)
        for name, (document, version) in (cited | offered).items()
    }


def _step_tickets(service: Service, steps: Sequence[NextStep], audience: Audience, now: datetime) -> dict[str, str]:
    views = (View(step.approval.document_number, step.approval.version, audience) for step in steps)
    return {f"next-{number}": service.tickets.ticket(view, now) for number, view in enumerate(views, 1)}
