"""Local days. An approval starts and ends with the days of its country, not with UTC's.

A country with several time zones has several midnights; the approval holds only while the date is reached,
and not yet over, in all of them: the cautious reading at both ends.
"""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from corpus.errors import InvalidInput


@functools.lru_cache(maxsize=10_000)
def start_of_day(day: date, country: str) -> datetime:
    """The UTC instant at which ``day`` has begun everywhere in ``country``; raises ``InvalidInput``."""
    return max(_midnight(day, zone) for zone in zones(country))


@functools.lru_cache(maxsize=10_000)
def end_of_day(day: date, country: str) -> datetime:
    """The UTC instant at which ``day`` ends first somewhere in ``country``; raises ``InvalidInput``."""
    if day == date.max:  # how many catalogues write "never"
        return _LATEST
    return min(_midnight(day + timedelta(days=1), zone) for zone in zones(country))


@functools.lru_cache(maxsize=300)
def zones(country: str) -> tuple[ZoneInfo, ...]:
    """The time zones of a country by its ISO 3166-1 code, from the tz database's ``zone.tab``."""
    names = _zone_names().get(country)
    if not names:
        raise InvalidInput(f"'{country}' is no country of ISO 3166-1; use two capital letters such as GB or DE")
    return tuple(ZoneInfo(name) for name in names)


@functools.cache
def _zone_names() -> dict[str, list[str]]:
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    names: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            names.setdefault(country, []).append(name)
    return names


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:  # the first or last day there is, whose midnight in UTC has no date any more
        return _EARLIEST if day == date.min else _LATEST


_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
