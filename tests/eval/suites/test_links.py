"""Links are followed over a socket; each way in which one can lead astray is found and named."""

from __future__ import annotations

import hashlib
import http.client
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chatbot import routes
from corpus.model import Audience
from eval.judging.following import Answered as Answer
from eval.judging.following import Browser, Seen, read_page
from eval.judging.serving import HOST, NotServing, serving
from eval.model import Result
from eval.replies import Exchange
from eval.suites.links import CLOSED, MARKED, OPEN, PLACE, links
from tests.eval.answered import Answered, Reply, failing, instead, only_failure, silent


def judge(answered: Answered, exchanges: Sequence[Exchange]) -> Result:
    return links(
        exchanges,
        answered.questions,
        answered.assistant,
        dataset="sample.jsonl",
        data={},
        progress=silent,
    )


@pytest.fixture
def paged(answered: Answered) -> Exchange:
    """A reply whose first quote stands on the second page of a PDF, and that offers a next step."""
    return answered.first(
        lambda e: bool(e.reply["next_steps"]) and any(c["page"] == 2 for c in e.reply["citations"][:1])
    )


def test_a_clean_run_opens_every_link_and_shows_every_passage(answered: Answered) -> None:
    result = judge(answered, answered.exchanges)
    assert failing(result) == {}
    assert {metric.name: metric.value for metric in result.metrics} == dict.fromkeys((OPEN, PLACE, MARKED, CLOSED), 1.0)
    assert all(metric.n > 150 for metric in result.metrics)


def test_two_runs_are_equal_and_replies_without_a_link_say_nothing(answered: Answered, paged: Exchange) -> None:
    some = answered.with_fault(paged, lambda reply: None, around=4)
    assert judge(answered, some) == judge(answered, some)
    assert len(judge(answered, some).cases) == 5
    nothing = judge(answered, [])
    assert nothing.invalid == ("no reply given as of now has a link, so none could be followed",)
    assert nothing.metrics == ()


def changed(name: str, old: str, new: str) -> Callable[[Reply], None]:
    def plant(reply: Reply) -> None:
        assert old in reply[name][0]["url"]
        reply[name][0]["url"] = reply[name][0]["url"].replace(old, new)

    return plant


def to_no_document(reply: Reply) -> None:
    citation = reply["citations"][0]
    citation["url"] = citation["url"].replace(citation["document"], "HP-XXX-999")
    citation["document"] = "HP-XXX-999"


def to_another_document(reply: Reply) -> None:
    citation = reply["citations"][0]
    citation["url"] = citation["url"].replace(citation["document"], "HP-XXX-999")


def to_no_page(reply: Reply) -> None:
    citation = reply["citations"][0]
    citation["page"] = 999
    citation["url"] = citation["url"].replace("page=2", "page=999")


def to_no_passage(reply: Reply) -> None:
    citation = reply["citations"][0]
    old = ",".join(f"{span['start']}-{span['end']}" for span in citation["spans"])
    citation["spans"] = [{"start": 9_000_000, "end": 9_000_010, "page": 2}]
    citation["url"] = citation["url"].replace(f"mark={old}", "mark=9000000-9000010")


@pytest.mark.parametrize(
    ("plant", "measure", "said"),
    [
        (to_no_document, OPEN, "HTTP 410"),
        (to_another_document, OPEN, "the document is at /api/v1/documents/HP-"),
        (to_no_page, PLACE, "without page 999"),
        (to_no_passage, MARKED, "and the marks on the page are []"),
        (changed("citations", "page=2", "page=1"), PLACE, "the citation says page 2, its address page 1"),
        (changed("citations", "mark=", "mark=1-2&was="), MARKED, "its address marks 1-2"),
        (changed("citations", "/api/v1", "https://example.org/api/v1"), OPEN, "at https://example.org/api/v1"),
        (changed("next_steps", "/documents/HP", "/documents/XX"), OPEN, "HTTP 410"),
    ],
)
def test_a_link_that_leads_astray_is_found(
    answered: Answered, paged: Exchange, plant: Callable[[Reply], None], measure: str, said: str
) -> None:
    failures = only_failure(judge(answered, answered.with_fault(paged, plant, around=2)), paged)
    assert said in failures[measure]
    assert failures[measure].startswith(("citation 1 (HP-", "next step '"))
    if said == "HTTP 410" and "citation" in failures[OPEN]:  # what doesn't open has no page and no mark either
        assert failures[PLACE] == failures[MARKED] == failures[OPEN]


@pytest.mark.parametrize("address", ["", "http://[x/", "/api/v1/documents/HP VEL/1", "/api/v1/documents/Velmarín/1"])
@pytest.mark.parametrize("name", ["citations", "next_steps"])
def test_an_address_that_nothing_can_open_leads_to_nowhere(
    answered: Answered, paged: Exchange, name: str, address: str
) -> None:
    def plant(reply: Reply) -> None:
        reply[name][0]["url"] = address

    failures = only_failure(judge(answered, answered.with_fault(paged, plant, around=2)), paged)
    assert f"links to nowhere: {address!r}" in failures[OPEN]


