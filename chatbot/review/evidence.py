"""Why a turn was answered as it was, and what has become of its sources since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.audit.leaf import Body, commitment
from chatbot.audit.log import AuditRecord
from chatbot.signatures import Signature
from chatbot.source_view import SourcePage, TextBlock
from corpus.model import Audience, Document, Span
from corpus.proofs.merkle import leaf_hash
from corpus.registry import Key, Registry, Standing


@dataclass(frozen=True, slots=True)
class StandingNow:
    """What has become of a cited version."""

    in_force: bool
    label: str
    since: str  # what happened when; empty when nothing did
    approval: str  # the approval that is on record now; empty when it is the one that was cited


@dataclass(frozen=True, slots=True)
class LeafCitation:
    """A citation as the leaf has it."""

    number: int  # 1-based, as in the reply
    document: str
    version: str
    approval: str
    assumed: bool
    source_sha256: str
    text_sha256: str
    spans: tuple[Span, ...]
    quote_sha256: str


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One citation with its passage marked. What can't be read any more is empty, and ``missing`` says why."""

    citation: LeafCitation
    title: str
    language: str
    standing: StandingNow
    heading: tuple[str, ...]
    figures: tuple[SourcePage, ...]  # one for each page that the quote stands on
    blocks: tuple[TextBlock, ...]  # in formats without pages: the passage and what stands around it
    verbatim: bool  # the stored text at the spans has the recorded digest
    in_edition: bool  # the active edition has this text
    missing: str

    @property
    def version(self) -> str:
        """The document version's name."""
        return f"{self.citation.document} version {self.citation.version}"


@dataclass(frozen=True, slots=True)
class Score:
    """What ranked one shown hit; numbers as they stand in the leaf."""

    citation: int
    document: str
    rank: int
    fused: str
    bm25: str
    cosine: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared just now."""

    claim: str
    holds: bool


def leaf_citations(leaf: Mapping[str, Any]) -> tuple[LeafCitation, ...]:
    """The citations of a leaf, numbered as in the reply."""
    return tuple(
        LeafCitation(
            number=number,
            document=row["document"],
            version=row["version"],
            approval=row["approval"],
            assumed=row["assumed"],
            source_sha256=row["source_sha256"],
            text_sha256=row["text_sha256"],
            spans=tuple(Span(start, end) for start, end in row["spans"]),
            quote_sha256=row["quote_sha256"],
        )
        for number, row in enumerate(leaf["citations"], 1)
    )


def standing_now(registry: Registry, cited: LeafCitation, audience: Audience, now: datetime) -> StandingNow:
    """Whether the reader of the turn could be shown the version at ``now``, and if not, since when."""
    key = (cited.document, cited.version, audience.country)
    standing = registry.standing(key, audience, now)
    entry = registry.entries.get(key)
    current = entry.approval.approval_id if entry else ""
    return StandingNow(
        in_force=standing is Standing.IN_FORCE,
        label=str(standing),
        since=_since(registry, key, standing),
        approval="" if current == cited.approval else current,
    )


def _since(registry: Registry, key: Key, standing: Standing) -> str:
    entry = registry.entries.get(key)
    if entry is None:
        return ""
    if standing is Standing.WITHDRAWN and entry.withdrawn_at:
        return f"since {readable_time(entry.withdrawn_at)} UTC"
    if standing is Standing.EXPIRED:
        return f"since the end of {entry.approval.expires_on}"
    if standing is Standing.NOT_YET_EFFECTIVE:
        return f"effective from {entry.approval.effective_on}"
    if standing is Standing.SUPERSEDED:
        successors = [
            other.approval.version
            for other in registry.versions(key[0])
            if other.approval.country == key[2] and other.approval.effective_on == entry.superseded_from
        ]
        return f"since {entry.superseded_from}, by version {', '.join(successors)}"
    return ""


def is_verbatim(cited: LeafCitation, document: Document) -> bool:
    """Whether the stored text at the cited spans is what was shown."""
    text = " ".join(span.of(document.text) for span in cited.spans)
    return hashlib.sha256(text.encode()).hexdigest() == cited.quote_sha256


def cited_pages(cited: LeafCitation, document: Document) -> tuple[int, ...]:
    """The pages that a quote stands on; empty in formats without pages."""
    pages = {document.page_at(span.start) for span in cited.spans}
    return tuple(sorted(page for page in pages if page is not None))


def around_marks(blocks: tuple[TextBlock, ...], count: int) -> tuple[TextBlock, ...]:
    """The marked blocks with ``count`` blocks on each side."""
    marked = [place for place, block in enumerate(blocks) if any(piece.marked for piece in block.pieces)]
    return tuple(block for place, block in enumerate(blocks) if any(abs(place - mark) <= count for mark in marked))


def scores(leaf: Mapping[str, Any]) -> tuple[Score, ...]:
    """The ranking of the shown hits, in the order of their citations."""
    rows = leaf["decision"]["scores"]
    return tuple(
        Score(cited.number, cited.document, row["rank"], row["score"], row["bm25"], row["cosine"])
        for cited, row in zip(leaf_citations(leaf), rows, strict=False)
    )


def checks(record: AuditRecord, leaf: Mapping[str, Any], body: Body | None) -> tuple[Check, ...]:
    """What the stored bytes prove by themselves: the leaf its hash, the leaf's commitments the text."""
    found = [Check("The leaf has its hash", leaf_hash(record.leaf).hex() == record.hash)]
    if body is not None:
        given = leaf["body"]
        question = commitment(body.key, "question", body.question.encode())
        found.append(Check("The question is the one recorded", question == given["question"]))
        found.append(
            Check("The reply is the one recorded", commitment(body.key, "reply", body.reply) == given["reply"])
        )
    return tuple(found)


