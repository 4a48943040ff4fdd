"""One kept file -> its document, passages and page pictures: what a worker does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.boxes import Boxes
from corpus.coverage import Coverage
from corpus.findings import Finding
from corpus.kept import found_name, keep_bytes, picture_name
from corpus.model import Document, Passage, Source
from ingest import flow, formats, pdf
from ingest.blocks import blocks_of
from ingest.canonical import canonical
from ingest.controls import trick_in, without_trick, without_tricks
from ingest.coverage import coverage
from ingest.docx import hidden_in_docx, read_docx
from ingest.errors import Quarantined
from ingest.furniture import without_furniture
from ingest.hidden import Inspection
from ingest.html import hidden_in_html, read_html
from ingest.language import language_of, language_share
from ingest.limits import COVERAGE_SHARE, COVERAGE_WORDS
from ingest.lines import Line, RawBlock
from ingest.markdown import read_markdown
from ingest.names import product_names, title_of
from ingest.pptx import read_pptx
from ingest.reasons import reason_of
from ingest.split import split
from ingest.text import read_text
from ingest.witness import confirm, fold, page_texts
from ingest.xlsx import read_xlsx

_FLOWING: dict[str, Callable[[bytes], tuple[str, list[RawBlock]]]] = {  # formats without pages
    formats.MARKDOWN: read_markdown,
    formats.HTML: read_html,
    formats.DOCX: read_docx,
    formats.PPTX: read_pptx,
    formats.XLSX: read_xlsx,
    formats.TEXT: read_text,
}
_HIDING: dict[str, Callable[[bytes], tuple[Finding, ...]]] = {  # those of them whose markup can hide text
    formats.HTML: hidden_in_html,
    formats.DOCX: hidden_in_docx,
}


@dataclass(frozen=True, slots=True)
class Tell:
    """Who is told while a file is read. Pages are 1-based, pictures JPEG."""

    picture: Callable[[int, bytes], None]  # of every page, in order
    found: Callable[[int, bytes], None]  # of a page where something is hidden, with that marked
    tick: Callable[[], None]  # one of the readers has read one more page


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader made of one file."""

    document: Document
    boxes: Boxes
    coverage: Coverage
    findings: tuple[Finding, ...] = ()  # what a reader of the file can't see: not in the document; a person decides


@dataclass(frozen=True, slots=True)
class Parsed:
    """The same with its passages: what is kept."""

    document: Document
    passages: tuple[Passage, ...]
    boxes: Boxes
    coverage: Coverage
    size: int
    findings: tuple[Finding, ...] = ()


def read_document(content: bytes, source: Source, tell: Tell) -> Read:
    """The document that a file is; raises ``Quarantined``. What is hidden in the file is among its findings alone."""
    if source.media_type == formats.PDF:
        return _parse_pdf(content, source, tell)
    title, blocks = _FLOWING[source.media_type](content)
    shown, tricks = without_tricks(blocks)
    findings = (*(_HIDING[source.media_type](content) if source.media_type in _HIDING else ()), *tricks)
    if not shown:
        raise Quarantined(f"{reason_of(findings)}; nothing else is in it: provide it with text", findings)
    document, boxes = _document(source, without_trick(title), shown, (), confirmed=True)
    return Read(document, boxes, _coverage(document, (), ()), findings)


def parse(file: Path, source: Source, pictures: Path) -> Parsed:
    """A file that is trusted, parsed in this process; page pictures go to ``pictures``. Raises ``Quarantined``."""
    content = file.read_bytes()
    tell = Tell(
        lambda number, jpeg: keep_bytes(pictures / picture_name(number), jpeg),
        lambda number, jpeg: keep_bytes(pictures / found_name(number), jpeg, _sha256(jpeg)),
        lambda: None,
    )
    return parsed(read_document(content, source, tell), len(content))


def parsed(read: Read, size: int) -> Parsed:
    """What was read of a file of ``size`` bytes, with its passages."""
    return Parsed(read.document, split(read.document), read.boxes, read.coverage, size, read.findings)


