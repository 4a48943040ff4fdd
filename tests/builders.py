"""Small values and files for tests, each with only what a test doesn't care about filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from corpus.model import Approval, Audience, Block, Document, Page, Sentence, Source, Span
from corpus.registry import Event, Registry, approval_payload
from corpus.signoff import mark_payload

GB = Audience(country="GB", role="physician", specialty="", language="en")
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
AT = "2026-06-01T12:00:00+00:00"
NO_OBJECTS: Mapping[str, bytes] = {}


def document(*paragraphs: str, name: str = "label.pdf", pages: int = 1, **changes: Any) -> Document:
    """A document whose paragraphs are one confirmed sentence each, spread over ``pages``."""
    blocks = []
    offset = 0
    for text in paragraphs:
        sentence = Sentence(offset, offset + len(text), True)
        blocks.append(Block(offset, offset + len(text), "paragraph", ("4.2 Posology",), None, (sentence,)))
        offset += len(text) + 1
    text = "\n".join(paragraphs)
    per_page = -(-len(blocks) // pages)
    groups = [blocks[i : i + per_page] for i in range(0, len(blocks), per_page)]
    made = Document(
        source=Source(name, hashlib.sha256(repr((name, paragraphs)).encode()).hexdigest(), "application/pdf"),
        reader="test",
        title="Label",
        language="en",
        names=("Velmarin", "lodisartan"),
        text=text,
        pages=tuple(Page(number, group[0].start, group[-1].end) for number, group in enumerate(groups, 1)),
        blocks=tuple(blocks),
    )
    return replace(made, **changes)


def approval(of: Document | str = "0" * 64, **changes: Any) -> Approval:
    """An approval for GB, in force at NOON, for a document or a source's digest."""
    made = Approval(
        document_number="DOC-1",
        version="1.0",
        country="GB",
        source_sha256=of if isinstance(of, str) else of.source.sha256,
        title="Velmarin product information",
        product="Velmarin",
        indication="",
        document_type="product information",
        roles=(),
        specialties=(),
        language="en",
        approval_id="MLR-1",
        approved_on=date(2026, 1, 1),
        effective_on=date(2026, 1, 5),
        expires_on=date(2027, 1, 5),
        owner="Medical Affairs",
    )
    return replace(made, **changes)


def sidecar(**changes: object) -> str:
    """A file's metadata as TOML: approved for every reader in GB since the first day of 2026."""
    rows = {
        "document_number": "ZOR-1",
        "version": "1.0",
        "country": "GB",
        "title": "Zorblax",
        "status": "approved",
        "document_type": "product information",
        "language": "en",
        "approval_id": "MLR-1",
        "approved_on": "2026-01-01",
        "effective_on": "2026-01-01",
        "owner": "Medical",
        **changes,
    }
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())


def approve(given: Approval, sequence: int = 0) -> Event:
    """The event that approves it."""
    return Event("approve", *given.key, approval_payload(given), "tester", AT, "test", sequence)


def withdraw(given: Approval, sequence: int = 0) -> Event:
    """The event that withdraws it."""
    return Event("withdraw", *given.key, {}, "tester", AT, "recalled", sequence)


def mark(
    of: Document, place: Span, beside: Span | None = None, sequence: int = 0, reason: str = "out of context"
) -> Event:
    """The event that marks a place as not to be cited, or as kept with another one."""
    payload = mark_payload(of, "keep_with" if beside else "do_not_cite", place, beside)
    return Event("mark", "", "", "", payload, "A. Lee", AT, reason, sequence)


def registry(*approvals: Approval) -> Registry:
    """A registry in which all of them are approved."""
    made = Registry()
    for sequence, given in enumerate(approvals, 1):
        made = made.apply(approve(given, sequence))
    return made


def pdf(*pages: list[str], title: str = "", font: str = "Helvetica") -> bytes:
    """A minimal PDF, written by hand: one text line a string, 14 points apart, from the top left.

    A line that starts with "# " is set in bold, one with "^" at the very top or "_" at the very bottom of the page.
    """
    objects: list[bytes] = [b"", b"", b""]
    kids = []
    for lines in pages:
        content = _content(lines)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        stream = len(objects)
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {stream} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding "
            f"/BaseFont /{font} >> /F2 << /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding "
            f"/BaseFont /{font}-Bold >> >> >> >>"
        )
        objects.append(page.encode())
        kids.append(f"{len(objects)} 0 R")
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    objects[2] = f"<< /Title ({title}) >>".encode("latin-1")
    return _assemble(objects)


def drawn_pdf(*pages: str, images: Mapping[str, bytes] = NO_OBJECTS, forms: Mapping[str, bytes] = NO_OBJECTS) -> bytes:
    """A PDF whose pages are content streams: fonts F1 and F2, opacities G0 and G5, layers L0 (off) and L1 (on).

    ``images`` and ``forms`` are whole objects; the first of them is object 4.
    """
    shared = {**images, **forms}
    layers = 4 + len(shared)
    named = " ".join(f"/{name} {number} 0 R" for number, name in enumerate(shared, 4))
    fonts = " ".join(
        f"/{name} << /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont /{face} >>"
        for name, face in (("F1", "Helvetica"), ("F2", "Helvetica-Bold"))
    )
    resources = (
        f"<< /Font << {fonts} >> /XObject << {named} >> /ExtGState << /G0 << /ca 0 >> /G5 << /ca 0.5 >> >> "
        f"/Properties << /L0 {layers} 0 R /L1 {layers + 1} 0 R >> >>"
    )
    ocgs = f"[{layers} 0 R {layers + 1} 0 R]"
    catalog = f"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs {ocgs} /D << /OFF [{layers} 0 R] >> >> >>"
    objects = [catalog.encode(), b"", b"<< >>"]
    objects += [
        body.replace(b"/Subtype /Form", f"/Subtype /Form /Resources {resources}".encode()) for body in shared.values()
    ]
    objects += [b"<< /Type /OCG /Name (one) >>", b"<< /Type /OCG /Name (two) >>"]
    kids = []
    for content in pages:
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content.encode("cp1252")))
        page = f"/MediaBox [0 0 595 842] /Contents {len(objects)} 0 R /Resources {resources}"
        objects.append(f"<< /Type /Page /Parent 2 0 R {page} >>".encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return _assemble(objects)


def _content(lines: list[str]) -> bytes:
    parts = []
    y = 780
    for line in lines:
        size, face, text, at = 11, "F1", line, y
        if line.startswith("# "):
            face, text = "F2", line[2:]
        elif line.startswith("^"):
            text, at = line[1:], 820
        elif line.startswith("_"):
            text, at = line[1:], 20
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        parts.append(f"BT /{face} {size} Tf 60 {at} Td ({escaped}) Tj ET")
        if at == y:
            y -= 28 if face == "F2" else 14
        if not text:
            y -= 14
    return "\n".join(parts).encode("cp1252")


def _assemble(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
