"""What was found in a file, in one line for the person who has to decide."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.findings import Finding, Kind

_HOW: dict[Kind, str] = {
    "ocr": "as an invisible layer over a picture of the page (a scan that OCR read?)",
    "invisible": "drawn without ink",
    "transparent": "transparent",
    "colour": "in the colour of its ground",
    "off_page": "off the page",
    "tiny": "too small to be read",
    "covered": "covered, clipped away or on a layer that isn't shown",
    "font": "in a font that isn't in the file, and not drawn without it",
    "markup": "marked as not shown",
    "control": "in characters without a shape",
}
_NAMED = 3  # findings that the line spells out
_WORDS = 60  # characters of each
WAY_OUT = "provide a file whose text is all seen, or accept it: signpost documents accept FILE --reason TEXT"


def reason_of(findings: Sequence[Finding]) -> str:
    """Which pages hide what, without a way out."""
    scans = [finding.page for finding in findings if finding.kind == "scan"]
    hidden = [finding for finding in findings if finding.kind != "scan"]
    parts = []
    if scans:
        have = "page {} has" if len(scans) == 1 else "pages {} have"
        parts.append(f"{have.format(_ranges([page for page in scans if page]))} no text layer (a scan?)")
    if hidden:
        said = "; ".join(map(_said, hidden[:_NAMED]))
        more = f"; and {len(hidden) - _NAMED} more" if len(hidden) > _NAMED else ""
        parts.append(f"text that a reader can't see: {said}{more}")
    return "; ".join(parts)


def _said(finding: Finding) -> str:
    where = f"page {finding.page}, " if finding.page else ""
    words = finding.text if len(finding.text) <= _WORDS else f"{finding.text[:_WORDS]}…"
    return f"{where}{_HOW[finding.kind]}: '{words}'" if words else f"{where}{_HOW[finding.kind]}"


def _ranges(pages: Sequence[int]) -> str:
    """Page numbers with runs as ranges: 1, 3–5."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
