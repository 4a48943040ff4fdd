"""A question as items in which every medicine and condition is one, with the phrases that stand among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot.routing.label.phrases import ENDS, Found

OWN, OTHER, CONDITION = "own", "other", "condition"  # the items that stand for them


@dataclass(frozen=True, slots=True)
class Named:
    """A medicine or a condition."""

    kind: str  # OWN, OTHER or CONDITION
    at: int  # its item
    names: tuple[str, ...]  # brands of the table, else the one name


@dataclass(frozen=True, slots=True)
class Line:
    """The items, what is named among them, and the phrases of wording that stand there."""

    said: Sequence[str]
    named: Sequence[Named]
    cues: tuple[Found, ...]
    strange: frozenset[int] = frozenset()  # items that are long words which nobody knows

    def of(self, *means: str) -> list[Found]:
        """The phrases that mean one of these, in order."""
        return [cue for cue in self.cues if cue.means in means]

    def at(self, kind: str) -> list[int]:
        """Where a kind of thing is named."""
        return [named.at for named in self.named if named.kind == kind]

    def sentence(self, at: int) -> tuple[int, int]:
        """The first item of the sentence of an item, and the one behind its last."""
        start = end = at
        while start > 0 and self.said[start - 1] not in ENDS:
            start -= 1
        while end < len(self.said) and self.said[end] not in ENDS:
            end += 1
        return start, end

    def owner(self, at: int) -> str:
        """OTHER if the medicine named right behind an item, or last before it in its sentence, isn't ours; else OWN."""
        if any(named.kind == OTHER and at < named.at <= at + 2 for named in self.named):
            return OTHER
        start, _ = self.sentence(at)
        before = [named.kind for named in self.named if start <= named.at < at and named.kind != CONDITION]
        return before[-1] if before else OWN

    def covered(self, cue: Found) -> bool:
        """Whether a phrase stands inside a longer one of its kind."""
        kind = cue.means.partition(":")[0]
        return any(
            other.start <= cue.start and cue.end <= other.end and other.end - other.start > cue.end - cue.start
            for other in self.cues
            if other.means.partition(":")[0] == kind
        )

    def with_own(self, at: int, brands: tuple[str, ...]) -> Line:
        """The same with a product of the table named at an item."""
        said = [OWN if place == at else item for place, item in enumerate(self.said)]
        named = [*(named for named in self.named if named.at != at), Named(OWN, at, brands)]
        return replace(self, said=said, named=sorted(named, key=lambda each: each.at))
