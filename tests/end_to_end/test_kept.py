"""What the documentation shows: pictures of the running service, and how long a reader waits.

With --acceptance the pictures in docs/pictures and the figures in docs/measurements/widget.md are made anew. Without
it the same pages are gone through and must have on them what the pictures show.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from index.layout import Home
from tests.conftest import ROOT, Cli
from tests.end_to_end.conftest import Keep, Serve
from tests.end_to_end.reader import Reader, Visit

ROUNDS = 11
PICTURED = "Velmarin starting dose in hypertension"
OTHERS = ("Is Velmarin contraindicated in pregnancy?", "Nerolin: hepatic impairment", "half-life of Zorblax")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


def asked(reader: Reader) -> Any:
    """The panel with the card of an answer."""
    reader.open_panel()
    return reader.ask(PICTURED)


def test_the_picture_of_the_portal(visit: Visit, keep: Keep) -> None:
    reader = visit("/", **DESK)
    assert reader.page.locator(".cards li").count() == 4
    assert reader.find(".launcher").is_visible()
    keep(reader.page, "portal")


def test_the_pictures_of_an_answer_and_of_its_source(visit: Visit, keep: Keep) -> None:
    reader = visit("/", **PHONE)
    card = asked(reader)
    assert "40 mg once daily" in card.locator("blockquote").first.inner_text()
    for part in (".headline", "cite", ".facts", ".cues", "a.action", ".copier"):
        assert card.locator(part).first.is_visible()
    keep(reader.page, "answer")
    link = card.locator("a.action").first.get_attribute("href")
    source = visit("/", **DESK)
    source.page.goto(link)
    source.page.locator("#mark").wait_for()
    assert source.page.locator("rect.mark").count() > 0
    source.page.wait_for_load_state("networkidle")
    keep(source.page, "source")


def test_the_picture_of_the_log(visit: Visit, keep: Keep) -> None:
    reader = visit("/", **DESK)
    asked(reader)
    for question in OTHERS:
        reader.ask(question)
    reader.page.goto("/review")
    kinds = reader.page.locator("table.turns .badge").all_inner_texts()[:2]
    assert [kind.lower() for kind in kinds] == ["no answer", "answer"]
    keep(reader.page, "log")


def test_the_picture_of_the_preclearance_document(
    sample: Home, cli: Cli, browser: Any, keep: Keep, tmp_path: Path
) -> None:
    """It has the digest on top and, printed, at the foot of each page."""
    written = cli("preclearance", "--out", tmp_path / "policy.html", "--json", "--home", sample.root)
    digest = json.loads(written.stdout)["policy"]
    page = browser.new_page(viewport=DESK)
    page.goto((tmp_path / "policy.html").as_uri())
    assert page.locator("header").get_by_text(digest).is_visible()
    overflowing = (
        "[...document.querySelectorAll('svg text')].filter(t => t.getBBox().x + t.getBBox().width > 890).length"
    )
    assert page.evaluate(overflowing) == 0
    keep(page, "preclearance")
    page.pdf(path=tmp_path / "policy.pdf", format="A4")
    page.close()
    printed = PdfReader(tmp_path / "policy.pdf").pages
    assert len(printed) > 20
    for number in (0, 1, len(printed) // 2, len(printed) - 1):
        assert f"Signpost policy {digest}" in " ".join(printed[number].extract_text().split())


def test_how_long_a_reader_waits_is_measured(
    whole: bool, visit: Visit, serve: Serve, sample_copy: Home, tmp_path: Path
) -> None:
    """One round without --acceptance: that it can be measured."""
    rounds = ROUNDS if whole else 1
    asked(visit())  # the first one opens files
    cards = [_seconds_to_card(visit()) for _ in range(rounds)]
    starts = []
    for number in range(rounds + 1):
        start = time.perf_counter()
        with serve(sample_copy):
            if number:  # the first one fills the machine's file cache
                starts.append(time.perf_counter() - start)
    lines = [_row("from the click on the launcher to a readable card", cards)]
    lines.append(_row("from the start of the process to /readyz", starts))
    report = (ROOT / "docs" / "measurements" if whole else tmp_path) / "widget.md"
    report.write_text(_report(lines), encoding="utf-8")
    assert len(cards) == len(starts) == rounds


def _seconds_to_card(reader: Reader) -> float:
    start = time.perf_counter()
    asked(reader)
    return time.perf_counter() - start


def _row(what: str, seconds: list[float]) -> str:
    numbers = (statistics.median(seconds), min(seconds), max(seconds))
    return f"| {what} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |"


def _report(lines: list[str]) -> str:
    return (
        "# What a reader waits for\n\n"
        "Made by `make acceptance`. The sample corpus; Chromium and the service on one machine. In between\n"
        "the browser is told to type the question and to press Enter, which is part of the time.\n\n"
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
        f"| seconds, {ROUNDS} rounds | median | least | most |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
