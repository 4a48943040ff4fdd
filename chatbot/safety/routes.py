"""The pages of safety cases over HTTP: parse, call, render. Mounted by ``serve --demo`` alone, as the review is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chatbot.errors import CaseRefused
from chatbot.review.routes import page
from chatbot.review.sessions import REVIEWER, Session, Sessions
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import SAFETY, check_role
from chatbot.safety.outbox import Outbox
from chatbot.safety.pages import case_list, case_page
from corpus.errors import InvalidInput

_COOKIE = "signpost-review"
_CASE = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_ROLES = (REVIEWER, SAFETY)
AnyResponse = TypeVar("AnyResponse", bound=Response)


class CasePages:
    """What the routes call."""

    def __init__(self, book: CaseBook, outbox: Outbox, sessions: Sessions, targets: tuple[str, ...]) -> None:
        self.book = book
        self.outbox = outbox
        self.sessions = sessions
        self.targets = targets  # where cases are sent; empty: nowhere

    def show(
        self, request: Request, template: str, session: Session, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page, with the session that its forms are for."""
        response = page(template, role=session.role, token=self.sessions.token(session), targets=self.targets, **values)
        response.status_code = status
        return self.remember(request, response, session)

    def remember(self, request: Request, response: AnyResponse, session: Session) -> AnyResponse:
        """The response, with the cookie of its session."""
        secure = request.url.scheme == "https"
        cookie = self.sessions.cookie(session)
        response.set_cookie(_COOKIE, cookie, path="/review", secure=secure, httponly=True, samesite="strict")
        return response

    def case(
        self, request: Request, case_id: str, session: Session, status: int = 200, refused: str = ""
    ) -> HTMLResponse:
        """One case, and why the last form wasn't taken."""
        found = case_page(self.book, self.outbox, case_id, session.role, datetime.now(UTC))
        return self.show(request, "case.html", session, status, found=found, refused=refused)

    def session(self, request: Request) -> Session:
        """The visitor's session; a new one reads no text."""
        return self.sessions.of(request.cookies.get(_COOKIE)) or self.sessions.start()


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once; the request's size is bounded already."""
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(body, max_num_fields=20).items()}


def case_routes(pages: CasePages) -> APIRouter:
    """The list of cases, a case, and the forms that take it further."""
    router = APIRouter(prefix="/review", include_in_schema=False)

    @router.get("/cases", response_class=HTMLResponse)
    def get_cases(
        request: Request, ended: bool = False, start: Annotated[int, Query(alias="from", ge=0, le=10**9)] = 0
    ) -> HTMLResponse:
        listing = case_list(pages.book, ended=ended, start=start, now=datetime.now(UTC))
        return pages.show(request, "cases.html", pages.session(request), listing=listing)

    @router.get("/cases/{case_id}", response_class=HTMLResponse)
    def get_case(request: Request, case_id: str) -> HTMLResponse:
        return pages.case(request, case_id, pages.session(request))

    @router.post("/cases/{case_id}", response_class=HTMLResponse)
    def post_case(request: Request, case_id: str, form: dict[str, str] = Depends(_form)) -> Response:
        session = pages.sessions.check(pages.sessions.of(request.cookies.get(_COOKIE)), form.get("token", ""))
        check_role(session.role)
        try:
            _take(pages.book, case_id, session.role, form)
        except (CaseRefused, InvalidInput) as error:
            return pages.case(request, case_id, session, 409 if isinstance(error, CaseRefused) else 422, str(error))
        return RedirectResponse(f"/review/cases/{case_id}", 303)

    @router.post("/role", response_class=HTMLResponse)
    def post_role(request: Request, form: dict[str, str] = Depends(_form)) -> Response:
        """The demo has no accounts, so its visitor says who they are; the token changes with the role."""
        pages.sessions.check(pages.sessions.of(request.cookies.get(_COOKIE)), form.get("token", ""))
        role = form.get("role", "")
        session = pages.sessions.start(role if role in _ROLES else REVIEWER)
        case_id = form.get("case", "")
        place = f"/review/cases/{case_id}" if _CASE.fullmatch(case_id) else "/review/cases"
        return pages.remember(request, RedirectResponse(place, 303), session)

    return router


def _take(book: CaseBook, case_id: str, role: str, form: dict[str, str]) -> None:
    """One step of a case; raises ``InvalidInput`` for a form that isn't one of ours."""
    now, who, reason = datetime.now(UTC), form.get("who", ""), form.get("reason", "")
    seen = form.get("seen", "")
    read = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    match form.get("to"):
        case "received":
            book.receive(case_id, form.get("reference", ""), now, who, read)
        case "closed":
            book.close(case_id, reason, who, role, now, read)
        case "not_a_case":
            book.not_a_case(case_id, reason, who, role, now, read)
        case _:
            raise InvalidInput("choose one of the forms of the page")
