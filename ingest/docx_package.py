"""A DOCX as its parts, refused where it can't be told what was approved."""

from __future__ import annotations

import io
from dataclasses import dataclass

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.parts.document import DocumentPart
from lxml import etree

from ingest.docx_styles import Styles, qn
from ingest.errors import Quarantined
from ingest.office import WORD, check_package

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
    check_package(content, WORD)
    try:
        part = docx.Document(io.BytesIO(content)).part
        roots = {
            "w:footnoteReference": _related(part, RELATIONSHIP_TYPE.FOOTNOTES),
            "w:endnoteReference": _related(part, RELATIONSHIP_TYPE.ENDNOTES),
        }
        styles = part.styles.element
    except MemoryError:  # a limit, and no fault of its form
        raise
    except Exception as error:
        raise Quarantined(
            f"its parts can't be read: {error}; save it in Word as Word Document (.docx) again"
        ) from error
    read = [part.element, styles, *(root for root in roots.values() if root is not None)]
    for root in read:
        if root is not styles and next(root.iter(*_CHANGES), None) is not None:
            raise Quarantined("it has tracked changes: accept or reject them, then save")
    notes = {
        (qn(reference), note.get(qn("w:id"), "")): note
        for reference, root in roots.items()
        if root is not None
        for note in root
    }
    return Package(part.element.body, Styles(styles), notes)


def _related(part: DocumentPart, kind: str) -> etree._Element | None:
    """The part that footnotes or endnotes stand in, if there are any."""
    if not any(relation.reltype == kind for relation in part.rels.values()):
        return None
    return parse_xml(part.part_related_by(kind).blob)
