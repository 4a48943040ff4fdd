"""What of a page is seen, by its picture: which pixels its text changed, and which characters have any of them.

A set of pixels is the sorted array of their places, row by row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.limits import INK_CONTRAST

Pixels = NDArray[np.uint8]  # (rows, columns, 4): blue, green, red and a byte without meaning
Places = NDArray[np.int64]  # of pixels, counted from the upper left one along the rows, sorted
_COMMON = 0.02  # of a page: a colour on less of it is no ground for text
_SAMPLE = 8  # every eighth pixel of every eighth row tells the grounds


def changed(picture: Pixels, other: Pixels) -> Places:
    """Where two pictures of one size differ so that it is seen."""
    first, second = _words(picture).ravel(), _words(other).ravel()
    at = np.flatnonzero(first != second)
    colours, others = first[at].view(np.uint8).reshape(-1, 4), second[at].view(np.uint8).reshape(-1, 4)
    differences = np.maximum(colours, others) - np.minimum(colours, others)
    blue, green, red, _ = differences.T
    places: Places = at[np.maximum(np.maximum(blue, green), red) >= INK_CONTRAST]
    return places


def inked(places: Places, boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which of ``boxes`` (n, 4: left, top, right, bottom in pixels) hold a pixel, in a picture of ``shape``."""
    rows, columns = shape[:2]
    left, top, right, bottom = np.clip(boxes, 0, np.array([columns, rows, columns, rows])).T
    found = np.zeros(len(boxes), np.bool_)
    inside = np.flatnonzero((left < right) & (top < bottom))
    for part in (0.5, 0.3, 0.7):  # nearly every character has ink in one of these rows
        waiting = inside[~found[inside]]
        row = top[waiting] + ((bottom - top)[waiting] * part).astype(np.int64)
        found[waiting] = _any_between(places, row * columns + left[waiting], row * columns + right[waiting])
    for box in inside[~found[inside]].tolist():
        row = np.arange(top[box], bottom[box])
        found[box] = bool(_any_between(places, row * columns + left[box], row * columns + right[box]).any())
    return found


def seen_pixels(picture: Pixels) -> int:
    """How many pixels differ from the page's ground, its commonest colour."""
    words = _words(picture)
    colours, counts = np.unique(words[::_SAMPLE, ::_SAMPLE], return_counts=True)
    plain = np.full_like(words, colours[counts.argmax()]).view(np.uint8).reshape(picture.shape)
    return len(changed(picture, plain))


def is_ground(colour: tuple[int, int, int], picture: Pixels) -> bool:
    """Whether text of this colour (red, green, blue) has a ground on the page on which it isn't seen."""
    sample = picture[::_SAMPLE, ::_SAMPLE, 2::-1].reshape(-1, 3).astype(np.int16)
    near = np.abs(sample - np.array(colour, np.int16)) < INK_CONTRAST
    return bool((near[:, 0] & near[:, 1] & near[:, 2]).mean() >= _COMMON)


def _any_between(places: Places, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.searchsorted(places, starts) < np.searchsorted(places, ends)


def _words(picture: Pixels) -> NDArray[np.uint32]:
    return np.ascontiguousarray(picture).reshape(picture.shape[0], -1).view(np.uint32)
