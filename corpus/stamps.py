"""What names a record, and its moment, as leaves of the log write them."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """An instant as leaves write it: UTC, in microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def uuid7(milliseconds: int | None = None) -> str:
    """A time-ordered UUID, version 7 (RFC 9562, section 5.7)."""
    stamp = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    value = bytearray(stamp.to_bytes(6, "big") + os.urandom(10))
    value[6] = 0x70 | (value[6] & 0x0F)
    value[8] = 0x80 | (value[8] & 0x3F)
    text = value.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
