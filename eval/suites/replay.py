"""Does the log give its replies again? Turns of this run, and a sample of older ones, byte for byte.

Each in the state of its record. A turn that can't be compared, because its text, its edition or its release is gone, is
counted apart: it is no failure, and it is never left out in silence.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from chatbot.assistant import Assistant
from chatbot.replay import Replayer, without_words
from chatbot.turns import Asker, Turn
from corpus.model import Audience
from eval.judging.judged import shares
from eval.model import Case, Progress, Result
from eval.replies import FAILED, named
from eval.sets import Question

REPLAYED = "replies replayed"
PORTAL = "evaluation"  # under which an evaluation's own turns are logged
OWN = 20  # turns asked in this run, so that a fresh home has some; those of its conversation come on top
OLDER = 80
_FOLLOW_UPS = ("and in renal impairment?", "and in older patients?")


def replay(
    questions: Sequence[Question],
    assistant: Assistant,
    audience: Audience,
    instant: datetime,
    *,
    dataset: str,
    data: Mapping[str, str],
    seed: int,
    progress: Progress,
    older: int = OLDER,
) -> Result:
    """Asks some questions on the record, then replays them and up to ``older`` turns of other portals.

    The n of its figure is the number of turns that could be compared. Turns of earlier evaluations are no part of
    the sample, so a second run finds the same.
    """
    sample = _older(assistant, seed, older)
    chosen = random.Random(seed).sample(list(questions), min(OWN, len(questions)))  # noqa: S311 - no secret
    total = len(chosen) + (len(_FOLLOW_UPS) if chosen else 0) + len(sample)
    cases: list[Case] = []
    replayer = Replayer(assistant.home, assistant.store.database, trial=assistant.trial)
    for name, question, turned in _asked(assistant, chosen, audience, instant):
        cases.append(
            _case(assistant, replayer, turned, name, question)
            if isinstance(turned, int)
            else _failed(turned, name, question)
        )
        progress(len(cases), total)
    for index in sample:
        cases.append(_case(assistant, replayer, index, f"record {index}", None))
        progress(len(cases), total)
    return Result("replay", dataset, tuple(cases), shares(cases, (REPLAYED,)), data, invalid=_silence(cases))


def _asked(
    assistant: Assistant, questions: Sequence[Question], audience: Audience, instant: datetime
) -> Iterator[tuple[str, Question, int | str]]:
    """Each question on the record: the name of its case, and the index of its record, or why there is none.

    The first that is answered is followed up.
    """
    followed = False
    for question in questions:
        asker = Asker(PORTAL, PORTAL, "operator", question.audience(audience))
        first = _turn(assistant, asker, question.text, None, instant)
        yield question.id, question, first if isinstance(first, str) else first.record.index
        if isinstance(first, str) or followed:
            continue
        followed = True
        for at, text in enumerate(_FOLLOW_UPS, 1):
            turn = _turn(assistant, asker, text, first.conversation, instant)
            yield f"{question.id} follow-up {at}", question, turn if isinstance(turn, str) else turn.record.index


def _turn(assistant: Assistant, asker: Asker, text: str, conversation: str | None, instant: datetime) -> Turn | str:
    """The turn, or why there is none."""
    try:
        return assistant.turn(asker, text, conversation, instant)
    except FAILED as error:
        return f"not answered: {named(assistant, error)}"


def _older(assistant: Assistant, seed: int, count: int) -> list[int]:
    """The indexes of ``count`` turns of other portals, the same ones whatever was appended to the log by evaluations.

    Records are taken in the order of a digest of their index: one more record changes no other one's place.
    """

    def place(index: int) -> bytes:
        return hashlib.sha256(f"{seed}:{index}".encode()).digest()

    found: list[int] = []
    for index in sorted(assistant.log.replies(), key=place):
        if len(found) == count:
            break
        if json.loads(assistant.log.record(index).leaf)["portal"] != PORTAL:
            found.append(index)
    return sorted(found)


def _case(assistant: Assistant, replayer: Replayer, index: int, name: str, question: Question | None) -> Case:
    """``question`` is None for a turn of another portal: what its reader typed is shown in no report."""
    text = question.text if question else ""
    slices = question.slices if question else {}
    try:
        found = replayer.in_own_state(index).own
    except FAILED as error:
        return _failed(f"record {index}: {named(assistant, error)}", name, question)
    if found.gap:
        return Case(name, text, {}, got=f"not rebuilt ({found.gap}): {found.why}", slices=slices)
    difference = found.difference if question else without_words(found.difference)
    failures = {REPLAYED: f"record {index}: {difference}"} if difference else {}
    got = "another reply" if difference else "the same bytes"
    return Case(name, text, {REPLAYED: float(not difference)}, failures, got=got, slices=slices)


def _failed(why: str, name: str, question: Question | None) -> Case:
    text, slices = (question.text, question.slices) if question else ("", {})
    return Case(name, text, {REPLAYED: 0.0}, {REPLAYED: why}, got="no reply", slices=slices)


def _silence(cases: Sequence[Case]) -> tuple[str, ...]:
    return () if any(case.values for case in cases) else ("no logged turn could be compared",)
