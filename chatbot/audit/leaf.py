"""The leaf: the exact bytes that stand in the log, RFC 8785 canonical JSON without floats and without free text.

Personal text (question, answer) is committed to by HMAC under a random key that lies encrypted beside the body, so
that a leaf proves what was said to whoever holds the body, and says nothing to anyone else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chatbot.answer.reply import Citation
from chatbot.privacy.masking import Redaction
from chatbot.respond import Responded
from chatbot.submitted import Submitted
from corpus.ledger import VERSION, Leaf, sealed_leaf
from corpus.model import Audience
from corpus.stamps import timestamp


@dataclass(frozen=True, slots=True)
class Situation:
    """What surrounds a turn and decides it, beside the question: everything replay needs."""

    origin: str  # the log's name
    portal: str
    pseudonym: str
    actor: str  # hcp, or operator for the command line
    audience: Audience
    consent: tuple[str, ...]
    conversation: str
    instant: datetime  # as of which the registry is read
    edition: str
    policy: str  # digest
    registry_version: int
    config: str  # digest of the service's settings
    cases: tuple[str, ...] = ()  # ids of the safety cases that the turn opened or added to
    key: str | None = None  # the Idempotency-Key; only a commitment of it stands in the leaf


@dataclass(frozen=True, slots=True)
class Body:
    """The personal text of a turn, kept encrypted beside its leaf."""

    question: str  # masked; what was typed is committed to, and kept nowhere but in the safety vault
    redactions: tuple[Redaction, ...]  # places in what was typed
    reply: bytes  # canonical JSON
    key: bytes  # random, of the commitments


def new_body(submitted: Submitted, reply: bytes) -> Body:
    """A body with a fresh commitment key."""
    return Body(submitted.text, submitted.redactions, reply, os.urandom(32))


def reply_leaf(
    situation: Situation, responded: Responded, body: Body, typed: str, sealed_sha256: str, record_id: str
) -> Leaf:
    """One reply's leaf; of ``typed``, the question before it was masked, only a commitment.

    ``sealed_sha256`` is the digest of the sealed body. Raises ``InvalidInput`` when the leaf outgrows LEAF_BYTES.
    """
    audience, reply = situation.audience, responded.composed.reply
    value: dict[str, Any] = {
        "v": VERSION,
        "origin": situation.origin,
        "type": reply.kind,
        "id": record_id,
        "ts": timestamp(datetime.now(UTC)),
        "portal": situation.portal,
        "runtime": {"onnxruntime": _version("onnxruntime"), "isa": machine()},
        "actor": {"kind": situation.actor, "pseudonym": situation.pseudonym, "role": audience.role},
        "audience": {
            "country": audience.country,
            "role": audience.role,
            "specialty": audience.specialty,
            "language": audience.language,
            "consent": list(situation.consent),
        },
        "conversation": situation.conversation,
        "as_of": timestamp(situation.instant),
        "visit": None,
        "software": {"version": _version("signpost"), "git": commit(), "config_sha256": situation.config},
        "edition": {"id": situation.edition, "manifest_sha256": situation.edition.removeprefix("sha256:")},
        "policy_sha256": situation.policy,
        "registry_version": situation.registry_version,
        "decision": _decision(responded, body),
        "citations": [_citation(citation) for citation in reply.citations],
        "body": {"sealed_sha256": sealed_sha256, **_commitments(situation, body, typed)},
        "refs": list(situation.cases),
    }
    return sealed_leaf(value)


def commitment(key: bytes, domain: str, plaintext: bytes) -> str:
    """HMAC-SHA256 over domain and text: binds a leaf to a text without telling it."""
    return hmac.new(key, domain.encode() + b"\x00" + plaintext, hashlib.sha256).hexdigest()


def _commitments(situation: Situation, body: Body, typed: str) -> dict[str, str | None]:
    return {
        "question": commitment(body.key, "question", typed.encode()),
        "masked_question": commitment(body.key, "masked_question", body.question.encode()),
        "reply": commitment(body.key, "reply", body.reply),
        "idempotency_key": situation.key and commitment(body.key, "idempotency_key", situation.key.encode()),
        "pseudonym": commitment(body.key, "pseudonym", situation.pseudonym.encode()),
    }


def _decision(responded: Responded, body: Body) -> dict[str, Any]:
    asked, composed, considered = responded.asked, responded.composed, responded.considered
    decision, before = considered.decision, considered.before
    return {
        "kind": composed.reply.kind,
        "intent": asked.intent,
        "rules": [*decision.rules, *composed.rules],
        "templates": [{"id": t.id, "sha256": t.sha256, "parameters": dict(t.parameters)} for t in composed.templates],
        "detectors": {
            "emergency": decision.emergency,
            "safety": decision.safety,
            "boundary": decision.boundary,
            "too_long": considered.submitted.too_long,
            "masked": sorted(redaction.type for redaction in body.redactions),
            "routes": {route: _number(score) for route, score in decision.scores.items()},
        },
        "entities": {
            "products": list(asked.preference.products),
            "inherited": list(asked.inherited),
            "before": list(before.products),
            "leaves": list(considered.leaves),
            "first": before.first,
            "language": asked.preference.language,
        },
        "scores": [
            {
                "rank": hit.rank,
                "score": _number(hit.score),
                "bm25": _number(hit.bm25),
                "cosine": _number(hit.cosine),
            }
            for hit in composed.shown
        ],
    }


def _citation(citation: Citation) -> Mapping[str, Any]:
    return {
        "document": citation.approval.document_number,
        "version": citation.approval.version,
        "approval": citation.approval.approval_id,
        "assumed": citation.approval.assumed,
        "source_sha256": citation.document.source.sha256,
        "text_sha256": citation.document.sha256,
        "spans": [[span.start, span.end] for span in citation.spans],
        "quote_sha256": citation.sha256,
    }


def _number(value: float) -> str:
    return f"{value:.6f}"


@cache
def _version(package: str) -> str:
    """Of an installed package, which is the same as long as the process lives; reading it anew takes a millisecond."""
    return version(package)


@cache
def machine() -> str:
    """The machine, and the widest integer instructions it has: int8 encodings can differ between them."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split())
    except FileNotFoundError:  # not Linux: the machine's name says what matters (Apple's cores are all alike here)
        flags = set()
    known = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "asimddp")
    return "/".join([platform.machine(), *[flag for flag in known if flag in flags][:1]])


@cache
def commit() -> str:
    """The commit of a checkout, marked when files differ from it; "release" for an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "release"
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    except FileNotFoundError:  # a checkout on a machine without git: the record says so
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
