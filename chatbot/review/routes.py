"""The review pages over HTTP: parse, call, render. Mounted by ``serve --demo`` alone until there are accounts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from chatbot.assistant import Assistant
from chatbot.audit.access import note_access
from chatbot.review.console import Console
from chatbot.review.drawn import drawn
from chatbot.review.filters import parse_filters
from chatbot.review.sessions import REVIEWER, ROLES, Session, Sessions

_HERE = Path(__file__).parent
_COOKIE = "signpost-review"
_VISITOR = "demo visitor"  # there are no accounts yet
_PLACE = re.compile(r"/review(?:/[0-9a-z-]+)*(?:\?[0-9a-z=&-]*)?", re.ASCII)
AnyResponse = TypeVar("AnyResponse", bound=Response)


class Visits:
    """Who looks at the pages that have forms."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def session(self, request: Request) -> Session:
        """The visitor's session; a new one may change nothing."""
        return self.sessions.of(request.cookies.get(_COOKIE)) or self.sessions.start()

    def check(self, request: Request, form: dict[str, str]) -> Session:
        """The session that a form was sent in; raises ``Forbidden`` when it was made for another one."""
        return self.sessions.check(self.sessions.of(request.cookies.get(_COOKIE)), form.get("token", ""))

    def show(
        self, request: Request, template: str, session: Session, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page, with the session that its forms are for."""
        response = page(template, role=session.role, token=self.sessions.token(session), **values)
        response.status_code = status
        return self.remember(request, response, session)

    def remember(self, request: Request, response: AnyResponse, session: Session) -> AnyResponse:
        """The response, with the cookie of its session."""
        secure = request.url.scheme == "https"
        cookie = self.sessions.cookie(session)
        response.set_cookie(_COOKIE, cookie, path="/review", secure=secure, httponly=True, samesite="strict")
        return response


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, each once; the request's size is bounded already."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(body, max_num_fields=20).items()}


def visit_routes(visits: Visits) -> APIRouter:
    """The form that says who looks: the demo has no accounts."""
    router = APIRouter(prefix="/review", include_in_schema=False)

    @router.post("/role", response_class=HTMLResponse)
    def post_role(request: Request, form: dict[str, str] = Depends(form_of)) -> Response:
        """The token changes with the role."""
        visits.check(request, form)
        role, place = form.get("role", ""), form.get("place", "")
        session = visits.sessions.start(role if role in ROLES else REVIEWER)
        return visits.remember(request, RedirectResponse(place if _PLACE.fullmatch(place) else "/review", 303), session)

    return router


def review_routes(assistant: Assistant) -> APIRouter:
    """The list of turns, a turn, and the pictures of the pages it cited."""
    router = APIRouter(prefix="/review", include_in_schema=False)
    console = Console(assistant)

    def read(indexes: list[int], where: str) -> None:
        note_access(assistant.store.database, _VISITOR, where, indexes)

    @router.get("", response_class=HTMLResponse)
    def get_list(request: Request) -> HTMLResponse:
        filters, before = parse_filters(request.query_params)
        listing = console.listing(filters, before)
        read([line.facts.index for line in listing.lines if line.text.body], "list")
        return page("list.html", listing=listing)

    @router.get("/turns/{index:int}", response_class=HTMLResponse)
    def get_turn(request: Request, index: int) -> HTMLResponse:
        filters, _ = parse_filters(request.query_params)
        turn = console.turn(index, filters)
        read([each.facts.index for each in turn.exchanges if each.text.body], "turn")
        return page("turn.html", turn=turn, filters=filters)

    @router.get("/turns/{index:int}/export")
    def get_export(index: int) -> Response:
        name = f'attachment; filename="record-{index}.zip"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Response(console.export(index, _VISITOR), media_type="application/zip", headers=headers)

    @router.get("/turns/{index:int}/citations/{number:int}/page")
    def get_picture(index: int, number: int, page: int | None = None) -> FileResponse:
        return FileResponse(console.page_picture(index, number, page), media_type="image/jpeg")

    @router.get("/review.css")
    def get_style() -> FileResponse:
        return FileResponse(_HERE / "review.css", media_type="text/css")

    return router


def page(template: str, **values: object) -> HTMLResponse:
    """A page of the review."""
    return HTMLResponse(drawn(template, **values))
