"""The review pages: what a reviewer finds in the log, and what nobody finds there."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.audit.signer import Signer
from chatbot.identity import DemoIdentity
from chatbot.review import console
from chatbot.review.drawn import templates
from chatbot.review.shown import shown_reply
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.lifecycle import approval_events
from corpus.model import Audience
from corpus.proofs.exported import verify_export
from corpus.registry import Event
from index.layout import Home
from tests.builders import pdf
from tests.chatbot.conftest import Portal, on_both
from tests.conftest import Cli

DOSE = "starting dose of Velmarin in renal impairment"
MISSED = "What to do after a missed dose of Lumetra?"
NOTHING = "price of zebrafish aquariums"


def addresses(html: str) -> list[str]:
    """Everything on a page that a browser would request or send a form to."""
    return re.findall(r'(?:href|src|action)="([^"]*)"', html)


def cited(answer: dict[str, Any]) -> tuple[str, str]:
    citation = answer["reply"]["citations"][0]
    return citation["document"], citation["version"]


def withdraw(portal: Portal, number: str, version: str) -> None:
    event = Event("withdraw", number, version, "GB", {}, "tester", "2026-06-01T09:30:00Z", "recalled")
    portal.assistant.store.append([event])


def alter(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def asked(portal: Portal, past_routing: None) -> Portal:
    """A log of four turns: Velmarin, Lumetra, one in Germany, one without an answer."""
    portal.ask(DOSE)
    portal.ask(MISSED)
    portal.ask("Velmarin Anfangsdosis bei Hypertonie", country="DE", language="de")
    portal.ask(NOTHING)
    return portal


@pytest.fixture
def paged(new_home: Callable[[], Home], cli: Cli, tmp_path: Path) -> Iterator[Portal]:
    """A service over one document of three pages and one without pages, approved for a trial."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "velmarin.pdf").write_bytes(
        pdf(
            ["# 1. What it is", "Velmarin tablets contain lodisartan and nothing else."],
            ["# 4.2 Posology", "The starting dose of Velmarin is 40 mg once daily."],
            ["# 6. Storage", "Keep the tablets below 25 degrees in the original pack."],
            title="Velmarin",
        )
    )
    (files / "nerolin.md").write_text(
        "# Nerolin\n\n## 4.2 Posology\n\nThe starting dose of Nerolin is 5 mg once daily.\n\n"
        "Nerolin tablets are taken with water.\n\n## 5. Packs\n\nPacks of 28.\n\n## 6. Storage\n\n"
        "Keep Nerolin tablets in the fridge.\n"
    )
    home = new_home()
    done = cli("ingest", files, "--assume-approved", "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    database = open_database(home.database)
    assistant, identity = Assistant(home, database, trial=True), DemoIdentity()
    assistant.policies.note(assistant.policy, assistant.library().config)
    with TestClient(create_app(assistant, identity), raise_server_exceptions=False) as http:
        yield Portal(http, identity, assistant, assistant.log.size())
    database.close()


def test_the_list_shows_the_newest_turn_first(asked: Portal) -> None:
    page = asked.http.get("/review")
    assert page.status_code == 200
    assert asked.turns(page.text) == [3, 2, 1, 0]
    assert "<strong>4</strong> turns" in page.text
    assert "Demo account: reviewer (read only)" in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=no_answer", [3]),
        ("intent=dosing", [1, 0]),
        ("product=Lumetra", [1]),
        ("product=velmarin", [2, 0]),
        ("country=DE", [2]),
        ("language=de", [2]),
        ("kind=answer&country=GB", [1, 0]),
        ("kind=&intent=&product=&country=&language=", [3, 2, 1, 0]),
        ("country=FR", []),
        ("portal=demo", [3, 2, 1, 0]),
        ("gap=any", [3]),
        ("gap=not_supported", [3]),
        ("gap=safety_text_missing", []),
    ],
)
def test_every_filter_narrows_the_list(asked: Portal, query: str, expected: list[int]) -> None:
    page = asked.http.get(f"/review?{query}")
    assert page.status_code == 200
    assert asked.turns(page.text) == expected
    assert f"<strong>{len(expected)}</strong> turn" in page.text


