"""The demo portal's pages, without a browser: what they say and to whom."""

from __future__ import annotations

from typing import Any

from corpus.registry import Event
from eval.report import html_report
from tests.chatbot.conftest import Portal

AT = "2026-06-01T00:00:00Z"


def withdraw(portal: Portal, number: str, version: str) -> None:
    portal.assistant.store.append([Event("withdraw", number, version, "GB", {}, "tester", AT, "recalled")])


def evaluate(portal: Portal, quote: str) -> None:
    """A report in the portal's home, as `signpost eval labels --report` leaves it."""
    row = dict.fromkeys(("id", "text", "country", "document", "page", "rank"), "")
    rows = [{**row, "quote": quote, "kind": "answer", "quotes": [quote], "shown": 1}]
    result: dict[str, Any] = {"dataset": "x", "queries": 1, "metrics": {}, "styles": {}, "per_query": rows}
    about = {"Registry version": str(portal.assistant.registry().version)}
    portal.assistant.home.evaluation.write_text(html_report(result, about), encoding="utf-8")


def test_the_evaluation_is_shown_as_long_as_the_registry_is_the_one_it_was_made_with(portal: Portal) -> None:
    missing = portal.http.get("/evaluation")
    assert (missing.status_code, "No evaluation yet" in missing.text) == (404, True)
    evaluate(portal, "within three days")
    assert "within three days" in portal.http.get("/evaluation").text
    withdraw(portal, "LUM-1", "2.0")
    outdated = portal.http.get("/evaluation")
    assert (outdated.status_code, "within three days" in outdated.text) == (410, False)
    assert "The registry has changed since" in outdated.text
    assert "signpost eval labels" in outdated.text
    evaluate(portal, "once daily")
    assert "once daily" in portal.http.get("/evaluation").text


def test_a_report_that_names_no_registry_version_is_not_shown(portal: Portal) -> None:
    portal.assistant.home.evaluation.write_text("<style></style><p>within three days</p>", encoding="utf-8")
    assert "three days" not in portal.http.get("/evaluation").text


def test_the_portal_says_for_whom_the_evaluation_is(portal: Portal) -> None:
    assert "The evaluation report</a>, for reviewers" in portal.http.get("/").text
