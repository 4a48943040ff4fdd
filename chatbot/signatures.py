"""Who approved which policy: signatures in the home's database, none ever edited, and what a policy lacks of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from chatbot.answer.portal import SIGNING_ROLES
from chatbot.errors import Unsigned
from chatbot.limits import REVIEW_SIGNATURE_CHARACTERS
from chatbot.policy import Policy
from corpus.database import Database
from corpus.errors import InvalidInput
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.tables import policy_signatures


@dataclass(frozen=True, slots=True)
class Signature:
    """One approval of one policy."""

    policy: str  # SHA-256 of what was approved
    role: str  # of SIGNING_ROLES
    name: str  # of who approved it
    comment: str
    actor: str  # who typed it
    at: datetime  # aware


@dataclass(frozen=True, slots=True)
class Signed:
    """What came of signing."""

    signature: Signature  # as it stands in the book
    added: bool  # false when the same person had signed in this role before


class SignatureBook:
    """Every signature of an installation; processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sign(self, policy: Policy, given: Signature) -> Signed:
        """Keeps a signature of ``policy``, durably; one that is there already stays as it is.

        Raises ``InvalidInput`` when ``given`` names another policy, a role that is none, or nobody.
        """
        given = _checked(given)
        if given.policy != policy.sha256:
            raise InvalidInput(
                f"sha256:{given.policy} is not the policy now, which is sha256:{policy.sha256}; read that one with "
                "`signpost preclearance` and sign its digest"
            )
        with self._database.writing() as connection:
            for known in _read(connection, select(policy_signatures).where(policy_signatures.c.policy == given.policy)):
                if (known.role, _person(known.name)) == (given.role, _person(given.name)):
                    return Signed(known, added=False)
            connection.execute(insert(policy_signatures).values(**_row(given)))
            append_leaves(connection, [new_leaf(read_head(connection).origin, "review", {"policy": _row(given)})])
        return Signed(given, added=True)

    def of(self, digest: str) -> tuple[Signature, ...]:
        """The signatures of one policy, the oldest first."""
        with self._database.reading() as connection:
            return _read(connection, select(policy_signatures).where(policy_signatures.c.policy == digest))

    def all(self) -> tuple[Signature, ...]:
        """The signatures of every policy there was, the oldest first."""
        with self._database.reading() as connection:
            return _read(connection, select(policy_signatures))

    def count(self) -> int:
        """How many there are: it only grows."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(policy_signatures)).scalar_one())

    def missing(self, policy: Policy, asked: Collection[str] | None = None) -> tuple[str, ...]:
        """The roles of ``asked``, or else of the portal's settings, that nobody has signed the policy in."""
        wanted = policy.portal.signatures if asked is None else asked
        if not wanted:
            return ()
        signed = {signature.role for signature in self.of(policy.sha256)}
        return tuple(role for role in SIGNING_ROLES if role in wanted and role not in signed)

    def demand(self, policy: Policy, asked: Collection[str]) -> None:
        """Raises ``Unsigned`` when the policy lacks a signature of ``asked``."""
        missing = self.missing(policy, asked)
        if missing:
            raise Unsigned(
                f"the policy sha256:{policy.sha256} isn't signed for {', '.join(missing)}; read it with `signpost "
                f"preclearance --out FILE`, then `signpost policy sign sha256:{policy.sha256} --as NAME --role "
                f"{missing[0]}`"
            )


def bare_digest(written: str) -> str:
    """A digest as the database has it; raises ``InvalidInput`` for what is none."""
    bare = written.strip().casefold().removeprefix("sha256:")
    if len(bare) != 64 or set(bare) - set("0123456789abcdef"):
        raise InvalidInput(f"'{written}' is no digest; `signpost policy show` says the policy's, sha256: and 64 digits")
    return bare


def _checked(given: Signature) -> Signature:
    if given.role not in SIGNING_ROLES:
        raise InvalidInput(f"'{given.role}' is no role that signs; choose {', '.join(SIGNING_ROLES)}")
    name, comment, actor = _line(given.name), _line(given.comment), _line(given.actor)
    if not name:
        raise InvalidInput("nobody is named; say who approves with --as NAME")
    longest = max((name, comment), key=len)
    if len(longest) > REVIEW_SIGNATURE_CHARACTERS:
        raise InvalidInput(
            f"a name or comment has {len(longest)} characters; write {REVIEW_SIGNATURE_CHARACTERS} at most"
        )
    return Signature(bare_digest(given.policy), given.role, name, comment, actor, given.at)


def _line(text: str) -> str:
    """In one line, without what no screen shows: a name that looks like another one must be another one."""
    seen = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    shown = (" " if char.isspace() else char for char in seen)
    return " ".join("".join(char for char in shown if unicodedata.category(char)[0] != "C").split())


def _person(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _row(signature: Signature) -> dict[str, str]:
    return {
        "policy": signature.policy,
        "role": signature.role,
        "name": signature.name,
        "comment": signature.comment,
        "actor": signature.actor,
        "at": signature.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def _read(connection: Connection, query: Select[Any]) -> tuple[Signature, ...]:
    return tuple(
        Signature(row.policy, row.role, row.name, row.comment, row.actor, datetime.fromisoformat(row.at))
        for row in connection.execute(query.order_by(policy_signatures.c.id))
    )
