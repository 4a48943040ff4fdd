"""Questions about the sample, for every reader: what is shown may be shown, stands where it is cited, and opens.

What may be shown is read here from the catalogue itself, not through the registry.
"""

from __future__ import annotations

import csv
import functools
import html
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdf
import pytest
from fastapi.testclient import TestClient

from chatbot.answer.reply import Answer, Citation, Clarification, Quote, Reply
from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.identity import DemoIdentity
from chatbot.portal.shelves import Reader, cards, newest, of_product, shelves
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.model import Audience, Document
from corpus.products import read_products
from index.layout import Home
from ingest.witness import fold, stands_in
from tests.chatbot.answering import passing
from tests.conftest import ROOT, SAMPLE
from tests.homes import copied

# The share of questions whose right sentence is among the quotes: what a newcomer may expect of the demo. It is
# raised as ranking improves, and never lowered to let a change through. It fell from 0.90 once, when the set grew by
# harder questions (lay words, misspellings, abbreviations, table rows; written without asking them): the first 88 keep
# a floor of their own. Now 0.932 of those and 0.851 of all 174 are answered.
RIGHT_QUOTES = 0.83
RIGHT_QUOTES_OF_THE_FIRST = 0.92
FIRST = {"vel": 28, "lum": 22, "quo": 19, "ner": 19}  # the last of the 88 questions that the set began with
READERS = list(product(("GB", "DE", "ES"), ("physician", "nurse")))
INSTANT = datetime(2026, 11, 15, 12, tzinfo=UTC)  # noon: the same day in all three countries
# Between them, each with another answer to what is in force: a superseded version, an event, today, a version to come.
INSTANTS = [datetime(*day, 12, tzinfo=UTC) for day in ((2025, 12, 1), (2026, 6, 20), (2026, 11, 15), (2035, 6, 1))]
WITHDRAWN = {("HP-QUO-011", "1.0")}  # by the fixture `sample`, after it was published
SAFETY_HEADINGS = (  # as the sample's documents write them
    *("contraindication", "warning", "undesirable effects", "side effects", "adverse", "safety", "do not take"),
    *("gegenanzeigen", "warnhinweise", "nebenwirkungen", "sicherheit", "contraindicaciones", "advertencias"),
    *("reacciones adversas", "seguridad"),
)
Version = tuple[str, str]  # document number and version


@dataclass(frozen=True, slots=True)
class Asked:
    """One reply, to whom it was given and what was asked."""

    question: dict[str, Any]
    country: str
    role: str
    reply: Reply


