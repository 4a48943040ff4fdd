"""What ingestion found that a reader of the file doesn't see, and what a person decided about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "scan",  # a page that shows something and has no text
    "ocr",  # invisible text over a picture of the page, as programs for scans write it
    "invisible",  # drawn with no ink (PDF's text rendering modes 3 and 7)
    "transparent",
    "colour",  # of its ground
    "off_page",
    "tiny",
    "covered",  # by a shape or a picture, clipped away, or on a layer that isn't shown
    "font",  # that isn't in the file: what is drawn depends on who opens it, and here it is nothing
    "markup",  # the file itself says that it is not shown
    "control",  # characters without a shape that carry text, or turn the order of what is read
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Finding:
    """Text that a reader of one page can't see, or a page whose text ingestion can't."""

    page: int | None  # 1-based; None in formats without pages
    kind: Kind
    text: str  # its first words; empty where nothing can be read
    picture: str = ""  # file name in the source's folder of page pictures; empty in formats without pages


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that a source may be staged without what was found in it."""

    source_sha256: str
    findings: tuple[Finding, ...]  # what the person was shown
    actor: str
    at: str  # ISO 8601, UTC
    reason: str

    def covers(self, source_sha256: str, findings: Iterable[Finding]) -> bool:
        """Whether all of ``findings`` in these bytes were shown and accepted."""
        return source_sha256 == self.source_sha256 and set(findings) <= set(self.findings)


def findings_json(findings: Iterable[Finding]) -> str:
    """Findings as a JSON array of arrays."""
    return json.dumps([[f.page, f.kind, f.text, f.picture] for f in findings], ensure_ascii=False)


def findings_from_json(raw: str) -> tuple[Finding, ...]:
    """The inverse of :func:`findings_json`."""
    return tuple(Finding(*row) for row in json.loads(raw))


def finding_values(source_sha256: str, findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Findings for programs; ``picture`` is a path under the home, ``None`` where there is none."""
    return [
        {
            "page": f.page,
            "kind": f.kind,
            "text": f.text,
            "picture": f"pages/{source_sha256}/{f.picture}" if f.picture else None,
        }
        for f in findings
    ]
