"""Ways to change a log behind its back, each with the names that a verification may give it."""

# ruff: noqa: S608 - the names of tables and columns are those below

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from corpus.canonical import canonical_bytes
from corpus.ledger import KEPT_LEVELS
from corpus.proofs.merkle import Frontier, leaf_hash
from corpus.proofs.note import Checkpoint, sign, told

Kinds = frozenset[str]
Apply = Callable[[sqlite3.Connection, random.Random], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is done to a database."""

    name: str
    expected: Kinds  # one of them is named
    apply: Apply


class Unfit(Exception):
    """There was nothing to do it to; another try may find something."""


EVENTS = frozenset({"event_missing", "event_changed", "event_extra"})
CASES = frozenset({"case_missing", "case_changed", "case_extra"})
SIGNATURES = frozenset({"signature_missing", "signature_extra"})
NOTES = frozenset({"checkpoint_form", "checkpoint_signature", "shorter", "checkpoint_missing"})
DOCUMENTS = frozenset({"document_changed", "document_missing"})
TREE = frozenset({"root", "node", "rewritten"})

# What is named when a bit of a column is another one. Columns that no leaf repeats are not here: see docs/guide.md.
COLUMNS: Mapping[tuple[str, str], Kinds] = {
    ("log_head", "id"): frozenset({"head"}),
    ("log_head", "origin"): frozenset({"head"}),
    ("log_head", "size"): frozenset({"head"}),
    ("log_head", "frontier"): frozenset({"root"}),
    ("records", "idx"): frozenset({"record_missing"}),
    ("records", "leaf"): frozenset({"leaf_hash"}),
    ("records", "leaf_hash"): frozenset({"leaf_hash"}),
    ("records", "conversation"): frozenset({"projection"}),
    ("records", "type"): frozenset({"projection"}),
    ("records", "ts"): frozenset({"projection"}),
    ("log_nodes", "level"): frozenset({"node"}),
    ("log_nodes", "position"): frozenset({"node"}),
    ("log_nodes", "hash"): frozenset({"node"}),
    ("cited", "idx"): frozenset({"cited"}),
    ("cited", "document"): frozenset({"cited"}),
    ("cited", "version"): frozenset({"cited"}),
    ("checkpoints", "size"): NOTES,
    ("checkpoints", "note"): NOTES,
    ("checkpoints", "frontier"): frozenset({"checkpoint_frontier"}),
    ("bodies", "idx"): frozenset({"body_missing"}),
    ("bodies", "pseudonym"): frozenset({"body_changed"}),
    ("bodies", "nonce"): frozenset({"body_changed"}),
    ("bodies", "ciphertext"): frozenset({"body_changed"}),
    **{("events", name): EVENTS for name in ("sequence", "type", "document_number", "version", "country", "payload")},
    **{("events", name): EVENTS for name in ("actor", "at", "reason")},
    **{("case_reports", name): CASES for name in ("case_id", "sequence", "facts", "nonce", "ciphertext")},
    **{("case_events", name): CASES for name in ("case_id", "state", "report", "at", "who", "role")},
    **{("policy_signatures", name): SIGNATURES for name in ("policy", "role", "name", "comment", "actor", "at")},
    ("documents", "sha256"): DOCUMENTS,
    ("documents", "content"): DOCUMENTS,
    ("feedback", "idx"): frozenset({"feedback_stray"}),
}
DELETED: Mapping[str, Kinds] = {
    "log_head": frozenset({"head"}),
    "records": frozenset({"record_missing"}),
    "log_nodes": frozenset({"node"}),
    "cited": frozenset({"cited"}),
    "checkpoints": frozenset({"checkpoint_missing"}),
    "bodies": frozenset({"body_missing"}),
    "events": frozenset({"event_missing"}),
    "case_reports": frozenset({"case_missing"}),
    "case_events": frozenset({"case_missing"}),
    "policy_signatures": frozenset({"signature_missing"}),
    "documents": frozenset({"document_missing"}),
}


def unlock(connection: sqlite3.Connection) -> None:
    """Without the triggers that keep an honest program from mistakes: whoever owns the file drops them."""
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')


def mutations(secret: bytes) -> list[Mutation]:
    """All of them; ``secret`` is the log's signing key, for whoever owns that too."""
    found = [
        Mutation(f"flip {table}.{column}", kinds, _flip(table, column)) for (table, column), kinds in COLUMNS.items()
    ]
    found += [Mutation(f"delete {table}", kinds, _delete(table)) for table, kinds in DELETED.items()]
    found += [
        Mutation(
            "swap records",
            TREE | {"body_changed", "cited"},
            _swap("records", ("leaf", "leaf_hash", "conversation", "type", "ts")),
        ),
        Mutation("swap hashes", frozenset({"leaf_hash"}), _swap("records", ("leaf_hash",))),
        Mutation("swap bodies", frozenset({"body_changed"}), _swap("bodies", ("pseudonym", "nonce", "ciphertext"))),
        Mutation("swap checkpoints", frozenset({"checkpoint_form"}), _swap("checkpoints", ("note", "frontier"))),
        Mutation(
            "swap events",
            frozenset({"event_changed"}),
            _swap("events", ("type", "document_number", "version", "country", "payload")),
        ),
        Mutation("swap texts of cases", frozenset({"case_changed"}), _swap("case_reports", ("nonce", "ciphertext"))),
        Mutation("duplicate record", frozenset({"record_extra"}), _duplicate_record),
        Mutation("duplicate body", frozenset({"body_extra"}), _duplicate_body),
        Mutation("duplicate event", frozenset({"event_extra"}), _duplicate("events", "sequence")),
        Mutation("duplicate step", frozenset({"case_extra"}), _duplicate("case_events", "id")),
        Mutation("duplicate signature", frozenset({"signature_extra"}), _duplicate("policy_signatures", "id")),
        Mutation("duplicate checkpoint", NOTES, _duplicate("checkpoints", "size")),
        Mutation("duplicate node", frozenset({"node"}), _duplicate("log_nodes", "position")),
        Mutation("duplicate head", frozenset({"head"}), _duplicate("log_head", "id")),
        Mutation("cut off the end", frozenset({"record_missing"}), _cut_rows),
        Mutation("cut off the end and mend the head", frozenset({"shorter"}), _cut),
        Mutation("cut off the end, its checkpoints too", frozenset({"shorter"}), _cut_with_checkpoints),
        Mutation("rewrite a record", frozenset({"rewritten"}), _rewrite),
        Mutation("rewrite a record and sign again", frozenset({"rewritten"}), _resign(secret)),
        Mutation(
            "rewrite with another key",
            frozenset({"checkpoint_signature"}),
            _resign(b"another key of 32 bytes, no more!"[:32]),
        ),
        Mutation("remove a record and close the gap", TREE | {"leaf_form", "shorter", "genesis"}, _close_gap),
        Mutation("a leaf in another form", frozenset({"leaf_form"}), _other_form),
        Mutation("a checkpoint of another log", frozenset({"checkpoint_form"}), _other_log(secret)),
        Mutation("a withdrawal taken back", EVENTS, _withdrawal),
    ]
    return found


def _rows(connection: sqlite3.Connection, table: str) -> list[int]:
    return [row for (row,) in connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]


def _one(connection: sqlite3.Connection, table: str, chance: random.Random) -> int:
    rows = _rows(connection, table)
    if not rows:
        raise Unfit
    return chance.choice(rows)


def _flip(table: str, column: str) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        filled = connection.execute(f"SELECT rowid FROM {table} WHERE {column} <> ''").fetchall()
        if not filled:
            raise Unfit
        (row,) = chance.choice(filled)
        (value,) = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
        if isinstance(value, int):
            flipped: object = value ^ (1 << chance.randrange(20))
            if (table, column) == ("feedback", "idx") and _is_reply(connection, int(str(flipped))):
                raise Unfit
        elif isinstance(value, str):
            raw = _flipped(value.encode(), chance)
            flipped = raw
            if raw.isascii() and b"\0" not in raw:
                flipped = raw.decode()
        else:
            flipped = _flipped(value, chance)
        cast = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        connection.execute(f"UPDATE {table} SET {column} = {cast} WHERE rowid = ?", (flipped, row))

    return apply


def _is_reply(connection: sqlite3.Connection, index: int) -> bool:
    return bool(connection.execute("SELECT 1 FROM bodies WHERE idx = ?", (index,)).fetchone())


def _flipped(raw: bytes, chance: random.Random) -> bytes:
    if not raw:
        raise Unfit
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _delete(table: str) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (_one(connection, table, chance),))

    return apply


