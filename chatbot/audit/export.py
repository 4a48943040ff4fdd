"""Records with what proves them, for somebody who trusts neither this service nor its database."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import Connection, select

from chatbot.audit.checkpoints import Nodes, base64s, consistent, inclusion, newest_note
from chatbot.audit.log import AuditLog
from chatbot.audit.reasons import plain_reason
from chatbot.audit.signer import Signer
from chatbot.errors import AuditDamaged
from chatbot.limits import EXPORT_CHECKPOINTS, LOG_BATCH
from corpus.database import Database
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.ledger import REPLIES, append_leaves, new_leaf, read_head
from corpus.proofs.files import BODIES, CHECKPOINT, CONSISTENCY, FORMAT, KEY, LOG, RECORDS, line_of
from corpus.proofs.note import Checkpoint, told
from corpus.tables import checkpoints, records

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records, by whom and why: what the `export` leaf says."""

    actor: str
    first: int | None = None  # a range of indexes, both ends in it
    last: int | None = None  # ``None``: to the newest
    conversation: str = ""  # or those of a conversation
    bodies: bool = False  # with their texts
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    records: int
    bodies: int
    size: int  # of the log by the checkpoint


class Target(Protocol):
    """Where an export goes."""

    def file(self, name: str) -> Any: ...  # a context with a binary stream


class Folder:
    """A folder that isn't there yet, made whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._part = path.with_name(f"{path.name}.part")

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        """One file of it."""
        place = self._part / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as stream:
            yield stream


class Zip:
    """A .zip archive, written to a stream; the same export gives the same bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        """One file of it."""
        info = zipfile.ZipInfo(name)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as stream:
            yield stream

    def close(self) -> None:
        """Ends the archive."""
        self._zip.close()


class Exporter:
    """Exports from one log; every export is a leaf of it, before anything is written."""

    def __init__(self, database: Database, log: AuditLog, signer: Signer) -> None:
        self._database, self._log, self._signer = database, log, signer

    def to_path(self, path: Path, wanted: Wanted) -> Exported:
        """A folder, or a .zip where the name says so; raises ``Conflict`` where something is there already."""
        if path.exists():
            raise Conflict(f"{path} is there already; name another place for the export")
        part = path.with_name(f"{path.name}.part")
        if part.exists():
            raise Conflict(f"{part} is there, left by an export that was interrupted; remove it and export again")
        if path.suffix == ".zip":
            with part.open("wb") as stream:
                done = self.to_zip(stream, wanted)
                stream.flush()
                os.fsync(stream.fileno())
        else:
            done = self._write(Folder(path), wanted)
        part.rename(path)
        return done

    def to_zip(self, stream: IO[bytes], wanted: Wanted) -> Exported:
        """The same as a .zip archive."""
        target = Zip(stream)
        done = self._write(target, wanted)
        target.close()
        return done

    def as_zip(self, wanted: Wanted) -> bytes:
        """A small export in memory."""
        stream = io.BytesIO()
        self.to_zip(stream, wanted)
        return stream.getvalue()

    def _write(self, target: Target, wanted: Wanted) -> Exported:
        if wanted.bodies and not wanted.reason.strip():
            raise InvalidInput("an export of texts needs a reason, for the record: --reason TEXT")
        with self._database.reading() as connection:
            indexes = _indexes(connection, wanted, read_head(connection).size)
        self._record(wanted, indexes)
        self._signer.sign()
        with self._database.snapshot() as connection:
            note, nodes = newest_note(connection), Nodes(connection)
            older = list(_older(connection, told(note)))
            with target.file(CONSISTENCY) as stream:
                stream.writelines(line_of(consistent(nodes, each, note).value()).encode() for each in older)
            with target.file(RECORDS) as stream:
                for index, leaf in _leaves(connection, indexes):
                    proved = inclusion(nodes, index, leaf, note)
                    value = {"index": index, "leaf": leaf.decode(), "proof": base64s(proved.proof)}
                    stream.write(line_of(value).encode())
            bodies = self._bodies(connection, target, indexes) if wanted.bodies else 0
        value = {
            "format": FORMAT,
            "origin": told(note).origin,
            "size": told(note).size,
            "records": len(indexes),
            "checkpoints": len(older),
            "bodies": bodies,
            "first": None if wanted.conversation else indexes[0],
            "last": None if wanted.conversation else indexes[-1],
            "conversation": wanted.conversation or None,
        }
        for name, text in ((LOG, line_of(value)), (CHECKPOINT, note), (KEY, f"{self._signer.verifier()}\n")):
            with target.file(name) as stream:
                stream.write(text.encode())
        _verifier(target)
        return Exported(len(indexes), bodies, told(note).size)

    def _record(self, wanted: Wanted, indexes: range | list[int]) -> None:
        value = {
            "actor": wanted.actor,
            "first": indexes[0],
            "last": indexes[-1],
            "records": len(indexes),
            "conversation": wanted.conversation or None,
            "bodies": wanted.bodies,
            "reason": plain_reason(wanted.reason) if wanted.reason else "",
        }
        with self._database.writing() as connection:
            append_leaves(connection, [new_leaf(read_head(connection).origin, "export", {"export": value})])

    def _bodies(self, connection: Connection, target: Target, indexes: Iterable[int]) -> int:
        """The texts that can still be read."""
        count = 0
        with target.file(BODIES) as stream:
            for index, _ in _leaves(connection, indexes, replies=True):
                try:
                    body = self._log.body(index)
                except (NotFound, AuditDamaged):
                    continue
                value = {"index": index, "key": body.key.hex(), "question": body.question, "reply": body.reply.decode()}
                stream.write(line_of(value).encode())
                count += 1
        return count


