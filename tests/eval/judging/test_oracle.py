"""The oracle of eligibility says what the registry says, by another way."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from corpus.lifecycle import approval_events, withdrawal_events
from corpus.model import Approval, Audience
from corpus.registry import Event, fold
from eval.judging.oracle import Oracle, turns_of_day
from tests.builders import AT, GB, NOON, approval
from tests.eval.answered import Answered

COUNTRIES = ("GB", "DE", "ES", "US", "BR", "AU", "KI", "PT", "CU")
ROLES = ("physician", "nurse", "pharmacist", "patient", "")


def history(*approvals: Approval, withdrawn: tuple[tuple[Approval, str], ...] = ()) -> list[Event]:
    """The events of an import and of withdrawals after it."""
    events = approval_events(fold([]), approvals, "tester", AT)
    for gone, at in withdrawn:
        events += withdrawal_events(fold(events), [gone.key], "tester", at, "recalled")
    return events


def random_approvals(chance: random.Random) -> list[Approval]:
    rows = []
    for number in range(chance.randint(1, 4)):
        for country in chance.sample(COUNTRIES, 3):
            for version in range(chance.randint(1, 3)):
                starts = date(2026, 1, 1) + timedelta(days=chance.randint(0, 300))
                ends = starts + timedelta(days=chance.randint(0, 300)) if chance.random() < 0.6 else None
                rows.append(
                    approval(
                        f"{number}{version}".zfill(64),
                        document_number=f"DOC-{number}",
                        version=f"{version}.0",
                        country=country,
                        roles=tuple(chance.sample(ROLES[:3], chance.randint(0, 2))),
                        approved_on=starts - timedelta(days=chance.randint(0, 9)),
                        effective_on=starts,
                        expires_on=ends if chance.random() < 0.9 else date.max,
                    )
                )
    return rows


@pytest.mark.parametrize("seed", range(25))
def test_oracle_and_registry_agree_on_every_reader_and_instant(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    rows = random_approvals(chance)
    gone = [(row, (NOON + timedelta(days=chance.randint(-150, 150))).isoformat()) for row in rows]
    events = history(*rows, withdrawn=tuple(chance.sample(gone, len(gone) // 4)))
    registry, oracle = fold(events), Oracle(events, trial=False)
    turns = sorted({turn for right in oracle.rights for turn in turns_of_day(right)})
    for turn in [*chance.sample(turns, min(25, len(turns))), NOON]:
        instant = turn + timedelta(seconds=chance.choice((-1, 0, 1)))
        for country in COUNTRIES:
            reader = Audience(country, chance.choice(ROLES), "", "en")
            mine = {(right.document, right.version) for right in oracle.eligible(reader, instant)}
            theirs = {
                row.approval.key[:2]
                for key, row in registry.entries.items()
                if registry.standing(key, reader, instant) == "in force"
            }
            assert mine == theirs, (reader, instant)


def test_oracle_and_registry_agree_on_the_sample(answered: Answered) -> None:
    store = answered.assistant.store
    registry, oracle = store.registry(), Oracle(store.history(), trial=False)
    turns = sorted({turn for right in oracle.rights for turn in turns_of_day(right)})
    assert len(turns) > 60
    shown = 0
    for instant in (turn + timedelta(seconds=step) for turn in turns for step in (-1, 0, 1)):
        for country, role in (("GB", "physician"), ("DE", "nurse"), ("ES", "pharmacist"), ("FR", "physician")):
            reader = Audience(country, role, "", "en")
            mine = {right.source for right in oracle.eligible(reader, instant)}
            assert mine == set(registry.citable(reader, instant)), (reader, instant)
            shown += len(mine)
    assert shown > 1_000


@pytest.mark.parametrize(
    ("changes", "reader", "instant", "reason"),
    [
        ({}, GB, NOON, ""),
        ({"country": "DE"}, GB, NOON, "approved for DE only"),
        ({"roles": ("pharmacist",)}, GB, NOON, "approved for pharmacist only"),
        ({"expires_on": date(2026, 5, 31)}, GB, NOON, "expired at the end of 2026-05-31"),
        ({"expires_on": date(2026, 6, 1)}, GB, NOON, ""),
        ({"expires_on": date.max}, GB, NOON, ""),
        ({"effective_on": date(2026, 6, 2)}, GB, NOON, "not in force before 2026-06-02"),
        # Madrid has the second of June already, the Canary Islands haven't.
        (
            {"country": "ES", "effective_on": date(2026, 6, 2)},
            Audience("ES", "physician", "", "es"),
            datetime(2026, 6, 1, 22, 30, tzinfo=UTC),
            "not in force before 2026-06-02",
        ),
        ({"assumed": True}, GB, NOON, "assumed for a trial, never approved"),
    ],
)
def test_why_a_reader_may_not_see_a_version(
    changes: dict[str, object], reader: Audience, instant: datetime, reason: str
) -> None:
    row = approval(**changes)
    assert Oracle(history(row), trial=False).why_not("DOC-1", "1.0", reader, instant) == reason


def test_trials_let_assumed_approvals_count_and_nothing_else() -> None:
    oracle = Oracle(history(approval(assumed=True)), trial=True)
    assert oracle.why_not("DOC-1", "1.0", GB, NOON) == ""
    assert oracle.why_not("DOC-2", "1.0", GB, NOON) == "never approved"


def test_a_version_is_superseded_even_when_no_event_says_so() -> None:
    rows = [approval(), approval("1" * 64, version="2.0", effective_on=date(2026, 5, 1))]
    events = [event for event in history(*rows) if event.type != "supersede"]
    assert fold(events).citable(GB, NOON).keys() == {row.source_sha256 for row in rows}  # it believes its events
    reason = Oracle(events, trial=False).why_not("DOC-1", "1.0", GB, NOON)
    assert reason == "superseded by version 2.0 from 2026-05-01"


def test_a_withdrawal_holds_at_every_instant_until_it_is_reinstated() -> None:
    row = approval()
    events = history(row, withdrawn=((row, "2026-08-01T00:00:00+00:00"),))
    assert Oracle(events, trial=False).why_not("DOC-1", "1.0", GB, NOON) == "withdrawn on 2026-08-01"
    back = Event("reinstate", *row.key, {}, "tester", AT, "all clear")
    assert Oracle([*events, back], trial=False).why_not("DOC-1", "1.0", GB, NOON) == ""