def _swap(table: str, columns: tuple[str, ...]) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        rows = _rows(connection, table)
        if len(rows) < 2:
            raise Unfit
        one, other = chance.sample(rows, 2)
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE rowid = ?"
        first, second = (connection.execute(query, (row,)).fetchone() for row in (one, other))
        if first == second:
            raise Unfit
        connection.execute("DROP INDEX IF EXISTS unique_hash")
        update = f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE rowid = ?"
        if "leaf_hash" in columns:  # it is unique
            place = columns.index("leaf_hash")
            connection.execute(update, (*first[:place], "swapped", *first[place + 1 :], one))
        connection.execute(update, (*first, other))
        connection.execute(update, (*second, one))

    return apply


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]


def _duplicate(table: str, key: str) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        row, names = _one(connection, table, chance), _columns(connection, table)
        (newest,) = connection.execute(f"SELECT MAX({key}) FROM {table}").fetchone()
        picked = ", ".join(str(newest + 1) if name == key else name for name in names)
        connection.execute(f"INSERT INTO {table} SELECT {picked} FROM {table} WHERE rowid = ?", (row,))

    return apply


def _duplicate_record(connection: sqlite3.Connection, chance: random.Random) -> None:
    row = _one(connection, "records", chance)
    (last,) = connection.execute("SELECT MAX(idx) FROM records").fetchone()
    picked = f"{last + 1}, leaf, leaf_hash || '+', conversation, type, ts"
    connection.execute(f"INSERT INTO records SELECT {picked} FROM records WHERE rowid = ?", (row,))


