"""Legal holds: what may neither be erased nor retired until somebody releases it. Both steps are leaves of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Connection, and_, exists, insert, or_, select, update

from chatbot.audit.reasons import plain_reason
from corpus.database import Database
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.stamps import timestamp
from corpus.tables import bodies, cases, cited, events, holds, records

Kind = Literal["subject", "conversation", "document", "records"]


@dataclass(frozen=True, slots=True)
class Over:
    """What a hold is over."""

    kind: Kind
    value: str = ""  # pseudonym, conversation or document
    version: str = ""  # of the document; every one unless told
    first: int = 0  # of records, both included
    last: int = 0

    def __str__(self) -> str:
        if self.kind == "records":
            return f"records {self.first} to {self.last}"
        return f"{self.kind} {self.value}" + (f" version {self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold, named by the index of its leaf."""

    index: int
    over: Over
    at: str  # UTC, ISO 8601
    actor: str
    reason: str
    released: int | None  # the index of the leaf that ended it


class HoldBook:
    """The holds of a log; processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, over: Over, reason: str, actor: str) -> Hold:
        """Holds something from now on; raises ``NotFound`` for what isn't on record, and ``InvalidInput``."""
        reason, at = plain_reason(reason), timestamp(datetime.now(UTC))
        with self._database.writing() as connection:
            _check(connection, over)
            said = {**_values(over), "actor": actor, "reason": reason}
            leaf = new_leaf(read_head(connection).origin, "hold", {"hold": said})
            (place,) = append_leaves(connection, [leaf])
            connection.execute(insert(holds).values(idx=place.index, at=at, **said))
        return Hold(place.index, over, at, actor, reason, None)

    def release(self, index: int, reason: str, actor: str) -> Hold:
        """Ends a hold; raises ``NotFound`` when there is none of this index, ``Conflict`` when it has ended already."""
        reason = plain_reason(reason)
        with self._database.writing() as connection:
            row = connection.execute(select(holds).where(holds.c.idx == index)).one_or_none()
            if row is None:
                raise NotFound(f"no hold {index}; `signpost audit hold list` names them")
            if row.released is not None:
                raise Conflict(f"hold {index} was released already: record {row.released} says why")
            said = {"hold": index, "actor": actor, "reason": reason}
            leaf = new_leaf(read_head(connection).origin, "release", {"release": said})
            (place,) = append_leaves(connection, [leaf])
            connection.execute(update(holds).where(holds.c.idx == index).values(released=place.index))
            return replace(_hold(row), released=place.index)

    def all(self) -> list[Hold]:
        """Every hold, the oldest first."""
        with self._database.reading() as connection:
            return [_hold(row) for row in connection.execute(select(holds).order_by(holds.c.idx))]


def holding(connection: Connection, index: int) -> list[int]:
    """The holds that keep the body of a record."""
    query = select(holds.c.idx).select_from(holds.join(bodies, _holds_body())).where(bodies.c.idx == index)
    return list(connection.execute(query.order_by(holds.c.idx)).scalars())


def is_held() -> ColumnElement[bool]:
    """Whether a row of ``bodies`` is held."""
    return exists(select(holds.c.idx).where(_holds_body()).correlate(bodies))


def is_held_case() -> ColumnElement[bool]:
    """Whether a row of ``cases`` is held: its reader, or its conversation."""
    over = or_(
        and_(holds.c.kind == "subject", holds.c.value == cases.c.pseudonym),
        and_(holds.c.kind == "conversation", holds.c.value == cases.c.conversation),
    )
    return exists(select(holds.c.idx).where(_STANDS, over).correlate(cases))


_STANDS = holds.c.released.is_(None)


def _holds_body() -> ColumnElement[bool]:
    conversation = select(records.c.conversation).where(records.c.idx == bodies.c.idx).scalar_subquery()
    of_document = (cited.c.idx == bodies.c.idx) & (cited.c.document == holds.c.value)
    of_version = or_(holds.c.version == "", holds.c.version == cited.c.version)
    cites = exists(select(cited.c.idx).where(of_document, of_version).correlate(bodies, holds))
    return and_(
        _STANDS,
        or_(
            and_(holds.c.kind == "subject", holds.c.value == bodies.c.pseudonym),
            and_(holds.c.kind == "records", bodies.c.idx.between(holds.c.first, holds.c.last)),
            and_(holds.c.kind == "conversation", holds.c.value == conversation.correlate(bodies)),
            and_(holds.c.kind == "document", cites),
        ),
    )


def _check(connection: Connection, over: Over) -> None:
    """Raises ``NotFound`` for what isn't on record: a mistyped name would hold nothing, in silence."""
    size = read_head(connection).size
    if over.kind == "records" and not 0 <= over.first <= over.last:
        raise InvalidInput(f"{over} are no range; write --records 12 or --records 12-20")
    places: Mapping[Kind, Sequence[Column[str]]] = {
        "subject": (bodies.c.pseudonym, cases.c.pseudonym),
        "conversation": (records.c.conversation, cases.c.conversation),
        "document": (events.c.document_number,),
        "records": (),
    }
    known = over.last < size if over.kind == "records" else bool(over.value)
    if not known or (places[over.kind] and not any(_is_in(connection, at, over.value) for at in places[over.kind])):
        raise NotFound(f"{over} is not on record (the log has {size} records); nothing is held")


def _is_in(connection: Connection, column: Column[str], value: str) -> bool:
    return connection.execute(select(column).where(column == value).limit(1)).scalar() is not None


def _values(over: Over) -> dict[str, Any]:
    return {
        "kind": over.kind,
        "value": over.value,
        "version": over.version,
        "first": over.first,
        "last": over.last,
    }


def _hold(row: Any) -> Hold:
    over = Over(row.kind, row.value, row.version, row.first, row.last)
    return Hold(row.idx, over, row.at, row.actor, row.reason, row.released)
