"""What no file of Word, PowerPoint or Excel is read with: bombs, macros, objects, links, names that lead out of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest import formats, office
from ingest.docx import read_docx
from ingest.errors import Quarantined
from ingest.lines import RawBlock
from ingest.pptx import read_pptx
from ingest.xlsx import read_xlsx

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Parts = dict[str, bytes]


def repacked(content: bytes, change: Callable[[Parts], None]) -> bytes:
    """A package with some of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph("Take one.")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def powerpoint() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "Take one."
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def excel() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Take one."])
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


PROGRAMS = [
    (read_docx, word(), "word/document.xml", "Word"),
    (read_pptx, powerpoint(), "ppt/presentation.xml", "PowerPoint"),
    (read_xlsx, excel(), "xl/workbook.xml", "Excel"),
]
every_program = pytest.mark.parametrize(
    ("read", "content", "main", "program"), PROGRAMS, ids=[program for *_, program in PROGRAMS]
)
Read = Callable[[bytes], tuple[str, list[RawBlock]]]


def related(parts: Parts, main: str, kind: str, target: str, mode: str = "External") -> None:
    """Adds a relationship to the main part."""
    folder, _, name = main.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    added = f'<Relationship Id="rX" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    parts[relations] = parts[relations].replace(b"</Relationships>", added.encode())


@every_program
def test_a_plain_file_is_read(read: Read, content: bytes, main: str, program: str) -> None:
    _, blocks = read(content)
    assert [block.lines[0].text for block in blocks][-1] == "Take one."


@every_program
def test_macros_are_refused(read: Read, content: bytes, main: str, program: str) -> None:
    folder = main.partition("/")[0]
    with pytest.raises(Quarantined, match=f"it has macros; save it as {program}.* without them"):
        read(repacked(content, lambda parts: parts.update({f"{folder}/vbaProject.bin": b"macro"})))

    def enable(parts: Parts) -> None:
        types = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = types.replace(b'main+xml"', b'main.macroEnabled+xml"', 1)

    with pytest.raises(Quarantined, match=f"its type is macroEnabled; save it in {program} as {program}"):
        read(repacked(content, enable))
    with pytest.raises(Quarantined, match=r"macros or controls \(control\); save it as"):
        read(repacked(content, lambda parts: related(parts, main, "control", "a.bin", "Internal")))


@pytest.mark.parametrize(("suffix", "plain"), [(".docm", ".docx"), (".PPTM", ".pptx"), (".xlsm", ".xlsx")])
def test_a_file_named_as_one_with_macros_says_how_to_save_it(suffix: str, plain: str, tmp_path: Path) -> None:
    file = tmp_path / f"dose{suffix}"
    file.write_bytes(b"x")
    with pytest.raises(Quarantined, match=f"'{suffix}' may have macros; save it as {plain} without them"):
        formats.open_source(file)


@every_program
@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("image", "https://example.org/dose.png"),
        ("attachedTemplate", "https://example.org/house.dotx"),
        ("attachedTemplate", r"\\server\share\house.dotx"),
        ("attachedTemplate", "file://server/house.dotx"),
        ("externalLinkPath", "other.xlsx"),
    ],
)
def test_what_stands_outside_of_the_file_is_refused(
    read: Read, content: bytes, main: str, program: str, kind: str, target: str
) -> None:
    with pytest.raises(Quarantined, match=f"it refers to something outside of it .{kind}: .*; break the link"):
        read(repacked(content, lambda parts: related(parts, main, kind, target)))


@every_program
@pytest.mark.parametrize(
    ("kind", "target"), [("hyperlink", "https://example.org"), ("attachedTemplate", "file:///C:/house.dotx")]
)
def test_a_link_to_click_on_and_a_template_by_name_are_let_through(
    read: Read, content: bytes, main: str, program: str, kind: str, target: str
) -> None:
    assert read(repacked(content, lambda parts: related(parts, main, kind, target)))


@every_program
def test_embedded_objects_and_data_connections_are_refused(read: Read, content: bytes, main: str, program: str) -> None:
    for kind in ("oleObject", "package"):
        with pytest.raises(Quarantined, match=r"an embedded object \(embeddings/a.bin\), whose text isn't read"):
            read(repacked(content, lambda parts, k=kind: related(parts, main, k, "embeddings/a.bin", "Internal")))
    with pytest.raises(Quarantined, match="from a data connection"):
        read(repacked(content, lambda parts: related(parts, main, "connections", "connections.xml", "Internal")))


def test_the_figures_that_a_chart_carries_are_no_embedded_document() -> None:
    relations = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/package" Target="../embeddings/a.xlsx"/></Relationships>'
    ).encode()
    chart = {"ppt/charts/_rels/chart1.xml.rels": relations}
    assert read_pptx(repacked(powerpoint(), lambda parts: parts.update(chart)))


@every_program
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(
    read: Read, content: bytes, main: str, program: str, encoding: str
) -> None:
    def declare(parts: Parts) -> None:
        xml = parts[main].decode()
        xml = xml[xml.index("?>") + 2 :].lstrip() if xml.startswith("<?xml") else xml
        bomb = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>{xml}'
        parts[main] = bomb.encode(encoding)

    with pytest.raises(Quarantined, match=f"it declares XML entities, which {program} never does"):
        read(repacked(content, declare))


@every_program
@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "iso-8859-1"])
def test_xml_in_an_encoding_that_could_hide_entities_is_refused(
    read: Read, content: bytes, main: str, program: str, encoding: str
) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><x/>'.encode("ascii" if encoding == "utf-7" else encoding)
    with pytest.raises(Quarantined, match=f"{main} is in an encoding that {program} never writes"):
        read(repacked(content, lambda parts: parts.update({main: xml})))


@every_program
@pytest.mark.parametrize("name", ["../evil.xml", "word/../../evil.xml", "/etc/evil", "C:evil", "a\\..\\..\\evil"])
def test_a_part_that_would_unpack_elsewhere_is_refused(
    read: Read, content: bytes, main: str, program: str, name: str
) -> None:
    with pytest.raises(Quarantined, match=f"a name that leads out of it, as {program} never writes"):
        read(repacked(content, lambda parts: parts.update({name: b"x"})))


@every_program
@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MAX_OFFICE_PARTS", 3, "parts, more than 3; split it"),
        ("MAX_OFFICE_BYTES", 1000, "bytes unpacked, more than 1,000; make its pictures smaller"),
        ("MAX_OFFICE_XML_BYTES", 1000, "its text has .* bytes unpacked, more than 1,000; split it"),
    ],
)
def test_a_bomb_is_refused_before_it_is_opened(
    read: Read,
    content: bytes,
    main: str,
    program: str,
    limit: str,
    value: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office, limit, value)
    for opener in ("docx.Document", "pptx.Presentation", "openpyxl.load_workbook"):
        monkeypatch.setattr(opener, lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(Quarantined, match=said):
        read(content)


@every_program
def test_what_is_no_package_is_refused_with_its_reason(read: Read, content: bytes, main: str, program: str) -> None:
    for wrong, said in (
        (b"plain text", f"damaged or no .*; save it in {program} again"),
        (content[: len(content) // 2], f"damaged or no .*; save it in {program} again"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "it is encrypted or an old .* file; remove the password"),
        (repacked(content, lambda parts: parts.pop(main) and None), f"save it in {program}"),
    ):
        with pytest.raises(Quarantined, match=said):
            read(wrong)
