"""Makes the sample corpus's PDF and DOCX files from their sources: `python -m corpus.sample.make`.

Typst sets the PDFs, with its own fonts and no date in them; python-docx writes the FAQs. Both give the same bytes on
each run, so the files are committed and a test makes them again. An approval is of bytes: what the catalogue approves
must not depend on the machine that first ran the demo.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import typst
from docx.document import Document
from markdown_it import MarkdownIt
from markdown_it.token import Token

SOURCES = Path(__file__).parent / "sources"
DOCUMENTS = Path(__file__).parent / "documents"
_HOUSE = "house.typ"  # the style sheet, no document
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say


def make(source: Path) -> bytes:
    """The document that ``source`` is the source of: a PDF of Typst, a DOCX of Markdown."""
    return typst.compile(str(source), ignore_system_fonts=True) if source.suffix == ".typ" else _docx(source)


def made() -> Iterator[tuple[Path, bytes]]:
    """Every made document's path and bytes."""
    for source in sorted(SOURCES.iterdir()):
        if source.is_file() and source.name != _HOUSE:  # parts/ holds what several sources share
            yield DOCUMENTS / f"{source.stem}{'.pdf' if source.suffix == '.typ' else '.docx'}", make(source)


def _docx(source: Path) -> bytes:
    document = docx.Document()
    document.core_properties.author = "Harrowpeak"
    parsed = MarkdownIt("commonmark").enable("table").parse(source.read_text(encoding="utf-8"))
    _fill(document, parsed)
    written = io.BytesIO()
    document.save(written)
    return _undated(written)


def _fill(document: Document, parsed: list[Token]) -> None:
    """Headings, paragraphs, bullet lists and tables; the first heading is the document's title."""
    rows: list[list[str]] = []
    style = ""
    for token in parsed:
        if token.type == "heading_open":
            style = "Title" if token.tag == "h1" else f"Heading {int(token.tag[1]) - 1}"
        elif token.type == "paragraph_open":
            style = style if style == "List Bullet" else "Normal"
        elif token.type == "list_item_open":
            style = "List Bullet"
        elif token.type == "list_item_close":
            style = ""
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            _add_table(document, rows)
            rows = []
        elif token.type == "inline" and rows:
            rows[-1].append(token.content)
        elif token.type == "inline":
            document.add_paragraph(" ".join(token.content.split()), style)
            if style == "Title":
                document.core_properties.title = token.content


def _add_table(document: Document, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]), "Table Grid")
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text


def _undated(written: io.BytesIO) -> bytes:
    """The same zip file without the time it was written at."""
    plain = io.BytesIO()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(info, before.read(name))
    return plain.getvalue()


if __name__ == "__main__":
    DOCUMENTS.mkdir(exist_ok=True)
    for path, content in made():
        path.write_bytes(content)
        sys.stdout.write(f"{path.name}: {len(content):,} bytes\n")
