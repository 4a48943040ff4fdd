"""The review pages over HTTP: parse, call, render. Mounted by ``serve --demo`` alone until there are accounts."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatbot.assistant import Assistant
from chatbot.review.console import Console
from chatbot.review.evidence import readable_time
from chatbot.review.filters import parse_filters

_HERE = Path(__file__).parent
_VIEWER = _HERE.parent / "viewer"  # the cited passage is drawn as readers see it
_templates = Environment(
    loader=FileSystemLoader([_HERE / "templates", _VIEWER]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["readable_time"] = readable_time


def review_routes(assistant: Assistant) -> APIRouter:
    """The list of turns, a turn, and the pictures of the pages it cited."""
    router = APIRouter(prefix="/review", include_in_schema=False)
    console = Console(assistant)

    @router.get("", response_class=HTMLResponse)
    def get_list(request: Request) -> HTMLResponse:
        filters, before = parse_filters(request.query_params)
        return page("list.html", listing=console.listing(filters, before))

    @router.get("/turns/{index:int}", response_class=HTMLResponse)
    def get_turn(request: Request, index: int) -> HTMLResponse:
        filters, _ = parse_filters(request.query_params)
        return page("turn.html", turn=console.turn(index, filters), filters=filters)

    @router.get("/turns/{index:int}/citations/{number:int}/page")
    def get_picture(index: int, number: int, page: int | None = None) -> FileResponse:
        return FileResponse(console.page_picture(index, number, page), media_type="image/jpeg")

    @router.get("/review.css")
    def get_style() -> FileResponse:
        return FileResponse(_HERE / "review.css", media_type="text/css")

    return router


def page(template: str, **values: object) -> HTMLResponse:
    """A page of the review."""
    return HTMLResponse(_templates.get_template(template).render(**values))
