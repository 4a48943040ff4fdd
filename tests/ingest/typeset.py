"""Lines as the PDF reader hands them on, set in a face whose every character is 5 points wide and 10 high."""

from __future__ import annotations

from corpus.boxes import UNIT
from ingest.lines import Box, Line, Style

LEADING = 12
NO_BOX: Box = (0, 0, 0, 0)
_MARKS: dict[str, Style] = {"# ": "bold", "/ ": "italic"}


def line(text: str, page: int = 1, top: float = 300, left: float = 60, style: Style = "plain") -> Line:
    """One line; a tab is the gap between two cells. Spaces have no box, as in the reader."""
    boxes: list[Box] = []
    x = left
    for char in text:
        box = (round(x * UNIT), round(top * UNIT), round((x + 5) * UNIT), round((top + 10) * UNIT))
        boxes.append(NO_BOX if char.isspace() else box)
        x += 40 if char == "\t" else 5
    return Line(text.replace("\t", " "), page, tuple(boxes), style)


def typeset(*texts: str, page: int = 1, top: float = 300) -> list[Line]:
    """Lines below each other; "# " sets one in bold, "/ " in italics, and an empty one leaves a gap."""
    lines = []
    for number, text in enumerate(texts):
        style = _MARKS.get(text[:2], "plain")
        if text:
            lines.append(line(text if style == "plain" else text[2:], page, top + number * LEADING, style=style))
    return lines
