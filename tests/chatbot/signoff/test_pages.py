"""The pages of documents: everybody reads them, the content owner alone marks, accepts and rejects."""

from __future__ import annotations

import re
from html import unescape

from chatbot.signoff.book import read_place
from corpus.findings import Finding
from corpus.staging import Staging
from corpus.waiting import why_waiting
from tests.chatbot.signoff.conftest import Desk

DOSE = "The starting dose is 40 mg once daily."


def token_of(html: str) -> str:
    return re.findall(r'name="token" value="([0-9a-f]{64})"', html)[0]


def at(desk: Desk, words: str) -> str:
    place = read_place(words, desk.book.preview(desk.label.sha256))
    return f"{place.start}-{place.end}"


def become_owner(desk: Desk) -> None:
    token = token_of(desk.http.get("/review/documents").text)
    assert (
        desk.http.post("/review/role", data={"token": token, "role": "owner", "place": "/review/waiting"}).status_code
        == 200
    )


def send(desk: Desk, **fields: str) -> tuple[int, str]:
    place = f"/review/documents/{desk.label.sha256}"
    form = {"token": token_of(desk.http.get(place).text), "who": "A. Lee", "reason": "out of context", **fields}
    done = desk.http.post(place, data=form)
    return done.status_code, unescape(done.text)


def test_the_list_shows_what_waits_first(desk: Desk) -> None:
    html = desk.http.get("/review/documents").text
    files = re.findall(r'<a href="/review/documents/[0-9a-f]{64}">([\w.]+)', html)
    assert files == ["label.pdf", "card.md"]
    assert html.count("waits</strong>") == 1


def test_a_page_stands_beside_its_passages_with_the_chosen_one_marked(desk: Desk) -> None:
    place = at(desk, DOSE)
    html = desk.http.get(f"/review/documents/{desk.label.sha256}?at={place}").text
    assert f'href="/review/documents/{desk.label.sha256}/pages/1"' in html
    assert html.count('class="mark"') == 1
    assert f'<blockquote lang="{desk.label.language}">{DOSE}</blockquote>' in html
    assert desk.http.get(f"/review/documents/{desk.label.sha256}/pages/1").content.startswith(b"\xff\xd8")


def test_addresses_that_name_nothing_are_refused_and_wrong_places_show_the_page(desk: Desk) -> None:
    for path in (
        f"/review/documents/{'0' * 64}",
        "/review/documents/first",
        f"/review/documents/{desk.label.sha256}/pages/9",
    ):
        assert desk.http.get(path).status_code == 404
    html = desk.http.get(f"/review/documents/{desk.label.sha256}?at=9-5&page=99").text
    assert "Page 2 of 2" in html
    assert "The place you chose" not in html


def test_only_the_content_owner_marks_and_decides(desk: Desk) -> None:
    for to in ("do_not_cite", "accept"):
        status, _ = send(desk, to=to, at=at(desk, DOSE))
        assert status == 403
    assert desk.store.history() == []
    html = desk.http.get(f"/review/documents/{desk.label.sha256}?at={at(desk, DOSE)}").text
    assert "This account is a reviewer" in html
    assert 'name="reason"' not in html


def test_a_form_of_another_session_changes_nothing(desk: Desk) -> None:
    become_owner(desk)
    assert send(desk, token="0" * 64, to="accept")[0] == 403
    assert desk.store.history() == []


def test_the_content_owner_marks_a_place_and_takes_it_back(desk: Desk) -> None:
    become_owner(desk)
    status, html = send(desk, to="do_not_cite", at=at(desk, DOSE), page="1")
    assert status == 200
    assert "Never cited" in html and "(A. Lee)" in html
    (mark,) = desk.book.preview(desk.label.sha256).marks()
    assert (mark.actor, mark.reason, DOSE) == ("A. Lee", "out of context", mark.place.of(desk.label.text))
    assert send(desk, to="unmark", mark=str(mark.sequence))[0] == 200
    assert desk.book.preview(desk.label.sha256).marks() == ()


def test_a_place_is_kept_with_another_one(desk: Desk) -> None:
    become_owner(desk)
    status, html = send(desk, to="keep_with", at=at(desk, DOSE), beside=at(desk, "It is halved in frail patients."))
    assert status == 200
    assert "Never without “It is halved in frail patients.”" in html


