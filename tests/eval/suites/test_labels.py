"""The labels suite: the right replies count, every planted wrongness changes its figure, and silence can't win."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.model import Audience
from eval.judging.matching import holds, words
from eval.judging.placing import Shelf
from eval.model import Result
from eval.replies import Exchange, ask_all, asking
from eval.sets import Place, Question, read_questions
from eval.suites.labels import Found, labels, searching
from index.layout import Home

GB = Audience("GB", "physician", "", "en")
INSTANT = datetime(2026, 6, 1, tzinfo=UTC)
RIGHT = "The starting dose of Lumetra is 5 mg once a week."
PAGE = Found("a.pdf", 3, RIGHT, 0.9, 8.0, 0.7)
OTHER = Found("b.pdf", 3, RIGHT, 0.8, 7.0, 0.6)


def question(name: str = "q", kind: str = "answerable", **changes: Any) -> Question:
    places = (Place("a.pdf", (3, 4), RIGHT),) if kind == "answerable" else ()
    row = Question(name, f"{name}?", kind, places, ("Lumetra", "Nerolin") if kind == "ambiguous" else (), {}, {})
    return replace(row, **changes)


def reply(kind: str = "answer", shown: Sequence[str] = (RIGHT,), offered: Sequence[str] = ()) -> dict[str, Any]:
    quotes = [{"citation": number, "text": text} for number, text in enumerate(shown, 1)]
    return {
        "kind": kind,
        "headline": "As said",
        "quotes": quotes if kind == "answer" else [],
        "citations": [{"number": number, "file": "a.pdf", "page": 3} for number, _ in enumerate(quotes, 1)],
        "choices": [{"label": label, "text": f"{label}: q?", "count": 1} for label in offered],
    }


def judge(
    *rows: tuple[Question, dict[str, Any] | None],
    hits: Sequence[Found] = (PAGE,),
    files: Sequence[str] = ("a.pdf",),
    names: Mapping[str, Sequence[str]] | None = None,
    fault: Callable[[Place, Audience | None], str] = lambda *_: "",
) -> Result:
    exchanges = [Exchange(row.id, row.text, GB, INSTANT, given) for row, given in rows if given is not None]
    questions = [row for row, _ in rows]
    known = names or dict.fromkeys(files, ())
    data = {"x.jsonl": "sha256:1"}
    return labels(exchanges, questions, lambda *_: hits, known, fault, dataset="x.jsonl", data=data, seed=1)


def values(result: Result) -> dict[str, float]:
    return {metric.name: metric.value for metric in result.metrics}


@pytest.mark.parametrize(
    ("shown", "wanted", "counts"),
    [
        ("The dose is 20 mg once daily.", "the dose is 20 mg once daily", True),
        ("The dose is\n20 mg\tonce daily.", "The dose is 20 mg once daily.", True),
        ("The dose is 120 mg once daily.", "20 mg once daily", False),
        ("The dose is 1.5 mg.", "The dose is 15 mg.", False),
        ("CrCl ≥ 30 mL/min", "CrCl < 30 mL/min", False),
        ("…", "The dose is 20 mg.", False),
        ("", "The dose is 20 mg.", False),
        ("The dose is 20 mg.", "", False),
        ("The dose is 20 mg once daily", "The dose is 20 mg once daily, taken with food.", True),
        ("The dose", "The dose is 20 mg.", False),
    ],
)
def test_a_quote_counts_when_every_word_figure_and_sign_stands_in_it(shown: str, wanted: str, counts: bool) -> None:
    assert holds(words(shown), [words(wanted)]) is counts


def test_a_shown_sentence_and_a_found_page_count() -> None:
    assert values(judge((question(), reply()))) == {
        "sentence shown": 1.0,
        "sentence shown first": 1.0,
        "right": 1.0,
        "answered": 1.0,
        "hit@1": 1.0,
        "hit@5": 1.0,
        "MRR@10": 1.0,
    }


def test_the_measures_that_tell_most_come_first() -> None:
    """The terminal shows the first four of each style."""
    leading = [metric.name for metric in judge((question(), reply())).metrics][:4]
    assert leading == ["sentence shown", "hit@1", "hit@5", "right"]


def test_a_sentence_shown_second_is_shown_and_not_first() -> None:
    found = values(judge((question(), reply(shown=["Another sentence of no use.", RIGHT]))))
    assert (found["sentence shown"], found["sentence shown first"], found["right"]) == (1.0, 0.0, 1.0)


def test_another_sentence_changes_what_is_shown_and_nothing_of_the_ranking() -> None:
    found = judge((question(), reply(shown=["The starting dose of Lumetra is 10 mg once a week."])))
    assert values(found)["sentence shown"] == values(found)["right"] == 0.0
    assert values(found)["hit@1"] == values(found)["answered"] == 1.0
    assert found.cases[0].failures["sentence shown"] == (
        "shown instead: a.pdf p. 3: “The starting dose of Lumetra is 10 mg once a week.”"
    )
    assert found.cases[0].expected == f"a.pdf p. 3, 4: “{RIGHT}”"


def test_another_document_or_page_is_no_hit() -> None:
    for wrong in (OTHER, replace(PAGE, page=5)):
        assert values(judge((question(), reply()), hits=[wrong]))["hit@5"] == 0.0
    found = judge((question(), reply()), hits=[OTHER, replace(PAGE, page=5), PAGE])
    assert (values(found)["hit@1"], values(found)["hit@5"], values(found)["MRR@10"]) == (0.0, 1.0, pytest.approx(1 / 3))
    assert found.cases[0].parts == {"score": 0.8, "bm25": 7.0, "cosine": 0.6}


def test_without_pages_the_place_is_where_the_sentence_stands() -> None:
    pageless = question(places=(Place("a.md", (), RIGHT),))
    there = Found("a.md", None, f"Adults. {RIGHT}", 1, 1, 1)
    assert values(judge((pageless, reply()), hits=[there]))["hit@1"] == 1.0
    for wrong in (replace(there, text="Adults."), replace(there, file="b.md")):
        assert values(judge((pageless, reply()), hits=[wrong]))["hit@1"] == 0.0


def test_any_of_several_places_counts() -> None:
    two = question(places=(Place("a.pdf", (9,), "Something else is here."), Place("b.pdf", (3,), RIGHT)))
    found = values(judge((two, reply()), hits=[PAGE, OTHER]))
    assert (found["sentence shown"], found["hit@1"], found["hit@5"]) == (1.0, 0.0, 1.0)


def test_an_empty_ranking_and_a_missing_reply_score_zero() -> None:
    empty = values(judge((question(), reply("no_answer")), hits=()))
    missing = judge((question(), None), (question("u", "unanswerable"), None), (question("m", "ambiguous"), None))
    assert set(empty.values()) == set(values(missing).values()) == {0.0}
    assert {case.got for case in missing.cases} == {"no reply"}
    assert missing.confusion is not None and missing.confusion.labels[-1] == "no reply"


def test_a_silent_product_abstains_and_shows_nothing() -> None:
    found = values(judge((question(), reply("no_answer")), (question("u", "unanswerable"), reply("no_answer"))))
    assert (found["abstained"], found["answered"], found["sentence shown"], found["right"]) == (1.0, 0.0, 0.0, 0.5)


def test_an_answered_unanswerable_question_is_a_failure_that_says_with_what() -> None:
    found = judge((question("u", "unanswerable"), reply()))
    assert values(found) == {"right": 0.0, "abstained": 0.0}
    assert found.cases[0].failures["abstained"] == f"answered with: a.pdf p. 3: “{RIGHT}”"


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        (reply("clarification", offered=["LUMETRA", "Nerolin tablets", "Quorvex"]), 1.0),
        (reply("clarification", offered=["Lumetra", "Quorvex"]), 0.0),
        (reply("clarification", offered=["Lumetra", "Nerolinum"]), 0.0),
        (reply("answer", offered=["Lumetra", "Nerolin"]), 0.0),
        (reply("no_answer"), 0.0),
    ],
)
def test_a_question_back_counts_when_it_offers_every_product(given: dict[str, Any], counts: float) -> None:
    assert values(judge((question("m", "ambiguous"), given))) == {"right": counts, "clarified": counts}


@pytest.mark.parametrize(
    ("offered", "counts"), [(["HUMIRA", "infliximab"], 1.0), (["Humira", "Ogivri"], 0.0), (["Humira"], 0.0)]
)
def test_a_candidate_that_is_a_file_is_offered_under_any_name_of_its_document(
    offered: Sequence[str], counts: float
) -> None:
    names = {"h-epar.pdf": ("Humira", "adalimumab"), "r (1).pdf": ("Remsima", "infliximab")}
    which = question("m", "ambiguous", candidates=("h-epar.pdf", "r (1).pdf"))
    assert values(judge((which, reply("clarification", offered=offered)), names=names))["clarified"] == counts
    strange = question("m", "ambiguous", candidates=("lost.pdf", "gone.PDF"))
    assert values(judge((strange, reply("clarification", offered=offered)), names=names))["clarified"] == 1.0


def test_a_question_that_ended_in_an_error_scores_zero_and_says_why() -> None:
    failed = Exchange("q", "q?", GB, INSTANT, reply("no reply"), error="a.pdf: its stored text is not what it was")
    kinds = ("answerable", "unanswerable", "ambiguous")
    rows = [question(kind, kind) for kind in kinds]
    exchanges = [replace(failed, id=kind) for kind in kinds]
    found = labels(exchanges, rows, lambda *_: [PAGE], {"a.pdf": ()}, lambda *_: "", dataset="x", data={}, seed=1)
    assert set(values(found).values()) == {0.0}
    assert {case.got for case in found.cases} == {"no reply: a.pdf: its stored text is not what it was"}


def test_a_set_without_unanswerable_questions_has_no_such_metric() -> None:
    assert judge((question(), reply())).metric("abstained") is None
    assert judge((question("u", "unanswerable"), reply())).metric("hit@1") is None


def test_documents_that_the_edition_lacks_make_the_figures_invalid() -> None:
    rows = [(question(f"q{at}", places=(Place(f"{at}.pdf", (1,), RIGHT),)), reply()) for at in range(7)]
    assert judge(*rows, files=[f"{at}.pdf" for at in range(7)]).invalid == ()
    assert judge(*rows, files=["0.pdf", "3.pdf"]).invalid == (
        "5 of 7 questions name documents that the edition lacks: 1.pdf, 2.pdf, 4.pdf, 5.pdf, 6.pdf; "
        "publish them, or give the questions of this home",
    )
    assert (
        judge(*rows, files=["0.pdf"]).invalid[0].endswith("5.pdf …; publish them, or give the questions of this home")
    )


def test_places_that_arent_so_make_the_figures_invalid_and_name_their_questions() -> None:
    def fault(place: Place, reader: Audience | None) -> str:
        return f"nowhere in {place.document} for {reader.country}" if reader and place.document == "a.pdf" else ""

    rows = [
        (question(f"q{at}", places=(Place("b.pdf", (1,), RIGHT), Place("a.pdf", (1,), RIGHT))), reply())
        for at in range(7)
    ]
    (why,) = judge(*rows, files=["a.pdf", "b.pdf"], fault=fault).invalid
    assert why.startswith("7 of 7 questions name a place that isn't so: q0: nowhere in a.pdf for GB; q1: ")
    assert why.endswith("q4: nowhere in a.pdf for GB; and q5, q6; mend the set")
    assert judge((question(places=(Place("b.pdf", (1,), RIGHT),)), reply()), files=["b.pdf"], fault=fault).invalid == ()


def test_the_confusion_counts_what_each_kind_of_question_got() -> None:
    rows = [(question(), reply()), (question("u", "unanswerable"), reply()), (question("m", "ambiguous"), reply())]
    confusion = judge(*rows, (question("v", "unanswerable"), reply("no_answer"))).confusion
    assert confusion is not None
    assert confusion.labels == ("answer", "no_answer", "clarification")
    assert confusion.counts == ((1, 0, 0), (1, 1, 0), (1, 0, 0))


@pytest.fixture(scope="module")
def assistant(small: Home) -> Iterator[Assistant]:
    database = open_database(small.database)
    yield Assistant(small, database, trial=True)
    database.close()


def test_real_replies_are_judged_as_their_readers_get_them(assistant: Assistant, tmp_path: Path) -> None:
    row = {"kind": "answerable", "style": [], "document": "LUM-1.md", "page": None, "quote": RIGHT}
    rows = [
        {**row, "_id": "right", "text": "Lumetra starting dose"},
        {**row, "_id": "wrong", "text": "Velmarin starting dose"},
        {**row, "_id": "other country", "text": "Lumetra starting dose", "country": "DE", "lang": "en"},
        {"_id": "nothing", "text": "volcano eruptions in Iceland", "kind": "unanswerable", "style": []},
        {
            "_id": "which",
            "text": "starting dose in renal impairment",
            "kind": "ambiguous",
            "style": [],
            "candidates": ["Velmarin"],
        },
    ]
    file = tmp_path / "q.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    questions = read_questions(file)
    exchanges = ask_all(asking(assistant), questions, GB, INSTANT, lambda *_: None)
    files = {document.file: document.names for document in assistant.edition().documents}
    fault = Shelf(assistant.edition().documents, assistant.store, trial=True).fault
    result = labels(exchanges, questions, searching(assistant), files, fault, dataset="q", data={}, seed=1)
    assert result.invalid == (
        "1 of 5 questions name a place that isn't so: other country: LUM-1.md is approved for GB, and the reader is in "
        "DE; mend the set",
    )
    right = {case.id: case.values["right"] for case in result.cases}
    assert right == {"right": 1, "wrong": 0, "other country": 0, "nothing": 1, "which": 1}
    assert result.cases[0].values["hit@1"] == 1.0
    assert result.cases[0].parts["cosine"] > 0
