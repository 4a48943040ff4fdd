from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pptx
import pytest
from lxml import etree
from pptx.oxml.ns import qn
from pptx.util import Inches

from ingest.canonical import canonical
from ingest.errors import Quarantined
from ingest.pptx import read_pptx

Deck = Any  # pptx.presentation.Presentation, whose shapes are untyped
ROWS = [("Form", "Dose", "Daily"), ("Tablet", "5 mg", "once"), ("", "10 mg", "twice")]


def deck(*titles: str, layout: int = 1) -> Deck:
    """A presentation with a slide for each title."""
    made = pptx.Presentation()
    for title in titles:
        made.slides.add_slide(made.slide_layouts[layout]).shapes.title.text = title
    return made


def saved(made: Deck) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def blocks(made: Deck) -> list[tuple[str, tuple[str, ...], str | None, str]]:
    found = canonical(read_pptx(saved(made))[1], (), "en")
    return [(block.kind, block.path, block.anchor, found.text[block.start : block.end]) for block in found.blocks]


def texts(made: Deck) -> list[tuple[str, str]]:
    return [(kind, text) for kind, _, _, text in blocks(made) if kind != "heading"]


def write(made: Deck, text: str, slide: int = 0) -> Any:
    """A text box with these lines; returns its shape."""
    box = made.slides[slide].shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
    box.text_frame.text = text
    return box


def tabulate(made: Deck, *rows: tuple[str, ...]) -> Any:
    table = made.slides[0].shapes.add_table(len(rows), len(rows[0]), 0, 0, Inches(4), Inches(2)).table
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    return table


def test_each_slide_is_a_section_under_its_title_and_opens_by_its_number() -> None:
    made = deck("Velmarin at a glance", layout=0)
    made.slides[0].placeholders[1].text = "For adults"
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text = "Dosing"
    slide.placeholders[1].text = "Take one.\nTake it daily."
    assert read_pptx(saved(made))[0] == "Velmarin at a glance"
    assert blocks(made) == [
        ("heading", (), "slide-1", "Velmarin at a glance"),
        ("paragraph", ("Velmarin at a glance",), "slide-1", "For adults"),
        ("heading", (), "slide-2", "Dosing"),
        ("item", ("Dosing",), "slide-2", "Take one."),
        ("item", ("Dosing",), "slide-2", "Take it daily."),
    ]


def test_a_slide_without_a_title_does_not_stand_under_the_one_before() -> None:
    made = deck("Dosing", "Storage")
    made.slides.add_slide(made.slide_layouts[6])
    write(made, "Cold.", 1)
    write(made, "Dry.", 2)
    assert [(path, text) for kind, path, _, text in blocks(made) if kind == "paragraph"] == [
        (("Storage",), "Cold."),
        (("Slide 3",), "Dry."),
    ]


def test_speaker_notes_are_marked_as_such() -> None:
    made = deck("Dosing", "Storage")
    write(made, "Take one.")
    made.slides[0].notes_slide.notes_text_frame.text = "Food doesn't matter."
    write(made, "Cold.", 1)
    assert [(path, text) for kind, path, _, text in blocks(made) if kind == "paragraph"] == [
        (("Dosing",), "Take one."),
        (("Dosing", "Speaker notes"), "Food doesn't matter."),
        (("Storage",), "Cold."),
    ]


def test_a_table_has_its_header_its_cells_and_merged_cells_in_every_row() -> None:
    made = deck("Dosing")
    table = tabulate(made, *ROWS, ("All forms", "", "see the label"))
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 1))
    found = canonical(read_pptx(saved(made))[1], (), "en")
    assert [
        [(found.text[cell.start : cell.end], cell.column, cell.columns) for cell in block.cells]
        for block in found.blocks
        if block.cells
    ] == [
        [("Form", 0, 1), ("Dose", 1, 1), ("Daily", 2, 1)],
        [("Tablet", 0, 1), ("5 mg", 1, 1), ("once", 2, 1)],
        [("Tablet", 0, 1), ("10 mg", 1, 1), ("twice", 2, 1)],
        [("All forms", 0, 2), ("see the label", 2, 1)],
    ]
    assert found.blocks[-1].path == ("Dosing", "Form Dose Daily")


