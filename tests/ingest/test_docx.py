from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsmap
from docx.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import flow, office
from ingest.canonical import canonical
from ingest.docx import read_docx
from ingest.errors import Quarantined

NAMES = {
    **nsmap,
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())


def saved(document: Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def written(*body: str) -> Document:
    """A document whose body is this XML; the namespaces are declared."""
    document = docx.Document()
    wrapper = parse_xml(f"<w:body {DECLARED}>{''.join(body)}</w:body>")
    for element in reversed(list(wrapper)):
        document.element.body.insert(0, element)
    return document


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


BOX = f"""<w:txbxContent>{paragraph(run("In a box."), properties='<w:pStyle w:val="Heading1"/>')}</w:txbxContent>"""


def blocks(document: Document) -> list[tuple[str, tuple[str, ...], str | None, str]]:
    made = canonical(read_docx(saved(document))[1], (), "en")
    return [(block.kind, block.path, block.anchor, made.text[block.start : block.end]) for block in made.blocks]


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(kind, text) for kind, _, _, text in blocks(document)]


def texts(document: Document) -> list[str]:
    return [text for _, text in kinds(document)]


def repacked(
    content: bytes, change: Callable[[dict[str, bytes]], None], compression: int = zipfile.ZIP_DEFLATED
) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def with_notes(document: Document, kind: str, text: str) -> Document:
    """``document`` with a part of one note, number 2."""
    note = f'<w:{kind} w:id="2">{paragraph(run(text))}</w:{kind}>'
    blob = f"<w:{kind}s {DECLARED}><w:{kind} w:id='0' w:type='separator'/>{note}</w:{kind}s>".encode()
    mime = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    part = Part(PackURI(f"/word/{kind}s.xml"), mime, blob, document.part.package)
    document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, f"{kind.upper()}S"))
    return document


def fill(table: Table, *rows: tuple[str, ...]) -> Table:
    for row, texts_of_row in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts_of_row, strict=True):
            cell.text = text
    return table


def test_a_heading_gives_its_text_a_path_and_an_anchor() -> None:
    document = docx.Document()
    for text, style in [
        ("Velmarin", "Title"),
        ("4.2 Posology", "Heading 1"),
        ("Renal impairment", "Heading 2"),
        ("Take one.", "Normal"),
        ("5 Storage", "Heading 1"),
        ("Cold.", "Body Text"),
    ]:
        document.add_paragraph(text, style)
    assert read_docx(saved(document))[0] == "Velmarin"
    assert blocks(document) == [
        ("heading", (), "velmarin", "Velmarin"),
        ("heading", (), "4-2-posology", "4.2 Posology"),
        ("heading", ("4.2 Posology",), "renal-impairment", "Renal impairment"),
        ("paragraph", ("4.2 Posology", "Renal impairment"), "renal-impairment", "Take one."),
        ("heading", (), "5-storage", "5 Storage"),
        ("paragraph", ("5 Storage",), "5-storage", "Cold."),
    ]


def test_without_a_title_the_only_first_heading_is_the_title() -> None:
    document = docx.Document()
    document.add_heading("Velmarin", 1)
    document.add_heading("Posology", 2)
    document.add_paragraph("Take one.")
    assert read_docx(saved(document))[0] == "Velmarin"
    assert blocks(document)[-1][1] == ("Posology",)
    document.add_heading("Storage", 1)
    assert blocks(document)[2][1] == ("Velmarin", "Posology")


