from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.boxes import Boxes
from corpus.coverage import coverage_value
from corpus.findings import Finding
from corpus.model import Source, document_bytes
from ingest import formats
from ingest.errors import Quarantined
from ingest.formats import reader_of
from ingest.parse import Read, Tell, read_document
from ingest.sandbox import handback
from ingest.sandbox.handback import Distrusted
from tests.builders import pdf

CONTENT = pdf(["# 4.2 Posology", "Take one tablet.", "", "Take it whole."], ["Never take two."])
SOURCE = Source("label.pdf", "a" * 64, formats.PDF)
SILENT = Tell(lambda *_: None, lambda *_: None, lambda: None)


FOUND = (Finding(1, "covered", "Take none", "found-0001.jpg"), Finding(2, "scan", "", "0002.jpg"))


def made() -> tuple[Read, set[int]]:
    drawn: set[int] = set()
    tell = Tell(lambda page, _: drawn.add(page), lambda *_: None, lambda: None)
    return replace(read_document(CONTENT, SOURCE, tell), findings=FOUND), drawn


def repacked(change: Callable[[dict[str, Any]], None]) -> bytes:
    """What a child hands back whose document's JSON was changed."""
    read, _ = made()
    value = json.loads(document_bytes(read.document))
    change(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")
    return parts(text, read.boxes)


def parts(text: bytes, boxes: Boxes, covered: object = None, found: object = ()) -> bytes:
    """What is handed back, part by part; the coverage is an honest child's unless it is given."""
    steps = np.diff(boxes.characters, axis=0, prepend=0).astype("<i4").tobytes()
    rest = (json.dumps(covered or coverage_value(made()[0].coverage)).encode(), json.dumps(found).encode())
    packed = [zlib.compress(part) for part in (text, boxes.page_sizes.astype("<f4").tobytes(), steps, *rest)]
    return b"".join(len(part).to_bytes(8, "big") + part for part in packed)


def test_what_an_honest_child_hands_back_is_what_it_made() -> None:
    read, drawn = made()
    again = handback.unpacked(handback.packed(read), SOURCE, drawn)
    assert (again.document, again.coverage, again.findings) == (read.document, read.coverage, FOUND)
    assert (again.boxes.characters == read.boxes.characters).all()
    assert (again.boxes.page_sizes == read.boxes.page_sizes).all()


def test_a_format_without_pages_comes_back_without_boxes() -> None:
    source = Source("guide.md", "b" * 64, formats.MARKDOWN)
    read = read_document(b"# Guide\n\nTake one.\n", source, SILENT)
    again = handback.unpacked(handback.packed(read), source, set())
    assert (again.document, again.boxes.characters.shape, again.boxes.page_sizes.shape) == (
        read.document,
        (0, 4),
        (0, 2),
    )
    with pytest.raises(Distrusted, match="aren't the 1 that it drew"):
        handback.unpacked(handback.packed(read), source, {1})


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (_set("source", 1, to="b" * 64), "another file"),
        (_set("source", 0, to="other.pdf"), "another file"),
        (_set("reader", to="reader 9"), "another file or reader"),
        (_set("text", to=""), "no text|more parts"),
        (lambda value: value.update(text=value["text"][:-1] + "\ud800"), "no document"),
        (_set("text", to=7), "no document|none"),
        (_set("title", to=["<b>"]), "none"),
        (_set("language", to="<script>"), "no code"),
        (_set("names", to=[1]), "none"),
        (_set("more", to=1), "canonical form"),
        (_set("pages", 0, 0, to=3), "aren't the 2"),
        (_set("pages", 0, 1, to=-1), "page of its document lies outside"),
        (_set("pages", 1, 1, to=0), "page of its document lies outside"),
        (_set("pages", 0, 1, to=0.0), "no whole number"),
        (_set("pages", 0, 1, to=True), "no whole number"),
        (_set("pages", to=[]), "aren't the 2"),
        (_set("blocks", 1, 1, to=10**9), "block of its document lies outside"),
        (_set("blocks", 1, 0, to=0), "block of its document lies outside"),
        (_set("blocks", 1, 2, to="script"), "no known kind"),
        (_set("blocks", 1, 3, to=[None]), "none"),
        (_set("blocks", 1, 4, to=4), "none"),
        (_set("blocks", 1, 5, to=[[0, 3, 1]]), "sentence of its document lies outside"),
        (_set("blocks", 1, 5, to=[[0, 3]]), "no document"),
        (_set("blocks", 1, 5, to=[[15, 16, 1]] * 500), "more parts than characters"),
        (lambda value: value["blocks"][1].append([[0, 3, 0, 1]]), "cell of its document lies outside"),
        (lambda value: value["blocks"][1].append([[20, 21, -1, 1]]), "stands in no column"),
        (lambda value: value.clear(), "no document"),
    ],
)
def test_a_document_that_breaks_its_own_rules_is_never_taken(change: Callable[[Any], None], what: str) -> None:
    with pytest.raises(Distrusted, match=what):
        handback.unpacked(repacked(change), SOURCE, {1, 2})


