"""How two replies differ is named by what a reader would notice first."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatbot.diff.changes import ASPECTS, Change, change_of

Reply = dict[str, Any]


def citation(document: str = "VEL-1", version: str = "3.0", number: int = 1) -> Reply:
    return {"number": number, "document": document, "version": version, "page": 1}


def answer(*texts: str, cites: tuple[Reply, ...] = (citation(),), safety: tuple[str, ...] = ()) -> Reply:
    return {
        "kind": "answer",
        "intent": "dosing",
        "headline": "What the label says",
        "quotes": [{"citation": 1, "text": text, "heading": ["4.2"], "table": None} for text in texts or ("Take it.",)],
        "citations": list(cites),
        "safety_information": [{"citation": 2, "text": text} for text in safety],
        **{name: [] for name in ("notices", "handovers", "choices", "next_steps", "suggestions")},
    }


def no_answer(**changes: Any) -> Reply:
    empty = {"quotes": [], "citations": [], "safety_information": []}
    return {**answer(), **empty, "kind": "no_answer", "headline": "Nothing is approved", **changes}


def changed(before: Reply, after: Reply) -> Change:
    found = change_of(before, after)
    assert found is not None
    return found


def test_the_same_reply_is_no_change() -> None:
    assert change_of(answer(), copy.deepcopy(answer())) is None


HANDOVER = {"to": "safety", "text": "Report it", "url": "/", "prefill": {}}


@pytest.mark.parametrize(
    ("before", "after", "aspects"),
    [
        (no_answer(handovers=[HANDOVER]), no_answer(), ("handover gone", "other parts")),
        (answer(), no_answer(), ("no answer any more",)),
        (answer(safety=("Beware.",)), answer(), ("safety information",)),
        (no_answer(), no_answer(kind="clarification"), ("kind",)),
        (answer(), answer(cites=(citation(), citation("CARD", "1"))), ("sources",)),
        (answer("One."), answer("Two."), ("sentences",)),
        (answer(), answer(cites=(citation(version="4.0"),)), ("version",)),
        (answer("One."), answer("Two.", cites=(citation(version="4.0"),)), ("sentences", "version")),
        (no_answer(), answer(), ("answered now",)),
        (answer(), {**answer(), "headline": "Another"}, ("headline",)),
        (answer(), {**answer(), "suggestions": ["And then?"]}, ("other parts",)),
        (answer(), answer(cites=({**citation(), "page": 2},)), ("other parts",)),
        (answer(), {**answer(), "new": "a part that nobody knows yet"}, ("other parts",)),
    ],
)
def test_a_change_is_called_what_it_is(before: Reply, after: Reply, aspects: tuple[str, ...]) -> None:
    assert changed(before, after).aspects == aspects


def test_every_aspect_is_explained_and_ordered_from_the_worst() -> None:
    assert list(ASPECTS)[:3] == ["handover gone", "no answer any more", "safety information"]
    assert list(ASPECTS)[-1] == "other parts"
    assert all(ASPECTS.values())


def test_what_is_added_and_what_is_gone_are_told_apart() -> None:
    before = answer("One.", "Both.", cites=(citation(), citation("OLD", "1")), safety=("Old warning.",))
    after = answer("Both.", "Two.", cites=(citation(version="4.0"), citation("NEW", "2")), safety=("New warning.",))
    found = changed(before, after)
    assert (found.citations_added, found.citations_removed) == ((("NEW", "2"),), (("OLD", "1"),))
    assert found.versions == (("VEL-1", "3.0", "4.0"),)
    assert (found.sentences_added, found.sentences_removed) == (("Two.",), ("One.",))
    assert (found.safety_added, found.safety_removed) == (("New warning.",), ("Old warning.",))
    assert found.kind == ("answer", "answer")


def test_a_version_that_comes_to_another_one_is_added_and_not_moved() -> None:
    found = changed(answer(), answer(cites=(citation(), citation(version="4.0"))))
    assert (found.citations_added, found.versions) == ((("VEL-1", "4.0"),), ())


def test_other_headings_of_the_same_quotes_are_named() -> None:
    after = answer()
    after["quotes"][0]["heading"] = ["4.3"]
    assert changed(answer(), after).parts == ("order or headings of quotes",)
