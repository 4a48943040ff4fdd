"""The element on a slow or failing network, and with a portal that signs its readers out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.reader import ANSWERED, Reader, Visit, problem, turn

OTHER = "Velmarin storage"
# The portal's getToken is replaced: each call leaves its reason, and gives a token with its number.
TOKENS = """() => {
    window.reasons = [];
    document.querySelector("signpost-chat").getToken = async (reason) => `token-${reasons.push(reason)}`;
}"""


def opened(visit: Visit) -> Reader:
    """The panel, by a reader who knows that requests fail."""
    reader = visit()
    reader.expect_failures()
    reader.page.evaluate(TOKENS)
    reader.open_panel()
    return reader


def trouble(reader: Reader) -> str:
    """What the element says of the last question."""
    block = reader.find(".exchange:last-child .problem")
    block.wait_for()
    return str(block.inner_text())


def test_nothing_shows_for_300_ms_then_a_still_skeleton_then_a_way_out(visit: Visit) -> None:
    reader = visit("about:blank")
    clock = reader.page.clock
    clock.install(time="2026-11-15T12:00:00Z")
    reader.page.goto("/")
    reader.open_panel()
    held = reader.hangs()
    clock.pause_at("2026-11-15T13:00:00Z")  # an installed clock runs on by itself until it is told to stand
    reader.send(ANSWERED)
    reader.page.wait_for_function("() => document.querySelector('signpost-chat').conversation.log.children.length")
    clock.run_for(290)
    assert reader.find(".skeleton").count() == 0
    clock.run_for(20)
    assert reader.find(".skeleton").is_visible()
    assert reader.said() == "Looking"
    assert reader.page.evaluate("document.getAnimations().length") == 0
    clock.run_for(3600)
    assert reader.find("button:text-is('Cancel')").count() == 0
    clock.run_for(100)
    with reader.page.expect_event("requestfailed") as failed:
        reader.find("button:text-is('Cancel')").click()
    assert failed.value.url.endswith("/turns")
    assert "Cancelled" in trouble(reader)
    assert reader.find("#question").input_value() == ANSWERED
    assert len(held) == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_keeps_the_question_and_tries_again_when_told_to(status: int, visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(problem(status), turn())
    reader.send(ANSWERED)
    said = trouble(reader)
    assert "Your question is kept." in said
    assert "Reference: 0b1e" in said
    assert reader.find("#question").input_value() == ANSWERED
    reader.find("button:text-is('Try again')").click()
    reader.find(".card").wait_for()
    assert [body["text"] for body in sent] == [ANSWERED, ANSWERED]
    assert reader.find(".exchange").count() == 1
    assert reader.find("#question").input_value() == ""
    assert reader.focused() == "Conversation"


def test_asking_the_same_again_leaves_no_second_trace_of_the_failure(visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(problem(503), turn())
    reader.send(ANSWERED)
    trouble(reader)
    reader.press("Enter")
    reader.find(".card").wait_for()
    assert reader.find(".exchange").count() == 1


def test_a_draft_of_something_else_survives_a_second_try(visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(problem(503), turn())
    reader.send(ANSWERED)
    trouble(reader)
    reader.find("#question").fill(OTHER)
    reader.find("button:text-is('Try again')").click()
    reader.find(".card").wait_for()
    assert reader.find("#question").input_value() == OTHER


def test_a_question_sent_again_keeps_its_key_and_another_one_has_its_own(visit: Visit) -> None:
    """So that a reply which was lost on its way is given again, and none is recorded twice."""
    reader = opened(visit)
    sent = reader.answers(problem(503), problem(401), turn())
    reader.send(ANSWERED)
    trouble(reader)
    reader.find("button:text-is('Try again')").click()
    reader.find(".card").wait_for()
    reader.ask(ANSWERED)
    reader.ask(OTHER)
    keys = [body["key"] for body in sent]
    assert len(keys) == 5
    assert keys[0] == keys[1] == keys[2]
    assert len({*keys[2:]}) == 3
    assert all(len(key) == 32 for key in keys)


def test_a_lost_reply_is_given_again_by_the_real_service(visit: Visit) -> None:
    reader = visit()
    reader.expect_failures()
    reader.open_panel()
    records: list[int] = []

    def lose(route: Any) -> None:
        response = route.fetch()
        records.append(response.json()["record"]["index"])
        if len(records) == 1:
            route.abort("connectionreset")  # answered, and on record; the reader never sees it
        else:
            route.fulfill(response=response)

    reader.page.route("**/api/v1/turns", lose)
    reader.send(ANSWERED)
    assert "can’t be reached" in trouble(reader)
    reader.find("button:text-is('Try again')").click()
    reader.find(".card").wait_for()
    assert len(records) == 2
    assert len(set(records)) == 1


def test_a_question_of_a_conversation_that_has_ended_is_sent_with_another_key(visit: Visit) -> None:
    """Its body is another one, and a key belongs to one body."""
    reader = opened(visit)
    sent = reader.answers(turn(), problem(404), turn())
    reader.ask(ANSWERED)
    reader.ask(OTHER)
    first, again = sent[1], sent[2]
    assert first["conversation"]
    assert "conversation" not in again
    assert again["key"] == f"{first['key']}-new"


def test_offline_keeps_the_question_and_sends_nothing_by_itself(visit: Visit) -> None:
    reader = visit()
    reader.expect_failures()
    reader.open_panel()
    reader.ask(OTHER)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    reader.page.context.set_offline(True)
    reader.send(ANSWERED)
    assert "can’t be reached" in trouble(reader)
    assert reader.find("#question").input_value() == ANSWERED
    asked.clear()
    reader.page.context.set_offline(False)
    reader.page.wait_for_timeout(1000)
    assert asked == []
    reader.find("button:text-is('Try again')").click()
    reader.find(".exchange:last-child .card").wait_for()
    assert reader.find(".exchange").count() == 2


def test_what_the_service_refuses_is_said_in_its_words_without_a_second_try(visit: Visit) -> None:
    reader = opened(visit)
    reader.answers(problem(422, "A question has 1 to 2,000 characters of text."))
    reader.send(ANSWERED)
    assert "1 to 2,000 characters" in trouble(reader)
    assert reader.find("button:text-is('Try again')").count() == 0


def test_an_expired_token_is_replaced_once_and_unseen(visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(problem(401), turn())
    reader.ask(ANSWERED)
    assert reader.page.evaluate("reasons") == ["first", "expired"]
    assert [body["token"] for body in sent] == ["Bearer token-1", "Bearer token-2"]
    reader.ask(OTHER)
    assert len(reader.page.evaluate("reasons")) == 2


def test_a_reader_who_is_signed_out_is_told_so(visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(problem(401))
    reader.send(ANSWERED)
    assert "not signed in any more" in trouble(reader)
    assert len(sent) == 2
    assert reader.find("#question").input_value() == ANSWERED


@pytest.mark.parametrize(("error", "said"), [("TypeError", "can’t be reached"), ("Error", "not signed in any more")])
def test_a_portal_without_a_token_is_no_fault_of_the_service(error: str, said: str, visit: Visit) -> None:
    reader = opened(visit)
    refuse = f"() => {{ document.querySelector('signpost-chat').getToken = async () => {{ throw {error}('none'); }}; }}"
    reader.page.evaluate(refuse)
    reader.send(ANSWERED)
    assert said in trouble(reader)
    assert [complaint.splitlines()[0] for complaint in reader.complaints] == [f"{error}: none"]  # for whoever embeds us
    reader.complaints.clear()


def test_a_question_of_an_ended_conversation_starts_a_new_one(visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(turn(), problem(404), turn())
    reader.ask(ANSWERED)
    reader.ask(OTHER)
    assert [body.get("conversation") for body in sent] == [None, "c-1", None]
    assert [body["text"] for body in sent] == [ANSWERED, OTHER, OTHER]


def test_a_newer_question_replaces_the_one_in_flight(visit: Visit) -> None:
    reader = opened(visit)
    reader.hangs()
    reader.send(ANSWERED)
    reader.find(".skeleton").wait_for()
    reader.answers(turn())
    with reader.page.expect_event("requestfailed") as failed:
        reader.ask(OTHER)
    assert failed.value.post_data_json["text"] == ANSWERED
    assert "another question was asked" in reader.find(".exchange").first.inner_text()
    assert reader.said() == "Answer with 1 source."
    assert reader.find("#question").input_value() == ""


def test_starting_over_forgets_everything(visit: Visit) -> None:
    reader = opened(visit)
    sent = reader.answers(turn())
    reader.ask(ANSWERED)
    reader.find("button:text-is('Start over')").click()
    assert reader.find(".exchange").count() == 0
    assert reader.find(".welcome").is_visible()
    assert reader.focused() == "question"
    reader.ask(OTHER)
    assert "conversation" not in sent[1]