@pytest.mark.parametrize("drawn", [set(), {1}, {1, 3}, {1, 2, 3}])
def test_a_document_comes_with_a_picture_of_every_page(drawn: set[int]) -> None:
    read, _ = made()
    with pytest.raises(Distrusted):
        handback.unpacked(handback.packed(read), SOURCE, drawn)


def test_boxes_are_those_of_the_text() -> None:
    read, drawn = made()
    text, boxes = document_bytes(read.document), read.boxes
    for wrong in (
        Boxes(boxes.page_sizes, boxes.characters[:-1]),
        Boxes(boxes.page_sizes[:1], boxes.characters),
        Boxes(boxes.page_sizes * np.float32(np.nan), boxes.characters),
        Boxes(np.concatenate([boxes.page_sizes] * 99), boxes.characters),
    ):
        with pytest.raises(Distrusted):
            handback.unpacked(parts(text, wrong), SOURCE, drawn)


@pytest.mark.parametrize(
    ("covered", "found", "what"),
    [
        ({"pages": [[1, 3, []]]}, [], "not of its pages"),
        ({"pages": [[2, 3, []], [1, 3, []]]}, [], "not of its pages"),
        ({"pages": [[1, 1, ["a", "b"]], [2, 3, []]]}, [], "no coverage"),
        ({"pages": [[1, 3, [7]], [2, 3, []]]}, [], "no coverage"),
        ({"language": 2}, [], "no coverage"),
        ({"removed": [[3, "Page 3"]]}, [], "pages that it has not"),
        ({}, [[3, "scan", "", ""]], "no finding"),
        ({}, [[1, "unheard of", "", ""]], "no finding"),
        ({}, [[1, "scan", "", "../../keys.db"]], "no finding"),
        ({}, [[1, "covered", "x" * 10_000, ""]], "no finding"),
        ({}, [[1, "covered"]], "no document"),
    ],
)
def test_what_it_says_of_pages_that_it_has_not_or_in_no_form_of_ours_is_never_taken(
    covered: dict[str, Any], found: list[Any], what: str
) -> None:
    read, drawn = made()
    said = coverage_value(read.coverage) | covered
    with pytest.raises(Distrusted, match=what):
        handback.unpacked(parts(document_bytes(read.document), read.boxes, said, found), SOURCE, drawn)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x" * 100,
        b"\x80\x04\x95",
        parts(b"[" * 100_000, Boxes(np.zeros((0, 2), np.float32), np.zeros((0, 4), np.int32))),
        parts(b"\0" * 40 * 2**20, Boxes(np.zeros((0, 2), np.float32), np.zeros((0, 4), np.int32))),
    ],
    ids=["nothing", "noise", "a pickle", "a deep value", "a bomb"],
)
def test_what_is_no_document_is_refused_within_bounds(raw: bytes) -> None:
    with pytest.raises(Distrusted):
        handback.unpacked(raw, SOURCE, {1, 2})


def test_a_reason_is_words_on_one_line() -> None:
    error = Quarantined("red \x1b[31malert\x07\u202e on\n two " + "lines" * 5000, FOUND)
    refused = handback.refused(handback.refusal(error))
    assert refused.findings == FOUND
    said = str(refused)
    assert said.startswith("red [31malert on two lines")
    assert len(said) <= 4000
    assert said.isprintable()
    for wrong in (b"", b"[]", b'{"reason": 3}', b"[" * 100_000):
        with pytest.raises(Distrusted):
            handback.refused(wrong)


def test_nothing_but_data_comes_from_a_child() -> None:
    """A pickle names what is called when it is loaded; no module between child and parent may read one."""
    for file in Path(handback.__file__).parent.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not any(f"import {name}" in text for name in ("pickle", "marshal", "multiprocessing", "shelve"))


def test_the_reader_is_the_parents_own_word() -> None:
    assert made()[0].document.reader == reader_of(formats.PDF)
