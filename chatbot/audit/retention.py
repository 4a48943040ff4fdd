"""Retention: texts whose time is over go, under a leaf that says by which rule and from where to where.

Leaves never go: what is left says that something was asked, how it was decided, and which versions were cited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    update,
)

from chatbot.audit.erasure import delete_texts, ranges
from chatbot.audit.holds import is_held, is_held_case
from chatbot.errors import Misconfigured
from chatbot.limits import RETIRED_AT_ONCE, SAFETY_CASE_DAYS
from chatbot.safety.cases import ENDED
from corpus.database import Database
from corpus.ledger import REPLIES, append_leaves, new_leaf, read_head
from corpus.stamps import timestamp
from corpus.tables import bodies, case_events, case_reports, cases, erasures, feedback, records, used_tickets

FEEDBACK, TICKETS, CASES = "feedback", "tickets", "safety_case"
RULES = (*REPLIES, FEEDBACK, TICKETS, CASES)
_LEAST: Mapping[str, int] = MappingProxyType({CASES: SAFETY_CASE_DAYS})  # days; of all others 1


@dataclass(frozen=True, slots=True)
class Rule:
    """How long what has a name is kept."""

    name: str  # of RULES
    days: int


@dataclass(frozen=True, slots=True)
class Retired:
    """What a rule took, or would take."""

    rule: Rule
    rows: int
    held: int  # that a legal hold keeps


def read_rules(file: Path) -> tuple[Rule, ...]:
    """The rules of a home, in the order of RULES; none without the file. Raises ``Misconfigured``."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{file}: not readable as TOML: {error}; mend the file") from error
    days = tables.get("days")
    if set(tables) != {"days"} or not isinstance(days, dict):
        raise Misconfigured(f"{file}: write one table [days] and nothing else; or remove the file to keep everything")
    unknown = sorted(set(days) - set(RULES))
    if unknown:
        raise Misconfigured(f"{file}: [days] '{unknown[0]}' is nothing that is kept; write one of {', '.join(RULES)}")
    return tuple(Rule(name, _days(file, name, days[name])) for name in RULES if name in days)


def retire(database: Database, rules: Sequence[Rule], actor: str, now: datetime) -> list[Retired]:
    """Takes what is older than the rules allow; a second call finds nothing more. Raises ``StoreUnavailable``."""
    done = [_retire(database, rule, actor, now) for rule in rules]
    database.purge()  # also of what an earlier call took and could not purge
    return done


def due(database: Database, rules: Sequence[Rule], now: datetime) -> list[Retired]:
    """What ``retire`` would take; nothing is changed."""
    found = []
    with database.reading() as connection:
        for rule in rules:
            shelf, query = _shelf(rule), _due(rule, now)
            counts = (_count(connection, query.where(held)) for held in (~shelf.held, shelf.held))
            found.append(Retired(rule, *counts))
    return found