@functools.cache
def questions() -> list[dict[str, Any]]:
    lines = (ROOT / "eval" / "questions" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def answerable() -> list[dict[str, Any]]:
    return [question for question in questions() if question["kind"] == "answerable"]


@functools.cache
def catalogue() -> list[dict[str, str]]:
    with (SAMPLE / "catalogue.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@functools.cache
def eligible(country: str, role: str, day: date) -> dict[Version, dict[str, str]]:
    """The catalogue's rows for a reader on a day: begun, not over, not replaced, for the role, not withdrawn."""
    found: dict[Version, dict[str, str]] = {}
    begun = [row for row in catalogue() if row["country"] == country and row["effective_on"] <= day.isoformat()]
    for row in sorted(begun, key=lambda row: row["effective_on"]):
        found = {key: old for key, old in found.items() if old["document_number"] != row["document_number"]}
        found[row["document_number"], row["version"]] = row
    return {
        key: row
        for key, row in found.items()
        if row["status"] == "approved"
        and key not in WITHDRAWN
        and (not row["expires_on"] or row["expires_on"] >= day.isoformat())
        and (not row["roles"] or role in row["roles"].split(";"))
    }


def accepted(question: dict[str, Any]) -> list[dict[str, Any]]:
    """The places of a question's right sentences; none where nothing answers it, or another question comes first."""
    return [question, *question["alt"]] if question["kind"] == "answerable" else []


def is_right(question: dict[str, Any], reply: Reply) -> bool:
    quotes = reply.body.quotes if isinstance(reply.body, Answer) else ()
    shown = [(quote.citation.document.source.name, quote.text) for quote in quotes]
    return any(
        file == place["document"] and place["quote"] in text for place in accepted(question) for file, text in shown
    )


def confirmed(assistant: Assistant, asked: Asked) -> Reply:
    """The reply, or what follows it when it asks whether one name was meant, and it was."""
    body = asked.reply.body
    if not isinstance(body, Clarification) or not body.of_name or len(body.choices) > 1:
        return asked.reply
    audience = Audience(asked.country, asked.role, "", asked.question["lang"])
    return assistant.reply(audience, body.choices[0].text, INSTANT)


def version_of(file: str) -> Version:
    number, _, rest = Path(file).stem.partition("_")
    return number, rest


def version(citation: Citation) -> Version:
    return citation.approval.document_number, citation.approval.version


@pytest.fixture(scope="module")
def assistant(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    home = copied(sample, tmp_path_factory.mktemp("questions") / "home")  # its own: a turn is put on record
    database = open_database(home.database)
    yield Assistant(home, database, trial=False)
    database.close()


@pytest.fixture(scope="module")
def stored(assistant: Assistant) -> dict[str, Document]:
    """What the readers extracted, by file name."""
    return {row.file: assistant.store.document(row.sha256) for row in assistant.edition().documents}


@pytest.fixture(scope="module")
def replies(assistant: Assistant) -> list[Asked]:
    """Every question in its own language, asked by each reader."""
    found = []
    for question, (country, role) in product(questions(), READERS):
        asker = Asker("dr-1", "portal", "hcp", Audience(country, role, "", question["lang"]))
        found.append(Asked(question, country, role, assistant.turn(asker, question["text"], instant=INSTANT).reply))
    return found


def test_the_set_is_composed_as_its_readme_says() -> None:
    rows, specialties = questions(), {one.brand: one.specialty for one in read_products(SAMPLE / "products.toml")}
    assert len({row["_id"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    readme = (ROOT / "eval" / "questions" / "README.md").read_text(encoding="utf-8")
    kinds = Counter(row["kind"] for row in rows)
    assert f"{len(rows)} questions: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}," in readme
    assert kinds >= Counter(answerable=135, unanswerable=24, ambiguous=12)
    styles = Counter(style for row in rows for style in row["style"])
    assert styles >= Counter(keyword=45, abbreviation=30, lay=25, typo=20, table=20)
    assert Counter(row["lang"] for row in rows) >= Counter(de=14, es=12)
    in_force = {key for country in ("GB", "DE", "ES") for key in eligible(country, "physician", INSTANT.date())}
    assert {version_of(place["document"]) for row in rows for place in accepted(row)} == in_force
    assert min(Counter(row["product"] for row in answerable()).values()) >= 40
    intents = set(
        re.findall(r"^\| `(\w+)` \|", readme.partition("### Intents")[2].partition("\n### ")[0], re.MULTILINE)
    )
    for row in rows:
        assert row["specialty"] == (specialties[row["product"]] if row["product"] else None), row["_id"]
        assert row["intent"] in intents, row["_id"]


def test_every_answer_is_approved_and_of_its_question_s_product_and_language() -> None:
    for question in questions():
        allowed = eligible(question["country"], question.get("role", "physician"), INSTANT.date())
        for place in accepted(question):
            row = allowed[version_of(place["document"])]
            assert (row["product"], row["language"]) == (question["product"], question["lang"]), question["_id"]
        if question["kind"] == "unanswerable":
            assert question["note"] and not question.keys() & {"document", "page", "quote", "alt"}, question["_id"]
        if question["kind"] == "ambiguous":
            candidates = set(question["candidates"])
            assert len(candidates) >= 2, question["_id"]
            assert candidates <= {row["product"] for row in allowed.values()}, question["_id"]


def test_every_right_sentence_stands_on_its_page(stored: dict[str, Document]) -> None:
    """A question set with a wrong quote would measure nothing."""
    wrong = []
    for question in questions():
        for place in accepted(question):
            document, quote = stored[place["document"]], place["quote"]
            starts = [found.start() for found in re.finditer(re.escape(quote), document.text)]
            if place["page"] not in {document.page_at(start) for start in starts}:
                wrong.append((question["_id"], place["document"], place["page"], quote))
    assert wrong == []


def test_what_is_said_of_efficacy_has_the_same_products_safety_text_beside_it(replies: list[Asked]) -> None:
    """Told by the catalogue and the headings that stand there, not by the code that balances a reply."""
    balanced = 0
    for asked in replies:
        body = asked.reply.body
        if not isinstance(body, Answer):
            continue
        rows = eligible(asked.country, asked.role, INSTANT.date())
        told = {rows[version(quote.citation)]["product"] for quote in body.quotes if on_efficacy(quote, rows)}
        if asked.reply.intent == "efficacy":
            told |= {rows[version(quote.citation)]["product"] for quote in body.quotes}
        beside = {rows[version(quote.citation)]["product"] for quote in body.safety_information}
        assert told <= beside, (asked.question["_id"], asked.country, asked.role)
        for quote in body.safety_information:
            path = " ".join(quote.heading).casefold()
            sheet = rows[version(quote.citation)]["document_type"] == "important safety information"
            assert sheet or any(word in path for word in SAFETY_HEADINGS), (asked.question["_id"], path)
        balanced += bool(told)
    assert balanced > 20


def on_efficacy(quote: Quote, rows: dict[Version, dict[str, str]]) -> bool:
    """Whether a quote tells what a medicine achieves."""
    path = " ".join(quote.heading).casefold()
    summary = rows[version(quote.citation)]["document_type"] == "study summary"
    results = any(word in path for word in ("efficacy", "wirksamkeit", "eficacia"))
    return results or (summary and not any(word in path for word in SAFETY_HEADINGS))


def test_every_document_shown_is_meant_for_its_reader(replies: list[Asked], stored: dict[str, Document]) -> None:
    """And every choice: a product of such a document, or for a misspelt name one that such a document says."""
    shown = 0
    for asked in replies:
        allowed = eligible(asked.country, asked.role, INSTANT.date())
        steps = {step.approval.key[:2] for step in asked.reply.next_steps}
        cited = {version(citation) for citation in asked.reply.citations}
        assert cited | steps <= set(allowed), (asked.question["_id"], asked.country, asked.role)
        for citation in asked.reply.citations:
            row = allowed[version(citation)]
            assert citation.document.source.name.startswith("_".join(version(citation)))
            assert citation.approval.approval_id == row["approval_id"]
        if isinstance(asked.reply.body, Clarification):
            labels = {choice.label for choice in asked.reply.body.choices}
            others = labels - {row["product"] for row in allowed.values()}
            said = [stored[name].text for name in stored if name.rpartition(".")[0] in map("_".join, allowed)]
            assert len(said) > 1
            assert all(any(label in text for text in said) for label in others), asked.question["_id"]
        shown += len(cited) + len(steps)
    assert shown > 1_000  # and enough of them


def test_every_suggestion_is_a_heading_a_title_or_a_reviewed_question_for_its_reader(
    assistant: Assistant, replies: list[Asked], stored: dict[str, Document]
) -> None:
    suggested = 0
    for asked in replies:
        allowed = eligible(asked.country, asked.role, INSTANT.date())
        topics = {
            f"{row['product']}: {heading}".casefold()
            for (number, of), row in allowed.items()
            for heading in headings(stored, f"{number}_{of}")
        }
        topics |= {row["title"].casefold() for row in allowed.values()}
        topics |= reviewed({row["product"] for row in allowed.values()})
        audience = Audience(asked.country, asked.role, "", asked.question["lang"])
        words = asked.question["text"].split()
        typed = [assistant.suggest(" ".join(words[:count]), audience, INSTANT) for count in (1, 2, 3)]
        for text in {*asked.reply.suggestions, *(text for found in typed for text in found)}:
            assert text.casefold() in topics, (asked.question["_id"], asked.country, asked.role)
            suggested += 1
    assert suggested > 1_000


def reviewed(products: set[str]) -> set[str]:
    """The questions of the reviewed bank about these products, in every language, folded."""
    table = tomllib.loads((ROOT / "chatbot" / "answer" / "questions.toml").read_text(encoding="utf-8"))
    texts = [question[language] for question in table["question"] for language in ("en", "de", "es", "fr", "it")]
    return {text.replace("{product}", brand).casefold() for text in texts for brand in products}


def headings(stored: dict[str, Document], stem: str) -> set[str]:
    """The headings of one document, without their numbers."""
    (document,) = (document for file, document in stored.items() if Path(file).stem == stem)
    return {re.sub(r"^[\d.]+\s+", "", heading).strip() for block in document.blocks for heading in block.path}


@pytest.mark.parametrize("instant", INSTANTS, ids=lambda instant: instant.date().isoformat())
@pytest.mark.parametrize(("country", "role"), READERS)
def test_the_portal_lists_what_the_reader_may_open_and_all_of_it(
    assistant: Assistant, country: str, role: str, instant: datetime
) -> None:
    reader = Reader(country, "cardiology", role, "en")
    approvals = list(assistant.approvals(reader.audience, instant).values())
    products = read_products(SAMPLE / "products.toml")
    allowed = eligible(country, role, instant.date())
    listed = [item.href for shelf in shelves(approvals, reader) for item in shelf.items]
    by_product = [
        item.href for one in products for shelf in shelves(of_product(one, approvals), reader) for item in shelf.items
    ]
    assert {tuple(urlsplit(href).path.split("/")[2:]) for href in listed} == set(allowed)
    assert sorted(listed) == sorted(set(listed)) == sorted(by_product)
    assert {item.href for item in newest(approvals, reader)} <= set(listed)
    assert sum(card.documents for card in cards(products, approvals, reader)) == len(allowed)


def test_every_quote_is_the_stored_text_and_stands_on_its_page_for_pypdf(
    assistant: Assistant, replies: list[Asked]
) -> None:
    checked = set()
    for quote in (
        quote for asked in replies if isinstance(asked.reply.body, Answer) for quote in asked.reply.body.quotes
    ):
        citation = quote.citation
        document = assistant.store.document(citation.document.sha256)
        parts = [document.text[span.start : span.end] for span in citation.spans]
        assert quote.text == " ".join(parts)
        if document.pages:
            pages = [document.page_at(span.start) for span in citation.spans]
            assert pages[0] == citation.page
            for page, part in zip(pages, parts, strict=True):
                assert page is not None
                read = read_again(document.source.name)[page - 1]
                assert stands_in(fold(part), read), (document.source.name, page, part)
        checked.add((document.source.name, quote.text))
    assert len(checked) > 200


@functools.cache
def read_again(file: str) -> list[str]:
    """The folded text of each page, by pypdf, from the file itself."""
    return [fold(page.extract_text()) for page in pypdf.PdfReader(SAMPLE / "documents" / file).pages]


def test_the_right_sentence_is_found_where_every_question_goes_on_to_documents(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retrieval and support by themselves: what is missed here, no routing lost."""
    monkeypatch.setattr("chatbot.respond.decide", passing)
    found = [
        is_right(question, confirmed(assistant, Asked(question, question["country"], "physician", reply)))
        for question in answerable()
        for audience in [Audience(question["country"], "physician", "", question["lang"])]
        for reply in [assistant.reply(audience, question["text"], INSTANT)]
    ]
    assert sum(found) / len(found) >= RIGHT_QUOTES


def test_the_right_sentence_is_among_the_quotes(assistant: Assistant, replies: list[Asked]) -> None:
    """Of a misspelt name that was asked back: once the reader has said yes."""
    own = [asked for asked in replies if asked.country == asked.question["country"] and asked.role == "physician"]
    missed = {
        asked.question["_id"]
        for asked in own
        if asked.question["kind"] == "answerable" and not is_right(asked.question, confirmed(assistant, asked))
    }
    everything = {question["_id"] for question in answerable()}
    first = {identity for identity in everything if int(identity[4:]) <= FIRST[identity[:3]]}
    assert (len(own), len(first)) == (len(questions()), 88)
    for ids, floor in ((everything, RIGHT_QUOTES), (first, RIGHT_QUOTES_OF_THE_FIRST)):
        share = 1 - len(missed & ids) / len(ids)
        sys.stdout.write(f"{share:.1%} of {len(ids)} questions; without their sentence: {sorted(missed & ids)}\n")
        assert share >= floor, sorted(missed & ids)


@pytest.fixture(scope="module")
def portal(assistant: Assistant) -> Iterator[tuple[TestClient, DemoIdentity]]:
    identity = DemoIdentity()
    with TestClient(create_app(assistant, identity)) as http:
        yield http, identity


def test_every_source_of_an_answer_opens_with_its_quote_marked(
    portal: tuple[TestClient, DemoIdentity], replies: list[Asked]
) -> None:
    http, identity = portal
    own = [asked for asked in replies if asked.country == asked.question["country"] and asked.role == "physician"]
    opened = {".pdf": 0, ".docx": 0, ".html": 0, ".md": 0}
    for asked in own:
        if isinstance(asked.reply.body, Answer):
            reader = f"dr-{asked.question['_id']}"  # each their own: one may only ask so much a minute
            headers = {"Authorization": f"Bearer {identity.token(reader, asked.country, asked.role, '')}"}
            body = {"text": asked.question["text"], "language": asked.question["lang"]}
            turn = http.post("/api/v1/turns", json=body, headers=headers).json()
            quotes = (*turn["reply"]["quotes"], *turn["reply"]["safety_information"])
            for quote, citation in zip(quotes, turn["reply"]["citations"], strict=True):
                page = http.get(f"{citation['url']}&ticket={turn['tickets'][str(citation['number'])]}")
                assert page.status_code == 200
                assert_marked(page.text, quote, citation)
                opened[Path(citation["file"]).suffix] += 1
    assert min(opened.values()) > 0, opened


def assert_marked(page: str, quote: dict[str, Any], citation: dict[str, Any]) -> None:
    """Rectangles on the picture of the cited page, or the quote itself in a text."""
    where = (citation["file"], citation["page"], quote["text"])
    if citation["page"] is None:
        marks = [html.unescape(mark) for mark in re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL)]
        assert " ".join(marks) == quote["text"], where
        return
    assert f"<span>Page {citation['page']} of " in page, where
    sizes = re.findall(r'<rect [^>]*class="mark"[^>]* width="([\d.]+)" height="([\d.]+)"', page)
    assert sizes, where
    assert all(float(width) > 2 and float(height) > 2 for width, height in sizes), where  # 2: what the viewer pads
