"""Logs of any length, grown in a second: what the service writes, without asking it anything."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body, commitment
from chatbot.audit.log import AuditLog, Sealed
from chatbot.audit.signer import Signer
from chatbot.safety.book import CaseBook
from chatbot.safety.cases import Detected
from chatbot.safety.vault import Vault
from corpus.boxes import NO_BOXES
from corpus.database import Database, open_database
from corpus.ledger import VERSION, Leaf, append_leaves, new_leaf, read_head, sealed_leaf
from corpus.model import Document, Span
from corpus.stamps import timestamp, uuid7
from corpus.store import Store
from corpus.tables import bodies, feedback, policy_signatures
from index.layout import Home
from tests.builders import approval, approve, document, withdraw

_KINDS = ("answer", "answer", "answer", "clarification", "no_answer", "handover", "notice")


class Grown:
    """A home with documents and a log that grows as it is told; the same seed makes the same choices."""

    def __init__(self, root: Path, seed: int = 0, documents: int = 4, url: str | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.home = Home(root)
        self.target = url or self.home.database
        self.chance = random.Random(seed)  # noqa: S311 - the same choices each time
        self.documents: list[Document] = []
        self.replies: list[tuple[int, str]] = []  # index and subject
        self._open()
        self.subjects = [self.keys.pseudonym("demo", f"reader {number}") for number in range(12)]
        for number in range(documents):
            self._document(number)

    def _open(self) -> None:
        self.database: Database = open_database(self.target)
        self.keys = KeyStore(self.home.keys)
        self.store = Store(self.database)
        self.log = AuditLog(self.database, self.keys)
        self.book = CaseBook(self.database, Vault(self.home.safety_key, self.database))
        self.signer = Signer(self.database, self.keys)

    def restart(self) -> None:
        """As the service does: everything is closed, and opened again."""
        self.database.close()
        self._open()

    @property
    def size(self) -> int:
        """How many records there are."""
        return self.log.size()

    def _document(self, number: int) -> None:
        sentences = [f"Velmarin {number} is given at {dose} mg once daily, in part {dose}." for dose in range(10, 40)]
        made = document(*sentences, name=f"label-{number}.pdf")
        self.store.add_document(made, 1_000, [], NO_BOXES)
        given = replace(approval(made), document_number=f"HP-{number}", version="2")
        self.store.append([approve(given)])
        self.documents.append(made)

    def reply(self, count: int = 1) -> list[int]:
        """Replies of several readers, appended at once."""
        entries = self._entries(count)
        with self.database.writing() as connection:
            places = append_leaves(connection, [leaf for leaf, _, _ in entries])
            rows = [
                {"idx": place.index, "pseudonym": subject, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
                for place, (_, sealed, subject) in zip(places, entries, strict=True)
            ]
            connection.execute(insert(bodies), rows)
        self.replies += [(place.index, subject) for place, (_, _, subject) in zip(places, entries, strict=True)]
        return [place.index for place in places]

    def many(self, count: int, sign_every: int) -> None:
        """As many replies as are asked for, a thousand at once, with the texts of 500; signed now and then."""
        pool = [(leaf, sealed, subject, json.loads(leaf.content)["id"]) for leaf, sealed, subject in self._entries(500)]
        for done in range(0, count, 1_000):
            chosen = [self.chance.choice(pool) for _ in range(min(1_000, count - done))]
            leaves = [_renamed(leaf, old, uuid7()) for leaf, _, _, old in chosen]
            with self.database.writing() as connection:
                places = append_leaves(connection, leaves)
                rows = [
                    {"idx": place.index, "pseudonym": subject, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
                    for place, (_, sealed, subject, _) in zip(places, chosen, strict=True)
                ]
                connection.execute(insert(bodies), rows)
            if done % sign_every == 0:
                self.sign()
        self.sign()

    def _entries(self, count: int) -> list[tuple[Leaf, Sealed, str]]:
        return [self._entry() for _ in range(count)]

    def _entry(self) -> tuple[Leaf, Sealed, str]:
        subject, record = self.chance.choice(self.subjects), uuid7()
        cites = [self._citation() for _ in range(self.chance.randint(1, 3))]
        kind = self.chance.choice(_KINDS)
        reply = json.dumps({"kind": kind, "quotes": [text for _, text in cites] * 2}).encode()
        question = f"What is the dose for patient {self.chance.random()}?"
        body = Body(question, (), reply, self.chance.randbytes(32))
        sealed = self.log.seal(subject, record, body)
        cited = [value for value, _ in cites] if kind == "answer" else []
        return _reply_leaf(self.log.origin, kind, record, subject, body, sealed, cited), sealed, subject

    def _citation(self) -> tuple[dict[str, Any], str]:
        number = self.chance.randrange(len(self.documents))
        cited = self.documents[number]
        sentence = self.chance.choice(cited.blocks)
        span = Span(sentence.start, sentence.end)
        text = span.of(cited.text)
        value = {
            "document": f"HP-{number}",
            "version": "2",
            "approval": "MLR-1",
            "assumed": False,
            "source_sha256": cited.source.sha256,
            "text_sha256": cited.sha256,
            "spans": [[span.start, span.end]],
            "quote_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
        return value, text

    def event(self) -> None:
        """A document is withdrawn and approved again: two events."""
        number = self.chance.randrange(len(self.documents))
        version = f"{len(self.store.history())}.1"
        given = replace(approval(self.documents[number]), document_number=f"HP-{number}", version=version)
        self.store.append([approve(given)])
        self.store.append([withdraw(given)])

    def edition(self) -> None:
        """Another edition is activated."""
        self.store.note_edition(f"sha256:{self.chance.randbytes(32).hex()}", "owner")

    def case(self) -> None:
        """A reader tells of an adverse event; safety has it, and ends it."""
        told = Detected(
            uuid7(),
            None,
            "demo",
            "GB",
            "en",
            self.chance.choice(self.subjects),
            "adverse_event",
            ("route:adverse",),
            f"My patient fell ill {self.chance.random()}",
            "turn",
            datetime.now(UTC),
        )
        case = self.book.open(told)
        if self.chance.random() < 0.5:
            self.book.receive(case.id, "ARGUS-1", datetime.now(UTC))
            self.book.close(case.id, "filed", "A. Lee", "safety", datetime.now(UTC))

    def signature(self) -> None:
        """Somebody signs a policy."""
        row = {
            "policy": self.chance.randbytes(32).hex(),
            "role": "medical",
            "name": "A. Lee",
            "comment": "read in full",
            "actor": "a.lee",
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        }
        with self.database.writing() as connection:
            connection.execute(insert(policy_signatures).values(**row))
            append_leaves(connection, [new_leaf(self.log.origin, "review", {"policy": row})])

    def opinion(self) -> None:
        """A reader's word on a reply."""
        index, _ = self.chance.choice(self.replies)
        row = {"idx": index, "helpful": True, "reason": "", "at": timestamp(datetime.now(UTC))}
        with self.database.writing() as connection:
            connection.execute(insert(feedback).values(**row))

    def erase(self) -> str:
        """Everything of one reader goes; whose it was."""
        _, subject = self.chance.choice(self.replies)
        with self.database.writing() as connection:
            append_leaves(connection, [new_leaf(self.log.origin, "erasure", {"erasure": {"pseudonym": subject}})])
            connection.execute(delete(bodies).where(bodies.c.pseudonym == subject))
        return subject

    def access(self) -> None:
        """Somebody reads."""
        with self.database.writing() as connection:
            value = {"access": {"actor": "a.lee", "records": [0]}}
            append_leaves(connection, [new_leaf(read_head(connection).origin, "access", value)])

    def sign(self) -> None:
        """A checkpoint."""
        self.signer.sign()

    def grow(self, steps: int) -> None:
        """Anything, in any order; mostly replies."""
        self.reply(3)
        others = [self.event, self.edition, self.case, self.signature, self.opinion, self.access, self.erase]
        others += [self.sign, self.sign, self.restart]
        for _ in range(steps):
            if self.chance.random() < 0.6:
                self.reply(self.chance.randint(1, 4))
            else:
                self.chance.choice(others)()