def _days(file: Path, name: str, value: object) -> int:
    least = _LEAST.get(name, 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        why = " (ten years after its end: Regulation (EU) 520/2012, Article 12(2))" if name in _LEAST else ""
        raise Misconfigured(f"{file}: [days] '{name}' must be a whole number of {least:,} or more{why}")
    return value


def _retire(database: Database, rule: Rule, actor: str, now: datetime) -> Retired:
    shelf, taken = _shelf(rule), 0
    with database.reading() as connection:
        keys = list(connection.execute(_due(rule, now).where(~shelf.held)).scalars())
    for at in range(0, len(keys), RETIRED_AT_ONCE):  # a few at a time: turns are waiting
        with database.writing() as connection:
            taken += _take(connection, rule, keys[at : at + RETIRED_AT_ONCE], actor, now)
    with database.reading() as connection:
        return Retired(rule, taken, _count(connection, _due(rule, now).where(shelf.held)))


def _take(connection: Connection, rule: Rule, keys: Sequence[Any], actor: str, now: datetime) -> int:
    """Takes those that are still there and not held by now; how many."""
    shelf = _shelf(rule)
    found = connection.execute(_due(rule, now).where(shelf.key.in_(keys), ~shelf.held)).all()
    if found and shelf.on_record:
        _say(connection, rule, [row[0] for row in found], [row.idx for row in found], actor, now)
    if found:
        shelf.remove(connection, [row[0] for row in found])
    return len(found)


def _say(
    connection: Connection, rule: Rule, keys: Sequence[Any], indexes: Sequence[int], actor: str, now: datetime
) -> None:
    """The leaf: a body may be missing where its index is in ``records``, and the words of a case in ``cases``."""
    head, before = read_head(connection), _before(rule, now)
    said = {"rule": rule.name, "days": rule.days, "before": before, "count": len(keys), "size": head.size}
    exactly = {CASES: {"cases": list(keys)}, FEEDBACK: {}}.get(rule.name, {"records": ranges(indexes)})
    leaf = new_leaf(head.origin, "erasure", {"erasure": {**said, **exactly, "actor": actor}})
    (place,) = append_leaves(connection, [leaf])
    reach = {"rule": rule.name, "before": before, "first": min(indexes), "last": max(indexes)}
    connection.execute(insert(erasures).values(idx=place.index, pseudonym="", complete=False, **reach))


def _due(rule: Rule, now: datetime) -> Select[Any]:
    """The keys of what is older than a rule allows, the oldest first."""
    return _shelf(rule).query.params(before=_before(rule, now), type=rule.name)


def _before(rule: Rule, now: datetime) -> str | int:
    moment = now - timedelta(days=rule.days)
    return int(moment.timestamp()) if rule.name == TICKETS else timestamp(moment)


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where what a rule is about lies."""

    key: Column[Any]
    query: Select[Any]  # key, and ``idx`` of its record, of all rows older than ``before``
    held: ColumnElement[bool]
    remove: Callable[[Connection, Sequence[Any]], None]  # by their keys
    on_record: bool = True  # a leaf says that they went


def _shelf(rule: Rule) -> _Shelf:
    return _OTHERS.get(rule.name, _TEXTS)


def _forget_verdicts(connection: Connection, keys: Sequence[int]) -> None:
    connection.execute(delete(feedback).where(feedback.c.id.in_(keys)))


def _forget_tickets(connection: Connection, keys: Sequence[str]) -> None:
    connection.execute(delete(used_tickets).where(used_tickets.c.nonce.in_(keys)))


def _empty_reports(connection: Connection, keys: Sequence[str]) -> None:
    sealed = case_reports.c.case_id.in_(keys) & (func.length(case_reports.c.ciphertext) > 0)
    connection.execute(update(case_reports).where(sealed).values(nonce=b"", ciphertext=b""))


_OLDER_THAN: BindParameter[Any] = bindparam("before")
_TEXTS = _Shelf(
    bodies.c.idx,
    select(bodies.c.idx)
    .join(records, records.c.idx == bodies.c.idx)
    .where(records.c.type == bindparam("type"), records.c.ts < _OLDER_THAN)
    .order_by(bodies.c.idx),
    is_held(),
    delete_texts,
)
_ENDED_BEFORE = select(case_events.c.case_id).where(case_events.c.state.in_(ENDED), case_events.c.at < _OLDER_THAN)
_SEALED = select(case_reports.c.case_id).where(func.length(case_reports.c.ciphertext) > 0)
_OTHERS: Mapping[str, _Shelf] = MappingProxyType(
    {
        FEEDBACK: _Shelf(
            feedback.c.id,
            select(feedback.c.id, feedback.c.idx)
            .outerjoin(bodies, bodies.c.idx == feedback.c.idx)
            .where(feedback.c.at < _OLDER_THAN)
            .order_by(feedback.c.id),
            is_held(),
            _forget_verdicts,
        ),
        TICKETS: _Shelf(  # nobody's text and no record's: there is nothing to say in the log
            used_tickets.c.nonce,
            select(used_tickets.c.nonce).where(used_tickets.c.expires < _OLDER_THAN),
            false(),
            _forget_tickets,
            on_record=False,
        ),
        CASES: _Shelf(
            cases.c.id,
            select(cases.c.id, literal(0).label("idx"))
            .where(cases.c.id.in_(_ENDED_BEFORE), cases.c.id.in_(_SEALED))
            .order_by(cases.c.id),
            is_held_case(),
            _empty_reports,
        ),
    }
)
