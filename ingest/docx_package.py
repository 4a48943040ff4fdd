"""A DOCX as its parts: opened within bounds, refused where it can't be told what was approved."""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from dataclasses import dataclass

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.parts.document import DocumentPart
from lxml import etree

from ingest.docx_styles import Styles, qn
from ingest.errors import Quarantined
from ingest.limits import MAX_DOCX_BYTES, MAX_DOCX_PARTS, MAX_DOCX_XML_BYTES

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # the container of old DOC files and of encrypted new ones
_ENCRYPTED = 0x1  # flag bit of a zip entry
_COMPRESSIONS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # Open Packaging Conventions, annex B; others unpack unbounded
_START = 64  # bytes that tell XML from pictures; more white space than that may be before XML
_XML = (  # what the parser takes for its beginning (XML 1.0, appendix F)
    *(b"<", b"\0<", b"\0\0\0<", b"\x4c\x6f\xa7\x94"),
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE),
)
_CHANGES = [
    qn(f"w:{name}")
    for name in (
        *("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge", "numberingChange"),
        *("rPrChange", "pPrChange", "tblPrChange", "trPrChange", "tcPrChange"),
    )
]


@dataclass(frozen=True, slots=True)
class Package:
    """What is read of a DOCX. Headers, footers and comments aren't."""

    body: etree._Element
    styles: Styles
    notes: dict[tuple[str, str], etree._Element]  # by tag of the reference and id


def open_docx(content: bytes) -> Package:
    """The parts of a DOCX; raises ``Quarantined``."""
    _check_archive(content)
    try:
        part = docx.Document(io.BytesIO(content)).part
        roots = {
            "w:footnoteReference": _related(part, RELATIONSHIP_TYPE.FOOTNOTES),
            "w:endnoteReference": _related(part, RELATIONSHIP_TYPE.ENDNOTES),
        }
        styles = part.styles.element
    except Exception as error:
        raise Quarantined(
            f"its parts can't be read: {error}; save it in Word as Word Document (.docx) again"
        ) from error
    read = [part.element, styles, *(root for root in roots.values() if root is not None)]
    for root in read:
        if root.getroottree().docinfo.internalDTD is not None:
            raise Quarantined("it declares XML entities, which Word never does; save it in Word again")
        if root is not styles and next(root.iter(*_CHANGES), None) is not None:
            raise Quarantined("it has tracked changes: accept or reject them, then save")
    notes = {
        (qn(reference), note.get(qn("w:id"), "")): note
        for reference, root in roots.items()
        if root is not None
        for note in root
    }
    return Package(part.element.body, Styles(styles), notes)


def _check_archive(content: bytes) -> None:
    """Python's zipfile reads no more of an entry than its size says, so the sizes bound what is unpacked."""
    if content.startswith(_OLE):
        raise Quarantined("it is encrypted or an old DOC file; remove the password and save it as .docx")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            size = sum(entry.file_size for entry in entries if _may_be_xml(archive, entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise Quarantined(f"it is damaged or no DOCX: {error}; save it in Word again") from error
    if size > MAX_DOCX_XML_BYTES:
        raise Quarantined(f"its text has {size:,} bytes unpacked, more than {MAX_DOCX_XML_BYTES:,}; split it")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename.casefold() for entry in entries]
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Quarantined("it is encrypted; remove the password and save it as .docx")
    if any(entry.compress_type not in _COMPRESSIONS for entry in entries):
        raise Quarantined("it is compressed as Word never does; save it in Word again")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Quarantined("it has macros; save it as Word Document (.docx) without them")
    if len(set(names)) < len(names):
        raise Quarantined("it has two parts of one name, so programs may show different texts; save it in Word again")
    if len(entries) > MAX_DOCX_PARTS:
        raise Quarantined(f"it has {len(entries):,} parts, more than {MAX_DOCX_PARTS:,}; split it")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_DOCX_BYTES:
        raise Quarantined(
            f"it has {size:,} bytes unpacked, more than {MAX_DOCX_BYTES:,}; make its pictures smaller or split it"
        )


def _may_be_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """By its first bytes, as a part can have any name."""
    with archive.open(entry) as stream:
        start = stream.read(_START).lstrip(b" \t\r\n")
    return not start or start.startswith(_XML)


def _related(part: DocumentPart, kind: str) -> etree._Element | None:
    """The part that footnotes or endnotes stand in, if there are any."""
    if not any(relation.reltype == kind for relation in part.rels.values()):
        return None
    return parse_xml(part.part_related_by(kind).blob)
