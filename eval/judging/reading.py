"""The source files, read a second time: by other readers than those that made the documents, from the kept bytes.

PDF by pypdf page by page, DOCX, PPTX and XLSX by zipfile and ElementTree, HTML by html.parser, Markdown and plain text
as they are written. They find a text; they know nothing of headings, sentences or offsets.
"""

from __future__ import annotations

import functools
import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from zipfile import BadZipFile

from eval.judging.docx import docx_text
from eval.judging.folding import Folded, fold, stands_in
from eval.judging.markup import html_text, markdown_text
from eval.judging.office import pptx_text, xlsx_text
from index.layout import Home

PDF = "application/pdf"
_TEXT: Mapping[str, Callable[[bytes], str]] = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docx_text,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": pptx_text,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": xlsx_text,
    "text/html": html_text,
    "text/markdown": markdown_text,
    "text/plain": lambda content: content.decode("utf-8-sig"),
}
# What pypdf lets out of a damaged file beside its own errors: it reads numbers, names and nested objects as they come.
_OF_PYPDF: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_OF_TEXT: tuple[type[Exception], ...] = (  # of the other readers
    BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RecursionError,
    SyntaxError,
    ValueError,
    zlib.error,
)


class Unreadable(Exception):
    """The kept file can't be read a second time; the message says why."""


class Sources:
    """The source files of one home, each read once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._pages = functools.cache(self._read)

    def pages(self, sha256: str, media_type: str) -> tuple[Folded, ...]:
        """The folded text of each page of a PDF, or of a file without pages as its only one; raises ``Unreadable``."""
        return self._pages(sha256, media_type)

    def has(self, part: str, sha256: str, media_type: str, page: int | None) -> bool:
        """Whether ``part`` stands on a 1-based page, or anywhere for ``None``; raises ``Unreadable``."""
        pages = self.pages(sha256, media_type)
        if page is None:
            return any(stands_in(self._folded(part, media_type), one) for one in pages)
        return 0 < page <= len(pages) and stands_in(self._folded(part, media_type), pages[page - 1])

    def pages_with(self, part: str, sha256: str, media_type: str) -> tuple[int, ...]:
        """The 1-based pages on which ``part`` stands; raises ``Unreadable``."""
        folded = self._folded(part, media_type)
        pages = enumerate(self.pages(sha256, media_type), 1)
        return tuple(number for number, page in pages if stands_in(folded, page))

    def _folded(self, part: str, media_type: str) -> Folded:
        """A quoted text, without the signs that Markdown's reader drops as emphasis."""
        return fold(part.replace("*", "").replace("_", "").replace("`", "") if media_type == "text/markdown" else part)

    def _read(self, sha256: str, media_type: str) -> tuple[Folded, ...]:
        content = self._bytes(sha256)
        if media_type == PDF:
            return tuple(map(fold, _pdf_pages(content)))
        if media_type not in _TEXT:
            raise Unreadable(f"no second reader knows {media_type}")
        try:
            return (fold(_TEXT[media_type](content)),)
        except _OF_TEXT as error:  # bytes that have their digest but no such form
            raise Unreadable(f"source {sha256[:12]}… is no {media_type}: {error}") from error

    def _bytes(self, sha256: str) -> bytes:
        try:
            content = (self._home.sources / sha256).read_bytes()
        except OSError as error:
            raise Unreadable(f"source {sha256[:12]}… can't be read: {error.strerror}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise Unreadable(f"source {sha256[:12]}… is not what was approved: its bytes have the digest {found[:12]}…")
        return content


def _pdf_pages(content: bytes) -> list[str]:
    import pypdf  # of the extra that ingests: the service never loads it

    refused: tuple[type[Exception], ...] = (pypdf.errors.PyPdfError, pypdf.errors.DependencyError, *_OF_PYPDF)
    try:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    except refused as error:
        raise Unreadable(f"pypdf can't read it: {type(error).__name__}: {error}") from error
