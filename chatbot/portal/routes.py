"""The portal's pages: parse, call, render. Mounted by ``serve --demo`` alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from chatbot.answer.wire import document_url
from chatbot.discovery import starter_questions
from chatbot.identity import DemoIdentity
from chatbot.limits import QUESTION_CHARACTERS
from chatbot.portal.shelves import Card, Reader, cards, newest, of_product, shelves, slug
from chatbot.portal.site import Site, site_of
from chatbot.routes import Service
from chatbot.schemas import DemoReader, DemoToken
from chatbot.screening import Place
from chatbot.tickets import View
from corpus.model import Approval
from corpus.products import Product, read_products

_HERE = Path(__file__).parent
Desk = Literal["medical-information", "safety", "commercial"]
_PREFILL = ("question", "product")
_REGISTRY_VERSION = re.compile(r'<meta name="registry-version" content="(\d{1,18})">')
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: who reads, what they may open, and what the portal offers."""

    reader: Reader
    site: Site
    approvals: Sequence[Approval]  # in force for the reader
    cards: tuple[Card, ...]
    has_table: bool  # a product table was published with the documents
    starters: Callable[[str], list[str]]  # questions to begin with on a product's page, or with "" on any other

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of the portal."""
        product = values.get("product")
        asked = self.starters(slug(product) if isinstance(product, Product) else "")
        offered = "|".join(asked)  # as the element's attribute takes them
        shown = {"visit": self, "site": self.site, "reader": self.reader, "starters": offered, **values}
        html = _templates.get_template(template).render(**shown)
        return HTMLResponse(html, status)


def portal_routes(service: Service, identity: DemoIdentity) -> APIRouter:
    """The first page, a page a product, what the fixed footer links to, and tokens for the demo's readers."""
    router = APIRouter(include_in_schema=False)
    visiting = _visiting(service)
    _add_pages(router, visiting)
    _add_desks(router, service, visiting)
    _add_evaluation(router, service, visiting)

    @router.get("/open/{document}/{version}")
    def get_open(document: str, version: str, visit: Visit = Depends(visiting)) -> Response:
        """A link of the portal into a source: a ticket made when it is followed, not when the page was.

        A link kept from another country or from before a withdrawal gets a page that says so.
        """
        found = next((a for a in visit.approvals if a.key[:2] == (document, version)), None)
        if found is None:
            return visit.page("no_document.html", status=404)
        ticket = service.tickets.ticket(View(document, version, visit.reader.audience), datetime.now(UTC))
        return RedirectResponse(f"{document_url(found)}?ticket={ticket}", 303)

    @router.post("/demo/token", response_model=DemoToken, include_in_schema=True, tags=["demo"])
    def post_token(reader: DemoReader) -> dict[str, str]:
        """A token for a reader of the demo portal; not there without --demo."""
        return {"token": identity.token(reader.subject, reader.country, reader.role, reader.specialty)}

    for name, media_type in (("portal.css", "text/css"), ("portal.js", "text/javascript")):
        router.add_api_route(f"/{name}", _file(_HERE / name, media_type))
    return router


def _visiting(service: Service) -> Callable[..., Visit]:
    """What makes a request's visit; the registry, the approvals and the product table are read once each."""

    def visit(
        country: Annotated[str, Query(pattern="^([A-Z]{2})?$")] = "",
        specialty: Annotated[str, Query(max_length=100)] = "",
        role: Annotated[str, Query(max_length=100)] = "",
        language: Annotated[str, Query(pattern="^([a-z]{2})?$")] = "",
    ) -> Visit:
        site = site_of(entry.approval for entry in service.assistant.registry().entries.values())
        reader = site.reader(country, specialty, role, language)
        approvals = list(service.assistant.approvals(reader.audience, datetime.now(UTC)).values())
        table = service.assistant.home.products
        products = read_products(table) if table.is_file() else ()
        shown = cards(products, approvals, reader)

        def starters(page: str) -> list[str]:
            return starter_questions(*service.assistant.ground(reader.audience, datetime.now(UTC)), page)

        return Visit(reader, site.with_reader(reader), approvals, shown, bool(products), starters)

    return visit


def _add_pages(router: APIRouter, visiting: Callable[..., Visit]) -> None:
    @router.get("/", response_class=HTMLResponse)
    def get_home(visit: Visit = Depends(visiting)) -> HTMLResponse:
        """Products and what is new; without products, all documents by kind."""
        if visit.cards:
            return visit.page("home.html", shelves=(), newest=newest(visit.approvals, visit.reader))
        return visit.page("home.html", shelves=shelves(visit.approvals, visit.reader), newest=())

    @router.get("/products/{name:path}", response_class=HTMLResponse)
    def get_product(name: str, visit: Visit = Depends(visiting)) -> HTMLResponse:
        card = next((card for card in visit.cards if card.slug == name), None)
        if card is None:
            return visit.page("no_product.html", status=404)
        found = shelves(of_product(card.product, visit.approvals), visit.reader)
        return visit.page("product.html", product=card.product, shelves=found)


def _add_desks(router: APIRouter, service: Service, visiting: Callable[..., Visit]) -> None:
    """Where handovers lead. Nothing can be sent from there, and nothing of what came along is kept."""

    def page(desk: str, visit: Visit, prefill: dict[str, str]) -> HTMLResponse:
        contacts = service.assistant.policy.contacts_for(visit.reader.country)
        return visit.page("contact.html", desk=desk, contacts=contacts, prefill=prefill)

    @router.get("/contact/{desk}", response_class=HTMLResponse)
    def get_contact(desk: Desk, visit: Visit = Depends(visiting)) -> HTMLResponse:
        return page(desk, visit, {})

    @router.post("/contact/{desk}", response_class=HTMLResponse)
    async def post_contact(desk: Desk, request: Request, visit: Visit = Depends(visiting)) -> HTMLResponse:
        """What a handover takes along comes in a form, so that it stands in no address."""
        sent = dict(parse_qsl((await request.body()).decode("utf-8", errors="replace")))
        place = Place("", None, "demo", visit.reader.audience.country, "", "prefill", datetime.now(UTC))
        await run_in_threadpool(service.assistant.screen, sent.get("question", ""), visit.reader.audience, place)
        return page(desk, visit, {name: sent[name][:QUESTION_CHARACTERS] for name in _PREFILL if name in sent})


def _add_evaluation(router: APIRouter, service: Service, visiting: Callable[..., Visit]) -> None:
    @router.get("/evaluation", response_class=HTMLResponse)
    def get_evaluation(visit: Visit = Depends(visiting)) -> Response:
        """What the report quotes was in force when it was made; since the next event some of it may not be."""
        report = service.assistant.home.report
        if not report.is_file():
            return visit.page("no_evaluation.html", status=404, changed=False)
        html = report.read_text(encoding="utf-8")
        stated = _REGISTRY_VERSION.search(html)
        if not stated or int(stated[1]) != service.assistant.registry().version:
            return visit.page("no_evaluation.html", status=410, changed=True)
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy_of(html)})


def _policy_of(html: str) -> str:
    """Lets in the report's own style, by its digest, and nothing else."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


def _file(path: Path, media_type: str):  # type: ignore[no-untyped-def]
    def get_file() -> FileResponse:
        return FileResponse(path, media_type=media_type)

    return get_file
