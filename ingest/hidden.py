"""Text of a PDF that a reader of the page can't see, and pages that show something and have no text.

Each page is drawn twice: as it is, and without its text. A character in whose box the two don't differ left no ink,
whatever hides it. Text that could be lost among other text is drawn a third time, without that. Why, says pdfium
(fpdf_edit.h, fpdf_text.h). What was found is left out of the lines, so that it can't be cited.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import ImageDraw

from corpus.boxes import UNIT
from corpus.findings import Finding, Kind
from corpus.kept import found_name, picture_name
from ingest import page_text
from ingest.ink import Pixels, changed, inked, seen_pixels
from ingest.limits import (
    FINDING_CHARACTERS,
    HIDDEN_CHARACTERS,
    INSPECTED_PIXELS,
    LETTER_POINTS,
    PICTURE_QUALITY,
    SCAN_PIXELS,
    SCAN_SHARE,
)
from ingest.lines import Box, Line
from ingest.page_text import Text, Texts
from ingest.pdf import image_of, pixels_of

Keep = Callable[[int, bytes], None]  # takes a page's number and its JPEG
_MARK = "#d00000"


@dataclass(frozen=True, slots=True)
class _Place:
    """One character of the body, where a reader would look for it."""

    line: int
    index: int
    box: Box


class Inspection:
    """What the pages of one PDF hide, page by page as they are drawn."""

    def __init__(self, lines: Sequence[Line], removed: Iterable[Line], keep: Keep) -> None:
        self._lines = lines
        self._keep = keep
        self._with_text = {line.page for line in (*lines, *removed) if line.text.strip()}
        self._by_page: dict[int | None, list[int]] = defaultdict(list)
        for number, line in enumerate(lines):
            self._by_page[line.page].append(number)
        self._hidden: dict[int, set[int]] = defaultdict(set)  # by line, the characters that nobody sees
        self.findings: list[Finding] = []

    def __call__(self, page: pdfium.PdfPage, number: int, picture: Pixels, scale: float) -> None:
        """Looks at the page of which ``picture`` was drawn."""
        if picture.shape[0] * picture.shape[1] > INSPECTED_PIXELS:
            scale *= (INSPECTED_PIXELS / (picture.shape[0] * picture.shape[1])) ** 0.5
            picture = pixels_of(page.render(scale=scale, prefer_bgrx=True))
        places = list(self._places(number))
        texts = Texts(page)
        found = _hidden(page, texts, picture, scale, self._lines, places) if places else {}
        by_kind: dict[Kind, list[_Place]] = defaultdict(list)
        for place, kind in found.items():
            self._hidden[place.line].add(place.index)
            by_kind[kind].append(place)
        shown = len(found) < len(places)
        if found and not shown and "invisible" in by_kind and page_text.picture_share(page) >= SCAN_SHARE:
            by_kind = {"ocr": list(found)}
        slip = len(found) < HIDDEN_CHARACTERS and set(by_kind) == {"covered"}  # by a table's border, say
        if found and not slip:
            name = found_name(number)
            self._keep(number, _marked(page, picture, scale, [place.box for place in found]))
            self.findings += [Finding(number, kind, self._words(by_kind[kind]), name) for kind in sorted(by_kind)]
        elif not places and self._is_scan(page, texts, number, picture, scale):
            self.findings.append(Finding(number, "scan", "", picture_name(number)))
        if "tiny" not in by_kind and texts.has_sizeless():
            self.findings.append(Finding(number, "tiny", "", picture_name(number)))

    def lines(self) -> list[Line]:
        """The lines as a reader of the pages sees them, in their order."""
        kept = [_without(line, self._hidden[i]) if i in self._hidden else line for i, line in enumerate(self._lines)]
        return [line for line in kept if line.text]

    def _places(self, number: int) -> Iterator[_Place]:
        for line in self._by_page[number]:
            text, boxes = self._lines[line].text, self._lines[line].boxes
            yield from (_Place(line, i, boxes[i]) for i, char in enumerate(text) if char.isalnum())

    def _words(self, places: Sequence[_Place]) -> str:
        pieces = []
        for line, group in groupby(places, lambda place: place.line):
            hidden = {place.index for place in group}
            text = self._lines[line].text
            pieces.append(" ".join("".join(c if i in hidden else " " for i, c in enumerate(text)).split()))
        return " ".join(pieces)[:FINDING_CHARACTERS]

    def _is_scan(self, page: pdfium.PdfPage, texts: Texts, number: int, picture: Pixels, scale: float) -> bool:
        if number not in self._with_text:
            return seen_pixels(picture) >= SCAN_PIXELS
        if page_text.picture_share(page) < SCAN_SHARE:
            return False
        # nothing but headers, over a picture or over a white ground that is one
        return seen_pixels(texts.picture_without(texts.all, scale)) >= SCAN_PIXELS


def _hidden(
    page: pdfium.PdfPage,
    texts: Texts,
    picture: Pixels,
    scale: float,
    lines: Sequence[Line],
    places: Sequence[_Place],
) -> dict[_Place, Kind]:
    """The characters that aren't seen and count, with what hides them."""
    boxes = np.array([place.box for place in places], np.float64)
    pixels = page_text.to_pixels(page, boxes, picture.shape[:2])
    ground = texts.picture_without(texts.all, scale)
    unseen = ~inked(changed(picture, ground), pixels, picture.shape)
    tiny = _tiny(boxes, lines, places)
    suspects = texts.suspects(ground)
    if not (unseen.any() or tiny.any() or suspects):
        return {}
    characters = [(lines[place.line].text[place.index], place.box) for place in places]
    drawn = texts.drawn(characters)
    if suspects:
        alone = texts.picture_without(texts.all - suspects, scale)
        rest = ~inked(changed(alone, ground), pixels, picture.shape)
        unseen |= rest & np.array([text is not None and text.address in suspects for text in drawn])
    height, width = picture.shape[:2]
    off = (pixels[:, 2] <= 0) | (pixels[:, 3] <= 0) | (pixels[:, 0] >= width) | (pixels[:, 1] >= height)
    colours = _colours(ground, pixels)
    found: dict[int, Kind] = {
        i: "tiny"
        if tiny[i] and not unseen[i]
        else "off_page"
        if off[i]
        else _kind(drawn[i], characters[i][0], colours[i])
        for i in np.flatnonzero(unseen | tiny).tolist()
    }
    for text, word in _words_of(lines, places):
        if len(word) == 1 and text.isalpha() and found.get(word[0]) == "covered":
            del found[word[0]]  # a bullet for which its font has a code and no shape
    return {places[i]: kind for i, kind in found.items()}


