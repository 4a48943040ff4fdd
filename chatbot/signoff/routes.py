"""Documents, their previews and what waits, over HTTP. Mounted by ``serve --demo`` alone, as the review is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from chatbot.errors import Forbidden
from chatbot.review.routes import Visits, form_of
from chatbot.review.sessions import OWNER, Session
from chatbot.signoff.book import SignOffBook, read_place
from chatbot.signoff.preview import Preview
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.model import Span
from corpus.store import Store
from index.layout import Home

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class SignOffPages:
    """What the routes call."""

    def __init__(self, store: Store, home: Home, visits: Visits) -> None:
        self.book = SignOffBook(store)
        self.home = home
        self.visits = visits

    def document(self, request: Request, sha256: str, seen: Seen, status: int = 200, refused: str = "") -> HTMLResponse:
        """A page of a document, the place that was chosen on it, and why the last form wasn't taken."""
        preview = self.preview(sha256)
        place = _place(preview, seen.at)
        number = preview.document.page_at(place.start) if place and seen.page is None else seen.page
        page = preview.page(number)
        return self.visits.show(
            request,
            "document.html",
            self.visits.session(request),
            status,
            preview=preview,
            page=page,
            place=place,
            figure=preview.figure(page, place),
            refused=refused,
        )

    def preview(self, sha256: str) -> Preview:
        """The preview at an address; raises ``NotFound``."""
        if not _DIGEST.fullmatch(sha256):
            raise NotFound("no document stands at this address; open it from the list")
        return self.book.preview(sha256)

    def picture(self, sha256: str, number: int) -> Path:
        """The picture of a page; raises ``NotFound``."""
        document = self.preview(sha256).document
        picture = self.home.page_picture(document.source.sha256, number)
        if not picture.is_file():
            raise NotFound(f"{document.source.name} has no picture of a page {number}; ingest it again")
        return picture

    def waiting(self, request: Request, status: int = 200, refused: str = "") -> HTMLResponse:
        """What waits, and why the last form wasn't taken."""
        session, found = self.visits.session(request), self.book.waiting()
        return self.visits.show(request, "waiting.html", session, status, waiting=found, refused=refused)

    def found(self, source: str, name: str) -> Path:
        """The picture of something found in a quarantined file; raises ``NotFound`` for any other file."""
        files = [file for file in self.book.waiting().files if file.source_sha256 == source]
        if name and any(name == finding.picture for file in files for finding in file.findings):
            picture = self.home.picture(source, name)
            if picture.is_file():
                return picture
        raise NotFound("no such picture is kept; ingest the file again")

    def take_file(self, source: str, session: Session, form: dict[str, str]) -> None:
        """A word on a quarantined file; raises ``Forbidden`` for other roles, and what the book raises."""
        _check_owner(session)
        match form.get("to"):
            case "accept" | "reject" as word:
                self.book.decide_file(source, word, form.get("who", ""), form.get("reason", ""))
            case _:
                raise InvalidInput("choose one of the forms of the page")

    def take(self, sha256: str, session: Session, form: dict[str, str]) -> None:
        """A form's step; raises ``Forbidden`` for other roles, and what the book raises."""
        _check_owner(session)
        signed = (form.get("who", ""), form.get("reason", ""))
        preview = self.preview(sha256)
        match form.get("to"):
            case "do_not_cite":
                self.book.mark(sha256, "do_not_cite", read_place(form.get("at", ""), preview), None, *signed)
            case "keep_with":
                place, beside = (read_place(form.get(name, ""), preview) for name in ("at", "beside"))
                self.book.mark(sha256, "keep_with", place, beside, *signed)
            case "unmark":
                self.book.unmark(sha256, _number(form.get("mark", "")), *signed)
            case "accept":
                self.book.decide(sha256, "accept", *signed)
            case "reject":
                self.book.decide(sha256, "reject", *signed)
            case _:
                raise InvalidInput("choose one of the forms of the page")


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a document is looked at."""

    page: int | None = None
    at: str = ""

    @property
    def query(self) -> str:
        """As it stands in an address."""
        parts = (f"page={self.page}" if self.page else "", f"at={self.at}" if self.at else "")
        return "&".join(part for part in parts if part)


def sign_off_routes(pages: SignOffPages) -> APIRouter:
    """The list, the preview of a document with its forms, and what waits."""
    router = APIRouter(prefix="/review", include_in_schema=False)
    _add_waiting(router, pages)
    _add_documents(router, pages)
    return router


def _add_waiting(router: APIRouter, pages: SignOffPages) -> None:
    @router.get("/waiting", response_class=HTMLResponse)
    def get_waiting(request: Request) -> HTMLResponse:
        return pages.waiting(request)

    @router.get("/waiting/{source}/{name}")
    def get_found(source: str, name: str) -> FileResponse:
        return FileResponse(pages.found(source, name), media_type="image/jpeg")

    @router.post("/waiting/{source}", response_class=HTMLResponse)
    def post_file(request: Request, source: str, form: dict[str, str] = Depends(form_of)) -> Response:
        session = pages.visits.check(request, form)
        try:
            pages.take_file(source, session, form)
        except InvalidInput as error:
            return pages.waiting(request, 422, str(error))
        return RedirectResponse("/review/waiting", 303)


def _add_documents(router: APIRouter, pages: SignOffPages) -> None:
    @router.get("/documents", response_class=HTMLResponse)
    def get_documents(request: Request) -> HTMLResponse:
        return pages.visits.show(request, "documents.html", pages.visits.session(request), lines=pages.book.lines())

    @router.get("/documents/{sha256}", response_class=HTMLResponse)
    def get_document(request: Request, sha256: str, page: int | None = None, at: str = "") -> HTMLResponse:
        return pages.document(request, sha256, Seen(page, at))

    @router.get("/documents/{sha256}/pages/{number:int}")
    def get_picture(sha256: str, number: int) -> FileResponse:
        return FileResponse(pages.picture(sha256, number), media_type="image/jpeg")

    @router.post("/documents/{sha256}", response_class=HTMLResponse)
    def post_document(request: Request, sha256: str, form: dict[str, str] = Depends(form_of)) -> Response:
        session = pages.visits.check(request, form)
        seen = Seen(_number(form.get("page", "")) or None, form.get("at", ""))
        try:
            pages.take(sha256, session, form)
        except (InvalidInput, Conflict) as error:
            status = 409 if isinstance(error, Conflict) else 422
            return pages.document(request, sha256, seen, status, str(error))
        return RedirectResponse(f"/review/documents/{sha256}?{seen.query}", 303)


def _check_owner(session: Session) -> None:
    if session.role != OWNER:
        raise Forbidden(f"role '{session.role}' may not do this: somebody of the role '{OWNER}' may")


def _place(preview: Preview, at: str) -> Span | None:
    """The place in an address; ``None`` for none, and for one that doesn't stand in the text."""
    try:
        return read_place(at, preview) if at else None
    except InvalidInput:
        return None


def _number(text: str) -> int:
    """A whole number of a form; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