@pytest.mark.parametrize(
    ("style_id", "name", "outline", "depth"),
    [
        ("berschrift1", "heading 1", None, 2),
        ("Heading2", "Überschrift 2", None, 3),
        ("Kapitel", "Kapitel", 0, 2),
        ("Titel", "Title", None, 12),
        ("Fliesstext", "Fließtext", 9, None),
    ],
)
def test_styles_of_other_languages_are_known_by_id_name_or_outline_level(
    style_id: str, name: str, outline: int | None, depth: int | None
) -> None:
    document = written(
        paragraph(run("Velmarin"), properties='<w:pStyle w:val="Title"/>'),
        paragraph(run("Dose"), properties=f'<w:pStyle w:val="{style_id}"/>'),
        paragraph(run("A"), properties='<w:outlineLvl w:val="4"/>'),
    )
    level = "" if outline is None else f'<w:pPr><w:outlineLvl w:val="{outline}"/></w:pPr>'
    styles = document.styles.element
    for style in styles.findall("{*}style"):
        if style.get(f"{{{nsmap['w']}}}styleId") == style_id:
            styles.remove(style)
    styles.append(
        parse_xml(
            f'<w:style {DECLARED} w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>{level}</w:style>'
        )
    )
    styles.append(
        parse_xml(f'<w:style {DECLARED} w:type="paragraph" w:styleId="Own"><w:basedOn w:val="{style_id}"/></w:style>')
    )
    for used in (style_id, "Own"):
        document.paragraphs[1]._p.pPr.pStyle.val = used
        _, found, other = read_docx(saved(document))[1]
        assert (found.kind, found.level) == (("heading", depth) if depth else ("paragraph", 0))
        assert (other.kind, other.level) == ("heading", 6)


def test_list_paragraphs_are_items_by_style_or_numbering() -> None:
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr>'
    document = written(
        paragraph(run("pregnancy"), properties='<w:pStyle w:val="ListBullet"/>'),
        paragraph(run("anuria"), properties=number.format(1)),
        paragraph(run("Plain."), properties='<w:pStyle w:val="ListBullet"/>' + number.format(0)),
        paragraph(run("Heading"), properties='<w:pStyle w:val="Heading1"/>' + number.format(1)),
        paragraph(run("Take one.")),
    )
    assert kinds(document) == [
        ("item", "pregnancy"),
        ("item", "anuria"),
        ("paragraph", "Plain."),
        ("heading", "Heading"),
        ("paragraph", "Take one."),
    ]


def test_a_table_stands_in_its_place_with_its_first_row_over_the_others() -> None:
    document = docx.Document()
    document.add_paragraph("Before.")
    fill(document.add_table(3, 2), ("Group", "Dose"), ("Adults", "10\nmg"), ("", ""))
    document.add_paragraph("After.")
    assert [(kind, path, text) for kind, path, _, text in blocks(document)] == [
        ("paragraph", (), "Before."),
        ("heading", (), "Group Dose"),
        ("row", ("Group Dose",), "Adults 10 mg"),
        ("paragraph", (), "After."),
    ]


def test_rows_marked_as_header_are_the_header_and_a_table_can_say_that_it_has_none() -> None:
    document = docx.Document()
    rows = ("Group", "Dose"), ("", "mg"), ("Adults", "10")
    table = fill(document.add_table(3, 2), *rows)
    for row in list(table.rows)[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {DECLARED}/>"))
    assert kinds(document) == [("heading", "Group Dose mg"), ("row", "Adults 10")]
    plain = docx.Document()
    table = fill(plain.add_table(3, 2), *rows)
    table._tbl.tblPr.append(parse_xml(f'<w:tblLook {DECLARED} w:val="0480" w:firstRow="0"/>'))
    for look in table._tbl.tblPr.findall("{*}tblLook")[:-1]:
        table._tbl.tblPr.remove(look)
    assert kinds(plain) == [("row", "Group Dose"), ("row", "mg"), ("row", "Adults 10")]


def test_a_merged_cell_stands_in_every_row_that_it_covers_and_once_in_each() -> None:
    document = docx.Document()
    table = fill(document.add_table(4, 3), ("G", "D", "U"), ("Adults", "1", "mg"), ("", "2", "mg"), ("x", "", "y"))
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 1))
    assert [text.split() for text in texts(document)] == [
        ["G", "D", "U"],
        ["Adults", "1", "mg"],
        ["Adults", "2", "mg"],
        ["x", "y"],
    ]


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(run(text))}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