def _kind(text: Text | None, char: str, ground: tuple[int, int, int]) -> Kind:
    return "covered" if text is None else text.kind(char, ground)


def _tiny(boxes: NDArray[np.float64], lines: Sequence[Line], places: Sequence[_Place]) -> NDArray[np.bool_]:
    """Characters of words in which no letter is as high, or as wide where it lies, as one that can be read."""
    sizes = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / UNIT
    tiny = (sizes > 0) & (sizes < LETTER_POINTS)
    if not tiny.any():
        return tiny
    whole = np.zeros(len(places), np.bool_)
    for _, word in _words_of(lines, places):
        whole[word] = tiny[word].all()
    return whole


def _words_of(lines: Sequence[Line], places: Sequence[_Place]) -> Iterator[tuple[str, list[int]]]:
    """Each word with the indexes of its letters and digits in ``places``."""
    at = 0
    for line, group in groupby(places, lambda place: place.line):
        indexes = [place.index for place in group]
        text = lines[line].text
        begin = 0
        for count in range(1, len(indexes) + 1):
            if count == len(indexes) or " " in text[indexes[count - 1] : indexes[count]]:
                word = indexes[begin:count]
                yield text[word[0] : word[-1] + 1], list(range(at + begin, at + count))
                begin = count
        at += len(indexes)


def _without(line: Line, hidden: set[int]) -> Line:
    """``line`` without characters; a sign that stands between two of them goes with them."""
    kept: list[int] = []
    seen = [i for i, char in enumerate(line.text) if char.isalnum() and i not in hidden]
    for i, char in enumerate(line.text):
        if i in hidden or (not char.isalnum() and not char.isspace() and not _stays(i, line.text, hidden, seen)):
            continue
        if char == " " and (not kept or line.text[kept[-1]] == " "):
            continue
        kept.append(i)
    while kept and line.text[kept[-1]] == " ":
        kept.pop()
    return replace(line, text="".join(line.text[i] for i in kept), boxes=tuple(line.boxes[i] for i in kept))


def _stays(sign: int, text: str, hidden: set[int], seen: Sequence[int]) -> bool:
    before = next((i for i in range(sign - 1, -1, -1) if text[i].isalnum()), None)
    after = next((i for i in range(sign + 1, len(text)) if text[i].isalnum()), None)
    beside = [i for i in (before, after) if i is not None]
    return bool(seen) and not (beside and all(i in hidden for i in beside))


def _colours(ground: Pixels, pixels: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """The colour (red, green, blue) in the middle of each box, without its text."""
    rows, columns = ground.shape[:2]
    x = np.clip((pixels[:, 0] + pixels[:, 2]) // 2, 0, columns - 1)
    y = np.clip((pixels[:, 1] + pixels[:, 3]) // 2, 0, rows - 1)
    return [(red, green, blue) for red, green, blue in ground[y, x, 2::-1].tolist()]


def _marked(page: pdfium.PdfPage, picture: Pixels, scale: float, boxes: Sequence[Box]) -> bytes:
    """The picture with frames where text was found that it doesn't show."""
    image = image_of(picture)
    draw = ImageDraw.Draw(image)
    for left, top, right, bottom in page_text.to_pixels(page, np.array(boxes, np.float64), picture.shape[:2]).tolist():
        draw.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=_MARK, width=2)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=PICTURE_QUALITY)
    return stream.getvalue()
