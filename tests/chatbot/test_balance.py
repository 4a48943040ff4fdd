"""Fair balance: what a medicine achieves is never shown without its approved safety text for the same market."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chatbot.answer.balance import Shelf, safety_texts
from chatbot.answer.reply import Answer, Citation, Ground, Quote, Reply
from chatbot.answer.sections import is_efficacy_text, is_safety_text, safety_rank
from chatbot.assistant import Assistant
from chatbot.errors import SafetyTextMissing, Ungrounded
from chatbot.limits import SAFETY_QUOTES, SAFETY_WORDS
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.model import Approval, Audience, Document, Span
from corpus.registry import Event
from corpus.signoff import SignOff
from index.layout import Home
from tests.builders import GB, NOON, approval, document, registry
from tests.chatbot.answering import replied

RESULTS = "Fewer patients were admitted with Velmarin than with placebo."
NEVER = "Velmarin must not be given in severe hepatic impairment."
WARNING = "Potassium may rise in renal impairment."
REACTION = "Dizziness is common."
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
READER = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "cardiology", "en"))
EFFICACY = "PEAKLINE-HF primary endpoint hazard ratio"


def sectioned(name: str, *sections: tuple[str, str], **changes: object) -> Document:
    """A document with one confirmed sentence under each heading."""
    made = document(*(text for _, text in sections), name=name, **changes)
    pairs = zip(made.blocks, sections, strict=True)
    return replace(made, blocks=tuple(replace(block, path=(heading,)) for block, (heading, _) in pairs))


STUDY = sectioned("study.pdf", ("Results", RESULTS))
LABEL = sectioned(
    "label.pdf",
    ("4.2 Posology", "The starting dose is 40 mg."),
    ("4.3 Contraindications", NEVER),
    ("4.4 Special warnings and precautions for use", WARNING),
    ("4.8 Undesirable effects", REACTION),
)
OF_STUDY = approval(STUDY, document_number="DOC-2", document_type="study summary")
OF_LABEL = approval(LABEL)
ALL = {OF_STUDY.source_sha256: STUDY, OF_LABEL.source_sha256: LABEL}


def quote(of: Document, under: Approval, number: int, block: int = 0) -> Quote:
    ground = Ground(registry(under), GB, NOON, {of.source.sha256: under})
    chosen = of.blocks[block]
    spans = (Span(chosen.start, chosen.end),)
    citation = Citation(number, of, under, spans, None, (), ground)
    return Quote(citation, citation.text, chosen.path)


def shelf(*approvals: Approval, language: str = "en", **documents: Document) -> Shelf:
    known = {**ALL, **{made.source.sha256: made for made in documents.values()}}
    return Shelf(approvals, lambda given: known[given.source_sha256], language, SignOff())


def said(*approvals: Approval, language: str = "en", **documents: Document) -> list[str] | None:
    found = safety_texts([quote(STUDY, OF_STUDY, 1)], shelf(*approvals, language=language, **documents))
    return None if found is None else [" ".join(span.of(text.document.text) for span in text.spans) for text in found]


def test_an_efficacy_answer_with_the_products_safety_text_can_be_built() -> None:
    body = Answer("Headline", (quote(STUDY, OF_STUDY, 1),), (quote(LABEL, OF_LABEL, 2, 1),))
    assert Reply("efficacy", (), body).kind == "answer"


@pytest.mark.parametrize(
    ("case", "beside"),
    [
        ("none", ()),
        ("another product's", (quote(LABEL, replace(OF_LABEL, product="Nerolin"), 2, 1),)),
        ("no safety text", (quote(LABEL, OF_LABEL, 2, 0),)),
    ],
)
def test_an_efficacy_answer_without_it_is_refused(case: str, beside: tuple[Quote, ...]) -> None:
    body = Answer("Headline", (quote(STUDY, OF_STUDY, 1),), beside)
    with pytest.raises(SafetyTextMissing, match="efficacy of 'velmarin' in GB"):
        Reply("efficacy", (), body)


def test_what_tells_results_is_efficacy_whatever_was_asked_for() -> None:
    with pytest.raises(Ungrounded):
        Reply("information", (), Answer("Headline", (quote(STUDY, OF_STUDY, 1),)))
    assert Reply("dosing", (), Answer("Headline", (quote(LABEL, OF_LABEL, 1),))).kind == "answer"


def test_another_markets_safety_text_does_not_count() -> None:
    germany = replace(OF_LABEL, country="DE")
    ground = Ground(registry(germany), replace(GB, country="DE"), NOON, {LABEL.source.sha256: germany})
    citation = Citation(2, LABEL, germany, (Span(LABEL.blocks[1].start, LABEL.blocks[1].end),), None, (), ground)
    body = Answer("Headline", (quote(STUDY, OF_STUDY, 1),), (Quote(citation, NEVER, LABEL.blocks[1].path),))
    with pytest.raises(SafetyTextMissing):
        Reply("efficacy", (), body)


def test_a_product_without_a_name_is_balanced_by_nothing() -> None:
    nameless, label = replace(STUDY, names=()), replace(LABEL, names=())
    of_study, of_label = replace(OF_STUDY, product=""), replace(OF_LABEL, product="")
    body = Answer("Headline", (quote(nameless, of_study, 1),), (quote(label, of_label, 2, 1),))
    with pytest.raises(SafetyTextMissing):
        Reply("efficacy", (), body)


def test_contraindications_come_first_then_what_to_look_out_for() -> None:
    assert said(OF_STUDY, OF_LABEL) == [NEVER, WARNING]
    assert safety_rank(("4.8 Undesirable effects", "Reporting of suspected adverse reactions")) is None


def test_the_safety_sheet_goes_before_the_label_and_its_own_title_is_no_safety_text() -> None:
    sheet = sectioned(
        "sheet.pdf",
        ("Velmarin: important safety information", "This sheet is for healthcare professionals."),
        ("Hyperkalaemia", "Measure potassium before the first dose."),
        ("Reporting", "Report suspected reactions."),
    )
    given = approval(
        sheet,
        document_number="DOC-3",
        title="Velmarin important safety information",
        document_type="important safety information",
    )
    assert said(OF_STUDY, OF_LABEL, given, sheet=sheet) == ["Measure potassium before the first dose."]


def test_the_language_of_the_question_decides_between_two_labels() -> None:
    german = sectioned("de.pdf", ("4.3 Gegenanzeigen", "Nicht bei schwerer Leberinsuffizienz."), language="de")
    given = approval(german, document_number="DOC-4", language="de")
    assert said(OF_LABEL, given, language="de", german=german) == ["Nicht bei schwerer Leberinsuffizienz."]
    assert said(OF_LABEL, given, language="en", german=german) == [NEVER, WARNING]


def test_what_the_second_reader_did_not_confirm_is_no_safety_text() -> None:
    blocks = tuple(
        replace(block, sentences=tuple(replace(each, confirmed=False) for each in block.sentences))
        for block in LABEL.blocks
    )
    doubtful = replace(LABEL, blocks=blocks)
    assert safety_texts([quote(STUDY, OF_STUDY, 1)], Shelf((OF_LABEL,), lambda _: doubtful, "en", SignOff())) is None


def test_what_speaks_to_patients_comes_behind_what_speaks_to_professionals() -> None:
    both = sectioned(
        "epar.pdf",
        ("4.8 Undesirable effects", REACTION),
        ("Do not take Velmarin", "Do not take it if you have a severe liver disease."),
    )
    found = said(approval(both, document_number="DOC-6"), both=both)
    assert found is not None
    assert found[0] == REACTION


def test_pieces_of_a_table_are_no_safety_text() -> None:
    pieces = sectioned(
        "pieces.pdf", ("4.8 Undesirable effects", "Nausea, dizziness"), ("4.8 Undesirable effects", REACTION)
    )
    assert said(approval(pieces, document_number="DOC-7"), pieces=pieces) == [REACTION]


def test_another_products_label_is_no_safety_text() -> None:
    assert said(OF_STUDY, replace(OF_LABEL, product="Nerolin")) is None


def test_safety_text_stays_short_and_one_long_sentence_is_better_than_none() -> None:
    long = " ".join(["word"] * SAFETY_WORDS)
    wordy = sectioned("long.pdf", ("Contraindications", f"{long} {long}."), ("Contraindications", f"{long} longer."))
    given = approval(wordy, document_number="DOC-5")
    assert said(given, wordy=wordy) == [f"{long} longer."]
    chosen = said(OF_STUDY, OF_LABEL)
    assert chosen is not None
    assert len(chosen) <= SAFETY_QUOTES
    assert len(" ".join(chosen).split()) <= SAFETY_WORDS


@pytest.mark.parametrize(
    "heading",
    [
        "4.3 Gegenanzeigen",
        "4.3 Contre-indications",
        "4.3 Contraindicaciones",
        "4.3 Controindicazioni",
        "4 CONTRAINDICATIONS",
    ],
)
def test_contraindications_are_known_in_five_languages(heading: str) -> None:
    assert safety_rank((heading,)) == 0
    assert is_safety_text("product information", (heading,))


@pytest.mark.parametrize(
    "heading",
    [
        "Clinical efficacy and safety",
        "Klinische Wirksamkeit",
        "Efficacité clinique",
        "Eficacia clínica",
        "Efficacia clinica",
    ],
)
def test_efficacy_is_known_in_five_languages(heading: str) -> None:
    assert is_efficacy_text("product information", ("5.1", heading))
    assert not is_efficacy_text("product information", ("6 ADVERSE REACTIONS", "6.1 Clinical Trials Experience"))


@pytest.fixture
def assistant(sample_copy: Home) -> Iterator[Assistant]:
    database = open_database(sample_copy.database)
    yield Assistant(sample_copy, database, trial=True)
    database.close()


def test_a_reader_sees_safety_text_beside_a_studys_result(assistant: Assistant) -> None:
    reply = replied(assistant, EFFICACY, READER.audience, NOW)
    assert isinstance(reply.body, Answer)
    assert reply.body.safety_information
    assert {each.citation.approval.product for each in reply.body.safety_information} == {"Velmarin"}
    numbers = [each.citation.number for each in reply.body.safety_information]
    assert numbers[0] == len(reply.body.quotes) + 1


@pytest.mark.usefixtures("past_routing")
def test_without_safety_text_in_force_nothing_is_said_and_the_gap_is_on_record(assistant: Assistant) -> None:
    approvals = assistant.approvals(READER.audience, NOW).values()
    gone = [each for each in approvals if each.product == "Velmarin" and each.document_type != "study summary"]
    events = [Event("withdraw", *each.key, {}, "tester", NOW.isoformat(), "recalled") for each in gone]
    assistant.store.append(events)
    turn = assistant.turn(READER, EFFICACY, instant=NOW)
    assert turn.reply.kind == "no_answer"
    assert '"balance.missing"' in turn.record.leaf.decode()