MERGED, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_merged_cells_are_told_by_their_column() -> None:
    wide = '<w:gridSpan w:val="2"/>'
    document = written(
        "<w:tbl>",
        row(cell("Group", MERGED), cell("Route"), cell("Dose", wide)),
        row(cell("", ON), cell(""), cell("mg"), cell("ml")),
        row(cell("Adults"), cell("oral", MERGED), cell("10"), cell("1")),
        row(cell("Children", wide.replace("2", "1")), cell("unseen", ON), cell("5", MERGED + wide)),
        row(cell("", ON), cell("once"), properties='<w:gridBefore w:val="1"/>'),
        row(cell("", ON), cell("", ON), properties='<w:gridBefore w:val="1"/>'),
        row(cell("alone", ON), cell("iv"), cell("", "<w:hMerge/>"), cell("daily", MERGED)),
        row(cell("Elderly"), cell("sc"), cell("3"), cell("", ON)),
        "</w:tbl>",
    )
    assert texts(document) == [
        "Group Route Dose",
        "Group mg ml",
        "Adults oral 10 1",
        "Children oral 5",
        "oral once",
        "alone iv daily",
        "Elderly sc 3 daily",
    ]


def test_a_header_over_two_rows_stands_once_in_the_heading() -> None:
    marked = "<w:tblHeader/>"
    document = written(
        "<w:tbl>",
        row(cell("Group", MERGED), cell("Dose"), properties=marked),
        row(cell("", ON), cell("mg"), properties=marked),
        row(cell("Adults"), cell("10")),
        "</w:tbl>",
    )
    assert kinds(document) == [("heading", "Group Dose mg"), ("row", "Adults 10")]


def test_merged_cells_that_repeat_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MAX_REPEATED_CHARACTERS", 20)
    rows = [row(cell("Adults", MERGED), cell("1")), *[row(cell("", ON), cell("2"))] * 2]
    assert len(texts(written("<w:tbl>", *rows, "</w:tbl>"))) == 3
    with pytest.raises(Quarantined, match="its merged cells repeat more than 20 characters; divide them"):
        read_docx(saved(written("<w:tbl>", *rows, rows[-1], "</w:tbl>")))


def test_a_table_in_a_table_is_read_in_its_place() -> None:
    document = docx.Document()
    cell = document.add_table(1, 2).cell(0, 0)
    cell.text = "Before."
    fill(cell.add_table(2, 2), ("Group", "Dose"), ("Adults", "10 mg"))
    cell.add_paragraph("After.")
    document.tables[0].cell(0, 1).text = "Beside."
    assert kinds(document) == [
        ("paragraph", "Before."),
        ("heading", "Group Dose"),
        ("row", "Adults 10 mg"),
        ("paragraph", "After."),
        ("paragraph", "Beside."),
    ]


@pytest.mark.parametrize(("rows", "kind"), [(1, "paragraph"), (2, "row")])
def test_a_framed_text_is_no_header(rows: int, kind: str) -> None:
    document = docx.Document()
    fill(document.add_table(rows, 1), *[("Do not freeze.",)] * rows)
    assert kinds(document) == [(kind, "Do not freeze.")] * rows