def parse_text(text: str, name: str, title: str) -> Parsed:
    """Text that came in no file, as a document called ``name`` with its passages: every line is a paragraph.

    No structure is looked for; from there on, names, sentences and passages are made as of any other document.
    """
    content = text.encode()
    source = Source(name, _sha256(content), formats.TEXT)
    lines = (flow.squeezed(line) for line in text.split("\n"))
    blocks = [flow.block("paragraph", line, None) for line in lines if line]
    document, boxes = _document(source, title, blocks, (), confirmed=True)
    return parsed(Read(document, boxes, _coverage(document, (), ())), len(content))


def _parse_pdf(content: bytes, source: Source, tell: Tell) -> Read:
    read = pdf.read_pdf(content, tell.tick)
    body, removed = without_furniture(read.lines, read.page_sizes)
    inspection = Inspection(body, removed, tell.found)
    pdf.render_pages(content, tell.picture, inspection)
    shown = inspection.lines()
    blocks = blocks_of(shown, read.rules, read.outline)
    if not blocks:
        raise Quarantined(_without_text(read.lines, inspection.findings), tuple(inspection.findings))
    document, boxes = _document(source, read.title, blocks, read.page_sizes, confirmed=False)
    witness = _second_reading(content, len(read.page_sizes), tell.tick)
    tricks = ((number, trick_in(text)) for number, text in enumerate(witness, 1))
    controls = [Finding(number, "control", trick, picture_name(number)) for number, trick in tricks if trick]
    seen = {id(line) for line in shown}
    covered = _coverage(document, [*removed, *(line for line in body if id(line) not in seen)], witness)
    confirmed = confirm(document, [fold(text) for text in witness])
    return Read(confirmed, boxes, covered, (*inspection.findings, *controls))


def _second_reading(content: bytes, pages: int, tick: Callable[[], None]) -> list[str]:
    """The text of each page as the second reader has it; raises ``Quarantined``."""
    try:
        witness = page_texts(content, tick)
    except (Quarantined, MemoryError):  # which is no fault of the file
        raise
    except Exception as error:
        raise Quarantined(f"the second reader (pypdf) can't read it: {error}; export the PDF again") from error
    if len(witness) != pages:
        counts = f"{pages} pages by pdfium, {len(witness)} by pypdf"
        raise Quarantined(f"the two readers disagree on its pages ({counts}); export the PDF again")
    return witness


def _coverage(document: Document, left_out: Iterable[Line], witness: Sequence[str]) -> Coverage:
    """How well it was read; ``left_out`` are the headers, footers and hidden lines that stand in no passage."""
    removed: dict[int, str] = {}
    for line in left_out:
        assert line.page is not None  # noqa: S101 - a PDF's lines stand on pages
        removed[line.page] = " ".join(filter(None, (removed.get(line.page), line.text)))
    pages = coverage(document, removed, witness)
    short = tuple(p.page for p in pages if p.share < COVERAGE_SHARE and len(p.missed) > COVERAGE_WORDS)
    return Coverage(pages, removed, short, language_share(document.text, document.language))


def _without_text(lines: Sequence[Line], findings: Sequence[Finding]) -> str:
    if not any(line.text.strip() for line in lines):
        return "no page has a text layer (a scan?); provide a PDF with text"
    if any(finding.text for finding in findings):
        return f"{reason_of(findings)}; nothing else is in it: provide a PDF with text"
    return "nothing but running headers and page numbers was found; provide a PDF with text"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _document(
    source: Source,
    metadata_title: str,
    blocks: Sequence[RawBlock],
    page_sizes: Sequence[tuple[float, float]],
    *,
    confirmed: bool,
) -> tuple[Document, Boxes]:
    texts = [" ".join(line.text for line in block.lines) for block in blocks]
    whole = "\n".join(texts)
    language = language_of(whole)
    names = product_names(metadata_title, texts, whole, source.name)
    made = canonical(blocks, page_sizes, language)
    document = Document(
        source=source,
        reader=formats.reader_of(source.media_type),
        title=title_of(metadata_title, texts, source.name, names),
        language=language,
        names=names,
        text=made.text,
        pages=made.pages,
        blocks=made.blocks,
    )
    if confirmed:  # a format with one reader: its text is the source's own text
        marked = tuple(
            replace(block, sentences=tuple(replace(sentence, confirmed=True) for sentence in block.sentences))
            for block in document.blocks
        )
        document = replace(document, blocks=marked)
    return document, made.boxes
