"""Which document versions may be cited, when, where and by whom."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import Conflict, NotFound
from corpus.lifecycle import approval_events, withdrawal_events
from corpus.model import Approval
from corpus.registry import (
    Event,
    Registry,
    Standing,
    approval_from_payload,
    approval_payload,
    check_same_bytes,
    fold,
)
from tests.builders import AT, GB, NOON, approval, approve, registry, withdraw

SECOND = timedelta(seconds=1)
FIRST = approval("1" * 64)
NEXT = replace(FIRST, version="2.0", source_sha256="2" * 64, effective_on=date(2026, 7, 1), expires_on=None)


def imported(*approvals: Approval, onto: Registry | None = None) -> Registry:
    """The registry after an import, as a publish makes it."""
    known = onto or Registry()
    return fold(approval_events(known, approvals, "tester", AT), known)


def standing(state: Registry, of: Approval = FIRST, at: datetime = NOON, **audience: str) -> Standing:
    """The standing, which `citable` must agree with."""
    who = replace(GB, **{"country": of.country, **audience})
    found = state.standing(of.key, who, at)
    assert (of in state.citable(who, at).values()) is (found is Standing.IN_FORCE)
    return found


def event(kind: Any, of: Approval, payload: dict[str, Any] | None = None) -> Event:
    return Event(kind, *of.key, payload or {}, "tester", AT, "test")


def test_an_approval_in_force_can_be_cited() -> None:
    assert standing(Registry()) is Standing.UNAPPROVED
    assert standing(registry(FIRST)) is Standing.IN_FORCE
    assert registry(FIRST).citable(GB, NOON) == {FIRST.source_sha256: FIRST}


@pytest.mark.parametrize(
    ("country", "begins", "ends"),
    [
        ("GB", "2026-06-09T23:00Z", "2026-06-30T23:00Z"),  # summer time
        ("DE", "2026-06-09T22:00Z", "2026-06-30T22:00Z"),
        # Many time zones: from when Honolulu has the day until New York leaves it.
        ("US", "2026-06-10T10:00Z", "2026-07-01T04:00Z"),
    ],
)
def test_an_approval_holds_from_its_first_local_day_to_the_end_of_its_last(
    country: str, begins: str, ends: str
) -> None:
    given_ = replace(FIRST, country=country, effective_on=date(2026, 6, 10), expires_on=date(2026, 6, 30))
    state = registry(given_)
    begin, end = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    assert standing(state, given_, begin - SECOND) is Standing.NOT_YET_EFFECTIVE
    assert standing(state, given_, begin) is Standing.IN_FORCE
    assert standing(state, given_, end - SECOND) is Standing.IN_FORCE
    assert standing(state, given_, end) is Standing.EXPIRED


@pytest.mark.parametrize("last", [None, date.max])
def test_an_approval_without_an_end_holds_for_ever(last: date | None) -> None:
    given_ = replace(FIRST, expires_on=last)
    assert standing(registry(given_), given_, datetime(2999, 1, 1, tzinfo=UTC)) is Standing.IN_FORCE


def test_an_approval_holds_for_its_own_market_only() -> None:
    assert standing(registry(FIRST), country="DE") is Standing.OTHER_MARKET


def test_an_approval_holds_for_its_roles_only() -> None:
    given_ = replace(FIRST, roles=("pharmacist", "physician"))
    assert standing(registry(given_), given_, role="pharmacist") is Standing.IN_FORCE
    assert standing(registry(given_), given_, role="nurse") is Standing.OTHER_ROLE
    assert standing(registry(FIRST), role="nurse") is Standing.IN_FORCE


def test_specialty_and_language_withhold_nothing() -> None:
    given_ = replace(FIRST, specialties=("cardiology",))
    assert standing(registry(given_), given_, specialty="dermatology", language="de") is Standing.IN_FORCE


def test_a_withdrawn_document_is_never_cited_again() -> None:
    state = imported(FIRST).apply(withdraw(FIRST))
    for later in (
        state,
        imported(FIRST, onto=state),
        imported(replace(FIRST, title="Mended"), onto=state),
        imported(FIRST, NEXT, onto=state),
    ):
        assert standing(later, later.entries[FIRST.key].approval) is Standing.WITHDRAWN


def test_a_withdrawal_in_one_country_leaves_the_others() -> None:
    german = replace(FIRST, country="DE")
    state = imported(FIRST, german).apply(withdraw(FIRST))
    assert standing(state) is Standing.WITHDRAWN
    assert standing(state, german) is Standing.IN_FORCE


def test_only_a_reinstatement_ends_a_withdrawal() -> None:
    state = imported(FIRST).apply(withdraw(FIRST)).apply(event("reinstate", FIRST))
    assert standing(state) is Standing.IN_FORCE


def test_an_import_of_what_is_known_makes_no_events() -> None:
    state = imported(FIRST, NEXT)
    assert approval_events(state, [NEXT, FIRST], "tester", AT) == []
    assert approval_events(state.apply(withdraw(FIRST)), [FIRST, NEXT], "tester", AT) == []


def test_a_changed_row_amends_what_was_approved() -> None:
    shorter = replace(FIRST, expires_on=date(2026, 5, 31))
    (made,) = approval_events(imported(FIRST), [shorter], "tester", AT)
    assert (made.type, made.key) == ("amend", FIRST.key)
    assert standing(imported(FIRST).apply(made), shorter) is Standing.EXPIRED


def test_a_version_gives_way_when_its_successor_is_effective_and_not_before() -> None:
    state = imported(FIRST, NEXT)
    change = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)  # midnight in British summer
    assert standing(state, FIRST, change - SECOND) is Standing.IN_FORCE
    assert standing(state, NEXT, change - SECOND) is Standing.NOT_YET_EFFECTIVE
    assert standing(state, FIRST, change) is Standing.SUPERSEDED
    assert standing(state, NEXT, change) is Standing.IN_FORCE


@pytest.mark.parametrize("order", [(FIRST, NEXT), (NEXT, FIRST)])
def test_succession_does_not_depend_on_the_order_of_imports(order: tuple[Approval, Approval]) -> None:
    state = imported(order[1], onto=imported(order[0]))
    assert state.entries == imported(FIRST, NEXT).entries


def test_a_superseded_version_does_not_come_back() -> None:
    """Neither when its successor expires nor when that is withdrawn: someone must approve anew."""
    brief = replace(NEXT, expires_on=date(2026, 7, 31))
    later = datetime(2026, 9, 1, tzinfo=UTC)
    assert standing(imported(FIRST, brief), FIRST, later) is Standing.SUPERSEDED
    recalled = replace(withdraw(NEXT), at="2026-08-01T00:00:00+00:00")
    state = imported(FIRST, NEXT).apply(recalled)
    assert standing(imported(FIRST, NEXT, onto=state), FIRST, later) is Standing.SUPERSEDED


def test_a_successor_that_is_withdrawn_before_its_day_replaces_nothing() -> None:
    state = imported(FIRST, NEXT)
    for event in withdrawal_events(state, [NEXT.key], "tester", "2026-06-15T00:00:00+00:00", "not printed"):
        state = state.apply(event)
    for later in (datetime(2026, 7, 2, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)):
        assert standing(state, FIRST, later) is Standing.IN_FORCE
        assert standing(imported(FIRST, NEXT, onto=state), FIRST, later) is Standing.IN_FORCE


def test_a_gap_in_the_line_does_not_leave_two_versions_in_force() -> None:
    """The second was recalled before its day; the third still replaces the first."""
    third = replace(NEXT, version="3.0", effective_on=date(2026, 8, 1), source_sha256="3" * 64)
    state = imported(FIRST, third, onto=imported(NEXT).apply(withdraw(NEXT)))
    later = datetime(2026, 9, 1, tzinfo=UTC)
    assert standing(state, FIRST, later) is Standing.SUPERSEDED
    assert standing(state, third, later) is Standing.IN_FORCE


def test_a_version_whose_day_is_moved_past_its_successors_is_in_force_again() -> None:
    moved = replace(FIRST, effective_on=date(2026, 8, 1))
    state = imported(moved, onto=imported(FIRST, NEXT))
    later = datetime(2026, 9, 1, tzinfo=UTC)
    assert standing(state, moved, later) is Standing.IN_FORCE
    assert standing(state, NEXT, later) is Standing.SUPERSEDED


def test_a_withdrawn_version_takes_no_ones_place() -> None:
    state = imported(FIRST, onto=imported(NEXT).apply(withdraw(NEXT)))
    assert standing(state, FIRST, datetime(2026, 9, 1, tzinfo=UTC)) is Standing.IN_FORCE


def test_each_country_and_document_has_its_own_succession() -> None:
    state = imported(FIRST, replace(NEXT, country="DE"), replace(NEXT, document_number="DOC-2"))
    assert standing(state, FIRST, datetime(2026, 9, 1, tzinfo=UTC)) is Standing.IN_FORCE


@pytest.mark.parametrize("country", ["GB", "DE"])
def test_one_number_and_version_never_stands_for_two_files(country: str) -> None:
    """Not even in another country: the version would mean different words there."""
    other = replace(FIRST, country=country, source_sha256="f" * 64)
    state = imported(FIRST)
    with pytest.raises(Conflict, match=r"DOC-1 version 1.0 was approved with other bytes .*new version"):
        approval_events(state, [other], "tester", AT)
    with pytest.raises(Conflict, match="other bytes"):
        check_same_bytes(FIRST, other)
    with pytest.raises(Conflict, match="other bytes"):
        approval_events(Registry(), [FIRST, other], "tester", AT)


def test_an_amendment_with_other_bytes_is_refused_and_changes_nothing() -> None:
    state = imported(FIRST)
    before = dict(state.entries)
    with pytest.raises(Conflict, match="other bytes"):
        state.apply(event("amend", FIRST, approval_payload(replace(FIRST, source_sha256="f" * 64))))
    assert state.entries == before


def test_an_approval_is_given_once() -> None:
    with pytest.raises(Conflict, match=r"DOC-1 version 1.0 for GB is approved already; amend it instead"):
        imported(FIRST).apply(approve(FIRST))


@pytest.mark.parametrize("kind", ["amend", "withdraw", "reinstate", "supersede"])
def test_only_what_is_registered_can_change(kind: str) -> None:
    with pytest.raises(NotFound, match=r"DOC-1 version 1.0 for GB is not registered; `signpost documents` lists"):
        Registry().apply(event(kind, FIRST, approval_payload(FIRST)))


days = st.dates(date(2026, 1, 1), date(2026, 1, 20))
hours = st.integers(0, 24 * 22).map(lambda hour: datetime(2025, 12, 31, tzinfo=UTC) + timedelta(hours=hour))
drawn = st.builds(
    lambda version, country, start, length: replace(
        FIRST,
        version=version,
        country=country,
        source_sha256=version * 64,
        effective_on=start,
        expires_on=None if length is None else start + timedelta(days=length),
    ),
    st.sampled_from("123"),
    st.sampled_from(["GB", "US"]),
    days,
    st.none() | st.integers(0, 5),
)


@settings(max_examples=200)
@given(st.lists(drawn, max_size=4, unique_by=lambda a: a.key), hours, hours, st.sampled_from(["GB", "US"]))
def test_until_the_next_change_the_same_documents_are_citable(
    approvals: list[Approval], one: datetime, other: datetime, country: str
) -> None:
    """Who keeps what is citable until then never keeps it too long."""
    state, who = imported(*approvals), replace(GB, country=country)
    now, then = sorted((one, other))
    change = state.next_change(now)
    assert change is None or change > now
    if change is None or then < change:
        assert state.citable(who, then) == state.citable(who, now)


@given(drawn, st.booleans(), st.lists(st.sampled_from(["nurse", "physician"]), unique=True))
def test_an_approval_survives_its_event(made: Approval, assumed: bool, roles: list[str]) -> None:
    made = replace(made, assumed=assumed, roles=tuple(roles), specialties=("cardiology",))
    assert approval_from_payload(json.loads(json.dumps(approval_payload(made)))) == made
