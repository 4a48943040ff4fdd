"""Files -> stored documents: read, confirm, split, keep. Each file ends staged, unchanged or quarantined."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pypdf

from corpus.boxes import Boxes
from corpus.catalogue import CatalogueRow, read_sidecar
from corpus.errors import Conflict
from corpus.errors import InvalidInput as CorpusInvalidInput
from corpus.kept import keep_bytes, picture_name
from corpus.model import Approval, Document, Passage, Source
from corpus.registry import check_same_bytes
from corpus.store import Staging, Store
from ingest import markdown, pdf
from ingest.blocks import blocks_of
from ingest.canonical import Canonical, canonical
from ingest.errors import InvalidInput, Quarantined
from ingest.furniture import without_furniture
from ingest.language import language_of
from ingest.limits import MAX_FILE_BYTES
from ingest.lines import RawBlock
from ingest.names import product_names, title_of
from ingest.split import split
from ingest.witness import confirm, read_pages

_RULES = 1  # raised when canonical text or passages change for the same file, so that it is read again
MEDIA_TYPES = {".pdf": "application/pdf", ".md": "text/markdown"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    file: Path
    state: str  # staged, unchanged or quarantined
    reason: str  # of a quarantine, else empty
    document: str | None  # Document.sha256
    passages: int
    confirmed: float  # share of sentences that the second reader confirmed
    unapproved: bool  # no metadata: staged, never cited
    rows: tuple[CatalogueRow, ...]  # what the catalogue or sidecar says of it


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a worker made of one file."""

    document: Document
    passages: tuple[Passage, ...]
    boxes: Boxes
    size: int


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Every readable file under ``paths``, sorted; raises ``InvalidInput`` for a path that isn't there."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and _is_content(file.relative_to(path)))
        elif path.is_file():
            found.add(path)
        else:
            raise InvalidInput(f"{path}: no such file or folder; check the path")
    if not found:
        raise InvalidInput(f"no files with {', '.join(MEDIA_TYPES)} found; name files or folders that hold some")
    return sorted(found)


def ingest(
    files: Sequence[Path],
    rows: Sequence[CatalogueRow],
    store: Store,
    pages: Path,
    sources: Path,
    workers: int,
) -> Iterator[Outcome]:
    """Stages ``files``, yielding an outcome as each is done; their order is not that of ``files``.

    ``pages`` and ``sources`` are folders for page pictures and source bytes, both addressed by the source's SHA-256.
    """
    pending: dict[Future[Parsed], tuple[Path, Source, tuple[CatalogueRow, ...]]] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_quiet) as pool:
        names: dict[str, Path] = {}
        for file in files:
            if file.name in names:  # not staged: that would overwrite what became of the other one
                reason = f"{names[file.name]} of this batch has the same name; rename one of them"
                yield Outcome(file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=())
                continue
            names[file.name] = file
            try:
                source, content = _open(file)
                about = rows_about(file, rows)
                _check_versions(store, file, approvals_of(about, source.sha256))
            except (Quarantined, CorpusInvalidInput, Conflict) as error:
                yield _quarantine(store, file, "", str(error))
                continue
            known = store.find_document(source.sha256, source.name, reader_of(file.suffix.lower()))
            if known is not None and _is_pictured(store.document(known), pages / source.sha256):
                yield _stage(store, file, source, known, about, "unchanged")
                continue
            kept = sources / source.sha256  # read from here on: the file itself may change meanwhile
            keep_bytes(kept, content, source.sha256)
            pending[pool.submit(parse, kept, source, pages / source.sha256)] = (file, source, about)
            while len(pending) > 2 * workers:
                yield from _finish(store, pending)
        while pending:
            yield from _finish(store, pending)


def _finish(
    store: Store, pending: dict[Future[Parsed], tuple[Path, Source, tuple[CatalogueRow, ...]]]
) -> Iterator[Outcome]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        file, source, rows = pending.pop(future)
        try:
            parsed = future.result()
        except Quarantined as error:
            yield _quarantine(store, file, source.sha256, str(error))
        except BrokenProcessPool as error:
            raise InvalidInput(f"{file}: its reader died (out of memory?); ingest it alone to see") from error
        except OSError:  # the disk's fault, not the file's
            raise
        except Exception as error:  # noqa: BLE001 - a fault of a reader is one file's, not the batch's
            yield _quarantine(store, file, source.sha256, f"the reader failed: {error!r}; report this file")
        else:
            store.add_document(parsed.document, parsed.size, parsed.passages, parsed.boxes)
            yield _stage(store, file, source, parsed.document.sha256, rows, "staged")


def parse(file: Path, source: Source, pictures: Path) -> Parsed:
    """One file as a document with its passages; page pictures go to ``pictures``. Raises ``Quarantined``."""
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise Quarantined("its kept copy is damaged; ingest it again")
    if source.media_type == "application/pdf":
        document, boxes = _parse_pdf(content, source)
        pictures.mkdir(parents=True, exist_ok=True)
        pdf.render_pages(content, lambda number, jpeg: keep_bytes(pictures / picture_name(number), jpeg))
    else:
        title, blocks = markdown.read_markdown(content)
        document, boxes = _document(source, title, blocks, (), confirmed=True)
    return Parsed(document, split(document), boxes, len(content))


