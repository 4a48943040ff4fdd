from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from eval.svg import COLOURS, new_figure, svg

SVG = "{http://www.w3.org/2000/svg}"


def chart() -> Figure:
    """One of everything the reports draw: lines, bars, markers, a band, a hatch, words turned and bold."""
    figure, axes = new_figure(6, 3)
    axes.plot([1, 10, 100], [1, 2, 3], label="a < b & c")
    axes.errorbar([1, 10], [2, 3], yerr=[[1, 1], [1, 2]], fmt="o", capsize=3)
    axes.fill_between([1, 100], [1, 1], [2, 3], alpha=0.3, hatch="/")
    axes.barh([1, 2], [20, 30], height=0.2)
    axes.text(2, 1, "turned", rotation=30, weight="bold", style="italic", ha="center")
    axes.set_xscale("log")
    axes.set_title("Dose → answer")
    axes.legend()
    return figure


def drawn(title: str = "A chart") -> str:
    return svg(chart(), title, "What it shows.")


def test_a_drawing_is_one_svg_element_without_prolog() -> None:
    text = drawn()
    assert text.startswith("<svg ")
    root = ElementTree.fromstring(text)  # noqa: S314 - ours
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == ("100%", None)
    assert root.get("viewBox") == "0 0 432 216"


def test_a_drawing_needs_no_style_and_no_script() -> None:
    text = drawn()
    assert not re.search(r"<style|\sstyle=|<script|javascript:|\son\w+=|data:|<metadata|<!", text)
    assert not re.search(r"(?:href|src)=\"(?!#)", text)  # nothing from elsewhere


def test_properties_become_presentation_attributes() -> None:
    root = ElementTree.fromstring(drawn())  # noqa: S314 - ours
    texts = {element.text: element for element in root.iter(f"{SVG}text")}
    assert (texts["turned"].get("font-weight"), texts["turned"].get("font-style")) == ("700", "italic")
    assert texts["Dose → answer"].get("font-size") == "11px"
    assert "sans-serif" in texts["a < b & c"].get("font-family", "")
    strokes = {element.get("stroke") for element in root.iter(f"{SVG}path")}
    assert COLOURS[0].casefold() in strokes


def test_a_font_shorthand_is_split() -> None:
    from eval.svg import _attributes

    found = dict(_attributes("font: italic 700 10px/1.2 'DejaVu Sans', sans-serif; text-anchor: middle"))
    assert found == {
        "font-style": "italic",
        "font-weight": "700",
        "font-size": "10px",
        "font-family": "'DejaVu Sans', sans-serif",
        "text-anchor": "middle",
    }


def test_what_no_attribute_can_say_is_an_error() -> None:
    figure, axes = new_figure(2, 2)
    axes.imshow([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="pcolormesh"):
        svg(figure, "A picture", "Of pixels.")


def test_the_same_figure_gives_the_same_bytes() -> None:
    figure = chart()
    assert svg(figure, "A chart", "What it shows.") == drawn()
    assert svg(figure, "A chart", "What it shows.") == drawn()  # drawn twice: the layout has settled


def test_a_drawing_is_named_for_those_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(svg(chart(), "Speed & size", "Lower is <better>."))  # noqa: S314 - ours
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "Speed & size")
    assert (description.tag, description.text) == (f"{SVG}desc", "Lower is <better>.")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_two_drawings_in_one_page_share_no_id() -> None:
    page = ElementTree.fromstring(f"<body>{drawn('One')}{drawn('Two')}</body>")  # noqa: S314 - ours
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 4


def test_every_reference_has_its_target() -> None:
    text = drawn()
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert references
    assert {a or b for a, b in references} <= ids


def test_the_axes_have_neither_lid_nor_right_wall() -> None:
    _, axes = new_figure(3, 2)
    assert [name for name, spine in axes.spines.items() if spine.get_visible()] == ["left", "bottom"]


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_can_be_seen_on_white(colour: str) -> None:
    """A contrast of 3:1 at least (WCAG 2.2, 1.4.11)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 3
