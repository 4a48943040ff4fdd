"""A file of Word, PowerPoint or Excel before it is opened: within bounds, whole in itself, and nothing in it that runs.

All three are Open Packaging Conventions (ECMA-376, part 2): a zip of parts that name each other by relationships.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree

from ingest.errors import Quarantined
from ingest.limits import MAX_OFFICE_BYTES, MAX_OFFICE_PARTS, MAX_OFFICE_XML_BYTES

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # the container of old files and of encrypted new ones
_ENCRYPTED = 0x1  # flag bit of a zip entry
# Open Packaging Conventions, annex B; others unpack unbounded
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_START = 64  # bytes that tell XML from pictures; more white space than that may be before XML
_XML = (  # what the parser takes for its beginning (XML 1.0, appendix F)
    *(b"<", b"\0<", b"\0\0\0<", b"\x4c\x6f\xa7\x94"),
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE),
)
_FOREIGN = (b"\0\0\0<", b"<\0\0\0", b"\x4c\x6f\xa7\x94", codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([^"']{1,40})["']""")
_ENCODINGS = frozenset({b"utf-8", b"utf-16", b"us-ascii", b"ascii"})  # part 2, 6.1.5 (ASCII is UTF-8 too)
# What relationships lead to, by the last part of their type.
_RUNS = frozenset({"vbaProject", "wordVbaData", "xlMacrosheet", "xlIntlMacrosheet", "control", "activeXControlBinary"})
_OBJECTS = frozenset({"oleObject", "package"})
_REMOTE = re.compile(r"(?:https?|ftp|file):/{2}(?!/)|[\\/]{2}", re.IGNORECASE)
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


@dataclass(frozen=True, slots=True)
class Program:
    """Which program writes a format, as messages name it."""

    name: str
    format: str
    old: str  # the format before this one
    kind: str  # what "save as" calls it

    @property
    def suffix(self) -> str:
        """Of a file's name."""
        return f".{self.format.lower()}"


WORD = Program("Word", "DOCX", "DOC", "Word Document (.docx)")
POWERPOINT = Program("PowerPoint", "PPTX", "PPT", "PowerPoint Presentation (.pptx)")
EXCEL = Program("Excel", "XLSX", "XLS", "Excel Workbook (.xlsx)")


def check_package(content: bytes, program: Program) -> None:
    """Raises ``Quarantined`` for a package that can't be opened safely, or isn't all that its reader would see.

    Python's zipfile reads no more of an entry than its size says, so the sizes bound what is unpacked.
    """
    if content.startswith(_OLE):
        raise Quarantined(
            f"it is encrypted or an old {program.old} file; remove the password and save it as {program.suffix}"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, program)
            texts = [entry for entry in entries if _may_be_xml(archive, entry)]
            size = sum(entry.file_size for entry in texts)
            if size > MAX_OFFICE_XML_BYTES:
                raise Quarantined(f"its text has {size:,} bytes unpacked, more than {MAX_OFFICE_XML_BYTES:,}; split it")
            for entry in texts:
                _check_xml(entry.filename, archive.read(entry), program)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise Quarantined(f"it is damaged or no {program.format}: {error}; save it in {program.name} again") from error


def _check_entries(entries: list[zipfile.ZipInfo], program: Program) -> None:
    names = [entry.filename.casefold() for entry in entries]
    again = f"save it in {program.name} again"
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Quarantined(f"it is encrypted; remove the password and save it as {program.suffix}")
    if any(entry.compress_type not in _COMPRESSIONS for entry in entries):
        raise Quarantined(f"it is compressed as {program.name} never does; {again}")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Quarantined(f"it has macros; save it as {program.kind} without them")
    if any(_leads_out(name) for name in names):
        raise Quarantined(f"a part of it has a name that leads out of it, as {program.name} never writes; {again}")
    if len(set(names)) < len(names):
        raise Quarantined(f"it has two parts of one name, so programs may show different texts; {again}")
    if len(entries) > MAX_OFFICE_PARTS:
        raise Quarantined(f"it has {len(entries):,} parts, more than {MAX_OFFICE_PARTS:,}; split it")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_OFFICE_BYTES:
        raise Quarantined(
            f"it has {size:,} bytes unpacked, more than {MAX_OFFICE_BYTES:,}; make its pictures smaller or split it"
        )


def _leads_out(name: str) -> bool:
    return ".." in PurePosixPath(name.replace("\\", "/")).parts or name.startswith(("/", "\\")) or name[1:2] == ":"


def _may_be_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """By its first bytes, as a part can have any name."""
    with archive.open(entry) as stream:
        start = stream.read(_START).lstrip(b" \t\r\n")
    return not start or start.startswith(_XML)


def _check_xml(name: str, xml: bytes, program: Program) -> None:
    """Raises ``Quarantined`` for entities, which can be bombs, in any encoding; and for what relationships lead to."""
    again = f"save it in {program.name} again"
    declared = _ENCODING.match(xml.removeprefix(codecs.BOM_UTF8))
    if xml.startswith(_FOREIGN) or (declared and declared[1].lower() not in _ENCODINGS):
        raise Quarantined(f"{name} is in an encoding that {program.name} never writes; {again}")
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):
        raise Quarantined(f"it declares XML entities, which {program.name} never does; {again}")
    if name.casefold() == "[content_types].xml" and b"macroenabled" in xml.lower():
        raise Quarantined(f"its type is macroEnabled; save it in {program.name} as {program.kind}")
    if name.casefold().endswith(".rels"):
        for kind, target, outside in _relations(xml):
            _check_relation(name, kind, (target, outside), program)


def _relations(xml: bytes) -> Iterator[tuple[str, str, bool]]:
    """Kind, target and whether it is outside, of each relationship; raises ``ValueError``."""
    try:
        root = etree.fromstring(xml, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ValueError(error) from error
    for each in root.iterchildren(etree.Element):
        kind = each.get("Type", "").rpartition("/")[2]
        yield kind, each.get("Target", ""), each.get("TargetMode", "").casefold() == "external"


def _check_relation(name: str, kind: str, target: tuple[str, bool], program: Program) -> None:
    to, outside = target
    if kind in _RUNS:
        raise Quarantined(f"it has macros or controls ({kind}); save it as {program.kind} without them")
    if kind in _OBJECTS and "/charts/" not in name.casefold():  # a chart carries its own figures
        raise Quarantined(f"it has an embedded object ({to[:80]}), whose text isn't read; copy the text and remove it")
    if kind == "connections":
        raise Quarantined("its figures come from a data connection; paste them as values and remove the connection")
    # A template is named in most files of a company; it changes no word, and only a remote one would be fetched.
    if outside and kind != "hyperlink" and (kind != "attachedTemplate" or _REMOTE.match(to)):
        raise Quarantined(f"it refers to something outside of it ({kind}: {to[:80]}); break the link or put it in")
