"""What a child hands back, and the checks of it: it has read a hostile file, so nothing that it says is believed.

A document in its canonical JSON, its boxes as numbers, its coverage as JSON: none of them can name a class or run code,
as a pickle could.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from itertools import pairwise
from typing import Any, get_args

import numpy as np

from corpus.boxes import Boxes
from corpus.coverage import Coverage, coverage_from_value, coverage_value
from corpus.findings import KINDS, Finding, findings_json
from corpus.kept import found_name, picture_name
from corpus.model import Block, BlockKind, Document, Source, document_bytes, document_from_bytes
from ingest.errors import Quarantined
from ingest.formats import reader_of
from ingest.limits import FINDING_CHARACTERS, MAX_FRAME_BYTES, MAX_PAGES, MAX_TEXT_CHARACTERS
from ingest.parse import Read

_REASON_BYTES = 4_000
_NUMBER = 4
_JPEG = (b"\xff\xd8\xff", b"\xff\xd9")
_LENGTH = 8
_KINDS = frozenset(get_args(BlockKind))
_TOO_LONG = "its text is longer than is read at once; split it"


class Distrusted(Exception):
    """The child handed back what no reader makes of that file."""


def packed(read: Read) -> bytes:
    """A document, its boxes and its coverage; raises ``Quarantined`` for one too large to hand back."""
    document, boxes = read.document, read.boxes
    if len(document.text) > MAX_TEXT_CHARACTERS:
        raise Quarantined(f"its text has more than {MAX_TEXT_CHARACTERS:,} characters; split it")
    text = document_bytes(document)
    if len(text) > MAX_FRAME_BYTES:
        raise Quarantined(_TOO_LONG)
    sizes = boxes.page_sizes.astype("<f4").tobytes()
    # Differences compress three times better than values; the next character stands near.
    steps = np.diff(boxes.characters, axis=0, prepend=0).astype("<i4").tobytes()
    covered = json.dumps(coverage_value(read.coverage), ensure_ascii=False).encode()
    found = findings_json(read.findings).encode()
    parts = [zlib.compress(part, 1) for part in (text, sizes, steps, covered, found)]
    whole = b"".join(len(part).to_bytes(_LENGTH, "big") + part for part in parts)
    if len(whole) > MAX_FRAME_BYTES:
        raise Quarantined(_TOO_LONG)
    return whole


def unpacked(raw: bytes, source: Source, drawn: Collection[int]) -> Read:
    """The inverse of :func:`packed` for the file that was asked about and the pages whose pictures came before.

    Raises ``Distrusted``. Nothing is unpacked further than an honest child's would go.
    """
    try:
        text, sizes, steps, covered, found = _parts(raw)
        content = _bounded(text, MAX_FRAME_BYTES)
        _check_value(json.loads(content))
        document = document_from_bytes(content)
        if document_bytes(document) != content:
            raise Distrusted("its document is not in the canonical form")
        pictures = len(drawn)
        _check(document, source, pictures)
        shape = np.frombuffer(_bounded(sizes, 8 * pictures), "<f4").reshape(-1, 2)
        coverage = coverage_from_value(json.loads(_bounded(covered, MAX_FRAME_BYTES)))
        _check_coverage(coverage, pictures)
        findings = _findings(json.loads(_bounded(found, MAX_FRAME_BYTES)), pictures)
        moved = np.frombuffer(_bounded(steps, 16 * len(document.text)), "<i4").reshape(-1, 4)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, zlib.error) as error:
        raise Distrusted(f"what it handed back is no document: {error!r}"[:200]) from error
    boxes = Boxes(shape.astype(np.float32), np.cumsum(moved, axis=0, dtype=np.int32))
    whole = (pictures, len(document.text) if pictures else 0)
    if sorted(drawn) != list(range(1, pictures + 1)):
        raise Distrusted("it drew some of its pages only")
    if (len(boxes.page_sizes), len(boxes.characters)) != whole or not np.isfinite(boxes.page_sizes).all():
        raise Distrusted("its boxes are not those of its text")
    return Read(document, boxes, coverage, findings)


def refusal(error: Quarantined) -> bytes:
    """Why a file can't be read, as a child says it."""
    return json.dumps({"reason": str(error), "findings": json.loads(findings_json(error.findings))}).encode()


def refused(raw: bytes) -> Quarantined:
    """The inverse of :func:`refusal`; raises ``Distrusted``."""
    try:
        value = json.loads(raw)
        words = words_of(value["reason"].encode(errors="replace"))
        findings = _findings(value["findings"], MAX_PAGES)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Distrusted("it gave no reason") from error
    return Quarantined(words or "its reader gave no reason; report this file", findings)


