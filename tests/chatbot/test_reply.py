"""P1: a reply that shows what may not be shown can't be constructed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chatbot.answer.reply import Answer, Choice, Citation, Clarification, Ground, Quote
from chatbot.answer.wire import reply_value
from chatbot.errors import Ungrounded
from corpus.model import Approval, Audience, Document, Span
from corpus.registry import Registry
from tests.builders import GB, NOON, approval, document, registry, withdraw

LABEL = document("The starting dose is 40 mg once daily.", "The maximum dose is 80 mg a day.", pages=2)
APPROVED = approval(LABEL)
FIRST = Span(0, 38)


def cite(
    of: Document = LABEL,
    under: Approval = APPROVED,
    spans: tuple[Span, ...] = (FIRST,),
    state: Registry | None = None,
    audience: Audience = GB,
    instant: datetime = NOON,
    number: int = 1,
) -> Citation:
    ground = Ground(state or registry(under), audience, instant, {of.source.sha256: under})
    return Citation(number, of, under, spans, None, (), ground)


def test_a_quote_of_an_approved_sentence_can_be_built() -> None:
    citation = cite()
    quote = Quote(citation, "The starting dose is 40 mg once daily.", ("4.2 Posology",))
    assert Answer("Headline", (quote,)).quotes == (quote,)
    assert citation.page == 1
    assert cite(spans=(Span(39, 71),)).page == 2


@pytest.mark.parametrize(
    "text",
    [
        "The starting dose is 80 mg once daily.",
        "The starting dose is 40 mg once daily",
        "the starting dose is 40 mg once daily.",
        "",
    ],
)
def test_a_quote_that_differs_by_one_character_is_refused(text: str) -> None:
    with pytest.raises(Ungrounded, match="not the document's text"):
        Quote(cite(), text, ())


@pytest.mark.parametrize(
    ("case", "under", "audience", "instant", "said"),
    [
        ("expired", approval(LABEL, expires_on=date(2026, 5, 31)), GB, NOON, "expired"),
        ("not yet effective", approval(LABEL, effective_on=date(2026, 6, 2)), GB, NOON, "not yet effective"),
        ("other market", APPROVED, replace(GB, country="DE"), NOON, "another market"),
        ("other role", approval(LABEL, roles=("pharmacist",)), GB, NOON, "another role"),
        ("before its day", APPROVED, GB, datetime(2026, 1, 4, 23, 59, tzinfo=UTC), "not yet effective"),
    ],
)
def test_what_is_not_in_force_for_this_reader_is_refused(
    case: str, under: Approval, audience: Audience, instant: datetime, said: str
) -> None:
    with pytest.raises(Ungrounded, match=said):
        cite(under=under, audience=audience, instant=instant)


def test_a_withdrawn_document_is_refused() -> None:
    with pytest.raises(Ungrounded, match="withdrawn"):
        cite(state=registry(APPROVED).apply(withdraw(APPROVED, 2)))


def test_an_approval_that_is_not_the_one_on_record_is_refused() -> None:
    """A forged approval (an expiry moved, say) doesn't pass because its key is known."""
    with pytest.raises(Ungrounded):
        cite(under=replace(APPROVED, expires_on=None), state=registry(APPROVED))


def test_an_approval_of_other_bytes_is_refused() -> None:
    other = document("Something else.", name="other.pdf")
    with pytest.raises(Ungrounded, match="other bytes"):
        cite(of=other, spans=(Span(0, 15),))


def test_an_unapproved_document_is_refused() -> None:
    with pytest.raises(Ungrounded, match="not approved"):
        cite(state=Registry())


def test_a_sentence_that_the_second_reader_did_not_confirm_is_refused() -> None:
    blocks = tuple(
        replace(block, sentences=tuple(replace(s, confirmed=False) for s in block.sentences)) for block in LABEL.blocks
    )
    doubtful = replace(LABEL, blocks=blocks)
    with pytest.raises(Ungrounded, match="no confirmed sentence"):
        cite(of=doubtful)


@pytest.mark.parametrize("span", [Span(0, 39), Span(30, 45), Span(-5, 3), Span(5, 5), Span(500, 510), Span(38, 40)])
def test_a_span_outside_one_sentence_is_refused(span: Span) -> None:
    with pytest.raises(Ungrounded):
        cite(spans=(span,))


def test_an_answer_without_a_quote_is_refused() -> None:
    with pytest.raises(Ungrounded, match="at least one quote"):
        Answer("Headline", ())


def test_citations_are_numbered_in_order() -> None:
    quote = Quote(cite(number=2), LABEL.text[:38], ())
    with pytest.raises(Ungrounded, match="numbered"):
        Answer("Headline", (quote,))


def test_a_choice_without_documents_behind_it_is_refused() -> None:
    with pytest.raises(Ungrounded, match="documents"):
        Clarification("Which?", (Choice("A", "A: dose", 1), Choice("B", "B: dose", 0)))


def test_a_sentence_over_a_page_end_is_cited_as_two_spans_that_join_to_its_text() -> None:
    from corpus.model import Block, Page, Sentence

    text = "Take the tablet with water every day."
    over = replace(
        LABEL,
        text=text,
        pages=(Page(3, 0, 15), Page(4, 16, 37)),
        blocks=(Block(0, 37, "paragraph", (), None, (Sentence(0, 37, True),)),),
    )
    given = approval(over)
    citation = cite(of=over, under=given, spans=over.spans_by_page(Span(0, 37)))
    assert citation.text == text
    assert [over.page_at(span.start) for span in citation.spans] == [3, 4]


def test_the_wire_form_has_what_the_contract_names() -> None:
    from chatbot.answer.reply import Reply

    reply = Reply("dosing", (), Answer("Headline", (Quote(cite(), LABEL.text[:38], ("4.2 Posology",)),)))
    value = reply_value(reply)
    assert set(value) == {
        *("kind", "intent", "headline", "quotes", "citations", "safety_information", "notices", "handovers"),
        *("choices", "next_steps", "suggestions"),
    }
    assert set(value["citations"][0]) == {
        *("number", "document", "version", "title", "type", "owner", "audience", "approval", "approved_on", "file"),
        *("page", "anchor", "spans", "sha256", "url", "cues"),
    }
    assert set(value["quotes"][0]) == {"citation", "text", "heading", "table"}
    assert value["citations"][0]["spans"] == [{"start": 0, "end": 38, "page": 1}]