def _duplicate_body(connection: sqlite3.Connection, chance: random.Random) -> None:
    places = "SELECT idx FROM records WHERE type IN ('approval', 'genesis', 'access', 'key', 'withdrawal')"
    place = chance.choice([row for (row,) in connection.execute(places)])
    picked = f"{place}, pseudonym, nonce, ciphertext"
    connection.execute(
        f"INSERT INTO bodies SELECT {picked} FROM bodies WHERE rowid = ?", (_one(connection, "bodies", chance),)
    )


def leaves(connection: sqlite3.Connection) -> Iterator[bytes]:
    """The leaves as they stand."""
    for (leaf,) in connection.execute("SELECT leaf FROM records ORDER BY idx"):
        yield leaf


def mend(connection: sqlite3.Connection) -> Frontier:
    """Makes hashes, nodes and head those of the leaves, as someone would who knows how."""
    frontier = Frontier()
    connection.execute("DELETE FROM log_nodes")
    for index, leaf in enumerate(list(leaves(connection))):
        hashed = leaf_hash(leaf)
        frontier, completed = frontier.with_leaf(hashed)
        connection.execute("UPDATE records SET leaf_hash = ? WHERE idx = ?", (hashed.hex(), index))
        for level in KEPT_LEVELS:
            if level < len(completed):
                connection.execute("INSERT INTO log_nodes VALUES (?, ?, ?)", (level, index >> level, completed[level]))
    connection.execute("UPDATE log_head SET size = ?, frontier = ?", (frontier.size, b"".join(frontier.nodes)))
    return frontier