def words_of(raw: bytes) -> str:
    """A child's words for a person: bounded, on one line, and nothing in them that a terminal would obey."""
    text = raw[:_REASON_BYTES].decode(errors="replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def picture(page: int, jpeg: bytes) -> bytes:
    """The picture of a 1-based page, as a child says it."""
    return page.to_bytes(_NUMBER, "big") + jpeg


def picture_of(raw: bytes) -> tuple[int, bytes]:
    """The inverse of :func:`picture`; raises ``Distrusted``."""
    page, jpeg = int.from_bytes(raw[:_NUMBER], "big"), raw[_NUMBER:]
    if not (1 <= page <= MAX_PAGES and jpeg.startswith(_JPEG[0]) and jpeg.endswith(_JPEG[1])):
        raise Distrusted("a page that it drew is no picture")
    return page, jpeg


def _parts(raw: bytes) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH], "big")
        parts.append(raw[at + _LENGTH : at + _LENGTH + length])
        at += _LENGTH + length
    return parts


def _bounded(packed: bytes, most: int) -> bytes:
    unpack = zlib.decompressobj()
    content = unpack.decompress(packed, most + 1)
    if len(content) > most or not unpack.eof:
        raise Distrusted(f"more than {most:,} bytes are packed in what it handed back")
    return content


def _check_value(value: dict[str, Any]) -> None:
    """Types and counts, before objects are made of them."""
    strings = (value["reader"], value["title"], value["language"], value["text"], *value["names"], *value["source"])
    paths = [part for row in value["blocks"] for part in row[3]]
    anchors = [row[4] for row in value["blocks"] if row[4] is not None]
    if not all(type(each) is str for each in (*strings, *paths, *anchors)):
        raise Distrusted("a text of its document is none")
    rows = [*value["pages"], *(row[:2] for row in value["blocks"])]
    for row in value["blocks"]:
        rows += [*row[5], *(row[6] if len(row) > 6 else ())]
        if len(rows) > 2 * len(value["text"]) + len(value["pages"]):
            raise Distrusted("its document has more parts than characters")
    if not all(type(number) is int for row in rows for number in row):
        raise Distrusted("a place in its document is no whole number")


def _check(document: Document, source: Source, pictures: int) -> None:
    if (document.source, document.reader) != (source, reader_of(source.media_type)):
        raise Distrusted("its document is that of another file or reader")
    if not 0 < len(document.text) <= MAX_TEXT_CHARACTERS:
        raise Distrusted("its document has no text, or more than is read")
    if not (document.language.isascii() and document.language.isalpha() and 2 <= len(document.language) <= 3):
        raise Distrusted("its document's language is no code")
    if any(not 1 <= page.number <= pictures for page in document.pages) or bool(document.pages) != bool(pictures):
        raise Distrusted(f"the pages of its document aren't the {pictures} that it drew")
    _check_order([(page.start, page.end) for page in document.pages], 0, len(document.text), "page")
    _check_order([(block.start, block.end) for block in document.blocks], 0, len(document.text), "block")
    for block in document.blocks:
        _check_block(block)


def _findings(rows: list[Any], pictures: int) -> tuple[Finding, ...]:
    """What it says that nobody sees: shown to a person, so that each must be one that this project makes."""
    found = []
    for page, kind, text, picture in rows:
        placed = page is None if not pictures else page is None or (type(page) is int and 1 <= page <= pictures)
        named = picture in (("",) if page is None else ("", picture_name(page), found_name(page)))
        if kind not in KINDS or not placed or not named or type(text) is not str or len(text) > FINDING_CHARACTERS:
            raise Distrusted("what it says to have found is no finding")
        found.append(Finding(page, kind, text, picture))
    return tuple(found)


def _check_coverage(coverage: Coverage, pictures: int) -> None:
    """Of the pages that it drew, in order; what it says of them is shown to a person, and nothing more."""
    if [page.page for page in coverage.pages] != list(range(1, pictures + 1)):
        raise Distrusted("its coverage is not of its pages")
    whole = all(type(page.words) is int and len(page.missed) <= page.words for page in coverage.pages)
    texts = [*coverage.removed.values(), *(word for page in coverage.pages for word in page.missed)]
    if not whole or not all(type(each) is str for each in texts) or not 0 <= coverage.language <= 1:
        raise Distrusted("its coverage is no coverage")
    if not all(type(page) is int and 1 <= page <= pictures for page in coverage.removed):
        raise Distrusted("it took lines from pages that it has not")


def _check_block(block: Block) -> None:
    if block.kind not in _KINDS:
        raise Distrusted("it has a block of no known kind")
    _check_order([(each.start, each.end) for each in block.sentences], block.start, block.end, "sentence")
    _check_order([(cell.start, cell.end) for cell in block.cells], block.start, block.end, "cell")
    if any(cell.column < 0 or cell.columns < 1 for cell in block.cells):
        raise Distrusted("a cell of it stands in no column")


def _check_order(spans: list[tuple[int, int]], first: int, last: int, what: str) -> None:
    """Spans come one after the other, inside their whole: then every slice is one of the text."""
    inside = all(first <= start <= end <= last for start, end in spans)
    if not inside or any(before[1] > after[0] for before, after in pairwise(spans)):
        raise Distrusted(f"a {what} of its document lies outside or over another")
