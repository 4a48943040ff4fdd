"""Verifies a whole log: looks once, checks its parts in as many processes as there are cores, and joins them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chatbot.audit.verify.begin import Begin, look
from chatbot.audit.verify.faults import Fault, Faults
from chatbot.audit.verify.lenient import lenient
from chatbot.audit.verify.part import Part, Task, check_node, check_part
from chatbot.audit.verify.signed import judge, judge_lefts, rewritten
from chatbot.audit.verify.tables import check_cases, check_events, check_signatures
from chatbot.audit.verify.tree import PART_LEVEL, Growing, root_over
from corpus.database import Database
from corpus.ledger import KEPT_LEVELS
from corpus.proofs.note import Checkpoint, Unsigned, Verifier, told, verified
from corpus.proofs.witness import notes_in
from corpus.tables import checkpoints

Tell = Callable[[int, int], None]  # records done, records in all
_TOP = KEPT_LEVELS[2]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it."""

    origin: str
    size: int
    root: bytes
    signed: int  # records that the newest checkpoint covers
    checkpoints: int  # compared
    witnessed: int  # notes of witnesses, compared
    faults: tuple[Fault, ...]  # the first ones
    count: int  # of all faults


def verify_log(
    database: Database,
    trusted: Sequence[Verifier],
    witnesses: Iterable[Path] = (),
    tell: Tell = lambda _done, _all: None,
    processes: int = 1,
) -> Verdict:
    """Checks everything that can be checked without a key but the signer's public one; the log may grow meanwhile.

    ``trusted`` are the keys of whoever asks: the newest checkpoint must be signed by one of them, older ones may be by
    keys that the log names. Raises ``StoreUnavailable`` when the database can't be read, and ``OSError``.
    """
    database = lenient(database.target)
    faults = Faults()
    notes = [(path, note) for path in witnesses for note in _read_notes(path)]  # before the log, which only grows
    with database.snapshot() as connection:
        begin = look(connection, _TOP, faults)
    _newest(begin, trusted, faults)
    asked = _witness_claims(database, begin, (*trusted, *begin.keys), notes, faults)
    tasks = [
        Task(
            first=first,
            last=min(first + (1 << PART_LEVEL), begin.size),
            size=begin.size,
            origin=begin.origin,
            carried=begin.carried,
            erasures=begin.erasures,
            trusted=(*trusted, *begin.keys),
            asked=frozenset(size for size in asked if first < size <= first + (1 << PART_LEVEL)),
        )
        for first in range(0, begin.size, 1 << PART_LEVEL)
    ]
    whole = _Whole(begin, asked, faults)
    with _mapped(database, processes, len(tasks)) as mapped:
        for task, part in zip(tasks, mapped(tasks), strict=True):
            whole.add(task, part)
            tell(task.last, begin.size)
    database.close()
    return whole.end(len(notes))


class _Whole:
    """The parts, in order."""

    def __init__(self, begin: Begin, asked: Mapping[int, list[tuple[Path, Checkpoint]]], faults: Faults) -> None:
        self._begin, self._asked, self._faults = begin, asked, faults
        self._broken = False
        self._checkpoints = 0
        self._events: list[tuple[int, int]] = []
        self._cases: list[tuple[int, dict[str, Any]]] = []
        self._signatures: list[tuple[int, dict[str, Any]]] = []
        self._tree = Growing((_TOP,), self._completed, PART_LEVEL)
        self._right: list[bytes] = []

    def add(self, task: Task, part: Part) -> None:
        """The next part."""
        left = list(self._tree.nodes)
        self._faults.take(part.faults)
        self._events += part.events
        self._cases += part.cases
        self._signatures += part.signatures
        self._checkpoints += part.claims.count
        whole_part = task.last - task.first == 1 << PART_LEVEL
        if whole_part and part.broken is None and not self._broken:
            self._tree.add(part.nodes[0])
        else:
            self._right = part.nodes
        if not self._broken:
            self._compare(task, part, left)
        self._broken = self._broken or part.broken is not None

    def _compare(self, task: Task, part: Part, left: list[bytes]) -> None:
        judge_lefts(part.claims, left, self._faults)
        for claim, right in part.claims.unfit:
            judge(claim, [*left, *right], self._faults)
        if part.claims.end is not None:
            judge(part.claims.end, self._tree.nodes, self._faults)
        for size, right in part.witnessed.items():
            if part.broken is None or size <= part.broken:
                end = size == task.first + (1 << PART_LEVEL)
                root = root_over(size, self._tree.nodes if end else [*left, *right])
                for path, point in self._asked[size]:
                    if point.root != root:
                        rewritten(size, f"a checkpoint in {path}", self._faults)

    def end(self, witnessed: int) -> Verdict:
        """What belongs to no part."""
        begin = self._begin
        check_events(self._events, begin.events, self._faults)
        check_cases(
            self._cases, begin.case_events, begin.case_reports, begin.before, begin.erasures.cases, self._faults
        )
        check_signatures(self._signatures, begin.signatures, begin.before, self._faults)
        root = b""
        if not self._broken:
            frontier = [*self._tree.nodes, *self._right]
            root = root_over(begin.size, frontier)
            if begin.frontier is not None and b"".join(frontier) != begin.frontier:
                self._faults.add("root", None, f"the {begin.size} records don't hash to the log's head")
        signed = 0 if begin.newest is None else int(begin.newest.size)
        return Verdict(
            begin.origin,
            begin.size,
            root,
            signed,
            self._checkpoints,
            witnessed,
            tuple(self._faults.found),
            self._faults.count,
        )

    def _completed(self, level: int, position: int, hashed: bytes) -> None:
        check_node(self._faults, level, position, self._begin.nodes.get((level, position)), hashed)


