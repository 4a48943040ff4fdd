"""What a person decides of an approval: withdrawn, reinstated, amended; and what no sequence of decisions may do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.catalogue import amended
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.lifecycle import (
    amendment_events,
    approval_events,
    kept_by_hand,
    reinstatement_events,
    withdrawal_events,
)
from corpus.model import Approval
from corpus.registry import Event, Key, Registry, Standing, fold
from corpus.staging import Staging
from corpus.states import history_of, state_of, states
from eval.judging.oracle import Oracle
from tests.builders import AT, GB, NOON, approval

FIRST = approval("1" * 64)
NEXT = replace(FIRST, version="2.0", source_sha256="2" * 64, effective_on=date(2026, 7, 1), expires_on=None)
LATER = date(2028, 1, 5)


class Desk:
    """A registry with its log; every step goes through the functions under test and is appended as a store does."""

    def __init__(self, *approvals: Approval) -> None:
        self.log: list[Event] = []
        self.registry = Registry()
        self.at = datetime.fromisoformat(AT)
        self.imports(*approvals)

    def imports(self, *approvals: Approval) -> list[Event]:
        return self._append(approval_events(self.registry, approvals, "import", self._now()))

    def withdraws(self, *keys: Key) -> list[Event]:
        return self._append(withdrawal_events(self.registry, keys, "owner", self._now(), "an error"))

    def reinstates(self, *keys: Key) -> list[Event]:
        return self._append(reinstatement_events(self.registry, keys, "owner", self._now(), "no error"))

    def amends(self, key: Key, **changes: Any) -> list[Event]:
        given_ = {key: replace(self.registry.entries[key].approval, **changes)}
        return self._append(amendment_events(self.registry, given_, "owner", self._now(), "reviewed"))

    def standing(self, of: Approval, at: datetime = NOON) -> Standing:
        return self.registry.standing_at(of.key, at)

    def _now(self) -> str:
        return self.at.isoformat()

    def _append(self, events: Sequence[Event]) -> list[Event]:
        numbered = [replace(event, sequence=len(self.log) + place) for place, event in enumerate(events, 1)]
        self.log += numbered
        self.registry = fold(numbered, self.registry)
        return numbered


def said(*approvals: Approval) -> dict[Key, dict[str, Any]]:
    return {each.key: {"title": each.title, "expires_on": each.expires_on} for each in approvals}


def test_a_reinstated_document_is_in_force_again_and_the_event_says_who_and_why() -> None:
    desk = Desk(FIRST)
    desk.withdraws(FIRST.key)
    assert desk.standing(FIRST) is Standing.WITHDRAWN
    (event,) = desk.reinstates(FIRST.key)
    assert desk.standing(FIRST) is Standing.IN_FORCE
    assert (event.type, event.actor, event.reason, event.at) == ("reinstate", "owner", "no error", AT)


def test_a_reinstated_successor_replaces_again_what_came_back_without_it() -> None:
    desk = Desk(FIRST, NEXT)
    desk.withdraws(NEXT.key)
    later = datetime(2026, 8, 1, tzinfo=UTC)
    assert desk.standing(FIRST, later) is Standing.IN_FORCE
    desk.reinstates(NEXT.key)
    assert (desk.standing(FIRST, later), desk.standing(NEXT, later)) == (Standing.SUPERSEDED, Standing.IN_FORCE)


def test_a_reinstated_document_that_expired_meanwhile_stays_expired() -> None:
    desk = Desk(FIRST)
    desk.withdraws(FIRST.key)
    desk.reinstates(FIRST.key)
    assert desk.standing(FIRST, datetime(2027, 1, 6, tzinfo=UTC)) is Standing.EXPIRED


def test_what_is_not_withdrawn_is_not_reinstated_and_the_other_way_round() -> None:
    desk = Desk(FIRST)
    assert desk.reinstates(FIRST.key) == []
    assert len(desk.withdraws(FIRST.key)) == 1
    assert desk.withdraws(FIRST.key) == []


def test_an_extended_expiry_holds_from_then_on() -> None:
    desk = Desk(FIRST)
    after = datetime(2027, 6, 1, tzinfo=UTC)
    assert desk.standing(FIRST, after) is Standing.EXPIRED
    desk.amends(FIRST.key, expires_on=LATER)
    assert desk.standing(FIRST, after) is Standing.IN_FORCE
    desk.amends(FIRST.key, expires_on=date(2026, 5, 31))
    assert desk.standing(FIRST) is Standing.EXPIRED


def test_a_later_effective_date_of_the_successor_leaves_the_old_version_in_force_until_then() -> None:
    desk = Desk(FIRST, NEXT)
    desk.amends(NEXT.key, effective_on=date(2026, 9, 1))
    august = datetime(2026, 8, 15, tzinfo=UTC)
    assert (desk.standing(FIRST, august), desk.standing(NEXT, august)) == (
        Standing.IN_FORCE,
        Standing.NOT_YET_EFFECTIVE,
    )


def test_an_amendment_by_hand_survives_the_catalogue_it_differs_from() -> None:
    """A nightly import of the old export must not undo what was decided this afternoon."""
    desk = Desk(FIRST)
    desk.amends(FIRST.key, expires_on=LATER)
    assert desk.imports(FIRST) == []
    assert desk.registry.entries[FIRST.key].approval.expires_on == LATER
    (kept,) = kept_by_hand(desk.registry, said(FIRST))
    assert (kept.withdrawn_at, kept.amended) == (None, {"expires_on": (LATER, FIRST.expires_on)})


def test_what_the_catalogue_says_anew_counts_and_the_rest_of_an_amendment_stays() -> None:
    desk = Desk(FIRST)
    desk.amends(FIRST.key, expires_on=LATER)
    desk.imports(replace(FIRST, title="Mended"))
    held = desk.registry.entries[FIRST.key].approval
    assert (held.title, held.expires_on) == ("Mended", LATER)
    newest = replace(FIRST, title="Mended", expires_on=date(2029, 1, 5))
    desk.imports(newest)
    assert desk.registry.entries[FIRST.key].approval == newest
    assert kept_by_hand(desk.registry, said(newest)) == []


def test_a_catalogue_that_caught_up_with_an_amendment_may_change_it_back() -> None:
    desk = Desk(FIRST)
    desk.amends(FIRST.key, expires_on=LATER)
    desk.imports(replace(FIRST, expires_on=LATER))
    desk.imports(FIRST)
    assert desk.registry.entries[FIRST.key].approval == FIRST


def test_an_import_says_which_withdrawals_outlive_it() -> None:
    desk = Desk(FIRST, NEXT)
    desk.withdraws(FIRST.key)
    assert desk.imports(FIRST, NEXT) == []
    assert [(kept.key, kept.withdrawn_at) for kept in kept_by_hand(desk.registry, said(FIRST, NEXT))] == [
        (FIRST.key, AT)
    ]


def test_an_amendment_changes_no_bytes_and_no_number() -> None:
    desk = Desk(FIRST)
    with pytest.raises(Conflict, match="other bytes"):
        desk.amends(FIRST.key, source_sha256="f" * 64)
    with pytest.raises(Conflict, match="can't be amended; approve a new version"):
        desk.amends(FIRST.key, country="DE")
    assert desk.amends(FIRST.key, title=FIRST.title) == []


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_decision_goes_without_a_reason(reason: str) -> None:
    registry = Desk(FIRST).registry
    for decide in (withdrawal_events, reinstatement_events):
        with pytest.raises(InvalidInput, match="--reason TEXT"):
            decide(registry, [FIRST.key], "owner", AT, reason)
    with pytest.raises(InvalidInput, match="--reason TEXT"):
        amendment_events(registry, {FIRST.key: FIRST}, "owner", AT, reason)


def test_only_what_is_on_record_can_be_decided_about() -> None:
    for decide in (withdrawal_events, reinstatement_events):
        with pytest.raises(NotFound, match="not registered"):
            decide(Registry(), [FIRST.key], "owner", AT, "an error")
    with pytest.raises(NotFound, match="not registered"):
        amendment_events(Registry(), {FIRST.key: FIRST}, "owner", AT, "an error")


def test_a_field_is_amended_as_a_catalogue_writes_it() -> None:
    changed = amended(FIRST, {"expires_on": "2028-01-05", "roles": "Nurse; physician"})
    assert changed == replace(FIRST, expires_on=LATER, roles=("nurse", "physician"))
    assert amended(FIRST, {"expires_on": ""}) == replace(FIRST, expires_on=None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"version": "2.0"}, "version can't be amended; what can: title, product"),
        ({"expires_on": "5 January"}, "DOC-1 1.0 GB: expires_on '5 January' is no date; write YYYY-MM-DD"),
        ({"expires_on": "2025-12-31"}, "expires_on 2025-12-31 lies before effective_on 2026-01-05"),
        ({"owner": ""}, "'owner' is empty"),
    ],
)
def test_a_wrong_amendment_is_refused_as_a_wrong_row_is(values: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        amended(FIRST, values)


def test_each_state_says_what_changes_it_next_and_on_which_local_day() -> None:
    registry = Desk(FIRST, NEXT).registry
    first, following = states(registry, [], NOON)
    assert (first.standing, first.changes_on, first.becomes) == (
        Standing.IN_FORCE,
        date(2026, 7, 1),
        Standing.SUPERSEDED,
    )
    assert (following.standing, following.changes_on, following.becomes) == (
        Standing.NOT_YET_EFFECTIVE,
        date(2026, 7, 1),
        Standing.IN_FORCE,
    )
    alone = state_of(Desk(FIRST).registry, FIRST.key, NOON)
    assert (alone.changes_on, alone.becomes) == (date(2027, 1, 6), Standing.EXPIRED)
    ended = state_of(Desk(FIRST).registry, FIRST.key, datetime(2027, 1, 6, tzinfo=UTC))
    assert (ended.standing, ended.changes_on) == (Standing.EXPIRED, None)


def test_what_is_staged_and_not_published_waits() -> None:
    staging = Staging("/in/label.pdf", NEXT.source_sha256, "d" * 64, "", (FIRST, NEXT), unapproved=False)
    listed = states(Desk(FIRST).registry, [staging], NOON)
    assert [(state.approval.version, str(state.standing)) for state in listed] == [
        ("1.0", "in force"),
        ("2.0", "waits for publish"),
    ]


def test_a_history_says_who_changed_what_from_what() -> None:
    desk = Desk(FIRST)
    desk.amends(FIRST.key, expires_on=LATER)
    desk.withdraws(FIRST.key)
    approved, changed, withdrawn = history_of(desk.log, "DOC-1")
    assert (approved.event.actor, approved.amended) == ("import", ())
    assert changed.amended == (("expires_on", FIRST.expires_on, LATER),)
    assert (withdrawn.event.type, withdrawn.event.reason) == ("withdraw", "an error")
    with pytest.raises(NotFound, match="no document 'DOC-2'"):
        history_of(desk.log, "DOC-2")


# Any sequence of decisions

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [("DOC-1", version, country) for version in ("1.0", "2.0", "10.0") for country in ("GB", "US")]
days = st.dates(date(2026, 1, 1), date(2026, 1, 20))


@dataclass(frozen=True)
class Step:
    """One decision, some hours after the one before."""

    kind: str
    keys: tuple[Key, ...]
    starts: date
    length: int | None
    hours: int


steps = st.builds(
    Step,
    st.sampled_from(["import", "import", "import", "withdraw", "reinstate", "amend"]),
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True).map(tuple),
    days,
    st.none() | st.integers(0, 6),
    st.integers(0, 60),
)
moments = st.lists(st.integers(0, 24 * 30).map(lambda hour: START + timedelta(hours=hour)), min_size=1, max_size=12)


def given_by(step: Step, key: Key) -> Approval:
    ends = None if step.length is None else step.starts + timedelta(days=step.length)
    changes = {"effective_on": step.starts, "expires_on": ends, "approved_on": date(2026, 1, 1)}
    number, version, country = key
    source = str(KEYS.index((number, version, "GB"))) * 64
    return approval(source, document_number=number, version=version, country=country, **changes)


def played(plan: Sequence[Step]) -> tuple[Desk, set[Key]]:
    """The desk after all steps, and which keys a reader of the steps alone would call withdrawn."""
    desk, withdrawn = Desk(), set()
    desk.at = START
    for step in plan:
        desk.at += timedelta(hours=step.hours)
        known = [key for key in step.keys if key in desk.registry.entries]
        if step.kind == "import":
            desk.imports(*(given_by(step, key) for key in step.keys))
        elif step.kind == "amend" and known:
            fresh = given_by(step, known[0])
            desk.amends(known[0], effective_on=fresh.effective_on, expires_on=fresh.expires_on)
        elif step.kind == "withdraw":
            desk.withdraws(*known)
            withdrawn |= set(known)
        elif step.kind == "reinstate":
            desk.reinstates(*known)
            withdrawn -= set(known)
    return desk, withdrawn


plans = st.lists(steps, max_size=14)


@settings(max_examples=300)
@given(plans, moments)
def test_two_versions_of_one_document_are_never_in_force_in_one_country(
    plan: list[Step], instants: list[datetime]
) -> None:
    desk, _ = played(plan)
    for instant in instants:
        live = [key for key in desk.registry.entries if desk.registry.standing_at(key, instant) is Standing.IN_FORCE]
        assert not [line for line, count in Counter((key[0], key[2]) for key in live).items() if count > 1]


@given(plans, moments)
def test_a_withdrawn_version_is_never_in_force_until_it_is_reinstated(
    plan: list[Step], instants: list[datetime]
) -> None:
    desk, withdrawn = played(plan)
    for instant in instants:
        standings = {key: desk.registry.standing_at(key, instant) for key in desk.registry.entries}
        assert {key for key, standing in standings.items() if standing is Standing.WITHDRAWN} == withdrawn


@given(plans)
def test_the_log_alone_gives_the_same_registry_whole_or_event_by_event(plan: list[Step]) -> None:
    """As a database keeps it: payloads go through JSON."""
    desk, _ = played(plan)
    kept = [replace(event, payload=json.loads(json.dumps(dict(event.payload)))) for event in desk.log]
    assert fold(kept) == desk.registry
    stepwise = Registry()
    for event in kept:
        stepwise = stepwise.apply(event)
    assert stepwise == desk.registry
    assert all(event.actor and event.at and event.reason for event in kept)


@given(plans)
def test_a_re_import_of_what_was_last_imported_changes_nothing(plan: list[Step]) -> None:
    desk, _ = played(plan)
    before = desk.registry
    assert desk.imports(*(entry.imported for entry in before.entries.values())) == []
    assert desk.registry == before


@given(plans, moments)
def test_a_second_reading_of_the_log_agrees_on_what_may_be_shown(plan: list[Step], instants: list[datetime]) -> None:
    """The evaluation's oracle asks what day it is in the country, where the registry asks when the day begins."""
    desk, _ = played(plan)
    oracle = Oracle(desk.log, trial=True)
    for instant in instants:
        for country in ("GB", "US"):
            reader = replace(GB, country=country)
            shown = {(right.document, right.version) for right in oracle.eligible(reader, instant)}
            assert shown == {each.key[:2] for each in desk.registry.citable(reader, instant).values()}


@given(plans, moments)
def test_a_state_holds_until_the_day_it_names(plan: list[Step], instants: list[datetime]) -> None:
    desk, _ = played(plan)
    for now, then in pairwise(sorted(instants)):
        for key in desk.registry.entries:
            state, after = state_of(desk.registry, key, now), desk.registry.standing_at(key, then)
            assert after is state.standing or (state.becomes is not None and state.changes_on is not None)
            if state.changes_on and then < datetime.combine(state.changes_on, datetime.min.time(), UTC) - timedelta(
                days=1
            ):
                assert after is state.standing
