"""Which policy replies were composed with: a leaf when it is another one than before, and what the home gave to it.

What a release brings is its source; the rest of a policy is the home's (product table, imported terms, settings of the
portal). Those bytes are kept under their digest, so that a reply can be composed again under the policy of its time.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, insert, select

from chatbot.audit.leaf import commit
from chatbot.errors import AuditDamaged
from chatbot.policy import Given, Policy
from corpus.database import Database
from corpus.ledger import append_leaves, new_leaf, newest_of, read_head
from corpus.tables import policy_inputs, records

POLICY = "policy"  # the type of its leaf, and the leaf's object


class PolicyBook:
    """The policies of an installation; processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, policy: Policy, config: str) -> bool:
        """Puts on record, durably, that replies are composed with ``policy`` from now on; whether that was news.

        ``config`` is the digest of the service's settings.
        """
        with self._database.reading() as connection:
            if _is_newest(connection, policy):
                return False
        parts = _parts(policy.given)
        value = {
            "sha256": policy.sha256,
            **{f"{name}_sha256": _digest(content) for name, content in parts.items()},
            "config_sha256": config,
            "release": version("signpost"),
            "git": commit(),
        }
        with self._database.writing() as connection:
            if _is_newest(connection, policy):  # another process was quicker
                return False
            for content in parts.values():
                _keep(connection, content)
            append_leaves(connection, [new_leaf(read_head(connection).origin, POLICY, {POLICY: value})])
        return True

    def of(self, sha256: str) -> dict[str, Any] | None:
        """What the newest leaf about a policy says of it; None where no leaf does."""
        query = select(records.c.leaf).where(records.c.type == POLICY).order_by(records.c.idx.desc())
        with self._database.reading() as connection:
            said = (json.loads(leaf)[POLICY] for leaf in connection.execute(query).scalars())
            return next((dict(value) for value in said if value["sha256"] == sha256), None)

    def given(self, sha256: str) -> Given | None:
        """What a home gave to the policy of this digest; None where nobody noted it.

        Raises ``AuditDamaged`` when what was kept isn't what it was.
        """
        said = self.of(sha256)
        if said is None:
            return None
        with self._database.reading() as connection:
            return Given(*(_kept(connection, said[f"{name}_sha256"]) for name in _parts(Given())))


def _parts(given: Given) -> dict[str, bytes]:
    """By the name that leaves have for each, in the order of the fields."""
    return {"products": given.products, "lists": given.imported, "portal": given.portal}


def _is_newest(connection: Connection, policy: Policy) -> bool:
    newest = newest_of(connection, POLICY)
    return newest is not None and newest[POLICY]["sha256"] == policy.sha256


def _keep(connection: Connection, content: bytes) -> None:
    digest = _digest(content)
    if connection.execute(select(policy_inputs.c.sha256).where(policy_inputs.c.sha256 == digest)).scalar() is None:
        connection.execute(insert(policy_inputs).values(sha256=digest, content=zlib.compress(content, 6)))


def _kept(connection: Connection, digest: str) -> bytes:
    found = connection.execute(select(policy_inputs.c.content).where(policy_inputs.c.sha256 == digest)).scalar()
    try:
        content = zlib.decompress(found) if found is not None else None
    except zlib.error:
        content = None
    if content is None or _digest(content) != digest:
        raise AuditDamaged(f"what the home gave to a policy (sha256 {digest}) is not as it was kept; restore a backup")
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
