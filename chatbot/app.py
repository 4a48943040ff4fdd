"""The HTTP application, assembled in one place."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi_offline import FastAPIOffline

from chatbot.assistant import Assistant
from chatbot.errors import Misconfigured
from chatbot.guard import Guard
from chatbot.identity import DemoIdentity, Identity
from chatbot.problems import add_handlers
from chatbot.review.routes import review_routes
from chatbot.routes import Metrics, Service, routes
from chatbot.schemas import DemoReader, DemoToken
from chatbot.tickets import Tickets
from widget import DEMO


def create_app(assistant: Assistant, identity: Identity | DemoIdentity) -> Guard:
    """The service over an opened home; with a ``DemoIdentity`` also the demo page and its tokens.

    Raises ``Misconfigured`` when trial approvals would be served without --demo.
    """
    demo = identity if isinstance(identity, DemoIdentity) else None
    assumed = any(entry.approval.assumed for entry in assistant.registry().entries.values())
    if assumed and demo is None:
        raise Misconfigured(
            "this home has approvals assumed for a trial (--assume-approved); serve it with --demo, "
            "or ingest the documents again with a catalogue into a new home"
        )
    app = FastAPIOffline(  # /docs without a third party's scripts
        redoc_url=None,
        title="Signpost",
        description="Conversational discovery without generation: approved passages, quoted word for word.",
        version="1",
    )
    tickets = Tickets(assistant.store.database, assistant.keys.secret("tickets"))
    trusted = demo.identity if demo else identity
    assert isinstance(trusted, Identity)  # noqa: S101 - one of the two
    app.include_router(routes(Service(assistant, trusted, tickets, Metrics())))
    if demo:
        _add_demo(app, demo)
        app.include_router(review_routes(assistant))  # no accounts yet, so never where readers are real
    add_handlers(app)
    return Guard(app)  # outermost, so that even a fault's answer has its headers


def _add_demo(app: FastAPI, demo: DemoIdentity) -> None:
    @app.post("/demo/token", response_model=DemoToken, tags=["demo"])
    def post_token(reader: DemoReader) -> dict[str, str]:
        """A token for a reader of the demo portal; not there without --demo."""
        return {"token": demo.token(reader.subject, reader.country, reader.role, reader.specialty)}

    for path, name in (("/", "index.html"), ("/demo.css", "demo.css"), ("/demo.js", "demo.js")):
        app.add_api_route(path, _file(DEMO / name), include_in_schema=False)


def _file(path: Path):  # type: ignore[no-untyped-def]
    def get_file() -> FileResponse:
        return FileResponse(path)

    return get_file