def test_a_hidden_row_is_not_read() -> None:
    document = docx.Document()
    table = fill(document.add_table(3, 2), ("Group", "Dose"), ("Adults", "20"), ("Adults", "10"))
    table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:hidden {DECLARED}/>"))
    assert texts(document) == ["Group Dose", "Adults 10"]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (run("Take ") + f"<w:hyperlink>{run('one')}</w:hyperlink>" + run(" tablet"), "Take one tablet"),
        (run("once") + "<w:r><w:br/></w:r>" + run("a") + "<w:r><w:tab/></w:r>" + run("day"), "once a day"),
        (run("Take") + run(" ") + run("one"), "Take one"),
        (
            "<w:r><w:t>anti</w:t><w:noBreakHyphen/><w:t>Xa lodis</w:t><w:softHyphen/><w:t>artan</w:t></w:r>",
            "anti-Xa lodisartan",
        ),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('chosen')}</w:sdtContent></w:sdt>", "chosen"),
        (f'<w:smartTag w:element="x">{run("kept")}</w:smartTag>', "kept"),
        (run("10") + run("9", '<w:vertAlign w:val="superscript"/>') + run("/L"), "10⁹/L"),
        (run("HbA") + run("1c", '<w:vertAlign w:val="subscript"/>'), "HbA1c"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>' + run(" 15"), "≥ 15"),
        (run("5 ") + run("m", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + run("g"), "5 µg"),
        (run("a \uf0a3 b", '<w:rFonts w:ascii="Symbol"/>'), "α ≤ β"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "✓"),
        ('<w:r><w:sym w:font="MS Gothic" w:char="2612"/></w:r>', "☒"),
        (f'<w:fldSimple w:instr="REF x">{run("4.2")}</w:fldSimple>', "4.2"),
        (run("a") + run("no", "<w:vanish/>") + run("b", '<w:vanish w:val="0"/>'), "ab"),
        ('<w:commentRangeStart w:id="1"/>' + run("Dose.") + '<w:r><w:commentReference w:id="1"/></w:r>', "Dose."),
    ],
)
def test_words_are_kept_as_they_are_shown(inner: str, text: str) -> None:
    assert texts(written(paragraph(inner), paragraph(run("End.")))) == [text, "End."]


def test_what_a_style_hides_is_not_read() -> None:
    document = written(paragraph(run("no", '<w:rStyle w:val="Unseen"/>') + run("Dose.")))
    style = f'<w:style {DECLARED} w:type="character" w:styleId="Unseen"><w:rPr><w:vanish/></w:rPr></w:style>'
    document.styles.element.append(parse_xml(style))
    assert texts(document) == ["Dose."]


def field(*parts: str) -> str:
    return "".join(
        f'<w:r><w:fldChar w:fldCharType="{part}"/></w:r>' if part in ("begin", "separate", "end") else run(part)
        for part in parts
    )


def test_of_a_field_the_result_is_read_and_not_the_code() -> None:
    inner = field("begin", "code", "begin", "x", "separate", "nested", "end", "separate", "4.2", "end", " after")
    assert texts(written(paragraph(run("see ") + inner))) == ["see 4.2 after"]


def test_a_field_without_end_is_refused() -> None:
    """Everything after it would be taken for its code."""
    with pytest.raises(Quarantined, match="a field has no end"):
        read_docx(saved(written(paragraph(field("begin", "code")), paragraph(run("Dose.")))))


def test_a_generated_table_of_contents_is_left_out_and_its_field_ends() -> None:
    document = written(
        paragraph(field("begin", "TOC", "separate", "Dose 3"), properties='<w:pStyle w:val="Verzeichnis1"/>'),
        paragraph(field("end"), run("Dose."), properties=""),
    )
    style = f'<w:style {DECLARED} w:type="paragraph" w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>'
    document.styles.element.append(parse_xml(style))
    assert texts(document) == ["Dose."]


def test_text_in_content_controls_is_read_in_its_place() -> None:
    rows = "".join(
        f"<w:tr><w:tc>{paragraph(run(text))}</w:tc><w:tc>{paragraph(run('x'))}</w:tc></w:tr>" for text in "ab"
    )
    document = written(
        paragraph(run("One.")),
        f"<w:sdt><w:sdtContent>{paragraph(run('Two.'))}</w:sdtContent></w:sdt>",
        f"<w:tbl><w:sdt><w:sdtContent>{rows}</w:sdtContent></w:sdt></w:tbl>",
    )
    assert texts(document) == ["One.", "Two.", "a x", "b x"]


