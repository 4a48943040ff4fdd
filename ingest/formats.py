"""The formats that are read: how a file of one is recognised and opened, and what its reader is called."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

from corpus.model import Source
from ingest.errors import Quarantined
from ingest.limits import MAX_FILE_BYTES

RULES = 3  # raised when canonical text or passages change for the same file, so that it is read again
PDF, MARKDOWN, HTML, TEXT = "application/pdf", "text/markdown", "text/html", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = {
    ".pdf": PDF,
    ".md": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".txt": TEXT,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
}

_METADATA = {".toml", ".csv", ".json", ".lock"}
_WITH_MACROS = {".docm": ".docx", ".dotm": ".docx", ".pptm": ".pptx", ".ppsm": ".pptx", ".xlsm": ".xlsx"}
_READERS = {  # of each media type: the reader's name and packages, everything whose change would change the text
    PDF: ("pdfium", ("pypdfium2", "pypdf")),
    MARKDOWN: ("markdown-it", ("markdown-it-py",)),
    HTML: ("lxml", ("lxml",)),
    DOCX: ("python-docx", ("python-docx", "lxml")),
    PPTX: ("python-pptx", ("python-pptx", "lxml")),
    XLSX: ("openpyxl", ("openpyxl", "lxml")),
    TEXT: ("plain text", ("sentencex",)),
}


def reader_of(media_type: str) -> str:
    """The reader of a format with its versions."""
    name, (first, *others) = _READERS[media_type]
    return ", ".join((f"{name} {_version(first)}", *(f"{each} {_version(each)}" for each in others), f"rules {RULES}"))


def judged_by(media_type: str) -> str:
    """A digest of all that decides what becomes of a file of this format: its reader and the code of this package."""
    return hashlib.sha256(f"{reader_of(media_type)}\n{code()}".encode()).hexdigest()


@functools.cache
def code() -> str:
    """A digest of this package, limits and all: whatever is mended here, a file that was refused is looked at again."""
    whole = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


@functools.cache
def _version(package: str) -> str:
    """Looked up once: a package's metadata is a file to read and parse."""
    return version(package)


def is_content(file: Path) -> bool:
    """Sidecars, catalogues, hidden files and Word's locks lie among content but are none.

    ``file`` is relative to its folder.
    """
    hidden = any(part.startswith(".") for part in file.parts)
    return not hidden and not file.name.startswith("~$") and file.suffix.lower() not in _METADATA


def open_source(file: Path) -> tuple[Source, bytes]:
    """A file's bytes and what they are; raises ``Quarantined``."""
    suffix = file.suffix.lower()
    media_type = MEDIA_TYPES.get(suffix)
    if suffix in _WITH_MACROS:
        raise Quarantined(f"files with '{file.suffix}' may have macros; save it as {_WITH_MACROS[suffix]} without them")
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
