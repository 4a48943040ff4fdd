"""A question that comes again with its Idempotency-Key: the first answer, from its record, while it may still be shown.

The answer is read out of the record's sealed body, so what was erased isn't brought back; and what has been withdrawn,
has expired or was marked since isn't shown again: then the question is answered anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chatbot.answer.wire import document_url
from chatbot.assistant import Assistant
from chatbot.audit.idempotency import Keyed
from chatbot.conversation import turn_time
from chatbot.turns import Asker, turn_value
from corpus.errors import NotFound
from corpus.model import Approval, Span
from corpus.registry import Registry


def first_answer(assistant: Assistant, asker: Asker, keyed: Keyed, now: datetime) -> dict[str, Any] | None:
    """The wire form of the turn that the key stands for; ``None`` when the question is to be answered (again).

    Raises ``KeyReused``, and ``AuditDamaged`` when the record's text isn't what was sealed.
    """
    claim = assistant.idempotency.find(keyed)
    if claim is None or claim.index is None:
        return None
    record = assistant.log.record(claim.index)
    leaf: dict[str, Any] = json.loads(record.leaf)
    try:
        body = assistant.log.body(claim.index)
    except NotFound:  # erased
        return None
    reply: dict[str, Any] = json.loads(body.reply)
    if not _stands(assistant, asker, leaf, reply, now):
        return None
    names = {"conversation": leaf["conversation"], "turn": leaf["id"], "edition": leaf["edition"]["id"]}
    return {**names, **turn_value(reply, body.redactions, record)}


def _stands(
    assistant: Assistant, asker: Asker, leaf: Mapping[str, Any], reply: Mapping[str, Any], now: datetime
) -> bool:
    """Whether this reader may be shown all of the reply now."""
    told, audience = leaf["audience"], asker.audience
    then = (told["country"], told["role"], told["specialty"], told["language"])
    if then != (audience.country, audience.role, audience.specialty, audience.language):
        return False
    _, ground = assistant.ground(audience, now)
    if not all(_is_citable(citation, ground.approvals) for citation in leaf["citations"]):
        return False
    if _is_marked(assistant, ground.registry, leaf["citations"]):
        return False
    offered = {document_url(approval) for approval in ground.approvals.values()}
    if not all(step["url"] in offered for step in reply["next_steps"]):
        return False
    # Choices name documents and products without citing them, so anything that moved may be behind one.
    moved = ground.registry.version != leaf["registry_version"] or ground.approvals.keys() != _then(
        assistant, asker, turn_time(leaf)
    )
    return not (reply["choices"] and moved)


def _then(assistant: Assistant, asker: Asker, instant: datetime) -> set[str]:
    return set(assistant.approvals(asker.audience, instant))


def _is_citable(citation: Mapping[str, Any], approvals: Mapping[str, Approval]) -> bool:
    approval = approvals.get(citation["source_sha256"])
    if approval is None:
        return False
    named = (approval.document_number, approval.version, approval.approval_id)
    return named == (citation["document"], citation["version"], citation["approval"])


def _is_marked(assistant: Assistant, registry: Registry, citations: list[dict[str, Any]]) -> bool:
    """Whether people's marks forbid a quoted place, or ask for another one beside it, by now."""
    shown: dict[str, list[Span]] = {}
    for citation in citations:
        shown.setdefault(citation["text_sha256"], []).extend(Span(*ends) for ends in citation["spans"])
    signoff = registry.signoff
    return any(
        any(signoff.forbids(sha256, span) for span in spans)
        or signoff.lacks(assistant.document(sha256), spans) is not None
        for sha256, spans in shown.items()
        if sha256 in signoff.marks
    )