@pytest.mark.parametrize(
    "shape",
    [
        f"<w:drawing><wps:txbx>{BOX}</wps:txbx></w:drawing>",
        f"<w:pict><v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict>",
        f'<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{BOX}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{BOX}</w:pict></mc:Fallback></mc:AlternateContent>",
    ],
)
def test_a_text_box_follows_its_paragraph_once_and_is_no_heading(shape: str) -> None:
    document = written(paragraph(run("Take "), f"<w:r>{shape}</w:r>", run("one.")), paragraph(run("End.")))
    assert kinds(document) == [("paragraph", "Take one."), ("paragraph", "In a box."), ("paragraph", "End.")]


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_a_note_follows_the_paragraph_or_table_that_refers_to_it(kind: str) -> None:
    reference = f'<w:r><w:{kind}Reference w:id="2"/></w:r>'
    document = with_notes(written(paragraph(run("Take one"), reference, run("."))), kind, "With water.")
    assert texts(document) == ["Take one.", "With water."]
    cell = f"<w:tc>{paragraph(run('x'), reference)}</w:tc>"
    row = f"<w:tr><w:tc>{paragraph(run('Group'))}</w:tc><w:tc>{paragraph(run('Dose'))}</w:tc></w:tr>"
    table = f"<w:tbl>{row}<w:tr>{cell}<w:tc>{paragraph(run('y'))}</w:tc></w:tr>{row}</w:tbl>"
    document = with_notes(written(table), kind, "With water.")
    assert [(path, text) for _, path, _, text in blocks(document)] == [
        ((), "Group Dose"),
        (("Group Dose",), "x y"),
        (("Group Dose",), "Group Dose"),
        ((), "With water."),
    ]


def test_a_note_that_is_missing_is_said() -> None:
    with pytest.raises(Quarantined, match=r"a note .* is missing; save it in Word again"):
        read_docx(saved(written(paragraph(run("x"), '<w:r><w:footnoteReference w:id="7"/></w:r>'))))


REFERENCE = '<w:r><w:footnoteReference w:id="2"/></w:r>'


def test_a_note_is_read_once_where_it_is_referred_to_first() -> None:
    """Otherwise a few bytes a reference would repeat a note of any length."""
    document = written(paragraph(run("One"), REFERENCE, REFERENCE), paragraph(run("Two"), REFERENCE))
    assert texts(with_notes(document, "footnote", "Note.")) == ["One", "Note.", "Two"]


def test_a_note_that_refers_to_a_note_is_refused() -> None:
    """Notes that refer to notes twice each would double at every level; one that refers to itself would have no end."""
    document = with_notes(written(paragraph(run("Dose."), REFERENCE)), "footnote", "Note.")
    note = next(part for part in document.part.package.iter_parts() if part.partname == "/word/footnotes.xml")
    note._blob = note.blob.replace(b"</w:p>", REFERENCE.encode() + b"</w:p>")
    with pytest.raises(Quarantined, match="a note refers to a note, which Word never does; write it into the text"):
        read_docx(saved(document))


def test_headers_and_footers_are_left_out() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_paragraph("Dose.")
    assert texts(document) == ["Dose."]


@pytest.mark.parametrize(
    "change",
    [
        paragraph(f'<w:ins w:id="1" w:author="a">{run("new")}</w:ins>'),
        paragraph('<w:del w:id="1" w:author="a"><w:r><w:delText>old</w:delText></w:r></w:del>'),
        paragraph(f'<w:moveFrom w:id="1" w:author="a">{run("there")}</w:moveFrom>'),
        paragraph(f'<w:moveTo w:id="1" w:author="a">{run("here")}</w:moveTo>'),
        paragraph(run("x"), properties='<w:rPr><w:ins w:id="1" w:author="a"/></w:rPr>'),
        paragraph(run("x", '<w:rPrChange w:id="1" w:author="a"><w:rPr><w:vanish/></w:rPr></w:rPrChange>')),
        f'<w:tbl><w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc>{paragraph(run("x"))}</w:tc></w:tr></w:tbl>',
    ],
)
def test_tracked_changes_are_refused_with_the_way_out(change: str) -> None:
    said = "^it has tracked changes: accept or reject them, then save$"
    with pytest.raises(Quarantined, match=said):
        read_docx(saved(written(paragraph(run("Dose.")), change)))


