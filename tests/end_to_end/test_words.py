"""The element's own words: in the language it says of itself, else of the page around it, else in English."""

from __future__ import annotations

import re

import pytest

from tests.end_to_end.reader import ANSWERED, Reader, Visit, bare, handover, problem, turn
from tests.end_to_end.test_accessibility import violations

LAUNCHERS = {"en": "Ask", "de": "Fragen", "es": "Preguntar", "fr": "Poser une question", "it": "Chiedere"}
REPORTS = {
    "en": "Report it",
    "de": "Jetzt melden",
    "es": "Notificar",
    "fr": "Déclarer",
    "it": "Segnalare",
}
SOURCES = {
    "en": "Answer with 1 source.",
    "de": "Antwort mit 1 Quelle.",
    "es": "Respuesta con 1 fuente.",
    "fr": "Réponse avec 1 source.",
    "it": "Risposta con 1 fonte.",
}
# A page whose markup says its languages; the token is never asked for, since the answers are stubs.
PAGE = """<!doctype html><html lang="{page}"><meta charset="utf-8"><title>A page</title>
<main><h1>A page</h1><div{around}><signpost-chat starters=""{own}></signpost-chat></div></main>
<script type="module">import "/widget/signpost-chat.js";
document.querySelector("signpost-chat").getToken = async () => "token";</script>"""


def written(visit: Visit, page: str, around: str = "", own: str = "", width: int = 1280) -> Reader:
    """A reader of a page with these `lang` attributes."""
    reader = visit("about:blank", width=width)
    html = PAGE.format(page=page, around=around and f' lang="{around}"', own=own and f' lang="{own}"')
    reader.page.route("**/written", lambda route: route.fulfill(body=html, content_type="text/html"))
    reader.page.goto("/written")
    reader.find(".launcher").wait_for()
    return reader


@pytest.mark.parametrize(
    ("page", "around", "own", "spoken"),
    [
        ("de", "", "", "de"),
        ("de", "es", "", "es"),
        ("de", "es", "fr", "fr"),
        ("en", "", "it-CH", "it"),
        ("en", "", "DE-AT", "de"),
        ("pl", "", "", "en"),
        ("de", "", "nl", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_words_are_in_the_language_that_is_said_nearest(
    page: str, around: str, own: str, spoken: str, visit: Visit
) -> None:
    reader = written(visit, page, around, own)
    assert reader.find(".launcher").inner_text() == LAUNCHERS[spoken]
    assert reader.find("aside").get_attribute("lang") == spoken


@pytest.mark.parametrize("language", list(LAUNCHERS))
def test_a_reader_of_a_language_is_answered_and_handed_over_in_it(language: str, visit: Visit) -> None:
    reader = written(visit, language, width=360)
    reader.open_panel()
    reader.answers(turn(), bare("handover", handovers=[handover("safety", "/contact/safety", "x")]))
    reader.ask(ANSWERED)
    assert reader.said() == SOURCES[language]
    card = reader.ask(ANSWERED)
    assert card.locator("a").inner_text() == REPORTS[language]
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not violations(reader.page)


def test_what_a_service_says_of_a_refusal_is_marked_as_english(visit: Visit) -> None:
    reader = written(visit, "de")
    reader.expect_failures()
    reader.open_panel()
    reader.answers(problem(422, "A question has 1 to 2,000 characters of text."), problem(503))
    reader.send(ANSWERED)
    assert reader.find(".problem p").first.get_attribute("lang") == "en"
    reader.send("Zelpidan dose")
    again = reader.find(".exchange:last-child .problem")
    again.wait_for()
    assert "Im Moment ist keine Antwort möglich." in again.inner_text()
    assert again.locator("p").first.get_attribute("lang") is None
    assert re.search("Erneut versuchen", again.inner_text())
