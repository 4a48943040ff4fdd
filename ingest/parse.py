"""One kept file -> its document, passages and page pictures: what a worker does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.boxes import Boxes
from corpus.coverage import Coverage
from corpus.kept import keep_bytes, picture_name
from corpus.model import Document, Passage, Source
from ingest import flow, formats, pdf
from ingest.blocks import blocks_of
from ingest.canonical import canonical
from ingest.coverage import coverage
from ingest.docx import read_docx
from ingest.errors import Quarantined
from ingest.furniture import without_furniture
from ingest.html import read_html
from ingest.language import language_of, language_share
from ingest.limits import COVERAGE_SHARE, COVERAGE_WORDS
from ingest.lines import RawBlock
from ingest.markdown import read_markdown
from ingest.names import product_names, title_of
from ingest.pptx import read_pptx
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


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader made of one file."""

    document: Document
    boxes: Boxes
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Parsed:
    """The same with its passages: what is kept."""

    document: Document
    passages: tuple[Passage, ...]
    boxes: Boxes
    coverage: Coverage
    size: int


def read_document(content: bytes, source: Source, keep: Callable[[int, bytes], None], tick: Callable[[], None]) -> Read:
    """The document that a file is. Raises ``Quarantined``.

    ``keep`` gets a JPEG of every page with its 1-based number, in order; ``tick`` is called for every page
    that one of the readers has read.
    """
    if source.media_type == formats.PDF:
        read = _parse_pdf(content, source, tick)
        pdf.render_pages(content, keep)
        return read
    title, blocks = _FLOWING[source.media_type](content)
    document, boxes = _document(source, title, blocks, (), confirmed=True)
    return Read(document, boxes, _coverage(document, {}, ()))


def parse(file: Path, source: Source, pictures: Path) -> Parsed:
    """A file that is trusted, parsed in this process; page pictures go to ``pictures``. Raises ``Quarantined``."""
    content = file.read_bytes()
    read = read_document(
        content, source, lambda number, jpeg: keep_bytes(pictures / picture_name(number), jpeg), lambda: None
    )
    return parsed(read, len(content))


def parsed(read: Read, size: int) -> Parsed:
    """What was read of a file of ``size`` bytes, with its passages."""
    return Parsed(read.document, split(read.document), read.boxes, read.coverage, size)


def parse_text(text: str, name: str, title: str) -> Parsed:
    """Text that came in no file, as a document called ``name`` with its passages: every line is a paragraph.

    No structure is looked for; from there on, names, sentences and passages are made as of any other document.
    """
    content = text.encode()
    source = Source(name, hashlib.sha256(content).hexdigest(), formats.TEXT)
    lines = (flow.squeezed(line) for line in text.split("\n"))
    blocks = [flow.block("paragraph", line, None) for line in lines if line]
    document, boxes = _document(source, title, blocks, (), confirmed=True)
    return parsed(Read(document, boxes, _coverage(document, {}, ())), len(content))


def _parse_pdf(content: bytes, source: Source, tick: Callable[[], None]) -> Read:
    read = pdf.read_pdf(content, tick)
    body, furniture = without_furniture(read.lines, read.page_sizes)
    blocks = blocks_of(body, read.rules, read.outline)
    if not blocks:
        raise Quarantined("nothing but running headers and page numbers was found; provide a PDF with text")
    document, boxes = _document(source, read.title, blocks, read.page_sizes, confirmed=False)
    try:
        witness = page_texts(content, tick)
    except Quarantined:
        raise
    except Exception as error:
        raise Quarantined(f"the second reader (pypdf) can't read it: {error}; export the PDF again") from error
    if len(witness) != len(read.page_sizes):
        counts = f"{len(read.page_sizes)} pages by pdfium, {len(witness)} by pypdf"
        raise Quarantined(f"the two readers disagree on its pages ({counts}); export the PDF again")
    removed: dict[int, str] = {}
    for line in furniture:
        assert line.page is not None  # noqa: S101 - a PDF's lines stand on pages
        removed[line.page] = " ".join(filter(None, (removed.get(line.page), line.text)))
    covered = _coverage(document, removed, witness)
    return Read(confirm(document, [fold(text) for text in witness]), boxes, covered)


def _coverage(document: Document, removed: Mapping[int, str], witness: Sequence[str]) -> Coverage:
    pages = coverage(document, removed, witness)
    short = tuple(p.page for p in pages if p.share < COVERAGE_SHARE and len(p.missed) > COVERAGE_WORDS)
    return Coverage(pages, removed, short, language_share(document.text, document.language))


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
