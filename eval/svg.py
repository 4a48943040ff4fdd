"""A matplotlib figure -> an SVG that stands inside an HTML page, also where scripts and styles are blocked.

A page with ``Content-Security-Policy: default-src 'none'`` drops every ``<style>`` and every ``style=``; so each
property becomes the presentation attribute of the same name (SVG 2, section 6.6), which no policy concerns.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

# Okabe and Ito 2008 ("Color universal design"), without the ones that have less than 3:1 on white, and a grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#767676")
_NAMESPACE = "http://www.w3.org/2000/svg"
_SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": "#333333",
    "axes.labelsize": 10,
    "axes.prop_cycle": cycler("color", COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],  # the measured font, then one of the same widths
    "font.size": 10,
    "legend.frameon": False,
    "svg.fonttype": "none",  # real text: it can be read aloud, searched and copied
    "svg.hashsalt": "signpost",  # otherwise ids are random
}
# For the whole process, once: a title or a legend takes them when it is made, not when its axes are.
rcParams.update(_SETTINGS)
_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_FONT = re.compile(r"^(?P<before>.*?)(?P<size>\d[\d.]*(?:[a-z]+|%))(?:/\S+)?\s+(?P<family>.+)$")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_PRESENTATION = re.compile(
    r"fill(-opacity|-rule)?|stroke(-(dasharray|dashoffset|linecap|linejoin|miterlimit|opacity|width))?|opacity|"
    r"font-(family|size|stretch|style|variant|weight)|text-anchor|stop-(color|opacity)|clip-(path|rule)|color|visibility"
)


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of ``width`` × ``height`` inches (a page's column is 7) and its axes, in our look.

    Colours come from ``COLOURS`` in order. Give a logarithmic axis plain labels (a ``FuncFormatter``): powers are set
    glyph by glyph and fall apart in another font.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def svg(figure: Figure, title: str, description: str) -> str:
    """``figure`` as an ``<svg>`` element as wide as what it stands in, named by ``title`` and ``description``.

    The same figure and words give the same text; ids of different drawings differ. Raises ``ValueError`` for what
    can't be said without a style or a data URL (an image: draw a mesh instead).
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata=_NOTHING)
    root = ElementTree.fromstring(stream.getvalue())  # noqa: S314 - matplotlib's, not a stranger's
    for element in root.iter():
        _plain(element)
    _without_styles(root)
    prefix = "d" + hashlib.sha256("\n".join([title, description, stream.getvalue()]).encode()).hexdigest()[:12]
    _rename(root, prefix)
    _name(root, prefix, title, description)
    return ElementTree.tostring(root, encoding="unicode")


def _plain(element: ElementTree.Element) -> None:
    """Local names, one ``href``, and each style as attributes."""
    element.tag = element.tag.rpartition("}")[2]
    if element.tag == "image":
        raise ValueError("a picture would need a data URL, which pages block; draw it with pcolormesh or patches")
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        if name == "style":
            element.attrib.update(_attributes(value))
        else:
            element.set(name.rpartition("}")[2], " ".join(value.split()))
    element.tail = None  # indentation
    if len(element) or element.tag not in ("text", "tspan"):
        element.text = None


def _attributes(style: str) -> Iterator[tuple[str, str]]:
    for declaration in filter(str.strip, style.split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            yield from _font(value)
        elif _PRESENTATION.fullmatch(name):
            yield name, value
        else:
            raise ValueError(f"{name}: {value}: no presentation attribute has this name")


def _font(value: str) -> Iterator[tuple[str, str]]:
    """The shorthand ``[style] [weight] size[/height] family``, which has no attribute of its own."""
    found = _FONT.match(value)
    if found is None:
        raise ValueError(f"font: {value}: not a size and a family")
    for word in found["before"].split():
        yield ("font-style" if word in ("italic", "oblique") else "font-weight"), word
    yield "font-size", found["size"]
    yield "font-family", found["family"]


def _without_styles(root: ElementTree.Element) -> None:
    """Without ``<style>``, metadata and what they leave empty."""
    for name in ("style", "metadata", "defs"):  # in this order: the first leaves a defs empty
        for parent in list(root.iter()):
            for child in parent.findall(name):
                if name != "defs" or not len(child):
                    parent.remove(child)
    root.set("stroke-linejoin", "round")  # what matplotlib's own style rule says of every element
    root.set("stroke-linecap", "butt")


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Ids that are used get ``prefix``; the others go."""
    used: set[str] = set()
    for element in root.iter():
        for value in element.attrib.values():
            used.update(_REFERENCE.findall(value))
        used.add(element.get("href", "").removeprefix("#"))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{prefix}-{own}")
        for name, value in element.attrib.items():
            element.set(name, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))
        if "href" in element.attrib:
            element.set("href", f"#{prefix}-{element.attrib['href'].removeprefix('#')}")


def _name(root: ElementTree.Element, prefix: str, title: str, description: str) -> None:
    """As wide as the page lets it be, and a picture with a name for those who don't see it."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update(
        {"xmlns": _NAMESPACE, "width": "100%", "role": "img", "aria-labelledby": f"{prefix}-title {prefix}-desc"}
    )
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": f"{prefix}-{tag}"})
        element.text = text
        root.insert(at, element)
