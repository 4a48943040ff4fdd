"""The evaluation's page in a real browser: with everything blocked it is read in its order, else axe finds nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chatbot.portal.routes import _policy_of
from eval.baseline import keep_all
from eval.report.write import write_report
from tests.end_to_end.test_accessibility import violations
from tests.eval.evaluations import PROVENANCE, questions, rich

ORDER = (
    "Evaluation: FAIL",
    "Gates",
    "What this verdict doesn’t cover",
    "Provenance",
    "Measures",
    "Slices",
    "Comparison with the baseline",
    "The three questions that got worse most",
    "Query by query",
    "Curves",
)


class _Blocking(SimpleHTTPRequestHandler):
    """Serves a folder so that a browser loads and applies nothing beside the page itself."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'none'")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A failing evaluation's page, with something in each of its parts."""
    baseline = keep_all([questions([1.0] * 40)], PROVENANCE)
    return write_report(rich(baseline), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def blocked(report: Path) -> Iterator[str]:
    """Its address on a server whose policy blocks scripts and styles."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Blocking, directory=str(report.parent))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{report.name}"
        server.shutdown()
        thread.join()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Opens an address in a window of some width."""
    contexts = []

    def start(url: str, width: int = 1280, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.goto(url)
        return page

    yield start
    for context in contexts:
        context.close()


def test_with_scripts_and_styles_blocked_the_page_is_read_in_its_order(
    blocked: str, opened: Any, tmp_path: Path
) -> None:
    page = opened(blocked, java_script_enabled=False)
    assert page.locator("header").evaluate("part => getComputedStyle(part).backgroundColor") == "rgba(0, 0, 0, 0)"
    page.screenshot(path=tmp_path / "blocked.png", full_page=True)
    headings = page.locator("h1, h2").all_inner_texts()
    assert tuple(headings) == ORDER
    text = page.locator("body").inner_text()
    assert text.index("2 of 3 gates failed.") < text.index("0.8 is below its floor of 0.9") < text.index("reaches its")
    main = f"\n{page.locator('main').inner_text()}"
    places = [main.index(f"\n{heading}\n") for heading in ORDER[1:]]
    assert places == sorted(places)
    page.locator("details.failed summary").first.click()  # without a script and a style
    assert page.locator("details.failed dl").first.is_visible()


def test_with_scripts_and_styles_blocked_the_drawings_are_drawn(blocked: str, opened: Any) -> None:
    page = opened(blocked, java_script_enabled=False)
    drawings = page.locator("figure svg")
    assert drawings.count() == 4
    for at in range(4):
        box = drawings.nth(at).bounding_box()
        assert min(box["width"], box["height"]) > 100
    labels = page.locator("figure svg text").all_text_contents()
    assert {"answered, of all questions", "better by", "milliseconds", "expected"} <= set(labels)
    blue = page.locator("figure svg [stroke='#0072b2' i]").first
    assert blue.evaluate("line => getComputedStyle(line).stroke") == "rgb(0, 114, 178)"


@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing_on_the_report(width: int, report: Path, opened: Any) -> None:
    page = opened(report.as_uri(), width)
    assert not violations(page)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert not violations(page)


@pytest.mark.parametrize("width", [1280, 375])
def test_only_wide_tables_scroll_sideways(width: int, report: Path, opened: Any, tmp_path: Path) -> None:
    page = opened(report.as_uri(), width)
    page.screenshot(path=tmp_path / f"report-{width}.png", full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.locator(".scroll").evaluate_all("boxes => boxes.filter((b) => b.scrollWidth > b.clientWidth).length")
    assert (wide > 0) is (width < 1280)


def test_what_failed_is_seen_without_scrolling(report: Path, opened: Any) -> None:
    page = opened(report.as_uri())
    for selector in ("h1", "header li >> nth=1", "tr.failed >> nth=0"):
        box = page.locator(selector).bounding_box()
        assert box["y"] + box["height"] < 900


def test_what_is_closed_on_the_screen_is_printed(report: Path, opened: Any) -> None:
    page = opened(report.as_uri())
    page.emulate_media(media="print")
    assert page.locator("details.failed dl").first.bounding_box()["height"] > 50


def test_the_portals_policy_lets_the_report_be_styled_and_nothing_else(report: Path, browser: Any) -> None:
    html = report.read_text(encoding="utf-8")
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    headers = {"Content-Security-Policy": _policy_of(html), "Content-Type": "text/html; charset=utf-8"}
    page.route("http://portal.test/*", lambda route: route.fulfill(body=html, headers=headers))
    page.goto("http://portal.test/evaluation")
    assert page.locator("header").evaluate("part => getComputedStyle(part).backgroundColor") == "rgb(161, 18, 18)"
    assert complaints == []
    page.close()