def _parse_pdf(content: bytes, source: Source) -> tuple[Document, Boxes]:
    read = pdf.read_pdf(content)
    body, _ = without_furniture(read.lines, read.page_sizes)
    blocks = blocks_of(body)
    if not blocks:
        raise Quarantined("nothing but running headers and page numbers was found; provide a PDF with text")
    document, boxes = _document(source, read.title, blocks, read.page_sizes, confirmed=False)
    try:
        witness = read_pages(content)
    except Exception as error:
        raise Quarantined(f"the second reader (pypdf) can't read it: {error}; export the PDF again") from error
    if len(witness) != len(read.page_sizes):
        counts = f"{len(read.page_sizes)} pages by pdfium, {len(witness)} by pypdf"
        raise Quarantined(f"the two readers disagree on its pages ({counts}); export the PDF again")
    return confirm(document, witness), boxes


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
    made: Canonical = canonical(blocks, page_sizes, language)
    document = Document(
        source=source,
        reader=reader_of(Path(source.name).suffix.lower()),
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


def reader_of(suffix: str) -> str:
    """The reader of a format, with everything whose change would change the text."""
    if suffix == ".pdf":
        return f"{pdf.NAME} {version('pypdfium2')}, pypdf {version('pypdf')}, rules {_RULES}"
    return f"{markdown.NAME} {version('markdown-it-py')}, rules {_RULES}"


def rows_about(file: Path, rows: Sequence[CatalogueRow]) -> tuple[CatalogueRow, ...]:
    """What the sidecar says, else the catalogue; empty when neither knows the file."""
    sidecar = file.with_suffix(".toml")
    if sidecar.is_file():
        return read_sidecar(sidecar, file.name)
    return tuple(row for row in rows if row.describes(file.name))


def approvals_of(rows: Iterable[CatalogueRow], sha256: str) -> tuple[Approval, ...]:
    """The approvals that approved rows give the bytes with this digest."""
    return tuple(_approval(row, sha256) for row in rows if row.status == "approved")


def _approval(row: CatalogueRow, sha256: str) -> Approval:
    if row.approved_on is None or row.effective_on is None:  # the catalogue checks this for approved rows
        raise InvalidInput(f"{row.where}: an approved row needs approved_on and effective_on")
    return Approval(
        document_number=row.document_number,
        version=row.version,
        country=row.country,
        source_sha256=sha256,
        title=row.title,
        product=row.product,
        indication=row.indication,
        document_type=row.document_type,
        roles=row.roles,
        specialties=row.specialties,
        language=row.language,
        approval_id=row.approval_id,
        approved_on=row.approved_on,
        effective_on=row.effective_on,
        expires_on=row.expires_on,
        owner=row.owner,
    )


def _is_pictured(document: Document, folder: Path) -> bool:
    """Whether every page's picture is still there; else the file is read again."""
    return all((folder / picture_name(page.number)).is_file() for page in document.pages)


def _check_versions(store: Store, file: Path, approvals: Iterable[Approval]) -> None:
    """Raises ``Conflict`` when a number and version is approved, or waits to be, with other bytes.

    Said before anything is staged, so that one such file doesn't stop the others from being published.
    """
    known = [entry.approval for entry in store.registry().entries.values()]
    waiting = [given for staging in store.stagings() if staging.file != _name(file) for given in staging.approvals]
    for approval in approvals:
        for other in (*known, *waiting):
            if other.key[:2] == approval.key[:2]:
                check_same_bytes(other, approval)


def _name(file: Path) -> str:
    """What a file is staged under."""
    return str(file.resolve())


def _open(file: Path) -> tuple[Source, bytes]:
    media_type = MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise Quarantined(f"files with '{file.suffix}' are not read; convert it to one of {', '.join(MEDIA_TYPES)}")
    try:
        size = file.stat().st_size
        if size == 0:
            raise Quarantined("the file is empty; provide it again")
        if size > MAX_FILE_BYTES:
            raise Quarantined(f"the file has {size:,} bytes, more than {MAX_FILE_BYTES:,}; split it")
        content = file.read_bytes()
    except OSError as error:
        raise Quarantined(f"the file can't be opened: {error.strerror}; check that it is there and readable") from error
    return Source(file.name, hashlib.sha256(content).hexdigest(), media_type), content


def _stage(
    store: Store, file: Path, source: Source, document: str, rows: tuple[CatalogueRow, ...], state: str
) -> Outcome:
    approvals = approvals_of(rows, source.sha256)
    unapproved = not rows and not store.registry().of_source(source.sha256)
    store.stage(Staging(_name(file), source.sha256, document, "", approvals, unapproved))
    share = store.document(document).confirmed_share()
    return Outcome(file, state, "", document, len(store.passages(document)), share, unapproved, rows)


def _quarantine(store: Store, file: Path, sha256: str, reason: str) -> Outcome:
    store.stage(Staging(_name(file), sha256, None, reason, (), unapproved=False))
    return Outcome(file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=())


def _is_content(file: Path) -> bool:
    """Sidecars, catalogues and hidden files lie among content but are none. ``file`` is relative to its folder."""
    hidden = any(part.startswith(".") for part in file.parts)
    return not hidden and file.suffix.lower() not in {".toml", ".csv", ".json", ".txt", ".lock"}


def _quiet() -> None:
    """Workers report through their outcome; pypdf's notes on odd fonts would break the progress bar."""
    logging.getLogger(pypdf.__name__).setLevel(logging.CRITICAL)
