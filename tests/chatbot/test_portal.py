"""The demo portal's pages, without a browser: what they say and to whom."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chatbot.discovery import starter_questions
from chatbot.portal import routes as portal_routes
from chatbot.portal.site import site_of
from corpus.model import Approval
from corpus.registry import Event, approval_payload
from eval.evaluation import REGISTRY_VERSION
from eval.evaluation import evaluate as evaluation_of
from eval.gates import Gates
from eval.model import Case, Result
from eval.report.write import write_report
from tests.builders import approval
from tests.chatbot.conftest import Portal
from tests.conftest import ROOT

AT = "2026-06-01T00:00:00Z"


def withdraw(portal: Portal, number: str, version: str) -> None:
    portal.assistant.store.append([Event("withdraw", number, version, "GB", {}, "tester", AT, "recalled")])


def approved(portal: Portal, number: str, version: str) -> Approval:
    return portal.assistant.registry().entries[(number, version, "GB")].approval


def record(portal: Portal, kind: Any, given: Approval) -> None:
    """An event that makes ``given`` the state."""
    portal.assistant.store.append([Event(kind, *given.key, approval_payload(given), "tester", AT, "test")])


def options(html: str, name: str) -> list[str]:
    """The choices of one switch."""
    return re.findall(r"<option[^>]*>([^<]*)", html.partition(f'name="{name}"')[2].partition("</select>")[0])


def evaluate(portal: Portal, quote: str) -> None:
    """A report in the portal's home, as `signpost eval all` leaves it."""
    found = Result("labels", "x", (Case("q1", "?", {"right": 0.0}, {"right": quote}),), ())
    about = {REGISTRY_VERSION: str(portal.assistant.registry().version)}
    evaluation = evaluation_of([found], Gates((), ()), about, datetime.now(UTC))
    write_report(evaluation, portal.assistant.home.evaluation)


def test_the_evaluation_is_shown_as_long_as_the_registry_is_the_one_it_was_made_with(portal: Portal) -> None:
    missing = portal.http.get("/evaluation")
    assert (missing.status_code, "No evaluation yet" in missing.text) == (404, True)
    evaluate(portal, "within three days")
    assert "within three days" in portal.http.get("/evaluation").text
    withdraw(portal, "LUM-1", "2.0")
    outdated = portal.http.get("/evaluation")
    assert (outdated.status_code, "within three days" in outdated.text) == (410, False)
    assert "The registry has changed since" in outdated.text
    assert "signpost eval all" in outdated.text
    evaluate(portal, "once daily")
    assert "once daily" in portal.http.get("/evaluation").text


def test_a_report_that_names_no_registry_version_is_not_shown(portal: Portal) -> None:
    portal.assistant.home.evaluation.mkdir()
    portal.assistant.home.report.write_text("<style></style><p>within three days</p>", encoding="utf-8")
    assert "three days" not in portal.http.get("/evaluation").text


def test_the_portal_says_for_whom_the_evaluation_is(portal: Portal) -> None:
    assert "The evaluation report</a>, for reviewers" in portal.http.get("/").text


def test_only_the_sample_is_called_fictional(portal: Portal) -> None:
    home = portal.http.get("/").text
    assert "over your documents" in home
    assert not re.search("fictional|Harrowpeak", home)
    sample = [approval(document_number="HP-VEL-001"), approval(document_number="HP-LUM-101", country="DE")]
    assert site_of(sample).fictional
    assert not site_of([*sample, approval(document_number="HP-2026")]).fictional
    assert not site_of([]).fictional


def test_a_demo_says_that_nobody_acts_on_what_is_reported_to_it(portal: Portal) -> None:
    for path in ("/", "/contact/safety"):
        assert "don’t report anything real here" in portal.http.get(path).text


def test_the_switch_offers_the_readers_that_approvals_name_and_the_one_there_is(portal: Portal) -> None:
    lumetra = approved(portal, "LUM-1", "2.0")
    record(
        portal, "approve", replace(lumetra, country="US", roles=("midwife",), language="fi", specialties=("oncology",))
    )
    html = portal.http.get("/?country=AD&role=Dentist").text
    assert options(html, "country") == ["AD", "Germany", "United Kingdom", "United States"]
    assert options(html, "role") == ["dentist", "midwife", "pharmacist", "physician"]
    assert {"Deutsch", "English", "fi"} == set(options(html, "language"))
    assert "oncology" in options(html, "specialty")
    assert "No document is approved for a dentist in AD now." in html
    shown = portal.http.get("/?country=US&role=midwife").text
    assert lumetra.title in shown


def test_a_home_of_another_country_is_shown_without_switching() -> None:
    american = approval(country="US", language="es", roles=("pharmacist",), specialties=("oncology",))
    reader = site_of([american]).reader()
    assert (reader.country, reader.language, reader.role, reader.specialty) == (
        "US",
        "es",
        "pharmacist",
        "general practice",
    )
    assert site_of([american, approval()]).reader().country == "GB"
    assert site_of([]).with_reader(site_of([]).reader()).countries == {"GB": "United Kingdom"}