def test_an_evaluation_can_be_left_out_of_the_list(asked: Portal) -> None:
    asker = Asker("evaluation", "evaluation", "operator", Audience("GB", "physician", "", "en"))
    asked.assistant.turn(asker, DOSE)
    assert asked.turns(asked.http.get("/review").text)[0] == 4
    assert asked.turns(asked.http.get("/review?portal=demo").text) == [3, 2, 1, 0]
    assert asked.turns(asked.http.get("/review?portal=evaluation").text) == [4]


def test_filters_survive_in_every_link(asked: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "REVIEW_TURNS", 1)
    page = asked.http.get("/review?country=GB&kind=answer&unknown=zebra").text
    assert "zebra" not in page
    assert asked.turn(1, "?kind=answer&amp;country=GB") in page
    assert f"/review?kind=answer&amp;country=GB&amp;before={asked.first + 1}" in page
    assert '<option value="GB" selected>' in page
    turn = asked.http.get(asked.turn(1, "?kind=answer&country=GB")).text
    assert 'href="/review?kind=answer&amp;country=GB"' in turn
    assert f'<a href="{asked.turn(0)}?kind=answer&amp;country=GB" rel="next">' in turn
    assert "Newer turn" not in turn  # those above are German, or no answer
    assert "Newer turn" in asked.http.get(asked.turn(1)).text


def test_older_turns_follow_without_a_gap(asked: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "REVIEW_TURNS", 3)
    first = asked.http.get("/review").text
    (older,) = [address for address in addresses(first) if "before=" in address]
    second = asked.http.get(older.replace("&amp;", "&")).text
    assert asked.turns(first) + asked.turns(second) == [3, 2, 1, 0]
    assert "before=" not in "".join(addresses(second))


def test_a_filter_that_finds_nothing_in_what_was_read_reads_on(asked: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "REVIEW_SCAN", 2)
    monkeypatch.setattr(console, "REVIEW_BATCH", 1)
    first = asked.http.get("/review?product=Lumetra")
    assert asked.turns(first.text) == []
    assert "in 2 records read" in first.text
    assert f"/review?product=Lumetra&amp;before={asked.first + 2}" in first.text
    assert asked.turns(asked.http.get(f"/review?product=Lumetra&before={asked.first + 2}").text) == [1]
    assert 'rel="prev"' not in asked.http.get(asked.turn(0, "?kind=no_answer")).text  # further than it looks


