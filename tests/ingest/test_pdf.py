from __future__ import annotations

import hashlib
import io
from math import ceil
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from corpus.boxes import Rectangle, rectangles
from corpus.model import Source, Span
from ingest.errors import Quarantined
from ingest.limits import PICTURE_SCALE
from ingest.parse import Parsed, parse
from ingest.pdf import read_pdf, render_pages
from tests.builders import pdf

WRAPPED = [
    "Adults take one tablet of lodisartan once a day, always at the same time, with or with-",
    "out food.",
]
SENTENCE = "Adults take one tablet of lodisartan once a day, always at the same time, with or without food."


def parsed(content: bytes, folder: Path) -> Parsed:
    file = folder / "label.pdf"
    file.write_bytes(content)
    return parse(file, Source(file.name, hashlib.sha256(content).hexdigest(), "application/pdf"), folder / "pages")


def cited(made: Parsed, text: str) -> list[Rectangle]:
    """The rectangles that the viewer marks for a quote."""
    start = made.document.text.index(text)
    return rectangles(made.boxes, (Span(start, start + len(text)),))


def encrypted(content: bytes, user: str, owner: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt(user, owner, algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_lines_keep_their_page_their_order_and_their_weight() -> None:
    read = read_pdf(pdf(["# 4.2 Posology", "Take one."], ["Swallow it."], title="Velmarin"))
    assert [(line.text, line.page, line.style) for line in read.lines] == [
        ("4.2 Posology", 1, "bold"),
        ("Take one.", 1, "plain"),
        ("Swallow it.", 2, "plain"),
    ]
    assert (read.title, read.page_sizes) == ("Velmarin", ((595.0, 842.0),) * 2)


def test_runs_of_spaces_are_folded_and_text_and_boxes_stay_aligned() -> None:
    (line,) = read_pdf(pdf(["  Take   one \xa0tablet.  "])).lines
    assert line.text == "Take one tablet."
    assert [box[2] > box[0] for box in line.boxes] == [char != " " for char in line.text]
    lefts = [box[0] for box in line.boxes if box[2] > box[0]]
    assert lefts == sorted(lefts)


def test_a_cited_span_is_marked_where_it_was_drawn(tmp_path: Path) -> None:
    """The builder sets the first line's foot 780 points from the bottom of 842, and the second 28 below a bold one."""
    made = parsed(pdf(["# 4.2 Posology", "Take one tablet.", "", "Never take two."]), tmp_path)
    for text, foot in (("4.2 Posology", 62), ("Take one tablet.", 90), ("Never take two.", 132)):
        (box,) = cited(made, text)
        assert box.left == pytest.approx(60, abs=1.5)
        assert box.top < foot <= box.top + box.height + 0.5 < foot + 4
        assert 5 < box.height < 13


def test_a_quote_over_two_lines_is_marked_on_both_though_its_hyphen_is_gone(tmp_path: Path) -> None:
    made = parsed(pdf(WRAPPED), tmp_path)
    assert made.document.text == SENTENCE
    first, second = cited(made, "without food.")
    assert (round(second.top + second.height - first.top - first.height), round(second.left)) == (14, 60)
    assert first.left > 400


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"empty; provide it again"),
        (b"Velmarin", r"no %PDF- at its start.*provide it again"),
        (b"%PDF-1.7\n" + b"garbage " * 400, r"damaged.*export it again"),
        (pdf(WRAPPED * 9)[:700], r"damaged.*export it again"),
        (encrypted(pdf(WRAPPED), "secret", "secret"), r"encrypted; provide it without a password"),
        (pdf(WRAPPED, WRAPPED).replace(b"/Count 2", b"/Count 3"), r"page can't be read.*export the PDF again"),
    ],
    ids=["empty", "no PDF", "garbage", "truncated", "encrypted", "missing page"],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(content: bytes, reason: str) -> None:
    with pytest.raises(Quarantined, match=reason):
        read_pdf(content)


def test_a_pdf_that_anyone_may_open_is_read_by_both_readers(tmp_path: Path) -> None:
    """An owner password restricts printing, say; it hides nothing."""
    made = parsed(encrypted(pdf(WRAPPED), "", "owner"), tmp_path)
    assert (made.document.text, made.document.confirmed_share()) == (SENTENCE, 1.0)


def test_a_file_whose_pages_the_two_readers_count_differently_is_refused(tmp_path: Path) -> None:
    """A wrong count hides the pages after it: pdfium would read half a document without a word."""
    with pytest.raises(Quarantined, match=r"1 pages by pdfium, 2 by pypdf.*export the PDF again"):
        parsed(pdf(WRAPPED, WRAPPED).replace(b"/Count 2", b"/Count 1"), tmp_path)


def test_what_stands_in_the_file_but_not_on_the_page_is_never_confirmed(tmp_path: Path) -> None:
    """pdfium reads a span's ActualText, pypdf what is drawn: a reader of the page would see 5 mg."""
    shown = "The starting dose is 5 mg once a day, in the morning or in the evening, for all of the adults."
    drawn = f"BT /F1 11 Tf 60 780 Td ({shown}) Tj ET".encode()
    spoken = b"/Span <</ActualText (The dose is 99 mg.)>> BDC BT /F1 11 Tf 60 780 Td (The dose is 5 mg.) Tj ET EMC"
    content = pdf([shown, "", "Swallow it whole."])
    assert drawn in content
    document = parsed(content.replace(drawn, spoken.ljust(len(drawn))), tmp_path).document
    assert {document.text[s.start : s.end]: s.confirmed for block in document.blocks for s in block.sentences} == {
        "The dose is 99 mg.": False,
        "Swallow it whole.": True,
    }


def test_a_file_without_any_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Quarantined, match=r"no page has a text layer.*provide a PDF with text"):
        parsed(pdf([""]), tmp_path)


def test_nothing_but_headers_and_page_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Quarantined, match="nothing but running headers"):
        parsed(pdf(*[["^Velmarin", f"_{number}"] for number in (1, 2, 3)]), tmp_path)


def test_each_page_has_a_picture_of_its_size() -> None:
    pictures: dict[int, bytes] = {}
    render_pages(pdf(WRAPPED, ["Swallow it."]), pictures.__setitem__)
    assert sorted(pictures) == [1, 2]
    assert pictures[1] != pictures[2]
    with Image.open(io.BytesIO(pictures[1])) as picture:
        assert (picture.format, picture.size) == ("JPEG", (ceil(595 * PICTURE_SCALE), ceil(842 * PICTURE_SCALE)))


def test_a_page_too_wide_for_a_picture_is_refused_by_its_number() -> None:
    """JPEG has at most 65,500 dots a side."""
    content = pdf(WRAPPED).replace(b"595 842", b"50000 99")
    with pytest.raises(Quarantined, match=r"page 1 \(50000 x 99 points\).*common page size"):
        render_pages(content, lambda number, jpeg: None)