def test_tracked_changes_in_a_footnote_are_refused_too() -> None:
    document = with_notes(docx.Document(), "footnote", "x")
    note = next(part for part in document.part.package.iter_parts() if part.partname == "/word/footnotes.xml")
    note._blob = note.blob.replace(b"<w:r>", b'<w:ins w:id="1"><w:r>').replace(b"</w:r>", b"</w:r></w:ins>")
    with pytest.raises(Quarantined, match="tracked changes"):
        read_docx(saved(document))


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (paragraph(run("Take "), run("10", "<w:strike/>"), run("5 mg")), r"struck-out text .*'10'; remove it"),
        (paragraph("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"), "a formula; write it as text"),
        (paragraph("<w:r><w:drawing><dgm:relIds/></w:drawing></w:r>"), "SmartArt; write it as text"),
        ("<w:altChunk/>", "an embedded document; copy its text"),
        (paragraph('<w:r><w:sym w:font="Wingdings" w:char="F04A"/></w:r>'), "F04A of the font Wingdings.*; type it"),
        (paragraph(run("\uf0b3 15")), "F0B3 of its font.*; type it"),
        (paragraph(run("x", '<w:rFonts w:ascii="Webdings"/>')), "0078 of the font Webdings.*; type it"),
    ],
)
def test_what_can_not_be_quoted_as_it_is_shown_is_refused_with_the_way_out(inner: str, said: str) -> None:
    with pytest.raises(Quarantined, match=said):
        read_docx(saved(written(paragraph(run("Dose.")), inner)))


def test_a_file_without_text_is_refused() -> None:
    with pytest.raises(Quarantined, match="no text; provide it again"):
        read_docx(saved(docx.Document()))


DOSE = saved(written(paragraph(run("Dose."))))


def rename(parts: dict[str, bytes]) -> None:
    parts["word/vbaProject.bin"] = b"macro"


def macro_type(parts: dict[str, bytes]) -> None:
    plain = b"vnd.openxmlformats-officedocument.wordprocessingml.document.main"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        plain, b"vnd.ms-word.document.macroEnabled.main"
    )


def lose(parts: dict[str, bytes]) -> None:
    del parts["word/document.xml"]


def cut(parts: dict[str, bytes]) -> None:
    parts["word/document.xml"] = parts["word/document.xml"][:-20]


def deep(parts: dict[str, bytes]) -> None:
    bomb = b"<w:sdt>" * 300 + b"</w:sdt>" * 300
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + bomb)


