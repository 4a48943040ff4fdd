"""Days begin and end where the document is approved."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.calendar import end_of_day, start_of_day, zones
from corpus.errors import InvalidInput


@pytest.mark.parametrize(
    ("country", "day", "begins", "ends"),
    [
        ("GB", date(2026, 1, 31), "2026-01-31T00:00Z", "2026-02-01T00:00Z"),
        ("GB", date(2026, 6, 30), "2026-06-29T23:00Z", "2026-06-30T23:00Z"),
        ("DE", date(2026, 6, 30), "2026-06-29T22:00Z", "2026-06-30T22:00Z"),
        # Begun everywhere once Honolulu has it, over as soon as New York leaves it.
        ("US", date(2026, 6, 30), "2026-06-30T10:00Z", "2026-07-01T04:00Z"),
        ("US", date(2026, 1, 31), "2026-01-31T10:00Z", "2026-02-01T05:00Z"),
        # The clocks change inside the day: 23 and 25 hours.
        ("DE", date(2026, 3, 29), "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("DE", date(2026, 10, 25), "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        # The clocks change at midnight itself: this day has no 00:00.
        ("LB", date(2026, 3, 29), "2026-03-28T22:00Z", "2026-03-29T21:00Z"),
        ("NZ", date(2026, 1, 1), "2025-12-31T11:00Z", "2026-01-01T10:15Z"),
    ],
)
def test_a_day_counts_only_while_it_is_that_day_everywhere_in_the_country(
    country: str, day: date, begins: str, ends: str
) -> None:
    assert start_of_day(day, country) == datetime.fromisoformat(begins)
    assert end_of_day(day, country) == datetime.fromisoformat(ends)


@given(st.dates(max_value=date.max - timedelta(days=1)), st.sampled_from(["GB", "DE", "US", "AU", "NZ", "KI"]))
def test_a_day_never_ends_before_the_last_place_of_the_country_left_the_day_before(day: date, country: str) -> None:
    assert end_of_day(day, country) <= start_of_day(day + timedelta(days=1), country)


@pytest.mark.parametrize("country", ["GB", "US", "NZ"])
def test_the_first_and_last_day_there_is_can_stand_in_a_catalogue(country: str) -> None:
    """Many systems write 9999-12-31 for "never"."""
    assert end_of_day(date.max, country) > start_of_day(date(9999, 12, 30), country)
    assert start_of_day(date.min, country) < end_of_day(date(1, 1, 2), country)


@pytest.mark.parametrize("country", ["", "gb", "UK", "XX", "GBR"])
def test_what_is_no_country_is_refused_with_an_example(country: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{country}' is no country .* such as GB or DE"):
        zones(country)