@pytest.mark.parametrize(
    ("url", "right"), [("/report", True), ("https://example.org/r", True), ("http://example.org/r", False), ("", False)]
)
def test_a_handover_leads_on_by_a_path_or_by_https(answered: Answered, paged: Exchange, url: str, right: bool) -> None:
    def plant(reply: Reply) -> None:
        reply["handovers"] = [{"to": "safety", "url": url}]

    found = failing(judge(answered, answered.with_fault(paged, plant, around=0)))
    assert found == ({} if right else {paged.id: {OPEN: f"handover 'safety' links to nowhere: {url!r}"}})


def test_tickets_are_printed_nowhere(answered: Answered, paged: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fragment of the address swallows nothing, and one of the service's that holds the ticket is not repeated."""

    def plant(reply: Reply) -> None:
        reply["citations"][0]["url"] += "#elsewhere"

    assert failing(judge(answered, answered.with_fault(paged, plant, around=0))) == {}
    opened = Browser.open

    def leaking(browser: Browser, address: str) -> tuple[Answer, str]:
        return opened(browser, address)[0], address

    monkeypatch.setattr(Browser, "open", leaking)
    said = failing(judge(answered, [paged]))[paged.id][MARKED]
    assert "opens at '#" in said
    assert "ticket=…" in said
    assert len(said) < 2000


def test_a_service_that_hangs_up_or_does_not_start_is_said(
    answered: Answered, paged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(*_: object) -> None:
        raise http.client.BadStatusLine("nothing")

    def refuse(_: object) -> None:
        raise NotServing("the service did not start")

    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPConnection, "getresponse", hang_up)
        failures = only_failure(judge(answered, [paged]), paged)
    assert "no answer came: BadStatusLine" in failures[OPEN]
    monkeypatch.setattr("eval.suites.links.serving", refuse)
    nothing = judge(answered, [paged])
    assert (nothing.cases, nothing.invalid) == ((), ("the service did not start",))


def test_a_picture_of_another_page_is_found(answered: Answered, paged: Exchange) -> None:
    citation = paged.reply["citations"][0]
    source = answered.source(citation["document"], citation["version"])
    picture = answered.assistant.home.page_picture(source, 2)
    before, first = picture.read_bytes(), answered.assistant.home.page_picture(source, 1).read_bytes()
    kept = read_page

    def moved(content: bytes) -> Seen:
        seen = kept(content)
        return replace(seen, picture=seen.picture.replace("/pages/2", "/pages/1"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eval.suites.links.read_page", moved)
        assert "not that of page 2" in failing(judge(answered, [paged]))[paged.id][PLACE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eval.suites.links._Follower._kept", lambda *_: frozenset({hashlib.sha256(first).hexdigest()}))
        assert "is not the one kept of page 2" in failing(judge(answered, [paged]))[paged.id][PLACE]
    assert picture.read_bytes() == before != first


def test_a_text_without_pages_marks_the_very_words(answered: Answered) -> None:
    exchange = answered.first(lambda e: any(c["file"].endswith(".md") for c in e.reply["citations"][:1]))

    def shorten(reply: Reply) -> None:
        reply["quotes"][0]["text"] = reply["quotes"][0]["text"][:-1]

    failures = only_failure(judge(answered, answered.with_fault(exchange, shorten, around=2)), exchange)
    assert set(failures) == {MARKED}
    assert exchange.shown[0] in failures[MARKED]


@pytest.mark.parametrize(
    ("version", "reader"),
    [(("HP-LUM-002", "1.0"), ("GB", "physician")), (("HP-VEL-002", "2.0"), ("GB", "patient"))],
)
def test_what_its_reader_may_not_see_does_not_open(
    answered: Answered, paged: Exchange, version: tuple[str, str], reader: tuple[str, str]
) -> None:
    (planted,) = answered.with_fault(paged, instead(answered, *version), around=0)
    found = failing(judge(answered, [replace(planted, audience=Audience(*reader, "", "en"))]))
    assert "HTTP 410" in found[paged.id][OPEN]


def test_a_service_that_opens_links_without_a_ticket_is_found(
    answered: Answered, paged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_viewer", lambda *given: answered.audience)
    found = failing(judge(answered, [paged]))
    assert set(found[paged.id]) == {CLOSED}
    assert "opens without a ticket (HTTP 200)" in found[paged.id][CLOSED]


def test_a_page_without_its_picture_is_found(
    answered: Answered, paged: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    citation = paged.reply["citations"][0]
    picture = answered.assistant.home.page_picture(answered.source(citation["document"], citation["version"]), 2)
    hidden = picture.rename(picture.with_suffix(".hidden"))
    try:
        found = failing(judge(answered, [paged]))
    finally:
        hidden.rename(picture)
    assert "its picture /api/v1/documents/" in found[paged.id][OPEN]


def test_the_service_stops_with_its_block_and_its_log_is_as_before(answered: Answered) -> None:
    filters = list(logging.getLogger("signpost").filters)
    with serving(answered.assistant) as port:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
    assert logging.getLogger("signpost").filters == filters
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(HOST, port, timeout=5).connect()
