"""What HTML, Word files and characters without a shape hide is found, and is in no document."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt, RGBColor
from hypothesis import given
from hypothesis import strategies as st

from corpus.model import Source
from ingest import formats
from ingest.controls import trick_in, without_trick
from ingest.errors import Quarantined
from ingest.html import hidden_in_html
from ingest.parse import Parsed, parse

SHOWN = "Take one tablet of lodisartan a day."
HIDDEN = "Never with quorvel"


def parsed(content: bytes, media_type: str, folder: Path) -> Parsed:
    file = folder / "label"
    file.write_bytes(content)
    return parse(file, Source(file.name, hashlib.sha256(content).hexdigest(), media_type), folder / "pages")


def page(body: str) -> bytes:
    return f"<main><h1>Velmarin</h1><p>{SHOWN}</p>{body}</main>".encode()


HIDING = {
    "the attribute": ("markup", f"<p hidden>{HIDDEN}</p>"),
    "not for screen readers": ("markup", f"<p aria-hidden=true>{HIDDEN}</p>"),
    "no display": ("markup", f"<div style='display: none'><p>{HIDDEN}</p></div>"),
    "a dialog": ("markup", f"<dialog>{HIDDEN}</dialog>"),
    "no opacity": ("markup", f"<p style='opacity:0'>{HIDDEN}</p>"),
    "no size": ("tiny", f"<p style='font-size:0'>{HIDDEN}</p>"),
    "one pixel": ("tiny", f"<p style='font-size:1px'>{HIDDEN}</p>"),
    "white": ("colour", f"<p style='color:#FFF'>{HIDDEN}</p>"),
    "white by its font": ("colour", f"<p><font color=white>{HIDDEN}</font></p>"),
    "white on white": ("colour", f"<p style='background:#fff; color: rgb(255, 255, 255)'>{HIDDEN}</p>"),
    "without colour": ("transparent", f"<p style='color:transparent'>{HIDDEN}</p>"),
    "without opacity": ("transparent", f"<p style='color:rgba(0,0,0,0)'>{HIDDEN}</p>"),
    "left of the page": ("off_page", f"<p style='position:absolute;left:-9999px'>{HIDDEN}</p>"),
    "indented off": ("off_page", f"<p style='text-indent:-9999px'>{HIDDEN}</p>"),
    "clipped": ("covered", f"<p style='position:absolute;clip:rect(0 0 0 0)'>{HIDDEN}</p>"),
    "clipped by a path": ("covered", f"<p style='clip-path: inset(50%)'>{HIDDEN}</p>"),
    "in no room": ("covered", f"<div style='height:0;overflow:hidden'>{HIDDEN}</div>"),
    "another main part": ("markup", f"</main><main hidden>{HIDDEN}"),
}


@pytest.mark.parametrize(("kind", "body"), HIDING.values(), ids=HIDING)
def test_what_a_web_page_hides_is_found_and_left_out(kind: str, body: str, tmp_path: Path) -> None:
    made = parsed(page(body), formats.HTML, tmp_path)
    assert [(each.page, each.kind, each.text) for each in made.findings] == [(None, kind, HIDDEN)]
    assert made.document.text == f"Velmarin\n{SHOWN}"


@pytest.mark.parametrize(
    "body",
    [
        f"<p style='background:#036; color:#fff'>{HIDDEN}</p>",
        f"<table bgcolor=navy><tr><td style='color:white'>{HIDDEN}</td><td>x</td></tr></table>",
        f"<p style='margin-left:-1px; font-size: 10px; color: #111'>{HIDDEN}</p>",
        f"<p style='height:0'>{HIDDEN}</p>",
        f"<p style='left:-9999px'>{HIDDEN}</p>",
        f"<p style='color:rgba(0,0,0,1)'>{HIDDEN}</p>",
    ],
)
def test_what_a_web_page_shows_is_read(body: str, tmp_path: Path) -> None:
    made = parsed(page(body), formats.HTML, tmp_path)
    assert made.findings == ()
    assert HIDDEN in made.document.text


def test_icons_scripts_and_what_surrounds_the_content_are_no_findings() -> None:
    body = "<p>Take <span aria-hidden=true>×</span> one.</p><script>start()</script><noscript>Turn it on.</noscript>"
    assert hidden_in_html(page(body)) == ()
    assert hidden_in_html(b"<nav><p hidden>Menu</p></nav><h1>Velmarin</h1><p>Take one.</p>") == ()


def saved(document: Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def word(how: str) -> Document:
    """A visible paragraph and one that is dressed in some way."""
    document = docx.Document()
    document.add_paragraph(SHOWN)
    table = document.add_table(1, 2) if how.startswith("cell") else None
    paragraph = table.cell(0, 0).paragraphs[0] if table else document.add_paragraph()
    run = paragraph.add_run(HIDDEN)
    if table:
        table.cell(0, 1).text = "Other"
    if how == "vanish":
        run.font.hidden = True
    elif how == "tiny":
        run.font.size = Pt(1)
    elif how != "plain":
        run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFE)
    if how.endswith("dark"):
        shading = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="1F3864"/>')
        owner = table.cell(0, 0)._tc.get_or_add_tcPr() if table else paragraph._p.get_or_add_pPr()
        owner.append(shading)
    if how == "highlight":
        run.font.highlight_color = docx.enum.text.WD_COLOR_INDEX.BLUE
    if how == "page":
        document.element.insert(0, parse_xml(f'<w:background {nsdecls("w")} w:color="000000"/>'))
    if how == "row":
        row = document.add_table(2, 2)
        row.cell(0, 0).text = "Seen"
        row.cell(1, 0).text = HIDDEN
        row.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:hidden {nsdecls('w')}/>"))
        run.text = ""
    return document


@pytest.mark.parametrize(
    ("how", "kind"),
    [("vanish", "markup"), ("tiny", "tiny"), ("white", "colour"), ("cell", "colour"), ("row", "markup")],
)
def test_what_a_word_file_hides_is_found_and_left_out(how: str, kind: str, tmp_path: Path) -> None:
    made = parsed(saved(word(how)), formats.DOCX, tmp_path)
    assert [(each.page, each.kind, each.text) for each in made.findings] == [(None, kind, HIDDEN)]
    assert SHOWN in made.document.text
    assert HIDDEN not in made.document.text


@pytest.mark.parametrize("how", ["plain", "white on dark", "cell on dark", "highlight", "page"])
def test_white_letters_on_a_ground_of_their_own_are_read(how: str, tmp_path: Path) -> None:
    made = parsed(saved(word(how)), formats.DOCX, tmp_path)
    assert made.findings == ()
    assert HIDDEN in made.document.text


def test_a_hidden_word_in_a_sentence_is_found(tmp_path: Path) -> None:
    document = word("plain")
    body = document.element.body
    text = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden</w:t></w:r>"
    body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{text}<w:r><w:t>Seen</w:t></w:r></w:p>"))
    assert [each.text for each in parsed(saved(document), formats.DOCX, tmp_path).findings] == ["Hidden"]


CARRYING = {
    "letters turned around": "Take \u202egm 05\u202c a day.",
    "an embedding without an end": "Take \u202bone a day.",
    "an isolate without an end": "Take \u2068one a day.",
    "an end without a beginning": "Take one\u202c a day.",
    "tags": "Take one" + "".join(chr(0xE0000 + ord(char)) for char in "never") + " a day.",
    "bits without width": "Take one\u200d\u200c\u200c\u200d a day.",
    "bytes in selectors": "Take one\ufe01\ufe0f\ufe03 a day.",
    "letters that look like spaces": "Take\u3164one a day.",
}


@pytest.mark.parametrize("text", CARRYING.values(), ids=CARRYING)
def test_characters_without_a_shape_that_carry_text_are_found_and_left_out(text: str, tmp_path: Path) -> None:
    made = parsed(f"# Velmarin\n\n{text}\n".encode(), formats.MARKDOWN, tmp_path)
    (finding,) = made.findings
    assert (finding.page, finding.kind) == (None, "control")
    assert finding.text.startswith("<")
    assert made.document.text.isprintable() or "\n" in made.document.text
    assert not trick_in(made.document.text)


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian joins letters so
        "The \u2067עברית\u2069 leaflet",
        "Soft\u00adhyphen and zero\u200bwidth space",
        "A flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f of England",
        "❤\ufe0f heart",
    ],
)
def test_characters_that_shape_words_are_no_finding(text: str) -> None:
    assert trick_in(text) == ""
    assert without_trick(text) == text


@given(
    st.text(
        st.characters(categories=["Ll", "Nd", "Zs", "Cf"]) | st.sampled_from("\u202e\u2066\u2069\u3164"), max_size=30
    )
)
def test_text_without_its_tricks_has_none(text: str) -> None:
    assert trick_in(without_trick(text)) == ""


def test_a_file_of_nothing_but_hidden_text_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(Quarantined, match="nothing else is in it") as caught:
        parsed("\u3164\u3164\n".encode(), formats.MARKDOWN, tmp_path)
    assert [each.kind for each in caught.value.findings] == ["control"]
