"""The portal's pages: parse, call, render. Mounted by ``serve --demo`` alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatbot.answer.wire import document_url
from chatbot.identity import DemoIdentity
from chatbot.portal.shelves import COUNTRIES, LANGUAGES, ROLES, SPECIALTIES, Reader, cards, newest, of_product, shelves
from chatbot.routes import Service
from chatbot.schemas import DemoReader, DemoToken
from chatbot.tickets import View
from corpus.model import Approval
from corpus.products import Product, read_products

_HERE = Path(__file__).parent
_REGISTRY_VERSION = re.compile(r'<meta name="registry-version" content="(\d{1,18})">')
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def portal_routes(service: Service, identity: DemoIdentity) -> APIRouter:
    """The first page, a page a product, what the fixed footer links to, and tokens for the demo's readers."""
    router = APIRouter(include_in_schema=False)
    _add_pages(router, service)

    @router.get("/open/{document}/{version}")
    def get_open(document: str, version: str, reader: Reader = Depends(_reader)) -> Response:
        """A link of the portal into a source: a ticket made when it is followed, not when the page was.

        A link kept from another country or from before a withdrawal gets a page that says so.
        """
        now = datetime.now(UTC)
        found = next((a for a in _approvals(service, reader, now) if a.key[:2] == (document, version)), None)
        if found is None:
            return _page("no_document.html", service, reader, status=404)
        ticket = service.tickets.ticket(View(document, version, reader.audience), now)
        return RedirectResponse(f"{document_url(found)}?ticket={ticket}", 303)

    @router.post("/demo/token", response_model=DemoToken, include_in_schema=True, tags=["demo"])
    def post_token(reader: DemoReader) -> dict[str, str]:
        """A token for a reader of the demo portal; not there without --demo."""
        return {"token": identity.token(reader.subject, reader.country, reader.role, reader.specialty)}

    for name, media_type in (("portal.css", "text/css"), ("portal.js", "text/javascript")):
        router.add_api_route(f"/{name}", _file(_HERE / name, media_type))
    return router


def _add_pages(router: APIRouter, service: Service) -> None:
    @router.get("/", response_class=HTMLResponse)
    def get_home(reader: Reader = Depends(_reader)) -> HTMLResponse:
        approvals = _approvals(service, reader, datetime.now(UTC))
        found = cards(_products(service), approvals, reader)
        return _page("home.html", service, reader, cards=found, newest=newest(approvals, reader))

    @router.get("/products/{name}", response_class=HTMLResponse)
    def get_product(name: str, reader: Reader = Depends(_reader)) -> HTMLResponse:
        approvals = _approvals(service, reader, datetime.now(UTC))
        card = next((card for card in cards(_products(service), approvals, reader) if card.slug == name), None)
        if card is None:
            return _page("no_product.html", service, reader, status=404)
        found = shelves(of_product(card.product, approvals), reader)
        return _page("product.html", service, reader, product=card.product, shelves=found)

    @router.get("/contact/{desk}", response_class=HTMLResponse)
    def get_contact(desk: Literal["medical-information", "safety"], reader: Reader = Depends(_reader)) -> HTMLResponse:
        return _page("contact.html", service, reader, desk=desk)

    @router.get("/evaluation", response_class=HTMLResponse)
    def get_evaluation(reader: Reader = Depends(_reader)) -> Response:
        """What the report quotes was in force when it was made; since the next event some of it may not be."""
        report = service.assistant.home.evaluation
        if not report.is_file():
            return _page("no_evaluation.html", service, reader, status=404, changed=False)
        html = report.read_text(encoding="utf-8")
        stated = _REGISTRY_VERSION.search(html)
        if not stated or int(stated[1]) != service.assistant.registry().version:
            return _page("no_evaluation.html", service, reader, status=410, changed=True)
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy_of(html)})


def _policy_of(html: str) -> str:
    """Lets in the report's own style, by its digest, and nothing else."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


def _reader(
    country: Annotated[str, Query(pattern=f"^({'|'.join(COUNTRIES)})$")] = "GB",
    specialty: Annotated[str, Query(pattern=f"^({'|'.join(SPECIALTIES)})$")] = "cardiology",
    role: Annotated[str, Query(pattern=f"^({'|'.join(ROLES)})$")] = "physician",
    language: Annotated[str, Query(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en",
) -> Reader:
    return Reader(country, specialty, role, language)


def _approvals(service: Service, reader: Reader, now: datetime) -> Sequence[Approval]:
    return list(service.assistant.approvals(reader.audience, now).values())


def _products(service: Service) -> Sequence[Product]:
    table = service.assistant.home.products
    return read_products(table) if table.is_file() else ()


def _page(template: str, service: Service, reader: Reader, status: int = 200, **values: object) -> HTMLResponse:
    found = cards(_products(service), _approvals(service, reader, datetime.now(UTC)), reader)
    choices = {"countries": COUNTRIES, "specialties": SPECIALTIES, "roles": ROLES, "languages": LANGUAGES}
    html = _templates.get_template(template).render(reader=reader, menu=found, **choices, **values)
    return HTMLResponse(html, status)


def _file(path: Path, media_type: str):  # type: ignore[no-untyped-def]
    def get_file() -> FileResponse:
        return FileResponse(path, media_type=media_type)

    return get_file
