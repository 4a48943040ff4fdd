"""The pages of safety cases over HTTP: parse, call, render. Mounted by ``serve --demo`` alone, as the review is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chatbot.errors import CaseRefused
from chatbot.review.routes import Visits, form_of
from chatbot.review.sessions import Session
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import check_role
from chatbot.safety.outbox import Outbox
from chatbot.safety.pages import case_list, case_page
from corpus.errors import InvalidInput


class CasePages:
    """What the routes call."""

    def __init__(self, book: CaseBook, outbox: Outbox, visits: Visits, targets: tuple[str, ...]) -> None:
        self.book = book
        self.outbox = outbox
        self.visits = visits
        self.targets = targets  # where cases are sent; empty: nowhere

    def show(
        self, request: Request, template: str, session: Session, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page of theirs."""
        return self.visits.show(request, template, session, status, targets=self.targets, **values)

    def case(
        self, request: Request, case_id: str, session: Session, status: int = 200, refused: str = ""
    ) -> HTMLResponse:
        """One case, and why the last form wasn't taken."""
        found = case_page(self.book, self.outbox, case_id, session.role, datetime.now(UTC))
        return self.show(request, "case.html", session, status, found=found, refused=refused)


def case_routes(pages: CasePages) -> APIRouter:
    """The list of cases, a case, and the forms that take it further."""
    router = APIRouter(prefix="/review", include_in_schema=False)

    @router.get("/cases", response_class=HTMLResponse)
    def get_cases(
        request: Request, ended: bool = False, start: Annotated[int, Query(alias="from", ge=0, le=10**9)] = 0
    ) -> HTMLResponse:
        listing = case_list(pages.book, ended=ended, start=start, now=datetime.now(UTC))
        return pages.show(request, "cases.html", pages.visits.session(request), listing=listing)

    @router.get("/cases/{case_id}", response_class=HTMLResponse)
    def get_case(request: Request, case_id: str) -> HTMLResponse:
        return pages.case(request, case_id, pages.visits.session(request))

    @router.post("/cases/{case_id}", response_class=HTMLResponse)
    def post_case(request: Request, case_id: str, form: dict[str, str] = Depends(form_of)) -> Response:
        session = pages.visits.check(request, form)
        check_role(session.role)
        try:
            _take(pages.book, case_id, session.role, form)
        except (CaseRefused, InvalidInput) as error:
            return pages.case(request, case_id, session, 409 if isinstance(error, CaseRefused) else 422, str(error))
        return RedirectResponse(f"/review/cases/{case_id}", 303)

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