def entity(parts: dict[str, bytes]) -> None:
    xml = parts["word/document.xml"].replace(b"Dose.", b"Dose. &secret;")
    at = xml.index(b"<w:document")
    parts["word/document.xml"] = xml[:at] + b'<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>' + xml[at:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rename, "it has macros; save it as Word Document"),
        (macro_type, "macroEnabled; save it in Word as Word Document"),
        (lose, "its parts can't be read: .*; save it in Word"),
        (cut, "its parts can't be read: .*; save it in Word"),
        (deep, "its parts can't be read: .*; save it in Word"),
        (entity, "it declares XML entities"),
    ],
)
def test_a_package_that_is_not_a_plain_document_is_refused(
    change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    assert [each.lines[0].text for each in read_docx(repacked(DOSE, lambda parts: None))[1]] == ["Dose."]
    with pytest.raises(Quarantined, match=said):
        read_docx(repacked(DOSE, change))


def twice(content: bytes) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/Document.xml", b"<other/>")
    return stream.getvalue()


def locked(content: bytes) -> bytes:
    """The flag of encryption set in the first entry of the central directory."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + bytes([content[at] | 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"plain text", "no DOCX.*; save it in Word"),
        (DOSE[:400], "damaged.*; save it in Word"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "encrypted or an old DOC file; remove the password"),
        (locked(DOSE), "it is encrypted; remove the password"),
        (twice(DOSE), "two parts of one name"),
        (repacked(DOSE, lambda parts: None, zipfile.ZIP_LZMA), "compressed as Word never does; save it in Word"),
    ],
)
def test_what_is_no_docx_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(Quarantined, match=said):
        read_docx(content)


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MAX_OFFICE_PARTS", 12, r"it has 1\d parts, more than 12; split it"),
        ("MAX_OFFICE_BYTES", 1000, "bytes unpacked, more than 1,000; make its pictures smaller"),
        ("MAX_OFFICE_XML_BYTES", 1000, "its text has .* bytes unpacked, more than 1,000; split it"),
    ],
)
def test_a_bomb_is_refused_before_it_is_opened(
    limit: str, value: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, limit, value)
    monkeypatch.setattr("docx.Document", lambda _: pytest.fail("it was opened"))
    with pytest.raises(Quarantined, match=said):
        read_docx(DOSE)


@pytest.mark.parametrize("name", ["word/document.dat", "word/document.png"])
@pytest.mark.parametrize("start", [b"", b" " * 99, b"\xef\xbb\xbf"], ids=["plain", "spaces", "mark"])
def test_xml_of_any_name_is_measured_before_it_is_opened(
    name: str, start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(parts: dict[str, bytes]) -> None:
        parts[name] = start + parts.pop("word/document.xml").replace(
            b"<w:body>", b"<w:body><!--" + b"x" * 10**6 + b"-->"
        )
        parts["word/_rels/" + name.removeprefix("word/") + ".rels"] = parts.pop("word/_rels/document.xml.rels")
        for part in ("[Content_Types].xml", "_rels/.rels"):
            parts[part] = parts[part].replace(b"word/document.xml", name.encode())

    monkeypatch.setattr(office, "MAX_OFFICE_XML_BYTES", 10**6)
    monkeypatch.setattr("docx.Document", lambda _: pytest.fail("it was opened"))
    with pytest.raises(Quarantined, match=r"its text has .* bytes unpacked, more than 1,000,000; split it"):
        read_docx(repacked(DOSE, renamed))


def test_pictures_are_not_measured_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_OFFICE_XML_BYTES", 10**6)
    with_picture = repacked(DOSE, lambda parts: parts.update({"word/media/a.png": b"\x89PNG" + bytes(2 * 10**6)}))
    assert [each.lines[0].text for each in read_docx(with_picture)[1]] == ["Dose."]


words = st.text("abcß9 \n", max_size=6)
pieces = st.one_of(
    words.map(run),
    words.map(lambda text: f"<w:hyperlink>{run(text)}</w:hyperlink>"),
    words.map(lambda text: f"<w:r><w:drawing><w:txbxContent>{paragraph(run(text))}</w:txbxContent></w:drawing></w:r>"),
    st.just("<w:r><w:br/></w:r>"),
)
styles = st.sampled_from(["", '<w:pStyle w:val="Heading2"/>', '<w:pStyle w:val="ListBullet"/>'])
paragraphs = st.builds(lambda runs, style: paragraph(*runs, properties=style), st.lists(pieces, max_size=4), styles)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    cells = st.lists(inner, max_size=2).map(lambda each: f"<w:tc>{''.join(each)}<w:p/></w:tc>")
    rows = st.lists(cells, min_size=1, max_size=3).map(lambda each: f"<w:tr>{''.join(each)}</w:tr>")
    return st.one_of(
        st.lists(rows, max_size=3).map(lambda each: f"<w:tbl>{''.join(each)}</w:tbl>"),
        st.lists(inner, max_size=2).map(lambda each: f"<w:sdt><w:sdtContent>{''.join(each)}</w:sdtContent></w:sdt>"),
    )


@settings(max_examples=50)
@given(st.lists(st.recursive(paragraphs, nested, max_leaves=6), max_size=4))
def test_no_character_is_lost_and_none_appears_twice(body: list[str]) -> None:
    """Merged cells aside, which are repeated in every row that they cover; none is made here.

    Text boxes follow what they are anchored in, so that words are compared without their order.
    """
    document = written(*body, paragraph(run("end")))
    expected = "".join(sorted("".join(each.text or "" for each in document.element.body.iter("{*}t"))))
    read = "".join(line.text for block in read_docx(saved(document))[1] for line in block.lines)
    assert "".join(sorted(read)).split() == expected.split()
