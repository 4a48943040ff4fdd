"""A home with a PDF of two pages and a Markdown file with a table, read by the real readers; nothing is published."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatbot.policy import Policy, load_policy
from chatbot.problems import Refusals, add_handlers
from chatbot.review.routes import Visits, visit_routes
from chatbot.review.sessions import Sessions
from chatbot.signoff.book import SignOffBook
from chatbot.signoff.routes import SignOffPages, sign_off_routes
from corpus.coverage import Coverage, PageCoverage
from corpus.database import Database
from corpus.model import Document
from corpus.staging import Staging
from corpus.store import Store
from index.layout import Home
from ingest.formats import open_source
from ingest.parse import parse
from tests.builders import approval, pdf

FIRST = ["# 4.2 Posology", "", "The starting dose is 40 mg once daily.", "", "It is halved in frail patients."]
SECOND = ["# 4.3 Contraindications", "", "Severe hepatic impairment.", "", "Pregnancy in any trimester."]
MARKDOWN = """# Zorblax card

| Weight | Dose |
|---|---|
| below 50 kg | 20 mg |
| 50 kg or more | 40 mg |

Swallow with water. Do not chew.
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A content owner's desk: the book, the pages, and two documents, of which the PDF waits."""

    store: Store
    home: Home
    book: SignOffBook
    http: TestClient
    label: Document
    card: Document


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    store, home = Store(database), Home(tmp_path)
    (tmp_path / "label.pdf").write_bytes(pdf(FIRST, SECOND, title="Zorblax label"))
    (tmp_path / "card.md").write_text(MARKDOWN, encoding="utf-8")
    label, card = (_staged(store, home, tmp_path / name) for name in ("label.pdf", "card.md"))
    store.stage(Staging("/in/scan.pdf", "a" * 64, None, "no page has a text layer", (), unapproved=False))
    visits = Visits(Sessions(b"x" * 32))
    app = FastAPI()
    app.include_router(visit_routes(visits))
    app.include_router(sign_off_routes(SignOffPages(store, home, visits)))
    add_handlers(app, Refusals(_policy, lambda _: "GB"))
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Desk(store, home, SignOffBook(store), http, label, card)


@functools.cache
def _policy() -> Policy:
    return load_policy()


def _staged(store: Store, home: Home, file: Path) -> Document:
    source, _ = open_source(file)
    parsed = parse(file, source, home.pages / source.sha256)
    covered = parsed.coverage
    if covered.pages:  # as if the second reader had seen a row more
        lost = PageCoverage(2, 14, ("elderly", "5", "mg", "once", "a", "day"))
        covered = Coverage((covered.pages[0], lost), {2: "Draft 7"}, (2,), 0.5)
    store.add_document(parsed.document, parsed.size, parsed.passages, parsed.boxes, covered)
    given = replace(approval(parsed.document), document_number=file.stem.upper(), title=f"The {file.stem}")
    store.stage(Staging(str(file), source.sha256, parsed.document.sha256, "", (given,), unapproved=False))
    return parsed.document