def test_starters_are_questions_that_documents_of_this_reader_stand_behind(portal: Portal) -> None:
    before = starters(portal.http.get("/").text)
    assert before == starter_questions(*portal.assistant.ground(site_of([]).reader().audience, datetime.now(UTC)), "")
    lumetra = starters(portal.http.get("/products/lumetra").text)
    assert lumetra
    assert all(text.startswith("Lumetra") for text in lumetra)
    withdraw(portal, "LUM-1", "2.0")
    assert not [text for text in starters(portal.http.get("/").text) if text.startswith("Lumetra")]


def starters(html: str) -> list[str]:
    """What the page's element is given to begin with."""
    found = re.search(r'starters="([^"]*)"', html)
    return found[1].split("|") if found else []


def test_without_products_documents_are_listed_by_kind(portal: Portal) -> None:
    portal.assistant.home.products.write_text('[[product]]\nbrand = "Zorblax"\ngeneric = "zorb"\n', encoding="utf-8")
    html = portal.http.get("/").text
    assert "None of these belongs to a product of the product table." in html
    portal.assistant.home.products.unlink()
    html = portal.http.get("/").text
    assert "product table" not in html
    assert "<h3>Product information</h3>" in html
    british = [key for key in portal.assistant.registry().entries if key[2] == "GB"]
    assert html.count('href="/open/') == len(british)


def test_a_product_says_nothing_that_only_its_label_may_say(portal: Portal) -> None:
    """The table has neither approval nor country."""
    for path in ("/", "/products/velmarin"):
        html = portal.http.get(path).text
        assert "angiotensin receptor blocker" in html
        assert not re.search("hypertension|heart failure|maximum 80 mg|adults", html)


def test_one_document_is_not_counted_as_documents(portal: Portal) -> None:
    html = portal.http.get("/").text
    assert "1 document<" in html
    assert "1 documents" not in html


def test_a_brand_of_any_signs_has_a_page(portal: Portal) -> None:
    brand = "Lumetra 5% A/B? #1"
    portal.assistant.home.products.write_text(f'[[product]]\nbrand = "{brand}"\ngeneric = "x"\n', encoding="utf-8")
    record(portal, "amend", replace(approved(portal, "LUM-1", "2.0"), product=brand))
    link = re.search(r'href="(/products/[^"]*)"', portal.http.get("/").text)
    assert link is not None
    page = portal.http.get(link[1].replace("&amp;", "&"))
    assert page.status_code == 200
    assert f"<h1>{brand}" in page.text


def test_the_product_table_is_read_once_a_page(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = portal_routes.read_products
    monkeypatch.setattr(portal_routes, "read_products", lambda path: read.append(path) or real(path))
    assert portal.http.get("/products/velmarin").status_code == 200
    assert len(read) == 1


@pytest.mark.parametrize("desk", ["medical-information", "safety", "commercial"])
def test_a_desk_shows_what_a_handover_brought_and_sends_nothing(desk: str, portal: Portal) -> None:
    brought = {"question": "In <b>children</b>?", "product": "Velmarin", "other": "not shown"}
    page = portal.http.post(f"/contact/{desk}?country=DE", data=brought)
    assert page.status_code == 200
    assert "In &lt;b&gt;children&lt;/b&gt;?" in page.text
    assert 'value="Velmarin"' in page.text
    assert "not shown" not in page.text
    assert "nothing can be sent from here" in page.text
    form = page.text.partition('<div class="desk"')[2]
    assert " name=" not in form  # so that not even a browser could send it
    assert portal.http.get(f"/contact/{desk}").status_code == 200


def test_the_safety_desk_names_the_scheme_and_the_number_of_the_country(portal: Portal) -> None:
    page = portal.http.get("/contact/safety?country=DE").text
    assert "https://nebenwirkungen.bund.de" in page
    assert "call 112" in page


def test_the_guide_has_every_path_of_the_service(portal: Portal) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    said = re.findall(r"`(?:GET|POST) (/[^`]*)`", guide)
    below = tuple(path.removesuffix("…") for path in said if path.endswith("/…"))
    app: Any = portal.http.app
    routers = [getattr(route, "original_router", None) for route in app._app.routes]
    routes = [*app._app.routes, *(route for router in routers if router for route in router.routes)]
    paths = {re.sub(r":\w+\}", "}", route.path) for route in routes if getattr(route, "path", "")}
    own = {path for path in paths if not path.startswith(("/docs", "/openapi", "/static", *below))}
    assert len(own) > 15
    assert own - {*said, "/portal.css", "/portal.js", "/widget"} == set()