def resign(connection: sqlite3.Connection, secret: bytes) -> None:
    """Signs every checkpoint again."""
    (origin,) = connection.execute("SELECT origin FROM log_head").fetchone()
    key, frontier = Ed25519PrivateKey.from_private_bytes(secret), Frontier()
    sizes = {size for (size,) in connection.execute("SELECT size FROM checkpoints")}
    for leaf in list(leaves(connection)):
        frontier, _ = frontier.with_leaf(leaf_hash(leaf))
        if frontier.size in sizes:
            note = sign(Checkpoint(origin, frontier.size, frontier.root()).text(), origin, key)
            connection.execute(
                "UPDATE checkpoints SET note = ?, frontier = ? WHERE size = ?",
                (note, b"".join(frontier.nodes), frontier.size),
            )


def _signed(connection: sqlite3.Connection) -> int:
    size: int = connection.execute("SELECT MAX(size) FROM checkpoints").fetchone()[0]
    return size


def _remove_from(connection: sqlite3.Connection, index: int) -> None:
    for table in ("records", "bodies", "cited"):
        connection.execute(f"DELETE FROM {table} WHERE idx >= ?", (index,))


def _cut_rows(connection: sqlite3.Connection, chance: random.Random) -> None:
    (last,) = connection.execute("SELECT MAX(idx) FROM records").fetchone()
    _remove_from(connection, last + 1 - chance.randint(1, 20))


def _cut(connection: sqlite3.Connection, chance: random.Random) -> None:
    _remove_from(connection, _signed(connection) - chance.randint(1, 20))
    mend(connection)


def _cut_with_checkpoints(connection: sqlite3.Connection, chance: random.Random) -> None:
    _cut(connection, chance)
    connection.execute("DELETE FROM checkpoints WHERE size > (SELECT size FROM log_head)")


def _rewrite(connection: sqlite3.Connection, chance: random.Random) -> None:
    """A record that a checkpoint covers says something else, and everything fits."""
    query = "SELECT idx, leaf FROM records WHERE conversation <> '' AND idx < ?"
    index, leaf = chance.choice(connection.execute(query, (_signed(connection),)).fetchall())
    value = json.loads(leaf)
    value["decision"]["intent"] = f"other {chance.random()}"
    connection.execute("UPDATE records SET leaf = ? WHERE idx = ?", (canonical_bytes(value), index))
    mend(connection)


def _resign(secret: bytes) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        _rewrite(connection, chance)
        resign(connection, secret)

    return apply


def _close_gap(connection: sqlite3.Connection, chance: random.Random) -> None:
    index = chance.randrange(_signed(connection))
    (last,) = connection.execute("SELECT MAX(idx) FROM records").fetchone()
    for table in ("records", "bodies", "cited"):
        connection.execute(f"DELETE FROM {table} WHERE idx = ?", (index,))
        for place in range(index + 1, last + 1):
            connection.execute(f"UPDATE {table} SET idx = ? WHERE idx = ?", (place - 1, place))
    mend(connection)


def _other_form(connection: sqlite3.Connection, chance: random.Random) -> None:
    """The same value in other bytes."""
    row = _one(connection, "records", chance)
    (leaf,) = connection.execute("SELECT leaf FROM records WHERE rowid = ?", (row,)).fetchone()
    connection.execute("UPDATE records SET leaf = ? WHERE rowid = ?", (json.dumps(json.loads(leaf)).encode(), row))
    mend(connection)


def _other_log(secret: bytes) -> Apply:
    def apply(connection: sqlite3.Connection, chance: random.Random) -> None:
        row = _one(connection, "checkpoints", chance)
        (note,) = connection.execute("SELECT note FROM checkpoints WHERE rowid = ?", (row,)).fetchone()
        point, other = told(note), f"signpost/{hashlib.sha256(note.encode()).hexdigest()[:16]}"
        key = Ed25519PrivateKey.from_private_bytes(secret)
        connection.execute(
            "UPDATE checkpoints SET note = ? WHERE rowid = ?",
            (sign(Checkpoint(other, point.size, point.root).text(), other, key), row),
        )

    return apply


def _withdrawal(connection: sqlite3.Connection, chance: random.Random) -> None:
    found = [row for (row,) in connection.execute("SELECT rowid FROM events WHERE type = 'withdraw'")]
    if not found:
        raise Unfit
    connection.execute("UPDATE events SET type = 'reinstate' WHERE rowid = ?", (chance.choice(found),))
