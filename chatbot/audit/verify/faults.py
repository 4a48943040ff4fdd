"""What can be wrong with a log, each by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chatbot.limits import FAULTS

# docs/guide.md lists them; a test compares the two.
KINDS: Mapping[str, str] = {
    "head": "the log's head isn't that of its records",
    "genesis": "the leaf that a log begins with is missing, or is another log's",
    "record_missing": "an index has no record",
    "record_extra": "a record stands where the log doesn't reach",
    "leaf_hash": "a leaf's bytes don't have the hash that is kept beside them",
    "leaf_form": "a leaf isn't what a release of Signpost writes: canonical JSON with the fields of its type",
    "projection": "the columns beside a leaf say something else than the leaf",
    "cited": "the index of cited documents says something else than the leaf",
    "node": "a kept node of the tree isn't that of the leaves below it",
    "root": "the records don't hash to the log's head",
    "checkpoint_form": "a checkpoint isn't in its form, or stands under another size than its own",
    "checkpoint_signature": "a checkpoint isn't signed by the log's key",
    "checkpoint_frontier": "what is kept beside a checkpoint isn't that of its size",
    "checkpoint_missing": "a checkpoint that a witness has isn't in the database",
    "rewritten": "the records aren't those that a checkpoint was signed over",
    "shorter": "the log has fewer records than a checkpoint says",
    "body_missing": "a reply's text is gone, and no erasure says so",
    "body_changed": "a reply's text isn't what was sealed for its leaf",
    "body_extra": "a text stands where no leaf has one",
    "event_missing": "the registry lacks an event of the log",
    "event_changed": "an event of the registry isn't what its leaf says",
    "event_extra": "the registry has an event that the log lacks",
    "case_missing": "a report or step of a safety case that the log has is gone",
    "case_changed": "a report of a safety case isn't what its leaf says",
    "case_extra": "a report or step of a safety case stands in no leaf",
    "signature_missing": "a signature of a policy that the log has is gone",
    "signature_extra": "a signature of a policy stands in no leaf",
    "feedback_stray": "feedback is about a record that is no reply",
    "document_missing": "a document that a reply cites isn't stored",
    "document_changed": "a stored document isn't what its digest says",
    "quote_changed": "the stored text at a citation's spans isn't what was quoted",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    kind: str  # of KINDS
    index: int | None  # of the record; for nodes the first one below, for checkpoints their size
    what: str  # for a person


@dataclass(slots=True)
class Faults:
    """The first FAULTS of them, and how many there are."""

    found: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, kind: str, index: int | None, what: str) -> None:
        """One more."""
        assert kind in KINDS  # noqa: S101 - names are ours
        self.count += 1
        if len(self.found) < FAULTS:
            self.found.append(Fault(kind, index, what))

    def take(self, others: Faults) -> None:
        """Those of a part of the log."""
        self.found = [*self.found, *others.found][:FAULTS]
        self.count += others.count

    def kinds(self) -> Iterable[str]:
        """The names of what was found."""
        return {fault.kind for fault in self.found}
