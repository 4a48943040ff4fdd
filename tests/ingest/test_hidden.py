"""What a reader of the page can't see is found, named, pictured, and in no document."""

from __future__ import annotations

import hashlib
import io
import zlib
from pathlib import Path

import pytest
from PIL import Image

from corpus.findings import Finding
from corpus.model import Source
from ingest.errors import Quarantined
from ingest.furniture import without_furniture
from ingest.hidden import Inspection
from ingest.limits import FINDING_CHARACTERS
from ingest.parse import Parsed, parse
from ingest.pdf import read_pdf, render_pages
from ingest.reasons import reason_of
from tests.builders import drawn_pdf, pdf

SHOWN = "Take one tablet of lodisartan a day."
WHITE, BLACK, OPAQUE = "1 g ", "0 g ", "50 690 300 30 re f "
LINE = "BT /F1 11 Tf 60 700 Td (Never with 40 mg of quorvel.) Tj ET "
LINES = f"BT /F1 11 Tf 60 780 Td ({SHOWN}) Tj ET "
HIDDEN = "Never with 40 mg of quorvel"  # a full stop alone hides nothing


def parsed(content: bytes, folder: Path) -> Parsed:
    file = folder / "label.pdf"
    file.write_bytes(content)
    return parse(file, Source(file.name, hashlib.sha256(content).hexdigest(), "application/pdf"), folder / "pages")