def decision_rows(leaf: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What was decided, as terms and values."""
    decision = leaf["decision"]
    entities = decision["entities"]
    rows = [
        ("Intent", decision["intent"]),
        ("Rules", ", ".join(decision["rules"])),
        ("Products recognised", ", ".join(entities["products"]) or "none"),
        ("Language recognised", entities["language"]),
        *(
            (f"Entity: {name}", _value(value))
            for name, value in entities.items()
            if name not in ("products", "language")
        ),
        ("Detectors", _value(decision["detectors"]) if decision["detectors"] else "none fired"),
    ]
    return (*rows, *_templates(decision))


def record_rows(
    record: AuditRecord, leaf: Mapping[str, Any], signatures: Sequence[Signature]
) -> tuple[tuple[str, str], ...]:
    """Where a turn stands and what it ran on, as terms and values; ``signatures`` are its policy's, by now."""
    audience, software, runtime = leaf["audience"], leaf["software"], leaf["runtime"]
    reader = [audience["country"], audience["role"], audience["specialty"], audience["language"]]
    return (
        ("Index", str(record.index)),
        ("Leaf hash", f"sha256:{record.hash}"),
        ("Recorded", f"{readable_time(leaf['ts'])} UTC"),
        ("Answered as of", f"{readable_time(leaf['as_of'])} UTC"),
        ("Audience", " · ".join(part for part in reader if part)),
        ("Consent", ", ".join(audience["consent"]) or "none"),
        ("Portal", leaf["portal"]),
        ("Asked by", f"{leaf['actor']['kind']}, pseudonym {leaf['actor']['pseudonym'][:12]}…"),
        ("Conversation", leaf["conversation"]),
        ("Turn id", leaf["id"]),
        ("Edition", leaf["edition"]["id"]),
        ("Policy", f"sha256:{leaf['policy_sha256']}"),
        ("Policy signed", "; ".join(map(_signed, signatures)) or "by nobody"),
        ("Registry version", str(leaf["registry_version"])),
        ("Software", f"{software['version']}, {software['git']}"),
        ("Settings", f"sha256:{software['config_sha256']}"),
        ("Runtime", f"onnxruntime {runtime['onnxruntime']}, {runtime['isa']}"),
    )


def readable_time(stamp: str) -> str:
    """An ISO 8601 time as people read it, to the second."""
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M:%S")


def _templates(decision: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for template in decision["templates"]:
        parameters = "; ".join(f"{name} = {value!r}" for name, value in sorted(template["parameters"].items()))
        yield f"Template {template['id']}", " · ".join(filter(None, [f"sha256:{template['sha256'][:16]}…", parameters]))


def _signed(signature: Signature) -> str:
    return f"{signature.role}, by {signature.name}, {readable_time(signature.at.isoformat())} UTC"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
