"""Checkpoints as signed notes: a few lines of text that say how large the log is and what its root, and who signed.

Formats: C2SP signed-note (https://c2sp.org/signed-note) with Ed25519 keys, C2SP tlog-checkpoint
(https://c2sp.org/tlog-checkpoint). Needs nothing but ``cryptography``, so that whoever verifies needs nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"  # the signature type of the format
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH_BYTES, _ID_BYTES = 32, 4


class Unsigned(Exception):
    """A note isn't in the form, or lacks a signature of a key that is trusted."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who signs: a name and an Ed25519 public key."""

    name: str
    key: bytes  # 32 bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.key) != _HASH_BYTES:
            raise ValueError("a signer has a name without spaces and plus signs, and a key of 32 bytes")

    @property
    def id(self) -> bytes:
        """The four bytes that a signature begins with."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """As it is handed out: name, id and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.key).decode('ascii')}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """The inverse of ``str``; raises ``ValueError``."""
        name, identity, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if raw[:1] != _ED25519:
            raise ValueError("the key is no Ed25519 key")
        found = cls(name, raw[1:])
        if found.id.hex() != identity:
            raise ValueError("the key's id is not that of its name and bytes")
        return found


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at a moment."""

    origin: str  # the log's name, without spaces and plus signs
    size: int
    root: bytes

    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The inverse of ``text``; lines that extend it are skipped. Raises ``Unsigned``."""
        origin, *rest = text.split("\n")
        if len(rest) < 3 or not origin or not _SIZE.fullmatch(rest[0]) or rest[-1]:
            raise Unsigned("a checkpoint has a line each for origin, size and root")
        root = _decoded(rest[1])
        if len(root) != _HASH_BYTES:
            raise Unsigned(f"the root of a checkpoint has {_HASH_BYTES} bytes")
        return cls(origin, int(rest[0]), root)


def told(note: str) -> Checkpoint:
    """What a note says, whoever may have signed it; raises ``Unsigned`` when it isn't in the form."""
    text, parted, _ = note.rpartition("\n\n")
    if not parted:
        raise Unsigned("a note is a text, an empty line and signatures")
    return Checkpoint.parse(f"{text}\n")


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """``text``, which ends in a line feed, as a note with one signature."""
    signer = Verifier(name, key.public_key().public_bytes_raw())
    signature = base64.b64encode(signer.id + key.sign(text.encode())).decode("ascii")
    return f"{text}\n{_DASH}{name} {signature}\n"


def verified(note: str, trusted: Iterable[Verifier]) -> str:
    """The text of a note that a trusted key has signed.

    Raises ``Unsigned``, also when the signature of a trusted key is wrong beside a right one; those of unknown keys
    are passed over, as the format asks.
    """
    text, parted, lines = note.rpartition("\n\n")
    if not parted or not lines.endswith("\n"):
        raise Unsigned("a note is a text, an empty line and signatures")
    known = {(each.name, each.id): each for each in trusted}
    signed = False
    for line in lines[:-1].split("\n"):
        name, raw = _signature(line)
        signer = known.get((name, raw[:_ID_BYTES]))
        if signer is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(signer.key).verify(raw[_ID_BYTES:], f"{text}\n".encode())
        except InvalidSignature as error:
            raise Unsigned(f"the signature of {name} is not of this text") from error
        signed = True
    if not signed:
        raise Unsigned(
            f"nobody known has signed it; known are {', '.join(sorted(name for name, _ in known)) or 'none'}"
        )
    return f"{text}\n"


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _decoded(encoded)
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name) or len(raw) <= _ID_BYTES:
        raise Unsigned("a signature line is a dash, a name and base64")
    return name, raw


def _decoded(text: str) -> bytes:
    """Base64 in its one canonical form; raises ``Unsigned``."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unsigned(f"{text!r} is no base64") from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise Unsigned(f"{text!r} is not how base64 is written")
    return raw