def image(width: int, height: int, grey: int = 128) -> bytes:
    """A picture as a PDF object: one grey, with a darker half, so that something is seen."""
    pixels = bytes([grey]) * (width * height // 2) + bytes([grey // 2]) * (width * height - width * height // 2)
    data = zlib.compress(pixels)
    head = f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray "
    return f"{head}/BitsPerComponent 8 /Filter /FlateDecode /Length {len(data)} >>\nstream\n".encode() + (
        data + b"\nendstream"
    )


PICTURE = "q {0} 0 0 {1} {2} {3} cm /X1 Do Q "
TRICKS = {
    "white on white": ("colour", WHITE + LINE),
    "nearly white": ("colour", "0.96 g " + LINE),
    "black on black": ("colour", BLACK + OPAQUE + LINE),
    "in the colour of a picture": ("colour", PICTURE.format(400, 60, 50, 680) + "0.251 g " + LINE),
    "render mode 3": ("invisible", "BT 3 Tr /F1 11 Tf 60 700 Td (Never with 40 mg of quorvel.) Tj ET "),
    "render mode 7": ("invisible", "BT 7 Tr /F1 11 Tf 60 700 Td (Never with 40 mg of quorvel.) Tj ET "),
    "no opacity": ("transparent", "q /G0 gs " + LINE + "Q "),
    "above the page": ("off_page", LINE.replace("60 700", "60 1700")),
    "left of the page": ("off_page", LINE.replace("60 700", "-400 700")),
    "one point": ("tiny", LINE.replace("11 Tf", "1 Tf")),
    "scaled to nothing": ("tiny", "q 0.05 0 0 0.05 57 665 cm " + LINE + "Q "),
    "under a white shape": ("covered", LINE + WHITE + OPAQUE),
    "under a grey shape": ("covered", LINE + "0.5 g " + OPAQUE),
    "under a picture": ("covered", LINE + PICTURE.format(400, 60, 50, 680)),
    "clipped away": ("covered", "q 0 0 10 10 re W n " + LINE + "Q "),
    "on a layer that is off": ("covered", "/OC /L0 BDC " + LINE + "EMC "),
    "in a form under a shape": ("covered", "/X2 Do " + WHITE + OPAQUE),
    "white on other text": ("colour", WHITE + LINE.replace("60 700", "60 780")),
    "ink-less above other text": ("invisible", LINE.replace("60 700", "60 780").replace("BT ", "BT 3 Tr ")),
}


def page(content: str) -> bytes:
    """One page with a visible line and ``content``."""
    form = f"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length {len(LINE)} >>\nstream\n{LINE}\nendstream"
    return drawn_pdf(LINES + BLACK + content, images={"X1": image(40, 40)}, forms={"X2": form.encode()})


@pytest.mark.parametrize(("kind", "content"), TRICKS.values(), ids=TRICKS)
def test_text_that_nobody_sees_is_found_and_left_out(kind: str, content: str, tmp_path: Path) -> None:
    made = parsed(page(content), tmp_path)
    (finding,) = made.findings
    assert (finding.page, finding.kind, finding.text) == (1, kind, HIDDEN)
    assert made.document.text == SHOWN
    assert "quorvel" not in "".join(passage.text for passage in made.passages)


SEEN = {
    "black": LINE,
    "grey": "0.8 g " + LINE,
    "white on a dark cell": BLACK + OPAQUE + WHITE + LINE,
    "white on a picture": PICTURE.format(400, 60, 50, 680) + WHITE + LINE,
    "outlined": "BT 1 Tr /F1 11 Tf 60 700 Td (Never with 40 mg of quorvel.) Tj ET ",
    "half opaque": "q /G5 gs " + LINE + "Q ",
    "five points": LINE.replace("11 Tf", "5 Tf"),
    "over a shape": "0.9 g " + OPAQUE + BLACK + LINE,
    "in a form": "/X2 Do ",
    "on a layer that is on": "/OC /L1 BDC " + LINE + "EMC ",
    "printed twice for bold": LINE + LINE.replace("60 700", "60.3 700"),
    "upwards": "BT /F1 11 Tf 0 1 -1 0 300 300 Tm (Never with 40 mg of quorvel.) Tj ET ",
}


@pytest.mark.parametrize("content", SEEN.values(), ids=SEEN)
def test_text_that_is_seen_stays(content: str, tmp_path: Path) -> None:
    made = parsed(page(content), tmp_path)
    assert made.findings == ()
    assert "quorvel" in made.document.text


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_and_cropped_page_is_looked_at_where_its_text_stands(turn: int, tmp_path: Path) -> None:
    """Boxes are in the page's own directions, its picture is turned and begins at the crop box."""
    content = page(WHITE + LINE).replace(b"/MediaBox", f"/Rotate {turn} /CropBox [40 100 560 800] /MediaBox".encode())
    (finding,) = parsed(content, tmp_path).findings
    assert (finding.kind, finding.text) == ("colour", HIDDEN)


def test_text_outside_of_the_crop_box_is_off_the_page(tmp_path: Path) -> None:
    content = page(LINE).replace(b"/MediaBox", b"/CropBox [0 750 595 842] /MediaBox")
    (finding,) = parsed(content, tmp_path).findings
    assert (finding.kind, finding.text) == ("off_page", HIDDEN)


def test_text_of_no_size_is_found_though_its_words_are_not(tmp_path: Path) -> None:
    made = parsed(page(LINE.replace("11 Tf", "0 Tf")), tmp_path)
    assert made.findings == (Finding(1, "tiny", "", "0001.jpg"),)
    assert reason_of(made.findings) == "text that a reader can't see: page 1, too small to be read"
    assert made.document.text == SHOWN


def test_one_digit_that_is_hidden_in_a_number_is_found(tmp_path: Path) -> None:
    """The page says 5 mg, the file 50 mg."""
    made = parsed(page("BT /F1 11 Tf 60 700 Td (Give 5) Tj 1 g (0) Tj 0 g ( mg of quorvel.) Tj ET "), tmp_path)
    assert [(finding.kind, finding.text) for finding in made.findings] == [("colour", "0")]
    assert "Give 5 mg of quorvel." in made.document.text


def test_a_letter_or_two_that_are_covered_are_left_out_and_are_no_finding(tmp_path: Path) -> None:
    hidden = "BT /F1 11 Tf 60 700 Td (H1) Tj ET q 1 g 67 690 20 30 re f Q 0 g "
    made = parsed(page(hidden), tmp_path)
    assert (made.findings, made.document.text.split()[-1]) == ((), "H")


def test_a_picture_of_the_page_shows_where_the_hidden_text_stands(tmp_path: Path) -> None:
    made = parsed(page(WHITE + LINE), tmp_path)
    folder = tmp_path / "pages"
    assert sorted(file.name for file in folder.iterdir()) == ["0001.jpg", made.findings[0].picture]
    with Image.open(folder / "0001.jpg") as plain, Image.open(folder / made.findings[0].picture) as marked:
        assert plain.size == marked.size
        x, y = round(60 * 1.5) - 1, round((842 - 704) * 1.5)
        assert plain.convert("RGB").getpixel((x, y)) == (255, 255, 255)
        red, green, _ = (
            int(value) for value in marked.convert("RGB").crop((x - 3, y, x + 3, y + 1)).resize((1, 1)).tobytes()
        )
        assert red > green + 40


def test_a_finding_quotes_no_more_than_its_first_words(tmp_path: Path) -> None:
    lines = "".join(f"1 g BT /F1 11 Tf 60 {700 - 14 * n} Td ({'quorvel ' * 8}) Tj ET " for n in range(20))
    (finding,) = parsed(page(lines), tmp_path).findings
    assert len(finding.text) == FINDING_CHARACTERS


def test_a_page_without_text_that_shows_something_is_named(tmp_path: Path) -> None:
    content = drawn_pdf(LINES, PICTURE.format(500, 700, 40, 60), "", LINES, images={"X1": image(40, 40)})
    made = parsed(content, tmp_path)
    assert made.findings == (Finding(2, "scan", "", "0002.jpg"),)  # page 3 is blank
    assert reason_of(made.findings) == "page 2 has no text layer (a scan?)"
    assert (tmp_path / "pages" / "0002.jpg").is_file()


def test_words_drawn_as_shapes_are_no_text_layer(tmp_path: Path) -> None:
    assert [finding.kind for finding in parsed(drawn_pdf(LINES, "60 700 200 2 re f "), tmp_path).findings] == ["scan"]


def test_a_header_stamped_on_a_scan_is_no_text_layer(tmp_path: Path) -> None:
    header = "BT /F1 9 Tf 60 820 Td (Company confidential) Tj ET "
    scanned = header + PICTURE.format(500, 700, 40, 60)
    content = drawn_pdf(header + LINES, scanned, header + LINES, images={"X1": image(40, 40)})
    assert parsed(content, tmp_path).findings == (Finding(2, "scan", "", "0002.jpg"),)


def test_a_header_on_a_page_with_no_more_is_no_scan(tmp_path: Path) -> None:
    header = "BT /F1 9 Tf 60 820 Td (Company confidential) Tj ET "
    white = {"X1": image(40, 40, 255).replace(b"/Width 40", b"/Width 40", 1)}
    assert parsed(drawn_pdf(header + LINES, header, header + LINES, images=white), tmp_path).findings == ()


def test_a_scan_that_ocr_has_read_is_called_that_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    ocr = PICTURE.format(500, 700, 40, 60) + LINE.replace("BT ", "BT 3 Tr ")
    with pytest.raises(Quarantined, match=r"page 1, as an invisible layer.*OCR.*provide a PDF with text") as caught:
        parsed(drawn_pdf(ocr, images={"X1": image(40, 40)}), tmp_path)
    (finding,) = caught.value.findings
    assert (finding.kind, finding.text) == ("ocr", HIDDEN)
    assert (tmp_path / "pages" / finding.picture).is_file()


def test_a_hidden_header_is_no_finding_for_it_is_removed_anyway(tmp_path: Path) -> None:
    header = "1 g BT /F1 9 Tf 60 820 Td (Company confidential) Tj ET 0 g "
    assert parsed(drawn_pdf(*[header + LINE] * 3), tmp_path).findings == ()


def test_a_bullet_without_a_shape_hides_nothing() -> None:
    """A font has a code for it and draws nothing: one letter between spaces, seen by nobody and saying nothing."""
    content = drawn_pdf(LINES + LINE + "q 55 690 4 20 re W n BT /F1 11 Tf 40 670 Td (o) Tj ET Q ")
    lines = read_pdf(content)
    body, removed = without_furniture(lines.lines, lines.page_sizes)
    inspection = Inspection(body, removed, lambda name, jpeg: None)
    render_pages(content, lambda number, jpeg: None, inspection)
    assert inspection.findings == []


def test_a_large_page_is_looked_at_in_a_smaller_picture(tmp_path: Path) -> None:
    content = page(WHITE + LINE).replace(b"[0 0 595 842]", b"[0 0 3370 2384]", 1)
    (finding,) = parsed(content, tmp_path).findings
    with Image.open(tmp_path / "pages" / finding.picture) as marked:
        assert marked.size[0] * marked.size[1] < 8_100_000
    assert finding.kind == "colour"


def test_characters_without_a_shape_in_a_page_are_found(tmp_path: Path) -> None:
    """pypdf reads what the file says of its glyphs; an override among them turns what is copied."""
    unicodes = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff> "
    unicodes += b"endcodespacerange 1 beginbfchar <51> <202E0051> endbfchar endcmap end end"
    stream = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(unicodes), unicodes)
    content = drawn_pdf(LINES + LINE.replace("Never", "Qever"), forms={"X2": stream})
    content = content.replace(
        b"/Encoding /WinAnsiEncoding /BaseFont /Helvetica >>",
        b"/Encoding /WinAnsiEncoding /BaseFont /Helvetica /ToUnicode 4 0 R >>",
        1,
    )
    found = parsed(content, tmp_path).findings
    assert [(each.page, each.kind) for each in found] == [(1, "control")]
    assert found[0].text.startswith("<202E>")


def test_the_same_page_drawn_twice_gives_the_same_pixels() -> None:
    """Else everything would be seen."""
    pictures: list[bytes] = []
    for _ in range(2):
        render_pages(pdf([SHOWN]), lambda number, jpeg: pictures.append(jpeg), lambda *_: None)
    assert pictures[0] == pictures[1]
    with Image.open(io.BytesIO(pictures[0])) as picture:
        assert picture.mode == "RGB"