def _indexes(connection: Connection, wanted: Wanted, size: int) -> range | list[int]:
    if wanted.conversation:
        query = select(records.c.idx).where(records.c.conversation == wanted.conversation).order_by(records.c.idx)
        found = list(connection.execute(query).scalars())
        if not found:
            raise NotFound(f"no record is of conversation {wanted.conversation}")
        return found
    first = 0 if wanted.first is None else wanted.first
    last = size - 1 if wanted.last is None else wanted.last
    if not 0 <= first <= last < size:
        raise InvalidInput(f"records {first} to {last} aren't there: the log has 0 to {size - 1}")
    return range(first, last + 1)


def _leaves(connection: Connection, indexes: Iterable[int], *, replies: bool = False) -> Iterator[tuple[int, bytes]]:
    wanted = list(indexes)
    for at in range(0, len(wanted), LOG_BATCH):
        part = wanted[at : at + LOG_BATCH]
        query = select(records.c.idx, records.c.leaf).where(records.c.idx.in_(part)).order_by(records.c.idx)
        if replies:
            query = query.where(records.c.type.in_(REPLIES))
        for index, leaf in connection.execute(query):
            yield index, bytes(leaf)


def _older(connection: Connection, newest: Checkpoint) -> Iterator[str]:
    """At most EXPORT_CHECKPOINTS older notes, evenly over the log's life."""
    query = select(checkpoints.c.size).where(checkpoints.c.size < newest.size).order_by(checkpoints.c.size)
    sizes = list(connection.execute(query).scalars())
    chosen = sizes
    if len(sizes) > EXPORT_CHECKPOINTS:
        step = (len(sizes) - 1) / (EXPORT_CHECKPOINTS - 1)
        chosen = [sizes[round(at * step)] for at in range(EXPORT_CHECKPOINTS)]
    for size in chosen:
        yield str(connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar_one())


def _verifier(target: Target) -> None:
    """What verifies the export, and how: for a stranger."""
    with target.file("README.txt") as stream:
        stream.write((_HERE / "export_readme.txt").read_bytes())
    package = files("corpus.proofs")
    with target.file("corpus/__init__.py") as stream:
        stream.write(b'"""What verifies this export."""\n')
    for module in sorted(package.iterdir(), key=lambda each: each.name):
        if module.name.endswith(".py"):
            with target.file(f"corpus/proofs/{module.name}") as stream:
                stream.write(module.read_bytes())
