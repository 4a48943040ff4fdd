"""Whoever is refused still learns where an adverse reaction is reported: in their country, in their language."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.limits import BODY_BYTES
from corpus.errors import StoreUnavailable
from tests.chatbot.conftest import Portal

TURNS = "/api/v1/turns"


def safety(response: Any) -> dict[str, str]:
    assert response.status_code >= 400
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, str] = response.json()["safety"]
    assert told["url"] == "/contact/safety"
    return told


@pytest.mark.parametrize(
    ("body", "status"), [({"text": ""}, 422), ({"wrong": 1}, 422), ({"text": "a" * BODY_BYTES}, 413)]
)
def test_a_refused_question_names_the_scheme_of_the_readers_country(
    body: dict[str, Any], status: int, portal: Portal
) -> None:
    response = portal.http.post(TURNS, json=body, headers=portal.headers("DE"))
    assert response.status_code == status
    assert safety(response)["scheme_url"] == "https://nebenwirkungen.bund.de"
    assert "Paul-Ehrlich-Institut" in safety(response)["text"]


def test_a_reader_whose_token_ran_out_still_gets_their_country(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        then.setattr("chatbot.identity.time.time", lambda: 1_700_000_000.0)
        headers = portal.headers("DE")
    response = portal.http.post(TURNS, json={"text": "x"}, headers=headers)
    assert response.status_code == 401
    assert safety(response)["scheme"] == "BfArM / Paul-Ehrlich-Institut"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer forged"}, {"Authorization": "Basic eDp5"}])
def test_a_stranger_gets_the_route_without_a_country(header: dict[str, str], portal: Portal) -> None:
    response = portal.http.post(TURNS, json={"text": "x"}, headers=header)
    assert response.status_code == 401
    assert "your national medicines authority" in safety(response)["text"]


def test_a_refusal_of_any_kind_carries_the_route(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert safety(portal.http.get("/nowhere"))["text"]
    gone = {"text": "x", "conversation": "none"}
    assert safety(portal.http.post(TURNS, json=gone, headers=portal.headers()))["scheme"] == "Yellow Card (MHRA)"
    for error in (StoreUnavailable("full"), RuntimeError("broken")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(portal.assistant.log, "append", fail)
        response = portal.http.post(TURNS, json={"text": "starting dose of Velmarin"}, headers=portal.headers())
        assert response.status_code in (500, 503)
        assert safety(response)["scheme"] == "Yellow Card (MHRA)"


def test_a_refusal_is_told_even_where_no_edition_can_be_read(portal: Portal) -> None:
    portal.assistant.home.current.unlink()
    response = portal.http.post(TURNS, json={"text": "starting dose of Velmarin"}, headers=portal.headers())
    assert response.status_code == 503
    assert safety(response)["scheme"] == "Yellow Card (MHRA)"


@pytest.mark.parametrize(
    ("accepted", "words"),
    [("de-DE,de;q=0.9", "Verdachtsfälle"), ("fr", "effets indésirables"), ("es", "sospechas"), ("it", "sospette")],
)
def test_a_refusal_speaks_the_browsers_language(accepted: str, words: str, portal: Portal) -> None:
    headers = {**portal.headers(), "Accept-Language": accepted}
    assert words in safety(portal.http.post(TURNS, json={}, headers=headers))["text"]


def test_a_person_reads_the_route_on_the_page(portal: Portal) -> None:
    page = portal.http.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert page.status_code == 404
    assert '<section lang="fr">' in page.text
    assert '<a href="/contact/safety">Déclarer un effet indésirable</a>' in page.text
