"""What the two review pages say."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.audit.feedback import Feedback
from chatbot.audit.leaf import Body
from chatbot.review.evidence import Check, CitedSource, Score
from chatbot.review.filters import Filters, Offered, TurnFacts
from chatbot.review.shown import ShownReply


@dataclass(frozen=True, slots=True)
class Text:
    """What was asked, as it stands in the body; without a question ``missing`` says why."""

    body: Body | None
    missing: str

    @property
    def question(self) -> str:
        """The question as asked; empty when it can't be read."""
        return self.body.question if self.body else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list."""

    facts: TurnFacts
    text: Text


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list, newest first."""

    filters: Filters
    lines: tuple[Line, ...]
    matches: int  # turns that fit, among the records that were read
    read: int  # records
    size: int  # of the whole log
    before: int | None  # where reading began; None: at the newest
    older: int | None  # where the next page begins; None: nothing is older
    offered: Offered


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply, as shown."""

    facts: TurnFacts
    text: Text
    reply: ShownReply | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """Whether the record is shown to be in the signed log, just now; without hashes ``missing`` says why it isn't."""

    size: int  # of the log that the newest checkpoint was signed over
    hashes: int  # that lead from the leaf to it
    missing: str


@dataclass(frozen=True, slots=True)
class TurnPage:
    """A turn with its conversation and its evidence."""

    chosen: Exchange
    exchanges: tuple[Exchange, ...]  # of the conversation, in order
    feedback: tuple[Feedback, ...]  # of its reader, oldest first; the last one counts
    sources: tuple[CitedSource, ...]
    scores: tuple[Score, ...]
    checks: tuple[Check, ...]
    decision: tuple[tuple[str, str], ...]
    record: tuple[tuple[str, str], ...]
    proved: Proved
    edition_active: bool
    newer: int | None  # the next turn that the filters leave
    older: int | None
