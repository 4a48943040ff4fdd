"""How processes here talk: frames of one letter, a length and bytes. Data only, nothing that could run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.limits import MAX_FRAME_BYTES

REQUEST = b"r"  # to a keeper: the file to parse, as JSON
CONFINED = b"c"  # from a child, first: it is confined now
NOT_CONFINED = b"x"  # or: the system can't do that; why
TICK = b"t"  # from a confined child: one more page is read
PICTURE = b"p"  # the next page's, as JPEG
FOUND = b"f"  # the picture of a page on which something is hidden, marked
DOCUMENT = b"d"  # what it made of the file
REFUSED = b"q"  # the file can't be read; why
FAILED = b"e"  # the reader failed; how
FULL = b"m"  # the reader had no more memory
DAMAGED = b"g"  # the bytes are not those that were asked about
BEFORE = frozenset((CONFINED, NOT_CONFINED))
AFTER = frozenset((TICK, PICTURE, FOUND, DOCUMENT, REFUSED, FAILED, FULL, DAMAGED))
READY = b"k"  # from a keeper: everything is loaded
ENDED = b"s"  # from a keeper: the child is gone; how, as JSON

_LENGTH = 4
_CHUNK = 1 << 18


class Garbled(Exception):
    """The other side doesn't keep to the form."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    kind: bytes  # one letter
    content: bytes


@dataclass(slots=True)
class Frames:
    """Frames out of bytes that come in any pieces; never holds more than one that is not whole."""

    _pending: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now; raises ``Garbled`` for one that is too long."""
        self._pending += data
        while len(self._pending) > _LENGTH:
            length = int.from_bytes(self._pending[1 : 1 + _LENGTH], "big")
            if length > MAX_FRAME_BYTES:
                raise Garbled(f"a message of {length:,} bytes, at most {MAX_FRAME_BYTES:,} are taken")
            end = 1 + _LENGTH + length
            if len(self._pending) < end:
                return
            frame = Frame(bytes(self._pending[:1]), bytes(self._pending[1 + _LENGTH : end]))
            del self._pending[:end]
            yield frame


def send(handle: int, kind: bytes, content: bytes = b"") -> None:
    """Writes one frame whole; raises ``OSError`` when nobody reads any more."""
    if len(content) > MAX_FRAME_BYTES:
        raise Garbled(f"a message of {len(content):,} bytes, at most {MAX_FRAME_BYTES:,} are taken")
    rest = memoryview(kind + len(content).to_bytes(_LENGTH, "big") + content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def receive(handle: int) -> Iterator[Frame]:
    """The frames that come until the other side closes; raises ``Garbled``."""
    frames = Frames()
    while data := os.read(handle, _CHUNK):
        yield from frames.feed(data)