def test_a_table_can_say_that_it_has_no_header() -> None:
    made = deck("Dosing")
    tabulate(made, *ROWS[:2]).first_row = False
    assert texts(made) == [("row", "Form Dose Daily"), ("row", "Tablet 5 mg once")]


def test_text_in_groups_is_read_and_dates_footers_and_slide_numbers_are_not() -> None:
    made = deck("Dosing")
    slide = made.slides[0]
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "In a group."
    for kind in ("dt", "ftr", "sldNum"):
        box = write(made, f"furniture {kind}")
        properties = box.element.find(f"{qn('p:nvSpPr')}/{qn('p:nvPr')}")
        etree.SubElement(properties, qn("p:ph"), type=kind)
    assert texts(made) == [("paragraph", "In a group.")]


def test_a_raised_figure_stays_raised() -> None:
    made = deck("Cells")
    paragraph = write(made, "Give 10").text_frame.paragraphs[0]
    run = paragraph.add_run()
    run.text = "9"
    run.font._element.set("baseline", "30000")
    assert texts(made) == [("paragraph", "Give 10⁹")]


def test_the_nearest_that_speaks_of_a_bullet_decides() -> None:
    made = deck("Dosing")
    made.slides[0].placeholders[1].text = "Take one.\nTake it daily."
    own = made.slides[0].placeholders[1].text_frame.paragraphs[0]._p.get_or_add_pPr()
    etree.SubElement(own, qn("a:buNone"))
    boxed = write(made, "First.").text_frame.paragraphs[0]._p.get_or_add_pPr()
    etree.SubElement(boxed, qn("a:buAutoNum"), type="arabicPeriod")
    assert texts(made) == [("paragraph", "Take one."), ("item", "Take it daily."), ("item", "First.")]


def hide_slide(made: Deck) -> None:
    made.slides[0].element.set("show", "0")


def hide_shape(made: Deck) -> None:
    write(made, "Never shown.").element.find(f"{qn('p:nvSpPr')}/{qn('p:cNvPr')}").set("hidden", "1")


def hide_group(made: Deck) -> None:
    group = made.slides[0].shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "Never shown."
    group.element.find(f"{qn('p:nvGrpSpPr')}/{qn('p:cNvPr')}").set("hidden", "1")


def move_off(made: Deck) -> None:
    write(made, "Never shown.").left = Inches(-20)


def strike(made: Deck) -> None:
    write(made, "Take two.").text_frame.paragraphs[0].runs[0].font._element.set("strike", "sngStrike")


def draw(made: Deck) -> None:
    write(made, "x").element.append(etree.Element("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hide_slide, "slide 1: it is hidden; show it or delete it"),
        (hide_shape, "slide 1: the text 'Never shown.' is hidden; show it"),
        (hide_group, "slide 1: the text 'Never shown.' is hidden; show it"),
        (move_off, "slide 1: the text 'Never shown.' lies beside the slide; show it"),
        (strike, "slide 1: struck-out text can't be quoted: 'Take two.'"),
        (draw, "slide 1: SmartArt; write it as text"),
    ],
)
def test_what_nobody_sees_or_can_not_be_quoted_is_refused_with_its_slide(
    change: Callable[[Deck], None], said: str
) -> None:
    made = deck("Dosing")
    write(made, "Take one.")
    assert texts(made) == [("paragraph", "Take one.")]
    change(made)
    with pytest.raises(Quarantined, match=said):
        read_pptx(saved(made))


def test_slides_of_pictures_alone_are_refused() -> None:
    with pytest.raises(Quarantined, match="no text; pictures aren't read"):
        read_pptx(saved(deck("Only a title")))
