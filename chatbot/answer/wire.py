"""Reply -> the JSON value of CONTRACT's wire form, and its bytes. Nothing bound to the moment stands in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as percent

import rfc8785

from chatbot.answer.reply import Answer, Citation, Clarification, NextStep, Reply
from corpus.model import Approval

API = "/api/v1"


def reply_value(reply: Reply) -> dict[str, Any]:
    """The reply as a JSON value; the same reply gives the same value."""
    body = reply.body
    quotes, safety = (body.quotes, body.safety_information) if isinstance(body, Answer) else ((), ())
    choices = body.choices if isinstance(body, Clarification) else ()
    return {
        "kind": reply.kind,
        "intent": reply.intent,
        "headline": reply.headline,
        "quotes": [
            {"citation": q.citation.number, "text": q.text, "heading": list(q.heading), "table": None} for q in quotes
        ],
        "citations": [_citation(citation) for citation in reply.citations],
        "safety_information": [{"citation": q.citation.number, "text": q.text} for q in safety],
        "notices": [{"kind": notice.kind, "text": notice.text} for notice in reply.notices],
        "handovers": [
            {"to": handover.to, "text": handover.text, "url": handover.url, "prefill": dict(handover.prefill)}
            for handover in reply.handovers
        ],
        "choices": [{"label": c.label, "text": c.text, "count": c.count} for c in choices],
        "next_steps": [
            {"title": step.approval.title, "url": document_url(step.approval), "cue": step.cue}
            for step in reply.next_steps
        ],
        "suggestions": list(reply.suggestions),
    }


def document_value(step: NextStep) -> dict[str, Any]:
    """A document of ``GET /whats-new`` as a JSON value."""
    approval = step.approval
    return {
        "title": approval.title,
        "document": approval.document_number,
        "version": approval.version,
        "type": approval.document_type,
        "effective_on": approval.effective_on.isoformat(),
        "url": document_url(approval),
        "cue": step.cue,
    }


def reply_bytes(reply: Reply) -> bytes:
    """RFC 8785 canonical JSON: what is committed to, and compared on replay."""
    return rfc8785.dumps(reply_value(reply))


def document_url(approval: Approval) -> str:
    """The permalink of a document version."""
    return f"{API}/documents/{percent(approval.document_number, safe='')}/{percent(approval.version, safe='')}"


def source_url(citation: Citation) -> str:
    """The permalink of a citation: document and version in the path, page and marked spans in the query."""
    path = document_url(citation.approval)
    place = f"page={citation.page}&" if citation.page is not None else ""
    marks = ",".join(f"{span.start}-{span.end}" for span in citation.spans)
    # The digest's start says which text the marks count in, should a later reader have made another one.
    return f"{path}?{place}mark={marks}&text={citation.document.sha256[:16]}"


def _citation(citation: Citation) -> dict[str, Any]:
    approval, document = citation.approval, citation.document
    return {
        "number": citation.number,
        "document": approval.document_number,
        "version": approval.version,
        "title": approval.title,
        "type": approval.document_type,
        "owner": approval.owner,
        "audience": ", ".join(approval.roles) or "all healthcare professionals",
        "approval": approval.approval_id,
        "approved_on": approval.approved_on.isoformat(),
        "file": document.source.name,
        "page": citation.page,
        "anchor": citation.anchor if citation.page is None else None,
        "spans": [
            {"start": span.start, "end": span.end, "page": document.page_at(span.start)} for span in citation.spans
        ],
        "sha256": citation.sha256,
        "url": source_url(citation),
        "cues": list(citation.cues),
    }
