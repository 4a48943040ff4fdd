"""Rows that repeat leaves, against what the leaves say: the registry's events, safety cases, signatures."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from chatbot.audit.verify.faults import Faults

_STEP = ("id", "state", "report", "at", "who")
_NAMED = ("policy", "role", "name", "comment", "actor", "at")


def check_events(told: Sequence[tuple[int, int]], newest: int, faults: Faults) -> None:
    """Every event of the registry has one leaf, in their order; ``told`` are the leaves' sequences."""
    expected = 1
    for index, sequence in told:
        if sequence > expected:
            faults.add("event_extra", index, f"event {expected} of the registry stands in no leaf")
        elif sequence < expected:
            faults.add("event_extra", index, f"event {sequence} of the registry stands in two leaves")
        expected = max(expected, sequence) + 1
    if expected <= newest:
        faults.add("event_extra", None, f"event {expected} of the registry stands in no leaf")


def check_cases(
    told: Sequence[tuple[int, Mapping[str, Any]]],
    steps: Sequence[Row[Any]],
    reports: Sequence[Row[Any]],
    before: Mapping[str, int],
    retired: Collection[str],
    faults: Faults,
) -> None:
    """Every step and report of a case has its leaf, and says the same; those ``retired`` may have lost their words."""
    kept = {(row.case_id, row.sequence): row for row in reports}
    old = [row for row in steps if row.id <= before.get("case_events", 0)]
    named = {(row.case_id, row.report) for row in old}
    in_rows = Counter(_step(row) for row in steps if row.id > before.get("case_events", 0))
    in_leaves: Counter[tuple[Any, ...]] = Counter()
    for index, case in told:
        step = tuple(case.get(name) for name in _STEP)
        role = case.get("role", "")
        in_leaves[*step, role] += 1
        if in_leaves[*step, role] > in_rows[*step, role]:
            faults.add(
                "case_missing", index, f"the step to {case.get('state')} of case {case.get('id')} is gone or changed"
            )
        if case.get("state") == "detected":
            named.add((case.get("id"), case.get("report")))
            report = kept.get((case.get("id"), case.get("report")))
            _report(index, case, report, faults, may_be_empty=case.get("id") in retired)
    for row in sorted((in_rows - in_leaves).elements(), key=repr):
        faults.add("case_extra", None, f"the step to {row[1]} of case {row[0]} stands in no leaf")
    for case_id, sequence in sorted(kept.keys() - named):
        faults.add("case_extra", None, f"report {sequence} of case {case_id} stands in no leaf")


def check_signatures(
    told: Sequence[tuple[int, Mapping[str, Any]]], rows: Sequence[Row[Any]], before: Mapping[str, int], faults: Faults
) -> None:
    """Every signature of a policy has its leaf."""
    in_rows = Counter(
        tuple(getattr(row, name) for name in _NAMED) for row in rows if row.id > before.get("policy_signatures", 0)
    )
    in_leaves = Counter(tuple(value.get(name) for name in _NAMED) for _, value in told)
    for index, value in told:
        given = tuple(value.get(name) for name in _NAMED)
        if in_leaves[given] > in_rows[given]:
            faults.add("signature_missing", index, f"the signature of {value.get('name')} is gone or changed")
    _extra("signature_extra", (in_rows - in_leaves).elements(), faults)


def _extra(kind: str, rows: Iterable[tuple[Any, ...]], faults: Faults) -> None:
    for row in rows:
        faults.add(kind, None, f"the signature of {row[2]} on {row[0]} stands in no leaf")


def _step(row: Row[Any]) -> tuple[Any, ...]:
    return (row.case_id, row.state, row.report, row.at, row.who, row.role)


def _report(index: int, case: Mapping[str, Any], row: Row[Any] | None, faults: Faults, *, may_be_empty: bool) -> None:
    if row is None:
        faults.add("case_missing", index, f"report {case.get('report')} of case {case.get('id')} is gone")
        return
    sealed = hashlib.sha256(bytes(row.nonce) + bytes(row.ciphertext)).hexdigest()
    same = sealed == case.get("sealed_sha256") or (may_be_empty and not row.nonce and not row.ciphertext)
    # As it is written: a fact that reads the same isn't always the same bytes.
    if not same or row.facts != json.dumps(_ordered(case.get("facts"), row.facts)):
        faults.add(
            "case_changed", index, f"report {case.get('report')} of case {case.get('id')} isn't what the log has"
        )


def _ordered(facts: Any, like: str) -> Any:
    """The facts in the order of their row."""
    try:
        order = list(json.loads(like))
        return {name: facts[name] for name in order} if sorted(order) == sorted(facts) else None
    except (ValueError, KeyError, TypeError):
        return None