@pytest.mark.parametrize(
    "query",
    [
        *("kind=zebra", "intent=zebra", "intent=Zebra!", "product=zebra", "country=zebra", "country=ZZ"),
        *(
            "language=zebra",
            "before=zebra",
            "before=-1",
            "before=1.5",
            f"before={'9' * 40}",
            f"product={'z' * 300}",
            "portal=zebra",
            "gap=zebra",
        ),
    ],
)
def test_a_filter_that_nothing_can_have_is_refused_with_a_way_back(asked: Portal, query: str) -> None:
    response = asked.http.get(f"/review?{query}")
    assert response.status_code == 422
    assert response.json()["type"] == "urn:signpost:problem:invalid-filter"
    page = asked.http.get(f"/review?{query}", headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "<h1>A filter can't be read</h1>" in page.text.replace("&#x27;", "'")
    assert 'href="/review"' in page.text
    assert "zebra" not in page.text.casefold()


def test_an_empty_log_says_where_to_start(portal: Portal) -> None:
    page = portal.http.get("/review")
    assert page.status_code == 200
    assert "Nothing has been asked yet" in page.text
    assert "<table" not in page.text


def test_a_turn_shows_what_the_reader_saw_whatever_holds_now(portal: Portal) -> None:
    answer: Any = portal.ask(MISSED)
    withdraw(portal, *cited(answer))
    now: Any = portal.ask(MISSED)
    assert now["reply"]["headline"] != answer["reply"]["headline"]
    page = portal.http.get(portal.turn(0)).text
    assert f'<p class="headline">{answer["reply"]["headline"]}</p>' in page
    for quote in answer["reply"]["quotes"]:
        assert f"<blockquote>{quote['text']}</blockquote>" in page
        assert " › ".join(quote["heading"]) in page


def test_a_withdrawn_source_is_shown_and_said_to_be_withdrawn(portal: Portal) -> None:
    answer: Any = portal.ask(MISSED)
    before = portal.http.get(portal.turn(0)).text
    assert "Now in force" in before
    assert "withdrawn" not in before
    withdraw(portal, *cited(answer))
    after = portal.http.get(portal.turn(0)).text
    assert "Now withdrawn</strong> since 2026-06-01 09:30:00 UTC" in after
    assert "may not be shown to this reader now" in after
    assert re.search(rf'<mark id="mark-1">{re.escape(answer["reply"]["quotes"][0]["text"])}</mark>', after)


def test_a_superseded_source_names_its_successor(portal: Portal) -> None:
    answer: Any = portal.ask(MISSED)
    registry = portal.assistant.registry()
    old = registry.entries[(*cited(answer), "GB")].approval
    starts = old.effective_on + timedelta(days=1)
    new = replace(old, version="99.0", source_sha256="9" * 64, effective_on=starts, approval_id="MLR-NEW")
    portal.assistant.store.append(approval_events(registry, [new], "tester", "2026-06-01T00:00:00Z"))
    page = portal.http.get(portal.turn(0)).text
    assert f"Now superseded</strong> since {starts}, by version 99.0" in page


def test_the_whole_conversation_stands_there_with_the_chosen_turn_marked(portal: Portal) -> None:
    first: Any = portal.ask(DOSE)
    portal.ask(MISSED)  # another conversation
    portal.ask("and for older people?", conversation=first["conversation"])
    page = portal.http.get(portal.turn(2)).text
    assert page.count('<article class="exchange') == 2
    assert page.index(DOSE) < page.index("and for older people?")
    assert MISSED not in page
    (chosen,) = re.findall(r'id="chosen" aria-current="true" aria-labelledby="turn-(\d+)"', page)
    assert chosen == str(portal.first + 2)


def test_a_turn_beyond_the_conversations_bound_is_shown(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    first: Any = portal.ask(DOSE)
    portal.ask("and for older people?", conversation=first["conversation"])
    monkeypatch.setattr(console, "CONVERSATION_TURNS", 1)
    page = portal.http.get(portal.turn(1))
    assert page.status_code == 200
    assert 'id="chosen"' in page.text


def test_the_evidence_names_everything_the_turn_ran_on(portal: Portal) -> None:
    answer: Any = portal.ask(DOSE)
    record = portal.assistant.log.record(portal.first)
    page = portal.http.get(portal.turn(0)).text
    policy = portal.assistant.policy.sha256
    for expected in (record.hash, answer["edition"], policy, "support.answer", "en/answer", answer["turn"]):
        assert expected in page
    assert "GB · physician" in page
    assert page.count("<strong>yes</strong>") == 3  # leaf, question and reply are what was recorded
    assert page.count("yes: the stored text, to the character") == len(answer["reply"]["citations"])


def test_a_leaf_that_was_changed_is_said_to_be_changed(portal: Portal) -> None:
    portal.ask(DOSE)
    file = portal.assistant.home.database
    with closing(sqlite3.connect(file)) as connection:
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (guard,) in guards:  # whoever owns the file can take them away
        alter(file, f"DROP TRIGGER {guard}")
    alter(file, "UPDATE records SET leaf = CAST(replace(leaf, '\"demo\"', '\"else\"') AS BLOB)")
    assert "The leaf has its hash: <strong>NO</strong>" in portal.http.get(portal.turn(0)).text


@pytest.mark.parametrize(
    ("of", "statement", "said"),
    [
        ("keys", "DELETE FROM keys WHERE name LIKE 'subject:%'", "its text is gone, or the key to it"),
        ("database", "DELETE FROM bodies", "its text is gone, or the key to it"),
        ("database", "UPDATE bodies SET ciphertext = zeroblob(99)", "not what was sealed"),
    ],
)
def test_a_turn_whose_text_cannot_be_opened_says_so(portal: Portal, of: str, statement: str, said: str) -> None:
    answer: Any = portal.ask(DOSE)
    alter(getattr(portal.assistant.home, of), statement)
    listed, turn = portal.http.get("/review"), portal.http.get(portal.turn(0))
    assert (listed.status_code, turn.status_code) == (200, 200)
    assert portal.turns(listed.text) == [0]
    assert said in listed.text
    assert said in turn.text
    assert DOSE not in listed.text + turn.text
    assert cited(answer)[0] in turn.text  # what the leaf says is still there


def test_a_question_cannot_become_markup(portal: Portal) -> None:
    portal.ask("Velmarin dose <script>alert(1)</script><b>bold</b>")
    for path in ("/review", portal.turn(0)):
        page = portal.http.get(path).text
        assert "<script" not in page
        assert "<b>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_no_question_stands_in_an_address(asked: Portal) -> None:
    for path in ("/review", "/review?kind=no_answer", asked.turn(3), asked.turn(1)):
        page = asked.http.get(path).text
        found = " ".join(addresses(page))
        assert found
        assert not re.search("zebrafish|missed|renal|Anfangsdosis", found)


def test_the_pages_need_neither_script_nor_inline_style(asked: Portal) -> None:
    for path in ("/review", asked.turn(0), asked.turn(3)):
        page = asked.http.get(path)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        assert page.text.count("<h1>") == 1
        ids = re.findall(r'\sid="([^"]*)"', page.text)
        assert len(ids) == len(set(ids))
        assert page.text.count("<table") == page.text.count("<caption")
        references = re.findall(r'(?:aria-labelledby|for)="([^"]*)"|href="#([^"]*)"', page.text)
        assert {label or target for label, target in references} <= set(ids)
    assert asked.http.get("/review/review.css").headers["content-type"].startswith("text/css")


def test_a_cited_page_is_shown_with_its_passage_marked(paged: Portal) -> None:
    answer: Any = paged.ask("starting dose of Velmarin")
    assert answer["reply"]["citations"][0]["page"] == 2
    page = paged.http.get(paged.turn(0)).text
    assert '<rect id="mark-1-2" class="mark"' in page
    picture = paged.http.get(paged.turn(0, "/citations/1/page?page=2"))
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content == paged.http.get(paged.turn(0, "/citations/1/page")).content
    assert paged.turn(0, "/citations/1/page?page=2") in page


def test_a_cited_page_stays_to_be_seen_when_it_is_withdrawn(paged: Portal) -> None:
    answer: Any = paged.ask("starting dose of Velmarin")
    withdraw(paged, *cited(answer))
    assert paged.http.get(paged.turn(0, "/citations/1/page")).status_code == 200


def test_a_page_that_was_not_cited_is_not_served(paged: Portal) -> None:
    answer: Any = paged.ask("starting dose of Velmarin")
    for citation in answer["reply"]["citations"]:
        pages = {span["page"] for span in citation["spans"]}
        for page in {0, 1, 2, 3, 4, -1} - pages:
            path = paged.turn(0, f"/citations/{citation['number']}/page?page={page}")
            assert paged.http.get(path).status_code == 404
    assert answer["reply"]["citations"][0]["page"] == 2  # so that 1 and 3 were refused
    for path in (paged.turn(0, "/citations/0"), paged.turn(0, "/citations/9"), paged.turn(1, "/citations/1")):
        assert paged.http.get(f"{path}/page").status_code == 404
    assert paged.http.get(f"/review/turns/{'9' * 40}/citations/1/page").status_code == 404


def test_a_document_without_pages_is_shown_as_text_around_the_passage(paged: Portal) -> None:
    answer: Any = paged.ask("What is the starting dose of Nerolin?")
    assert answer["reply"]["citations"][0]["file"] == "nerolin.md"
    page = paged.http.get(paged.turn(0)).text
    excerpt = re.findall(r'<div class="excerpt".*?</div>', page, re.DOTALL)[0]
    assert '<mark id="mark-1">The starting dose of Nerolin is 5 mg once daily.</mark>' in excerpt
    assert "Nerolin tablets are taken with water." in excerpt
    assert "Keep Nerolin tablets in the fridge." not in excerpt  # further away
    assert paged.http.get(paged.turn(0, "/citations/1/page")).status_code == 404


@pytest.mark.parametrize("index", ["0", "4000", "9" * 40, "x", "-1"])
def test_a_turn_that_is_not_there_is_a_404(asked: Portal, index: str) -> None:
    assert asked.http.get(f"/review/turns/{index}").status_code == 404


def test_the_pages_are_not_there_outside_the_demo(asked: Portal) -> None:
    with TestClient(create_app(asked.assistant, asked.identity.identity)) as http:
        for path in ("/review", "/review/turns/1", "/review/turns/1/citations/1/page", "/review/review.css"):
            assert http.get(path).status_code == 404
        assert asked.http.get("/review").status_code == 200
        assert http.get("/livez").status_code == 200


def test_parts_that_replies_gain_later_are_shown() -> None:
    reply = {
        "kind": "handover",
        "intent": "safety",
        "quotes": [{"citation": 1, "text": "", "heading": ["4.8"], "table": {"header": ["Dose"], "rows": [["40 mg"]]}}],
        "safety_information": [{"citation": 1, "text": "Never with aliskiren."}],
        "handovers": [{"to": "medical_information", "url": "https://example/mi", "prefill": {"product": "Velmarin"}}],
        "next_steps": [{"title": "Dosing card", "url": "/card", "cue": "Updated last month"}],
        "suggestions": ["What about <children>?"],
        "headline": None,
        "footnotes": ["new in another release"],
    }
    html = str(templates.get_template("reply.html").module.reply(shown_reply(reply), False))  # type: ignore[attr-defined]
    for expected in (
        *('<th scope="col">Dose</th>', "<td>40 mg</td>", "Never with aliskiren.", "medical information"),
        *("https://example/mi", "product: Velmarin", "Dosing card", "Updated last month", "new in another release"),
        "What about &lt;children&gt;?",
    ):
        assert expected in html
    assert "href" not in html  # nothing that a reply names is followed from here


def test_a_quoted_table_is_shown_as_the_reader_saw_it() -> None:
    table = {
        "caption": ["4.8", "Nervous system"],
        "above": [["", "Velmarin", ""]],
        "header": ["Reaction", "n", "%"],
        "rows": [["Headache", "12", ""]],
        "merged": [{"line": 0, "column": 1, "columns": 2}],
    }
    reply = {"kind": "answer", "quotes": [{"citation": 1, "text": "Headache 12", "heading": ["4.8"], "table": table}]}
    html = str(templates.get_template("reply.html").module.reply(shown_reply(reply), False))  # type: ignore[attr-defined]
    assert "<caption>4.8 › Nervous system</caption>" in html
    assert '<tr><td></td><th scope="colgroup" colspan="2">Velmarin</th></tr>' in html
    assert '<th scope="col">Reaction</th><th scope="col">n</th><th scope="col">%</th>' in html
    assert "<tr><td>Headache</td><td>12</td><td></td></tr>" in html


def test_what_the_reader_said_of_a_reply_stands_below_it(portal: Portal) -> None:
    answer = portal.ask(DOSE)
    for helpful, reason in ((True, None), (False, "incomplete")):
        body = {"turn": answer["turn"], "helpful": helpful, "reason": reason}
        assert portal.http.post("/api/v1/feedback", json=body, headers=portal.headers()).status_code == 204
    html = portal.http.get(portal.turn(0)).text
    assert html.index("<strong>helpful</strong>") < html.index("<strong>not helpful</strong> (incomplete)")
    assert html.count("changed later") == 1


def indexes(html: str) -> list[int]:
    """The records that a list links to, in its order."""
    return [int(index) for index in re.findall(r'href="/review/turns/(\d+)', html)]


@on_both
def test_a_document_narrows_the_list_to_the_turns_that_cited_it(asked: Portal) -> None:
    answered = [index for index in asked.assistant.log.replies() if b'"citations":[{' in record(asked, index)]
    velmarin = next(index for index in answered if b'"document":"VEL-1"' in record(asked, index))
    shown = asked.http.get("/review?document=VEL-1&version=3.0").text
    assert indexes(shown) == [index for index in reversed(answered) if b'"document":"VEL-1"' in record(asked, index)]
    assert velmarin in indexes(shown)
    assert "Only replies that cited <strong>VEL-1 version 3.0</strong>" in shown
    assert indexes(asked.http.get("/review?document=VEL-1").text) == indexes(shown)
    assert indexes(asked.http.get("/review?document=VEL-1&version=9.9").text) == []
    assert indexes(asked.http.get("/review?document=VEL-1&kind=no_answer").text) == []
    assert 'name="document" value="VEL-1"' in shown  # other filters keep it
    assert asked.http.get("/review?version=3.0").status_code == 422
    assert asked.http.get(f"/review?document={'x' * 201}").status_code == 422


def record(portal: Portal, index: int) -> bytes:
    return portal.assistant.log.record(index).leaf


def test_turns_that_cited_a_document_lead_from_one_to_the_next(asked: Portal) -> None:
    asked.ask(DOSE)
    first, last = indexes(asked.http.get("/review?document=VEL-1").text)[::-1]
    page = asked.http.get(f"/review/turns/{first}?document=VEL-1").text
    assert f'href="/review/turns/{last}?document=VEL-1"' in page
    page = asked.http.get(f"/review/turns/{last}?document=VEL-1").text
    assert f'href="/review/turns/{first}?document=VEL-1"' in page


def test_documents_and_sources_lead_to_the_replies_that_cited_them(asked: Portal) -> None:
    link = "/review?document=VEL-1&amp;version=3.0"
    assert link in asked.http.get("/review/documents").text
    index = indexes(asked.http.get("/review?document=VEL-1").text)[0]
    assert link in asked.http.get(f"/review/turns/{index}").text


def test_a_turn_shows_that_its_record_is_in_the_signed_log(asked: Portal) -> None:
    page = asked.http.get(f"/review/turns/{first(asked)}").text
    assert f"Not shown to be in the signed log: record {first(asked)} is in no checkpoint yet" in page
    Signer(asked.assistant.store.database, asked.assistant.keys).sign()
    size = asked.assistant.log.size()
    page = asked.http.get(f"/review/turns/{first(asked)}").text
    assert f"Shown to be in the log of {size}: " in page
    assert asked.assistant.log.record(first(asked)).hash in page


def test_a_turns_export_is_verified_by_what_lies_in_it(asked: Portal, tmp_path: Path) -> None:
    response = asked.http.get(f"/review/turns/{first(asked)}/export")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == f'attachment; filename="record-{first(asked)}.zip"'
    (tmp_path / "record.zip").write_bytes(response.content)
    key = Signer(asked.assistant.store.database, asked.assistant.keys).verifier()
    report = verify_export(tmp_path / "record.zip", key)
    assert report.faults == []
    assert DOSE.encode() not in response.content
    assert asked.http.get("/review/turns/99999/export").status_code == 404


def test_who_reads_a_text_is_on_record_before_it_is_shown(asked: Portal) -> None:
    log = asked.assistant.log
    index, size = first(asked), log.size()
    asked.http.get(f"/review/turns/{index}")
    (read,) = [json.loads(log.record(each).leaf)["access"] for each in range(size, log.size())]
    assert read == {"actor": "demo visitor", "records": [index], "purpose": "turn"}
    asked.http.get("/review?kind=no_answer")
    assert json.loads(log.record(log.size() - 1).leaf)["access"]["purpose"] == "list"


def test_a_page_without_anybodys_text_reads_nothing(asked: Portal) -> None:
    alter(asked.assistant.home.database, "DELETE FROM bodies")
    size = asked.assistant.log.size()
    asked.http.get(f"/review/turns/{first(asked)}")
    asked.http.get("/review")
    assert asked.assistant.log.size() == size


def first(asked: Portal) -> int:
    """The record of the first turn."""
    return asked.assistant.log.replies()[0]
