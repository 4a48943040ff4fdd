"""A service over six short documents, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.identity import DemoIdentity
from corpus.database import open_database
from tests.chatbot.answering import passing
from tests.conftest import Hosted


@dataclass(frozen=True, slots=True)
class Portal:
    """A client with the tokens of the demo portal."""

    http: TestClient
    identity: DemoIdentity
    assistant: Assistant
    first: int = 0  # the index of the first turn: the log begins with what made the home

    def turn(self, number: int, rest: str = "") -> str:
        """The address of the reviewer's page of the turn with this number, from 0."""
        return f"/review/turns/{self.first + number}{rest}"

    def turns(self, html: str) -> list[int]:
        """The numbers of the turns that a list links to, in its order."""
        return [int(index) - self.first for index in re.findall(r'href="/review/turns/(\d+)', html)]

    def headers(self, country: str = "GB", role: str = "physician", subject: str = "dr-1") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.identity.token(subject, country, role, '')}"}

    def ask(self, text: str, country: str = "GB", **body: str) -> dict[str, object]:
        response = self.http.post("/api/v1/turns", json={"text": text, **body}, headers=self.headers(country))
        assert response.status_code == 200, response.text
        value: dict[str, object] = response.json()
        return value


@pytest.fixture
def past_routing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole turns whose questions all go on to the documents: for tests that aren't about routing."""
    monkeypatch.setattr("chatbot.respond.decide", passing)


@pytest.fixture
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    """Over SQLite, unless a test asks for ``on_both``."""
    if getattr(request, "param", "sqlite") == "postgresql":
        hosted: Hosted = request.getfixturevalue("hosted_copy")
        home, database = hosted.home, open_database(hosted.url)
    else:
        home = request.getfixturevalue("small_copy")
        database = open_database(home.database)
    assistant = Assistant(home, database, trial=True)
    assistant.policies.note(assistant.policy, assistant.library().config)  # else it stands before the first turn
    identity = DemoIdentity()
    with TestClient(create_app(assistant, identity), raise_server_exceptions=False) as http:
        yield Portal(http, identity, assistant, assistant.log.size())
    database.close()


on_both = pytest.mark.parametrize("portal", ["sqlite", "postgresql"], indirect=True)
