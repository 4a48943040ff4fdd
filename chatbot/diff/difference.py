"""Logged questions answered on today's edition and on the next one, at one instant: what a publish would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.answer.wire import reply_value
from chatbot.diff.changes import ASPECTS, Aspect, Change, change_of
from chatbot.diff.questions import Asked, Questions
from chatbot.logged import Setting

_ORDER = tuple(ASPECTS)


@dataclass(frozen=True, slots=True)
class Changed:
    """A question whose reply changes."""

    asked: Asked
    change: Change

    @property
    def worst(self) -> Aspect:
        """What it is listed under."""
        return self.change.aspects[0]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a publish would change of the replies to logged questions."""

    today: Setting
    candidate: Setting
    instant: datetime  # as of which both answered
    questions: Questions
    changed: tuple[Changed, ...]  # the worst first, of these those asked most often

    @property
    def records(self) -> int:
        """How many of the replies that were read would be others."""
        return sum(len(each.asked.records) for each in self.changed)

    @property
    def counts(self) -> Mapping[Aspect, tuple[int, int]]:
        """Questions and records by the worst of what changes, in the order of ``ASPECTS``."""
        questions, records = Counter[Aspect](), Counter[Aspect]()
        for each in self.changed:
            questions[each.worst] += 1
            records[each.worst] += len(each.asked.records)
        return {name: (questions[name], records[name]) for name in _ORDER if questions[name]}


def difference(
    questions: Questions,
    today: Setting,
    candidate: Setting,
    instant: datetime,
    progress: Callable[[int, int], None],
) -> Difference:
    """Answers each question in both settings at ``instant`` (aware). ``progress`` is told questions done and in all."""
    changed = []
    for done, asked in enumerate(questions.asked, 1):
        before, after = (reply_value(setting.reply(asked.logged, instant)) for setting in (today, candidate))
        change = change_of(before, after)
        if change is not None:
            changed.append(Changed(asked, change))
        progress(done, len(questions.asked))
    ordered = sorted(changed, key=lambda each: (_ORDER.index(each.worst), -len(each.asked.records)))
    return Difference(today, candidate, instant, questions, tuple(ordered))


def difference_value(found: Difference) -> dict[str, Any]:
    """The difference as a JSON value."""
    return {
        "edition": {"today": found.today.library.edition.id, "candidate": found.candidate.library.edition.id},
        "policy": {"today": found.today.library.policy.sha256, "candidate": found.candidate.library.policy.sha256},
        "registry_version": {"today": found.today.registry.version, "candidate": found.candidate.registry.version},
        "as_of": found.instant.isoformat(),
        "records": found.questions.records,
        "unreadable": found.questions.unreadable,
        "questions": len(found.questions.asked),
        "changed": {"questions": len(found.changed), "records": found.records},
        "counts": {name: {"questions": q, "records": r} for name, (q, r) in found.counts.items()},
        "changes": [_changed_value(each) for each in found.changed],
    }


def _changed_value(each: Changed) -> dict[str, Any]:
    asked, change = each.asked, each.change
    return {
        "worst": each.worst,
        "aspects": list(change.aspects),
        "question": asked.logged.submitted.text,
        "records": list(asked.records),
        "country": asked.logged.audience.country,
        "role": asked.logged.audience.role,
        "portal": asked.portal,
        "kind": list(change.kind),
        "headline": list(change.headline),
        "citations_added": [list(pair) for pair in change.citations_added],
        "citations_removed": [list(pair) for pair in change.citations_removed],
        "other_versions": [list(row) for row in change.versions],
        "sentences_added": list(change.sentences_added),
        "sentences_removed": list(change.sentences_removed),
        "safety_added": list(change.safety_added),
        "safety_removed": list(change.safety_removed),
        "handovers_gone": list(change.handovers_gone),
        "other_parts": list(change.parts),
    }
