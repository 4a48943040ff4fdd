"""Verifies an export of a log with the standard library and ``cryptography``: nothing of the service is needed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.proofs.files import (
    BODIES,
    CHECKPOINT,
    CONSISTENCY,
    FORMAT,
    KEY,
    LOG,
    RECORDS,
    Files,
    Wrong,
    hashes_of,
    value_of,
)
from corpus.proofs.merkle import Unproven, check_consistency, check_inclusion, leaf_hash
from corpus.proofs.note import Checkpoint, Unsigned, Verifier, told, verified

_FIELDS = {"format", "origin", "size", "records", "checkpoints", "bodies", "first", "last", "conversation"}


@dataclass(slots=True)
class Report:
    """What came of it."""

    holds: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)  # what isn't shown, and what would show it
    faults: list[tuple[str, str]] = field(default_factory=list)  # kind of KINDS, and what


def verify_export(place: Path, key: Verifier, kept: Iterable[str] = ()) -> Report:
    """Checks everything in an export; ``kept`` are notes that were kept elsewhere. Raises ``Unreadable``."""
    report, files = Report(), Files(place)
    try:
        said = _said(files)
        newest = _newest(files, key, said, report)
    except Wrong as wrong:
        report.faults.append((wrong.kind, str(wrong)))
        return report
    points: dict[int, Checkpoint] = {newest.size: newest}
    leaves: dict[int, Mapping[str, Any]] = {}
    steps: tuple[Callable[[], None], ...] = (
        lambda: _consistency(files, key, said, newest, points, report),
        lambda: _records(files, said, newest, leaves, report),
        lambda: _bodies(files, said, leaves, report),
    )
    for step in steps:
        try:
            step()
        except Wrong as wrong:
            report.faults.append((wrong.kind, str(wrong)))
    _witness(kept, key, newest, points, report)
    report.open.append(
        "whoever owns the log's database and its key could have written another log from the start: only a checkpoint "
        "that somebody else kept shows that they didn't"
    )
    return report


def commitment(key: bytes, domain: str, plaintext: bytes) -> str:
    """What a leaf has of a text: an HMAC-SHA256 over its domain and itself, in hex."""
    return hmac.new(key, domain.encode() + b"\x00" + plaintext, "sha256").hexdigest()


def _said(files: Files) -> Mapping[str, Any]:
    said = value_of(files.text(LOG), LOG)
    numbers = all(type(said.get(name)) is int for name in ("format", "size", "records", "checkpoints", "bodies"))
    if said.keys() != _FIELDS or not numbers or said["format"] != FORMAT:
        raise Wrong("form", f"{LOG} isn't that of an export in format {FORMAT}")
    return said


def _newest(files: Files, key: Verifier, said: Mapping[str, Any], report: Report) -> Checkpoint:
    if files.text(KEY) != f"{key}\n":
        raise Wrong("key", f"{KEY} isn't the key that was given, {key}")
    note = files.text(CHECKPOINT)
    try:
        point = told(note)
        verified(note, [key])
    except Unsigned as error:
        raise Wrong("checkpoint", f"the checkpoint: {error}") from error
    if (point.origin, point.origin, point.size) != (key.name, said["origin"], said["size"]):
        raise Wrong("checkpoint", f"the checkpoint is of {point.size} records of {point.origin}, not what {LOG} says")
    report.holds.append(f"the checkpoint of {point.size} records of {point.origin} is signed by the key that was given")
    return point


def _consistency(
    files: Files,
    key: Verifier,
    said: Mapping[str, Any],
    newest: Checkpoint,
    points: dict[int, Checkpoint],
    report: Report,
) -> None:
    count, before = 0, 0
    with files.lines(CONSISTENCY) as lines:
        for number, line in enumerate(lines, 1):
            value = value_of(line, f"{CONSISTENCY}, line {number}")
            try:
                point = Checkpoint.parse(verified(value["note"], [key]))
                if point.origin != newest.origin or not before < point.size <= newest.size:
                    raise Unproven(f"a checkpoint of {point.size} records of {point.origin} stands here")
                proof = hashes_of(value["proof"])
                check_consistency(point.size, point.root, newest.size, newest.root, proof)
            except (Unsigned, Unproven, KeyError, TypeError, ValueError, AttributeError) as error:
                raise Wrong("consistency", f"{CONSISTENCY}, line {number}: {error}") from error
            count, before = count + 1, point.size
            points[point.size] = point
    if count != said["checkpoints"]:
        raise Wrong("count", f"there are {count} older checkpoints, and {LOG} says {said['checkpoints']}")
    if count:
        report.holds.append(f"nothing that {count} older checkpoints were signed over was changed since")


def _records(
    files: Files, said: Mapping[str, Any], newest: Checkpoint, leaves: dict[int, Mapping[str, Any]], report: Report
) -> None:
    count, before = 0, -1
    with files.lines(RECORDS) as lines:
        for number, line in enumerate(lines, 1):
            index, leaf = _record(value_of(line, f"{RECORDS}, line {number}"), number, newest)
            if index <= before:
                raise Wrong("record", f"{RECORDS}, line {number}: record {index} stands behind record {before}")
            if said["conversation"] is not None and leaf.get("conversation") != said["conversation"]:
                raise Wrong("record", f"record {index} is of another conversation than the one that was exported")
            if said["first"] is not None and index != said["first"] + count:
                raise Wrong("count", f"record {said['first'] + count} is missing")
            count, before = count + 1, index
            if said["bodies"] and "body" in leaf:
                leaves[index] = {"body": leaf["body"], "actor": leaf.get("actor")}
    last = said["first"] is not None and said["last"] != before
    if count != said["records"] or last:
        raise Wrong("count", f"there are {count} records up to {before}, which isn't what {LOG} says")
    if said["first"] is not None:
        told_of = (
            f"records {said['first']} to {said['last']}: each stands in that log where it says, and none is missing"
        )
        report.holds.append(told_of)
    else:
        report.holds.append(f"{count} records: each stands in that log where it says")
        report.open.append("that these are all the records of the conversation: only the whole log shows it")


def _record(value: Mapping[str, Any], number: int, newest: Checkpoint) -> tuple[int, Mapping[str, Any]]:
    try:
        index, content = value["index"], value["leaf"].encode()
        if type(index) is not int or value.keys() != {"index", "leaf", "proof"}:
            raise ValueError("it has other fields than a record")
        check_inclusion(leaf_hash(content), index, newest.size, hashes_of(value["proof"]), newest.root)
        leaf = json.loads(content)
    except (Unproven, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Wrong("proof", f"{RECORDS}, line {number}: {error}") from error
    if not isinstance(leaf, dict) or (leaf.get("v") != 1 and leaf.get("origin") != newest.origin):
        raise Wrong("record", f"record {index} is of another log than {newest.origin}")
    return index, leaf


def _bodies(files: Files, said: Mapping[str, Any], leaves: Mapping[int, Mapping[str, Any]], report: Report) -> None:
    if not said["bodies"]:
        if files.has(BODIES):
            raise Wrong("count", f"{BODIES} is there, and {LOG} says that no text is")
        return
    count, before = 0, -1
    with files.lines(BODIES) as lines:
        for number, line in enumerate(lines, 1):
            value = value_of(line, f"{BODIES}, line {number}")
            index = value.get("index")
            if type(index) is not int or index <= before or index not in leaves:
                raise Wrong(
                    "body", f"{BODIES}, line {number}: no such reply is in the export, or its text stands twice"
                )
            if not _is_recorded(value, leaves[index]):
                raise Wrong("body", f"the text of record {index} isn't the one that was recorded")
            count, before = count + 1, index
    if count != said["bodies"]:
        raise Wrong("count", f"there are {count} texts, and {LOG} says {said['bodies']}")
    report.holds.append(f"the texts of {count} of {len(leaves)} replies are those that were recorded")
    if count < len(leaves):
        report.open.append(
            "why the other texts are missing: they were erased, or their keys are lost; the log says which"
        )
    report.open.append("what was typed before it was masked: nobody keeps it; the masked question is what is shown")


def _is_recorded(value: Mapping[str, Any], leaf: Mapping[str, Any]) -> bool:
    try:
        key, given, actor = bytes.fromhex(value["key"]), leaf["body"], leaf["actor"]["pseudonym"]
        texts = {"masked_question": value["question"], "reply": value["reply"], "pseudonym": actor}
        plain = value.keys() == {"index", "key", "question", "reply"} and key.hex() == value["key"]
        return plain and all(commitment(key, domain, text.encode()) == given[domain] for domain, text in texts.items())
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _witness(
    kept: Iterable[str], key: Verifier, newest: Checkpoint, points: Mapping[int, Checkpoint], report: Report
) -> None:
    same = other = 0
    for note in kept:
        try:
            point = Checkpoint.parse(verified(note, [key]))
        except Unsigned as error:
            report.faults.append(("witness", f"a checkpoint that was kept elsewhere: {error}"))
            continue
        known = points.get(point.size)
        if known is None:
            other += 1
        elif known == point:
            same += 1
        else:
            what = (
                f"the checkpoint of {point.size} records that was kept elsewhere has another root: there are two logs"
            )
            report.faults.append(("witness", what))
    if same:
        report.holds.append(f"{same} checkpoints that were kept elsewhere say the same")
    if other:
        report.open.append(
            f"whether {other} checkpoints that were kept elsewhere say the same: the export has none of their sizes; "
            "ask for `signpost audit proof N --from SIZE`"
        )
