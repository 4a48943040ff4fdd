"""A part of a log, checked by itself: its leaves and everything that stands beside them. Parts run in processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from chatbot.audit.verify.erasures import Erasures, read_erasures
from chatbot.audit.verify.faults import Faults
from chatbot.audit.verify.leaves import Malformed, check_form, read_leaf
from chatbot.audit.verify.quotes import Quotes
from chatbot.audit.verify.signed import Claims, read_claims
from chatbot.audit.verify.tree import Growing
from chatbot.limits import LOG_BATCH
from corpus.database import Database
from corpus.event_log import LEAF_TYPES
from corpus.ledger import KEPT_LEVELS, REPLIES
from corpus.proofs.merkle import leaf_hash
from corpus.proofs.note import Verifier
from corpus.tables import bodies, cited, events, log_nodes, records

_EVENT_LEAVES = {leaf: event for event, leaf in LEAF_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Task:
    """What to check, as of the instant at which the log was looked at."""

    first: int  # begins a subtree of PART_LEVEL
    last: int  # behind the last leaf
    size: int  # of the whole log
    origin: str
    carried: int  # so many leaves at the log's beginning are an older release's
    erasures: Erasures
    trusted: tuple[Verifier, ...]
    asked: frozenset[int]  # sizes whose frontier a witness needs


@dataclass(slots=True)
class Part:
    """What was found, and what the whole needs of it."""

    faults: Faults
    nodes: list[bytes]  # the frontier of its leaves
    broken: int | None = None  # from this leaf on no hash says anything
    events: list[tuple[int, int]] = field(default_factory=list)  # index and sequence
    cases: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # index and what the leaf says
    signatures: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    claims: Claims = field(default_factory=Claims)
    witnessed: dict[int, list[bytes]] = field(default_factory=dict)  # by size: the part's nodes then


def check_part(database: Database, task: Task) -> Part:
    """Checks the leaves of a task."""
    return _Checking(database, task).run()


class _Checking:
    def __init__(self, database: Database, task: Task) -> None:
        self._database, self._task = database, task
        self._faults = Faults()
        self._quotes = Quotes(database, self._faults)
        self._tree = Growing(KEPT_LEVELS[:2], self._completed, 0, task.first)
        self._part = Part(self._faults, self._tree.nodes)
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._computed: dict[tuple[int, int], bytes] = {}
        self._expected = task.first

    def run(self) -> Part:
        """Batch by batch, so that memory stays what it is however long the log."""
        for first in range(self._task.first, self._task.last, LOG_BATCH):
            last = min(first + LOG_BATCH, self._task.last)
            with self._database.reading() as connection:
                claims = read_claims(connection, first, last, self._task, self._faults)
                self._batch(connection, first, last, claims)
        with self._database.reading() as connection:
            self._check_nodes(connection)
        return self._part

    def _batch(self, connection: Connection, first: int, last: int, claims: Mapping[int, Any]) -> None:
        within = records.c.idx >= first, records.c.idx < last
        rows = connection.execute(select(records).where(*within).order_by(records.c.idx)).all()
        texts = {
            row.idx: row for row in connection.execute(select(bodies).where(bodies.c.idx >= first, bodies.c.idx < last))
        }
        pairs: dict[int, set[tuple[str, str]]] = {}
        for index, document, version in connection.execute(
            select(cited).where(cited.c.idx >= first, cited.c.idx < last)
        ):
            pairs.setdefault(index, set()).add((document, version))
        for row in rows:
            if row.idx != self._expected:
                self._missing(row.idx)
            self._expected = row.idx + 1
            value = self._leaf(row)
            if value is not None:
                self._beside(connection, row, value, pairs.pop(row.idx, set()), texts.pop(row.idx, None))
            self._sizes(row.idx + 1, claims)
        if self._expected < last:
            self._missing(last)
            self._expected = last
        for index in sorted(texts.keys() | pairs.keys()):
            if index in texts:
                self._faults.add("body_extra", index, f"a text stands at {index}, which has no leaf that it belongs to")
            if index in pairs:
                self._faults.add("cited", index, f"citations are kept for {index}, which has no leaf that has them")

    def _missing(self, until: int) -> None:
        there = (
            f"record {self._expected} is"
            if until == self._expected + 1
            else f"records {self._expected} to {until - 1} are"
        )
        self._faults.add("record_missing", self._expected, f"{there} missing")
        self._break(self._expected)

    def _break(self, index: int) -> None:
        self._part.broken = index if self._part.broken is None else min(index, self._part.broken)

    def _leaf(self, row: Row[Any]) -> dict[str, Any] | None:
        """The value of a leaf whose bytes are what was hashed and in their form."""
        content = bytes(row.leaf)
        hashed = leaf_hash(content)
        self._tree.add(hashed)
        if hashed.hex() != row.leaf_hash:
            self._faults.add(
                "leaf_hash", row.idx, f"record {row.idx}: its bytes don't have the hash that is kept beside them"
            )
            self._break(row.idx)
            return None
        try:
            value = read_leaf(content)
            if row.idx >= self._task.carried:
                check_form(value, self._task.origin)
        except Malformed as error:
            self._faults.add("leaf_form", row.idx, f"record {row.idx}: {error}")
            return None
        return value

    def _beside(
        self,
        connection: Connection,
        row: Row[Any],
        value: Mapping[str, Any],
        pairs: set[tuple[str, str]],
        text: Row[Any] | None,
    ) -> None:
        """Everything that a leaf says about other rows."""
        said = value["type"], value["ts"], value.get("conversation", "")
        if said != (row.type, row.ts, row.conversation):
            self._faults.add("projection", row.idx, f"record {row.idx}: its columns don't repeat its leaf")
        try:
            citations = value.get("citations", ())
            if pairs != {(each["document"], each["version"]) for each in citations}:
                self._faults.add(
                    "cited", row.idx, f"record {row.idx}: what is kept of its citations isn't what it cites"
                )
            for each in citations:
                self._quotes.check(row.idx, each)
            self._body(row.idx, value, text)
            self._special(connection, row.idx, value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._faults.add("leaf_form", row.idx, f"record {row.idx}: it lacks what its type has ({error!r})")

    def _body(self, index: int, value: Mapping[str, Any], text: Row[Any] | None) -> None:
        if value["type"] not in REPLIES:
            if text is not None:
                self._faults.add("body_extra", index, f"a text stands at record {index}, which is no reply")
            return
        pseudonym = value["actor"]["pseudonym"]
        if text is None:
            if not self._erased(index, pseudonym):
                self._faults.add("body_missing", index, f"the text of record {index} is gone, and no erasure says so")
            return
        sealed = value["body"].get("sealed_sha256")  # a leaf of version 1 has none
        found = hashlib.sha256(bytes(text.nonce) + bytes(text.ciphertext)).hexdigest()
        if text.pseudonym != pseudonym or (sealed is not None and sealed != found):
            self._faults.add("body_changed", index, f"the text of record {index} isn't what was sealed for its leaf")

    def _erased(self, index: int, pseudonym: str) -> bool:
        """Whether an erasure covers it, one that was made since the log was looked at too."""
        if self._task.erasures.cover(index, pseudonym):
            return True
        with self._database.reading() as connection:
            return read_erasures(connection, self._task.size).cover(index, pseudonym)

    def _special(self, connection: Connection, index: int, value: Mapping[str, Any]) -> None:
        kind = value["type"]
        if kind in _EVENT_LEAVES:
            self._event(connection, index, value["event"], _EVENT_LEAVES[kind])
        elif kind == "safety_case":
            self._part.cases.append((index, value["case"]))
        elif kind == "review" and "policy" in value:
            self._part.signatures.append((index, value["policy"]))

    def _event(self, connection: Connection, index: int, told: Mapping[str, Any], kind: str) -> None:
        sequence = told["sequence"]
        self._part.events.append((index, sequence))
        row = connection.execute(select(events).where(events.c.sequence == sequence)).one_or_none()
        if row is None:
            self._faults.add("event_missing", index, f"the registry lacks event {sequence}, which is record {index}")
            return
        payload = json.dumps(told["payload"], ensure_ascii=False, sort_keys=True)
        if {**told, "payload": payload, "type": kind} != {**row._mapping} or told["type"] != kind:
            self._faults.add("event_changed", index, f"event {sequence} of the registry isn't what record {index} says")

    def _sizes(self, size: int, claims: Mapping[int, Any]) -> None:
        """Where a checkpoint or a witness ends: the tree as it was then."""
        if size in claims and self._part.broken is None:
            self._part.claims.compare(claims[size], self._tree.nodes)
        if size in self._task.asked:
            self._part.witnessed[size] = list(self._tree.nodes)

    def _completed(self, level: int, position: int, hashed: bytes) -> None:
        self._computed[level, position] = hashed

    def _check_nodes(self, connection: Connection) -> None:
        for level in KEPT_LEVELS[:2]:
            first, last = self._task.first >> level, self._task.last >> level
            within = log_nodes.c.level == level, log_nodes.c.position >= first, log_nodes.c.position < last
            rows = {row.position: bytes(row.hash) for row in connection.execute(select(log_nodes).where(*within))}
            for position in range(first, last):
                if self._part.broken is not None and self._part.broken < (position + 1) << level:
                    break
                check_node(self._faults, level, position, rows.get(position), self._computed[level, position])


def check_node(faults: Faults, level: int, position: int, kept: bytes | None, found: bytes) -> None:
    """One kept node of the tree."""
    if kept != found:
        what = "is missing" if kept is None else "isn't that of the leaves below it"
        first, last = position << level, ((position + 1) << level) - 1
        faults.add("node", first, f"the kept node over records {first} to {last} {what}")


def nodes_beyond(connection: Connection, size: int) -> Sequence[Row[Any]]:
    """Kept nodes that no tree of this size has, a few of them."""
    fits = [(log_nodes.c.level == level) & (log_nodes.c.position < size >> level) for level in KEPT_LEVELS]
    inside = fits[0] | fits[1] | fits[2]
    return connection.execute(select(log_nodes).where(~inside | (log_nodes.c.position < 0)).limit(LOG_BATCH)).all()
