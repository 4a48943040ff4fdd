"""Trial approvals: what --assume-approved writes for files without metadata, marked as assumed for ever."""

from __future__ import annotations

from datetime import date

from corpus.model import Approval, Document


def assumed_approval(document: Document, country: str, today: date) -> Approval:
    """An approval that no review stands behind: numbered by file name, versioned by the bytes."""
    name = document.source.name[-200:]  # what corpus.catalogue.check_number lets through; with its ending, so that
    number = "".join("_" if char in '/\\"<>|*?:' or char < " " else char for char in name)  # a.pdf is not a.md
    return Approval(
        document_number=number,
        version=document.source.sha256[:12],
        country=country,
        source_sha256=document.source.sha256,
        title=document.title,
        product=document.names[0] if document.names else "",
        indication="",
        document_type="document",
        roles=(),
        specialties=(),
        language=document.language,
        approval_id="assumed",
        approved_on=today,
        effective_on=today,
        expires_on=None,
        owner="",
        assumed=True,
    )
