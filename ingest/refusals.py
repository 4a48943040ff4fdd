"""Why a file was refused for what is in it, remembered: the same bytes are not read again. Safe to delete."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from corpus.findings import Finding, findings_from_json, findings_json
from corpus.kept import Folders, keep_bytes
from corpus.model import Source
from ingest.formats import judged_by


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a reader said of a file that it didn't read, or read with findings."""

    reason: str
    findings: tuple[Finding, ...]
    readable: bool  # there is a document once a person has accepted the findings


def remember(folders: Folders, source: Source, refusal: Refusal) -> None:
    """Keeps what became of a source under the readers, rules and limits of today."""
    value = {
        "judged_by": judged_by(source.media_type),
        "reason": refusal.reason,
        "findings": json.loads(findings_json(refusal.findings)),
        "readable": refusal.readable,
    }
    content = json.dumps(value, ensure_ascii=False).encode()
    keep_bytes(folders.refusals / f"{source.sha256}.json", content, hashlib.sha256(content).hexdigest())


def remembered(folders: Folders, source: Source) -> Refusal | None:
    """What is known of a source; ``None`` once anything that decided it has changed, or a picture of it is gone."""
    try:
        value = json.loads((folders.refusals / f"{source.sha256}.json").read_bytes())
        findings = findings_from_json(json.dumps(value["findings"]))
        refusal = Refusal(str(value["reason"]), findings, bool(value["readable"]))
        judged = value["judged_by"]
    except (OSError, ValueError, KeyError, TypeError):  # none, lost, cut short or of another release: read again
        return None
    pictured = all((folders.pages / source.sha256 / each.picture).is_file() for each in findings if each.picture)
    return refusal if pictured and judged == judged_by(source.media_type) else None
