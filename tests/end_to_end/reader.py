"""A reader in front of a browser: what tests do on a page, and what the page must not do meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

TURNS = "**/api/v1/turns"
ANSWERED = "What is the starting dose of Velmarin in patients with creatinine clearance below 30?"
UNANSWERED = "price of Zorblax"
# Runs in each page before its own scripts: what the policy refuses becomes a complaint.
_WATCH = """addEventListener("securitypolicyviolation",
    (event) => console.error("refused by the policy", event.violatedDirective, event.blockedURI));"""
_FOCUSED = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.getAttribute("aria-label") || at?.id || at?.textContent.trim() || at?.tagName;
}"""


class Reader:
    """One page in a browser of its own. Everything its console says is a complaint, and fails the test."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.failures_expected = False
        page.context.on("page", self._watch)
        page.add_init_script(_WATCH)
        self._watch(page)

    def _watch(self, page: Any) -> None:
        page.on("console", lambda message: self._complain(message.text))
        page.on("pageerror", lambda error: self._complain(str(error)))

    def _complain(self, text: str) -> None:
        # The browser notes each response from 400 on; a test that makes one says so.
        if not (self.failures_expected and text.startswith("Failed to load resource")):
            self.complaints.append(text)

    def expect_failures(self) -> None:
        """From here on a failed request is part of the test."""
        self.failures_expected = True

    def find(self, selector: str) -> Any:
        """Inside the element; selectors reach into its shadow root."""
        return self.page.locator(f"signpost-chat {selector}")

    def open_panel(self) -> None:
        """With the mouse."""
        self.find(".launcher").click()

    def send(self, text: str) -> None:
        """Types a question and presses Enter."""
        self.find("#question").fill(text)
        self.page.keyboard.press("Enter")

    def ask(self, text: str) -> Any:
        """Sends a question and waits for its card."""
        self.send(text)
        card = self.find(".exchange:last-child .card")
        card.wait_for()
        return card

    def said(self) -> str:
        """What the live region says now."""
        return str(self.find("[role=status]").inner_text())

    def focused(self) -> str:
        """The name, or else the id or text, of what has the focus, also within a shadow root."""
        return str(self.page.evaluate(_FOCUSED))

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def answers(self, *responses: dict[str, Any]) -> list[dict[str, Any]]:
        """From here on questions get these responses in their order, the last one again and again.

        Returns the list that the requests' bodies are appended to, each with its token and key.
        """
        left, sent = list(responses), []

        def handle(route: Any) -> None:
            headers = route.request.headers
            told = {"token": headers["authorization"], "key": headers["idempotency-key"]}
            sent.append({**route.request.post_data_json, **told})
            route.fulfill(**(left.pop(0) if len(left) > 1 else left[0]))

        self.page.route(TURNS, handle)
        return sent

    def hangs(self) -> list[Any]:
        """From here on questions get no response. Returns the list that the held requests are appended to."""
        held: list[Any] = []
        self.page.route(TURNS, lambda route: held.append(route))
        return held


Visit = Callable[..., Reader]


def turn(**changes: Any) -> dict[str, Any]:
    """A response with an answer of one quote; ``changes`` replace parts of its reply."""
    citation = {
        "number": 1,
        "document": "ZEL-1",
        "version": "1.0",
        "title": "Zelpidan product information",
        "type": "product information",
        "owner": "Medical Affairs UK",
        "approval": "MLR-9",
        "approved_on": "2026-01-01",
        "page": 2,
        "anchor": None,
        "url": "/api/v1/documents/ZEL-1/1.0?page=2",
        "cues": ["For cardiology"],
    }
    lists = ("safety_information", "notices", "handovers", "choices", "next_steps", "suggestions")
    reply = {
        "kind": "answer",
        "headline": "From approved content on Zelpidan: Posology",
        "quotes": [{"citation": 1, "text": "The dose is 5 mg.", "heading": ["4.2 Posology"], "table": None}],
        "citations": [citation],
        **{name: [] for name in lists},
        **changes,
    }
    return okay({"conversation": "c-1", "turn": "t-1", "reply": reply, "tickets": {"1": "once"}})


def bare(kind: str, **changes: Any) -> dict[str, Any]:
    """A response without a body: its headline is the first text that stands there."""
    texts = [item["text"] for item in (*changes.get("handovers", ()), *changes.get("notices", ()))]
    return turn(kind=kind, headline=texts[0], quotes=[], citations=[], **changes)


def handover(to: str, url: str, text: str = "Please turn to them.", **prefill: str) -> dict[str, Any]:
    """Whom a reply hands over to."""
    return {"to": to, "text": text, "url": url, "prefill": prefill}


def notice(kind: str, text: str) -> dict[str, str]:
    """A text before the body."""
    return {"kind": kind, "text": text}


def okay(value: object) -> dict[str, Any]:
    """A response with a JSON value."""
    return {"status": 200, "content_type": "application/json", "body": json.dumps(value)}


def problem(status: int, detail: str = "", safety: dict[str, str] | None = None) -> dict[str, Any]:
    """A response with problem details; ``safety`` is where a reaction is reported."""
    value = {"status": status, "detail": detail, "instance": "urn:uuid:0b1e", **({"safety": safety} if safety else {})}
    return {"status": status, "content_type": "application/problem+json", "body": json.dumps(value)}


CHOICES = [{"label": name, "text": f"{name}: missed dose", "count": 10} for name in ("Lumetra", "Quorvex")]
CLARIFICATION = turn(kind="clarification", headline="Which one do you mean?", choices=CHOICES, quotes=[], citations=[])
