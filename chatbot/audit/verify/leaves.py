"""One leaf: its bytes, its form, and the columns that repeat it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from corpus.canonical import canonical_bytes
from corpus.ledger import REPLIES, VERSION

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SAFE_DIGITS = 15  # an integer with no more of them is below 2**53


class Malformed(ValueError):
    """A leaf isn't one; the message says why."""


def read_leaf(content: bytes) -> dict[str, Any]:
    """The JSON value of canonical bytes; raises ``Malformed``."""
    try:
        value = _DECODE(content.decode())
    except ValueError as error:
        raise Malformed(f"its bytes are no canonical JSON ({error})") from error
    if not isinstance(value, dict):
        raise Malformed("it is no JSON object")
    plain = content.isascii() and _ENCODE(value).encode() == content
    if not plain and canonical_bytes(value) != content:
        raise Malformed("its bytes are not the canonical form of their JSON value")
    return value


def check_form(value: Mapping[str, Any], origin: str) -> None:
    """Raises ``Malformed`` unless the value has what every leaf of this log has, and what its type has."""
    kind = value.get("type")
    if value.get("v") != VERSION:
        raise Malformed(f"its version is {value.get('v')!r}, not {VERSION}")
    if value.get("origin") != origin:
        raise Malformed(f"it is of the log {value.get('origin')!r}, not {origin}")
    if not isinstance(kind, str) or not isinstance(value.get("id"), str) or not _UUID7.fullmatch(value["id"]):
        raise Malformed("it lacks a type or an id (UUID, version 7)")
    check_time(value.get("ts"))
    if kind in REPLIES:
        _check_reply(value)


def check_time(stamp: object) -> None:
    """Raises ``Malformed`` unless it is an instant as leaves write it. Clocks may be set back: order proves nothing."""
    if not isinstance(stamp, str) or not _TS.fullmatch(stamp):
        raise Malformed(f"its time is {stamp!r}")
    try:
        datetime.fromisoformat(stamp)
    except ValueError as error:
        raise Malformed(f"its time is {stamp!r}") from error


def _check_reply(value: Mapping[str, Any]) -> None:
    body = value.get("body")
    if not isinstance(body, dict) or not _DIGEST.fullmatch(str(body.get("sealed_sha256"))):
        raise Malformed("a reply's leaf says which text belongs to it")
    if not isinstance(value.get("actor"), dict) or not isinstance(value["actor"].get("pseudonym"), str):
        raise Malformed("a reply's leaf says whose it is")
    if not isinstance(value.get("conversation"), str) or not isinstance(value.get("citations"), list):
        raise Malformed("a reply's leaf has a conversation and citations")


def _float(digits: str) -> float:
    raise Malformed(f"a leaf has no fractions, and this one has {digits}")


def _integer(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS and abs(int(digits)) >= 2**53:
        raise Malformed(f"{digits} is beyond what JSON's readers keep")
    return int(digits)


# Made once, without what isn't asked for: a million leaves are read in a minute.
_DECODE = json.JSONDecoder(parse_float=_float, parse_constant=_float, parse_int=_integer).decode
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