def _renamed(leaf: Leaf, old: str, new: str) -> Leaf:
    """The same reply as another record of another conversation."""
    return replace(leaf, content=leaf.content.replace(old.encode(), new.encode()), conversation=new)


def _reply_leaf(
    origin: str, kind: str, record: str, subject: str, body: Body, sealed: Sealed, cited: Sequence[dict[str, Any]]
) -> Leaf:
    """With every field that the service's own have, and of their size."""
    now = timestamp(datetime.now(UTC))
    return sealed_leaf(
        {
            "v": VERSION,
            "origin": origin,
            "type": kind,
            "id": record,
            "ts": now,
            "portal": "demo",
            "runtime": {"onnxruntime": "1.24.0", "isa": "x86_64/avx512_vnni"},
            "actor": {"kind": "hcp", "pseudonym": subject, "role": "physician"},
            "audience": {"country": "GB", "role": "physician", "specialty": "", "language": "en", "consent": []},
            "conversation": record,
            "as_of": now,
            "visit": None,
            "software": {"version": "0.1.0", "git": "0" * 40, "config_sha256": "a" * 64},
            "edition": {"id": f"sha256:{'e' * 64}", "manifest_sha256": "e" * 64},
            "policy_sha256": "b" * 64,
            "registry_version": 4,
            "decision": {
                "kind": kind,
                "intent": "dosing",
                "rules": ["intent:dosing", "support:direct"],
                "templates": [{"id": "answer/en", "sha256": "c" * 64, "parameters": {"product": "Velmarin"}}],
                "detectors": {
                    "emergency": False,
                    "safety": False,
                    "boundary": "",
                    "too_long": False,
                    "masked": [],
                    "routes": {f"route_{number}": f"0.{number:06}" for number in range(16)},
                },
                "entities": {
                    "products": ["Velmarin"],
                    "inherited": [],
                    "before": [],
                    "leaves": ["Velmarin"],
                    "first": True,
                    "language": "en",
                },
                "scores": [
                    {"rank": at, "score": "0.812345", "bm25": "7.123456", "cosine": "0.712345"}
                    for at in range(len(cited))
                ],
            },
            "citations": list(cited),
            "body": {
                "sealed_sha256": sealed.sha256,
                "question": commitment(body.key, "question", body.question.encode()),
                "masked_question": commitment(body.key, "masked_question", body.question.encode()),
                "reply": commitment(body.key, "reply", body.reply),
                "idempotency_key": None,
                "pseudonym": commitment(body.key, "pseudonym", subject.encode()),
            },
            "refs": [],
        }
    )


@contextmanager
def grown(root: Path, seed: int = 0, steps: int = 0, url: str | None = None) -> Iterator[Grown]:
    """A log that is open while it is looked at."""
    made = Grown(root, seed, url=url)
    try:
        made.grow(steps)
        yield made
    finally:
        made.database.close()
