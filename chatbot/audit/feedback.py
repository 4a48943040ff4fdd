"""What readers say of replies: helpful or not, and why, from a fixed list. No free text: nobody screens it yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from chatbot.errors import TooOften
from chatbot.limits import CONVERSATION_TURNS, FEEDBACKS_PER_TURN
from corpus.database import Database
from corpus.errors import NotFound
from corpus.tables import bodies, feedback, records

Reason = Literal["wrong_source", "out_of_date", "incomplete", "not_what_i_asked", "safety_or_legal", "other"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """One verdict of a reader; the last one of a turn counts."""

    helpful: bool
    reason: str  # a Reason, or empty
    at: str  # UTC, ISO 8601


class FeedbackBook:
    """Appends feedback to turns, and reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, pseudonym: str, turn: str, *, helpful: bool, reason: str, at: datetime) -> int:
        """Keeps the verdict and returns the turn's record index.

        Raises ``NotFound`` unless the turn is among this reader's last CONVERSATION_TURNS, ``TooOften`` past
        FEEDBACKS_PER_TURN.
        """
        with self._database.writing() as connection:
            index = _index_of(connection, pseudonym, turn)
            count = select(func.count()).select_from(feedback).where(feedback.c.idx == index)
            if connection.execute(count).scalar_one() >= FEEDBACKS_PER_TURN:
                raise TooOften("this turn has had all the feedback that is kept of one")
            moment = at.astimezone(UTC).isoformat()
            connection.execute(insert(feedback).values(idx=index, helpful=helpful, reason=reason, at=moment))
        return index

    def of(self, index: int) -> Sequence[Feedback]:
        """The feedback on one record, oldest first."""
        query = select(feedback).where(feedback.c.idx == index).order_by(feedback.c.id)
        with self._database.reading() as connection:
            return [Feedback(row.helpful, row.reason, row.at) for row in connection.execute(query)]


def _index_of(connection: Connection, pseudonym: str, turn: str) -> int:
    query = (
        select(records.c.idx, records.c.leaf)
        .join(bodies, bodies.c.idx == records.c.idx)
        .where(bodies.c.pseudonym == pseudonym)
        .order_by(records.c.idx.desc())
        .limit(CONVERSATION_TURNS)
    )
    for index, leaf in connection.execute(query):
        if json.loads(leaf)["id"] == turn:
            return int(index)
    raise NotFound("no such turn among this reader's last ones")
