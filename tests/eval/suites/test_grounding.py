"""Every fault planted in a reply's quotes and citations is found, named, and nothing else is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eval.model import Result
from eval.replies import Exchange
from eval.suites.grounding import APPROVED, MEASURES, PAGE, SAFETY, VERBATIM, grounding
from index.layout import Home
from tests.eval.answered import Answered, Reply, by_id, cite, failing, instead, only_failure, silent


def judge(answered: Answered, exchanges: Sequence[Exchange], home: Home | None = None) -> Result:
    assistant = answered.assistant
    return grounding(
        exchanges,
        answered.questions,
        assistant.store,
        home or assistant.home,
        dataset="sample.jsonl",
        data={},
        progress=silent,
    )


@pytest.fixture
def paged(answered: Answered) -> Exchange:
    """A reply whose first quote stands on one page of a PDF."""
    return answered.first(
        lambda exchange: any(c["page"] == 2 and len(c["spans"]) == 1 for c in exchange.reply["citations"][:1])
    )


def test_a_clean_run_has_no_failure_and_enough_cases(answered: Answered) -> None:
    result = judge(answered, answered.exchanges)
    assert failing(result) == {}
    assert {metric.name: metric.value for metric in result.metrics} == dict.fromkeys(MEASURES, 1.0)
    judged = {metric.name: metric.n for metric in result.metrics}
    assert judged.pop(SAFETY) == sum(bool(e.reply["safety_information"]) for e in answered.exchanges) > 0
    assert min(judged.values()) > 150
    assert result == judge(answered, answered.exchanges)
    cases = by_id(result.cases)
    assert all(cases[question.id].slices == question.slices for question in answered.questions if question.id in cases)
    files = {Path(row["file"]).suffix for exchange in answered.exchanges for row in exchange.reply["citations"]}
    assert files == {".pdf", ".docx", ".html", ".md"}


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html", ".md"])
def test_a_quote_changed_by_one_character_is_found(answered: Answered, suffix: str, sealed: bool) -> None:
    exchange = answered.first(lambda e: any(c["file"].endswith(suffix) for c in e.reply["citations"][:1]))

    def change(reply: Reply) -> None:
        quote = reply["quotes"][0]
        at = next(place for place, char in enumerate(quote["text"]) if char.isalnum() and place > 3)
        quote["text"] = f"{quote['text'][:at]}9{quote['text'][at + 1 :]}"
        if sealed:  # by whoever changed it
            reply["citations"][0]["sha256"] = hashlib.sha256(quote["text"].encode()).hexdigest()

    failures = only_failure(judge(answered, answered.with_fault(exchange, change)), exchange)
    assert set(failures) == {VERBATIM, PAGE}
    assert failures[VERBATIM].startswith(f"quote 1 ({exchange.reply['citations'][0]['document']} version ")
    assert "at character" in failures[VERBATIM]
    assert ("its sha256 is that of other characters" in failures[VERBATIM]) is not sealed
    assert "stands nowhere in" in failures[PAGE]


def move_citation(reply: Reply) -> None:
    reply["citations"][0]["page"] += 1


def move_one_span(reply: Reply) -> None:
    reply["citations"][0]["spans"][0]["page"] += 1


def move_everything(reply: Reply) -> None:
    citation = reply["citations"][0]
    citation["page"] += 1
    citation["spans"][0]["page"] += 1
    citation["url"] = citation["url"].replace("page=2", "page=3")


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (move_one_span, "the citation says page 2, its first span page 3"),
        (move_citation, "the citation says page 3, its first span page 2"),
        (move_everything, "stands on page 2 in "),
        (move_everything, "says page 3 and begins on page 2"),
    ],
)
def test_a_citation_one_page_off_is_found(
    answered: Answered, paged: Exchange, move: Callable[[Reply], None], said: str
) -> None:
    failures = only_failure(judge(answered, answered.with_fault(paged, move)), paged)
    assert set(failures) == {PAGE}
    assert said in failures[PAGE]


def test_a_quote_of_the_superseded_version_under_the_newer_one_is_found(answered: Answered) -> None:
    exchange = answered.first(lambda e: bool(e.reply["citations"]))

    def plant(reply: Reply) -> None:
        instead(answered, "HP-LUM-002", "1.0")(reply)
        newer = cite(answered, "HP-LUM-002", "2.0")["citation"]
        reply["citations"] = [{**newer, "spans": reply["citations"][0]["spans"]}]

    failures = only_failure(judge(answered, answered.with_fault(exchange, plant)), exchange)
    assert "quote 1 (HP-LUM-002 version 2.0" in failures[VERBATIM]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("title", "Another title", "its title is 'Another title', on record is '"),
        ("approval", "MLR-0000-0000", "its approval is 'MLR-0000-0000', on record is 'MLR-2026-"),
        ("type", "flyer", "its type is 'flyer', on record is '"),
        ("owner", "Marketing", "its owner is 'Marketing', on record is 'Medical Affairs UK'"),
        ("audience", "everybody", "its audience is 'everybody', on record is '"),
        ("anchor", "s1", "its anchor is 's1', on record is 'None'"),
        ("url", "http://[x/", "its citation links to nowhere: 'http://[x/'"),
        ("url", "", "its citation links to nowhere: ''"),
        ("approved_on", "2020-01-01", "its approved_on is '2020-01-01', on record is '202"),
        ("file", "other.pdf", "its file is 'other.pdf', on record is 'HP-"),
        ("number", 7, "citations are numbered [7"),
        ("document", "HP-XXX-001", "no such version was ever approved"),
    ],
)
def test_a_citation_that_is_not_what_is_on_record_is_found(
    answered: Answered, paged: Exchange, name: str, value: object, said: str
) -> None:
    def change(reply: Reply) -> None:
        reply["citations"][0][name] = value

    failures = only_failure(judge(answered, answered.with_fault(paged, change)), paged)
    assert said in failures[APPROVED]


def test_safety_text_of_the_quotes_product_is_right_and_of_another_one_found(answered: Answered) -> None:
    exchange = answered.first(lambda e: bool(e.reply["citations"]))

    def beside(document: str) -> Callable[[Reply], None]:
        def plant(reply: Reply) -> None:
            instead(answered, "HP-VEL-001", "3.0")(reply)
            safety = cite(answered, document, "2.0", number=2)
            reply["citations"].append(safety["citation"])
            reply["safety_information"] = [{"citation": 2, "text": safety["quote"]["text"]}]

        return plant

    right = judge(answered, answered.with_fault(exchange, beside("HP-VEL-004")))
    assert failing(right) == {}
    assert by_id(right.cases)[exchange.id].values[SAFETY] == 1.0
    failures = only_failure(judge(answered, answered.with_fault(exchange, beside("HP-LUM-004"))), exchange)
    assert failures == {
        SAFETY: "safety text 1 (HP-LUM-004 version 2.0) is about Lumetra, the quotes beside it Velmarin"
    }


def test_safety_text_of_another_market_and_a_changed_one_are_found(answered: Answered) -> None:
    exchange = answered.first(lambda e: bool(e.reply["citations"]))

    def plant(reply: Reply) -> None:
        instead(answered, "HP-VEL-001", "3.0")(reply)
        safety = cite(answered, "HP-VEL-101", "2.0", number=2, country="DE")
        reply["citations"].append(safety["citation"])
        reply["safety_information"] = [{"citation": 2, "text": f"{safety['quote']['text']}!"}]

    failures = only_failure(judge(answered, answered.with_fault(exchange, plant)), exchange)
    assert failures[SAFETY].endswith("is approved for DE, the quotes beside it GB")
    assert "safety text 1 (HP-VEL-101 version 2.0" in failures[VERBATIM]


def test_an_answer_without_a_quote_and_a_quote_without_a_citation_are_found(answered: Answered) -> None:
    exchange = answered.first(lambda e: len(e.reply["citations"]) > 1)

    def unquote(reply: Reply) -> None:
        reply.update(quotes=[], citations=[])

    def uncite(reply: Reply) -> None:
        reply["quotes"][0]["citation"] = 9

    def head(reply: Reply) -> None:
        reply["quotes"][0]["heading"] = ["4.9 Made up"]

    for plant, said in (
        (unquote, "an answer without a quote"),
        (uncite, "quote 1 cites number 9, which no citation has"),
        (head, "it stands under '4.9 Made up', in its document under '"),
    ):
        assert said in only_failure(judge(answered, answered.with_fault(exchange, plant)), exchange)[VERBATIM]


def test_a_changed_source_file_is_found(answered: Answered, paged: Exchange, tmp_path: Path) -> None:
    home = Home(tmp_path)
    shutil.copytree(answered.assistant.home.sources, home.sources)
    citation = paged.reply["citations"][0]
    file = home.sources / answered.source(citation["document"], citation["version"])
    file.write_bytes(file.read_bytes() + b"\n")
    failures = failing(judge(answered, [paged], home))
    assert set(failures) == {paged.id}
    assert "is not what was approved: its bytes have the digest" in failures[paged.id][PAGE]


def test_replies_without_a_quote_say_nothing(answered: Answered) -> None:
    quiet = [
        exchange for exchange in answered.exchanges if exchange.kind == "no_answer" and not exchange.reply["next_steps"]
    ]
    result = judge(answered, quiet)
    assert (result.cases, result.metrics) == ((), ())
    assert result.invalid == ("no reply quotes anything, so nothing could be checked",)


def test_a_span_that_says_another_page_is_found_wherever_the_second_reader_finds_the_words(answered: Answered) -> None:
    exchange = answered.first(lambda e: bool(e.reply["citations"]) and e.reply["citations"][0]["page"] == 2)
    store, citation = answered.assistant.store, exchange.reply["citations"][0]
    digests = store.digests_of_source(answered.source(citation["document"], citation["version"]))
    document = store.document(digests[-1])

    def move(reply: Reply) -> None:
        reply["citations"][0]["spans"].append({**reply["citations"][0]["spans"][0], "page": 1})

    said = only_failure(judge(answered, answered.with_fault(exchange, move)), exchange)[PAGE]
    assert "says page 1 and begins on page 2" in said
    beyond = len(document.text)

    def leave(reply: Reply) -> None:
        reply["citations"][0]["spans"][0].update(start=beyond, end=beyond + 5)

    said = only_failure(judge(answered, answered.with_fault(exchange, leave)), exchange)[PAGE]
    assert f"its span {beyond}-{beyond + 5} is no part of the text" in said


def test_the_approval_of_another_market_under_a_quote_is_found(answered: Answered) -> None:
    """The version is approved in both countries, each with its own id."""
    exchange = answered.first(lambda e: bool(e.reply["citations"]) and e.audience.country == "GB")
    own = cite(answered, "HP-VEL-003", "1.0")["citation"]["approval"]
    plant = instead(answered, "HP-VEL-003", "1.0", country="DE")
    failures = only_failure(judge(answered, answered.with_fault(exchange, plant)), exchange)
    assert set(failures) == {APPROVED}
    assert f"on record is '{own}'" in failures[APPROVED]


def test_what_is_shown_beside_a_quote_must_be_its_own(answered: Answered, paged: Exchange) -> None:
    heading = paged.reply["quotes"][0]["heading"]
    assert len(heading) > 1

    def shorten(reply: Reply) -> None:
        reply["quotes"][0]["heading"] = heading[:-1]

    def tabulate(reply: Reply) -> None:
        reply["quotes"][0]["table"] = {"header": [heading[0]], "rows": [["Maximum", "99 mg"]]}

    def retitle(reply: Reply) -> None:
        reply["next_steps"] = [{"title": "All about it", "url": "/api/v1/documents/HP-VEL-001/3.0", "cue": ""}]

    def lead_nowhere(reply: Reply) -> None:
        reply["next_steps"] = [{"title": "All about it", "url": "http://[x/", "cue": ""}]

    def name_another(reply: Reply) -> None:
        reply["headline"] = "Nerolin, Lumetra, Quorvex and Velmarin: what is known."

    for plant, measure, said in (
        (shorten, VERBATIM, "in its document under '"),
        (tabulate, VERBATIM, "the quoted text has no '99 mg', which is shown as a cell of its table"),
        (retitle, APPROVED, "next step 'All about it' opens 'Velmarin product information'"),
        (lead_nowhere, APPROVED, "next step 'All about it' is no approved document: 'http://[x/'"),
        (name_another, APPROVED, "the headline names Nerolin, its citations are about "),
    ):
        failures = only_failure(judge(answered, answered.with_fault(paged, plant)), paged)
        assert set(failures) == {measure}
        assert said in failures[measure]


def test_a_table_shown_in_place_of_a_row_must_be_the_rows_own(answered: Answered) -> None:
    """Cells that have changed places are each in the document, and so is another table's header."""
    tabled = answered.first(lambda e: any(q["table"] and q["table"]["header"] for q in e.reply["quotes"]))
    place = next(at for at, quote in enumerate(tabled.reply["quotes"]) if quote["table"])
    assert tabled.reply["quotes"][place]["table"]["rows"]

    def change(key: str, changed: Callable[[list[str]], list[str]]) -> Callable[[Reply], None]:
        def plant(reply: Reply) -> None:
            table = reply["quotes"][place]["table"]
            table[key] = changed(table[key]) if key == "header" else [changed(row) for row in table[key]]

        return plant

    for plant, said in (
        (change("rows", lambda row: [*row[1:], row[0]]), "a row of its table is ["),
        (change("rows", lambda row: row[:-1]), "its table says '"),
        (change("rows", lambda row: ["", *row]), "a row of its table is ["),
        (change("header", lambda row: [*row[1:], row[0]]), "its table stands under ["),
        (change("header", lambda row: []), "its table stands under ["),
        (change("header", lambda row: ["Weekly", *row[1:]]), "its document has no 'Weekly', which is shown over"),
    ):
        failures = only_failure(judge(answered, answered.with_fault(tabled, plant)), tabled)
        assert set(failures) == {VERBATIM}
        assert said in failures[VERBATIM]


def test_documents_offered_without_an_answer_are_judged_too(answered: Answered) -> None:
    exchange = answered.first(lambda e: e.kind == "no_answer" and bool(e.reply["next_steps"]))

    def retitle(reply: Reply) -> None:
        reply["next_steps"][0]["title"] = "Another title"

    failures = only_failure(judge(answered, answered.with_fault(exchange, retitle)), exchange)
    assert set(failures) == {APPROVED}
