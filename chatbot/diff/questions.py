"""The questions that are on record, each once with how often it was asked, to be answered again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chatbot.audit.log import AuditLog, AuditRecord
from chatbot.limits import REVIEW_BATCH
from chatbot.logged import Logged, logged_of
from corpus.errors import NotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as one kind of reader asked it, once or more often."""

    logged: Logged
    records: tuple[int, ...]  # the newest first
    at: str  # of the newest: UTC, ISO 8601
    portal: str  # of the newest


@dataclass(frozen=True, slots=True)
class Questions:
    """What was read of the log."""

    asked: tuple[Asked, ...]  # those asked most often first
    records: int  # replies that were read
    unreadable: int  # of those, without text any more, or of a release that recorded too little


def read_questions(log: AuditLog, last: int | None, since: datetime | None) -> Questions:
    """The questions of the newest ``last`` replies, or of those recorded from ``since`` (aware) on.

    Raises ``AuditDamaged`` for a text that isn't what was sealed.
    """
    found: dict[Logged, list[AuditRecord]] = {}
    counts: Counter[str] = Counter()
    for record in _newest(log, last, since):
        leaf = json.loads(record.leaf)
        counts["records"] += 1
        try:
            logged = logged_of(leaf, log.body(record.index))
        except NotFound:
            logged = None
        if logged is None:
            counts["unreadable"] += 1
        else:
            found.setdefault(logged, []).append(record)
    asked = [_asked(logged, records) for logged, records in found.items()]
    ordered = sorted(asked, key=lambda each: (-len(each.records), -each.records[0]))
    return Questions(tuple(ordered), counts["records"], counts["unreadable"])


def _newest(log: AuditLog, last: int | None, since: datetime | None) -> Iterator[AuditRecord]:
    before, left = log.size(), last
    while left is None or left > 0:
        batch = log.newest(before, REVIEW_BATCH if left is None else min(left, REVIEW_BATCH))
        for record in batch:
            if since is not None and datetime.fromisoformat(json.loads(record.leaf)["ts"]) < since:
                return
            yield record
        if not batch:
            return
        before = batch[-1].index
        left = None if left is None else left - len(batch)


def _asked(logged: Logged, records: list[AuditRecord]) -> Asked:
    newest = json.loads(records[0].leaf)
    return Asked(logged, tuple(record.index for record in records), newest["ts"], newest["portal"])