def _newest(begin: Begin, trusted: Sequence[Verifier], faults: Faults) -> None:
    """The newest checkpoint is signed by a key that whoever asks trusts: the log's own words don't count for it."""
    if begin.newest is None:
        if begin.keys:
            faults.add("checkpoint_missing", None, "a leaf names the log's signer, and no checkpoint is kept")
        return
    try:
        verified(begin.newest.note, trusted)
    except Unsigned as error:
        if trusted:
            faults.add("checkpoint_signature", begin.newest.size, f"the newest checkpoint: {error}")


def _witness_claims(
    database: Database,
    begin: Begin,
    trusted: Sequence[Verifier],
    notes: Sequence[tuple[Path, str]],
    faults: Faults,
) -> dict[int, list[tuple[Path, Checkpoint]]]:
    """The sizes whose root has to be compared with a witness: those that the database doesn't say the same of."""
    asked: dict[int, list[tuple[Path, Checkpoint]]] = {}
    with database.reading() as connection:
        for path, note in notes:
            try:
                point = told(verified_note(note, trusted))
            except Unsigned as error:
                kind = "checkpoint_signature" if _is_note(note) else "checkpoint_form"
                faults.add(kind, None, f"{path}: {error}")
                continue
            if point.origin != begin.origin:
                faults.add("checkpoint_form", point.size, f"{path} has a checkpoint of another log, {point.origin}")
                continue
            if point.size > begin.size:
                what = f"the log has {begin.size} records, and {path} has a checkpoint over {point.size}"
                faults.add("shorter", begin.size, what)
                continue
            kept = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == point.size)).scalar()
            if kept is None:
                faults.add(
                    "checkpoint_missing", point.size, f"the checkpoint of {point.size} in {path} isn't in the log"
                )
            if kept != note:
                asked.setdefault(point.size, []).append((path, point))
    return asked


def verified_note(note: str, trusted: Sequence[Verifier]) -> str:
    """The note, when it is signed; raises ``Unsigned``."""
    verified(note, trusted)
    return note


def _is_note(note: str) -> bool:
    try:
        told(note)
    except Unsigned:
        return False
    return True


def _read_notes(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        yield from notes_in(file)


@contextmanager
def _mapped(database: Database, processes: int, parts: int) -> Iterator[Callable[[Sequence[Task]], Iterable[Part]]]:
    """Checks parts in their order: here where there is little to do, else in processes with a connection each."""
    if min(processes, parts) < 2:
        yield lambda tasks: (check_part(database, task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, parts), context, _open, (database.target,))
    try:
        yield lambda tasks: pool.map(_check, tasks)
    finally:
        pool.shutdown(cancel_futures=True)


_opened: list[Database] = []  # of a process that checks parts


def _open(target: Path | str) -> None:
    _opened.append(lenient(target))


def _check(task: Task) -> Part:
    return check_part(_opened[0], task)
