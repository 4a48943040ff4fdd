"""The HTTP application, assembled in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from chatbot.assistant import Assistant
from chatbot.audit.signing import Signing
from chatbot.errors import Misconfigured
from chatbot.guard import Guard
from chatbot.identity import DemoIdentity, Identity
from chatbot.metrics import Metrics
from chatbot.policy import Policy
from chatbot.portal.routes import portal_routes
from chatbot.problems import Refusals, add_handlers
from chatbot.rate import Rate
from chatbot.refused import RefusedTexts
from chatbot.review.routes import Visits, review_routes, visit_routes
from chatbot.review.sessions import Sessions
from chatbot.routes import Service, routes
from chatbot.safety.book import open_cases_of
from chatbot.safety.outbox import Outbox
from chatbot.safety.routes import CasePages, case_routes
from chatbot.safety.settings import read_channels
from chatbot.signoff.routes import SignOffPages, sign_off_routes
from chatbot.tickets import Tickets
from index.errors import IndexingError
from widget import ELEMENT

RATE_FILE = "turns.sqlite"  # of the shared folder, where prometheus_client takes every *.db for its own


def create_app(
    assistant: Assistant,
    identity: Identity | DemoIdentity,
    signing: Signing | None = None,
    shared: Path | None = None,
) -> Guard:
    """The service over an opened home; with a ``DemoIdentity`` also the demo portal and the log.

    ``signing`` is what signs the log meanwhile: its state is said by /readyz. ``shared`` is a scratch folder for what
    processes count together, where several serve.
    Raises ``Misconfigured`` when trial approvals would be served without --demo, and for a wrong ``safety.toml``.
    """
    demo = identity if isinstance(identity, DemoIdentity) else None
    assumed = any(entry.approval.assumed for entry in assistant.registry().entries.values())
    if assumed and demo is None:
        raise Misconfigured(
            "this home has approvals assumed for a trial (--assume-approved); serve it with --demo, "
            "or ingest the documents again with a catalogue into a new home"
        )
    metrics = Metrics(shared)
    app = FastAPIOffline(  # /docs without a third party's scripts
        lifespan=_serving(metrics),
        redoc_url=None,
        title="Signpost",
        description="Conversational discovery without generation: approved passages, quoted word for word.",
        version="1",
    )
    tickets = Tickets(assistant.store.database, assistant.keys.secret("tickets"))
    trusted = demo.identity if demo else identity
    assert isinstance(trusted, Identity)  # noqa: S101 - one of the two
    service = Service(assistant, trusted, tickets, metrics, Rate(shared and shared / RATE_FILE), signing)
    app.include_router(routes(service))
    app.mount("/widget", StaticFiles(directory=ELEMENT))
    if demo:
        app.include_router(portal_routes(service, demo))
        app.include_router(review_routes(assistant))  # no accounts yet, so never where readers are real
        visits = Visits(Sessions(assistant.keys.secret("review")))
        app.include_router(visit_routes(visits))
        app.include_router(case_routes(_case_pages(assistant, visits)))
        app.include_router(sign_off_routes(SignOffPages(assistant.store, assistant.home, visits)))
    refusals = Refusals(_policy_of(assistant), trusted.country)
    add_handlers(app, refusals)
    refused = RefusedTexts(assistant, trusted.country)
    return Guard(app, refusals.answer, refused.screen)  # outermost, so that even a fault's answer has its headers


def _serving(metrics: Metrics) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Begins in each process that serves, not in the one that made the application."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        metrics.serving()
        yield

    return lifespan


def _case_pages(assistant: Assistant, visits: Visits) -> CasePages:
    database = assistant.store.database
    targets = tuple(f"{channel.name}: {channel.target}" for channel in read_channels(assistant.home.safety))
    return CasePages(open_cases_of(assistant.home, database), Outbox(database), visits, targets)


def _policy_of(assistant: Assistant) -> Callable[[], Policy]:
    """The policy in force; when there is no edition to read it with, the one there was at the start."""
    at_start = assistant.policy

    def policy() -> Policy:
        try:
            return assistant.policy
        except (IndexingError, OSError):  # what is refused then is told as such; its answer must not fail too
            return at_start

    return policy