def test_what_is_wrong_with_a_form_is_said_on_the_page(desk: Desk) -> None:
    become_owner(desk)
    place = at(desk, DOSE)
    assert "kept with itself" in send(desk, to="keep_with", at=place, beside=place)[1]
    assert send(desk, to="do_not_cite", at=place, reason=" ")[0] == 422
    assert send(desk, to="do_not_cite", at=place)[0] == 200
    status, html = send(desk, to="do_not_cite", at=place)
    assert (status, "says this already" in html) == (409, True)


def test_a_waiting_document_is_accepted_with_a_name_and_a_reason(desk: Desk) -> None:
    assert "label.pdf" in desk.http.get("/review/waiting").text
    become_owner(desk)
    assert send(desk, to="accept")[0] == 200
    (event,) = desk.store.history()
    assert (event.type, event.actor, event.reason) == ("accept", "A. Lee", "out of context")
    assert why_waiting(desk.store, desk.store.registry(), [desk.label.sha256]) == {}
    assert "label.pdf" not in desk.http.get("/review/waiting").text
    assert "doesn't wait" in send(desk, to="reject")[1]


def test_a_quarantined_file_waits_with_its_reason(desk: Desk) -> None:
    html = desk.http.get("/review/waiting").text
    assert "scan.pdf" in html
    assert "no page has a text layer" in html


FOUND = Finding(1, "colour", "take twice the dose", "found-0001.jpg")


def quarantined(desk: Desk) -> str:
    """A file in which something was found; its digest."""
    source = "b" * 64
    desk.store.stage(Staging("/in/white.pdf", source, None, "hidden text", (), unapproved=False, findings=(FOUND,)))
    picture = desk.home.picture(source, FOUND.picture)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\xff\xd8 a picture")
    return source


def word(desk: Desk, source: str, to: str) -> tuple[int, str]:
    token = token_of(desk.http.get("/review/waiting").text)
    form = {"token": token, "to": to, "who": "A. Lee", "reason": "a watermark"}
    done = desk.http.post(f"/review/waiting/{source}", data=form)
    return done.status_code, unescape(done.text)


def test_what_was_found_in_a_file_is_shown_with_its_picture_and_no_other_file_is(desk: Desk) -> None:
    source = quarantined(desk)
    html = desk.http.get("/review/waiting").text
    assert "colour on page 1: <q>take twice the dose</q>" in html
    assert desk.http.get(f"/review/waiting/{source}/{FOUND.picture}").content.endswith(b"a picture")
    for other in ("0001.jpg", "..%2F..%2Fsignpost.db", "found-0002.jpg"):
        assert desk.http.get(f"/review/waiting/{source}/{other}").status_code == 404


def test_the_content_owner_accepts_a_file_and_the_acceptance_covers_what_was_found(desk: Desk) -> None:
    source = quarantined(desk)
    assert word(desk, source, "accept")[0] == 403
    become_owner(desk)
    status, html = word(desk, source, "accept")
    assert status == 200
    assert "Accepted by A. Lee" in html and "a watermark" in html
    (given,) = desk.store.acceptances(source)
    assert given.covers(source, [FOUND])
    assert "has accepted this file already" in word(desk, source, "reject")[1]


def test_a_file_that_can_not_be_read_can_only_be_rejected(desk: Desk) -> None:
    become_owner(desk)
    assert "nobody can accept it" in word(desk, "a" * 64, "accept")[1]
    assert "Rejected by A. Lee" in word(desk, "a" * 64, "reject")[1]
    assert word(desk, "c" * 64, "reject")[0] == 404


def test_a_text_is_shown_as_text_and_never_run(desk: Desk) -> None:
    hostile = "<script>alert(1)</script>"
    become_owner(desk)
    html = desk.http.post(
        f"/review/documents/{desk.label.sha256}",
        data={
            "token": token_of(desk.http.get("/review/documents").text),
            "to": "do_not_cite",
            "at": at(desk, DOSE),
            "who": hostile,
            "reason": hostile,
        },
    ).text
    assert hostile not in html
    assert "&lt;script&gt;" in html
