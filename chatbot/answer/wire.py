"""Reply -> the JSON value of CONTRACT's wire form, and its bytes. Nothing bound to the moment stands in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as percent
from urllib.parse import unquote

from chatbot.answer.reply import Answer, Citation, Clarification, NextStep, Reply
from chatbot.answer.tables import Table, TableLine
from corpus.canonical import canonical_bytes
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
            {"citation": q.citation.number, "text": q.text, "heading": list(q.heading), "table": _table(q.table)}
            for q in quotes
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
    return canonical_bytes(reply_value(reply))


def document_url(approval: Approval) -> str:
    """The permalink of a document version."""
    return f"{API}/documents/{percent(approval.document_number, safe='')}/{percent(approval.version, safe='')}"


def document_of(url: str) -> tuple[str, str]:
    """Document number and version of a permalink that ``document_url`` made."""
    number, version = url.removeprefix(f"{API}/documents/").split("/")
    return unquote(number), unquote(version)


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


def _table(table: Table | None) -> dict[str, Any] | None:
    """The lines of a table, one text a column, empty where nothing begins.

    ``header`` is what stands right over each column, ``above`` the header's other rows, the upper one first.
    ``merged`` names the cells over several columns, by their line, counted through above, header and rows.
    """
    if table is None:
        return None
    above, header = _header(table.header)
    lines = [*above, *([header] if header else []), *table.rows]
    width = max(cell.end for line in lines for cell in line)
    shown = [_by_column(line, width) for line in lines]
    first = len(lines) - len(table.rows)
    return {
        "caption": list(table.caption),
        "above": shown[: len(above)],
        "header": shown[first - 1] if header else [],
        "rows": shown[first:],
        "merged": [
            {"line": at, "column": cell.column, "columns": cell.columns}
            for at, line in enumerate(lines)
            for cell in line
            if cell.columns > 1
        ],
    }


def _header(lines: tuple[TableLine, ...]) -> tuple[list[TableLine], TableLine]:
    """A header as its upper rows, and the row of what is the lowest over every column that it covers."""
    lowest = {column: cell for line in lines for cell in line for column in range(cell.column, cell.end)}
    ground = {cell for line in lines for cell in line if all(lowest[at] is cell for at in range(cell.column, cell.end))}
    above = [tuple(cell for cell in line if cell not in ground) for line in lines]
    return [line for line in above if line], tuple(sorted(ground, key=lambda cell: cell.column))


def _by_column(line: TableLine, width: int) -> list[str]:
    texts = {cell.column: cell.text for cell in line}
    return [texts.get(column, "") for column in range(width)]
