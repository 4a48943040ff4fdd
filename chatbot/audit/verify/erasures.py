"""Which texts may be gone: those that an erasure leaf covers.

An `erasure` leaf has `erasure {pseudonym}`, for everything of one reader before it, or `erasure {records}`, for ranges
of indexes `[[first, last], …]`. `erasure {cases}` names safety cases whose words retention took.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from corpus.tables import records


@dataclass(slots=True)
class Erasures:
    """What was erased."""

    readers: dict[str, int] = field(default_factory=dict)  # by pseudonym: the index of the last erasure
    ranges: list[tuple[int, int]] = field(default_factory=list)  # in order, none touching the next, once closed
    cases: set[str] = field(default_factory=set)

    def add(self, index: int, leaf: bytes) -> None:
        """What one erasure covers; one that can't be read covers nothing."""
        try:
            told = json.loads(leaf)["erasure"]
            # One that held texts back names those that went, so that no other of the reader's may be gone.
            if isinstance(told.get("pseudonym"), str) and told.get("complete", True) is True:
                self.readers[told["pseudonym"]] = max(index, self.readers.get(told["pseudonym"], 0))
            self.ranges += [(int(first), min(int(last), index - 1)) for first, last in told.get("records", ())]
            self.cases.update(map(str, told.get("cases", ())))
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # so a text that it was meant for is named as missing

    def close(self) -> None:
        """Puts the ranges in order, so that one is found at once: a rule of retention makes thousands."""
        joined: list[tuple[int, int]] = []
        for first, last in sorted(self.ranges):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        self.ranges = joined

    def cover(self, index: int, pseudonym: str) -> bool:
        """Whether the text of this record may be gone."""
        if index < self.readers.get(pseudonym, -1):
            return True
        place = bisect_right(self.ranges, index, key=lambda each: each[0])
        return place > 0 and index <= self.ranges[place - 1][1]


def read_erasures(connection: Connection, first: int = 0) -> Erasures:
    """The erasures from a record on."""
    found = Erasures()
    for index, leaf in _leaves_of(connection, "erasure", first):
        found.add(index, leaf)
    found.close()
    return found


def _leaves_of(connection: Connection, kind: str, first: int) -> Iterable[tuple[int, bytes]]:
    query = select(records.c.idx, records.c.leaf).where(records.c.type == kind, records.c.idx >= first)
    for index, leaf in connection.execute(query.order_by(records.c.idx)):
        yield index, bytes(leaf)
