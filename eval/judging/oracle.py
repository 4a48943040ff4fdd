"""Who may be shown what, worked out a second time: from the raw events, and by no code that composes replies.

An approval holds while the reader's country has reached its effective day and hasn't passed its expiry day, in every
time zone of the country: it is asked what day it is there, where the product asks when that day begins. A withdrawal
holds whatever instant is asked about: it is a decision about today's replies, and an instant only moves the dates.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from corpus.model import Audience
from corpus.registry import Event

_CENTURIES = (date(1900, 1, 1), date(2200, 1, 1))  # beyond, a date says "always" or "never"
Key = tuple[str, str, str]  # document number, version, country


@dataclass(frozen=True, slots=True)
class Right:
    """One approval as its events left it."""

    document: str  # number
    version: str
    country: str
    source: str  # SHA-256 of the bytes that were approved
    title: str
    type: str  # of document
    owner: str
    product: str
    roles: tuple[str, ...]  # empty: every role
    specialties: tuple[str, ...]
    approval: str
    approved_on: str
    effective_on: date
    expires_on: date | None
    assumed: bool
    withdrawn_at: datetime | None = None
    replaced_from: date | None = None  # by the version named next
    replaced_by: str = ""

    @property
    def name(self) -> str:
        """Document number and version, as a person calls them."""
        return f"{self.document} version {self.version}"


class Oracle:
    """The rights of one registry; ``trial`` lets assumed approvals count, as the service then does."""

    def __init__(self, events: Iterable[Event], *, trial: bool) -> None:
        self.rights = tuple(_rights(events).values())
        self._trial = trial
        self._versions: defaultdict[tuple[str, str], list[Right]] = defaultdict(list)
        for right in self.rights:
            self._versions[right.document, right.version].append(right)

    def versions(self, document: str, version: str) -> tuple[Right, ...]:
        """What is on record of one document version, one right a country."""
        return tuple(self._versions.get((document, version), ()))

    def why_not(self, document: str, version: str, reader: Audience, instant: datetime) -> str:
        """Why this reader may not be shown a document version then, for a person; empty when they may."""
        rows = self.versions(document, version)
        if not rows:
            return "never approved"
        own = next((right for right in rows if right.country == reader.country), None)
        if own is None:
            return f"approved for {', '.join(sorted({right.country for right in rows}))} only"
        return self.refusal(own, reader.role, instant)

    def refusal(self, right: Right, role: str, instant: datetime) -> str:
        """Why a right of the reader's country doesn't hold for their role then; empty when it does."""
        first, last = days_in(right.country, instant)
        if right.assumed and not self._trial:
            return "assumed for a trial, never approved"
        if right.withdrawn_at:
            return f"withdrawn on {right.withdrawn_at.date()}"
        if first < right.effective_on:
            return f"not in force before {right.effective_on}"
        if right.expires_on and last > right.expires_on:
            return f"expired at the end of {right.expires_on}"
        if right.replaced_from and first >= right.replaced_from:
            return f"superseded by version {right.replaced_by} from {right.replaced_from}"
        if right.roles and role not in right.roles:
            return f"approved for {', '.join(right.roles)} only"
        return ""

    def eligible(self, reader: Audience, instant: datetime) -> tuple[Right, ...]:
        """Everything that this reader may be shown then."""
        own = (right for right in self.rights if right.country == reader.country)
        return tuple(right for right in own if not self.refusal(right, reader.role, instant))


def days_in(country: str, instant: datetime) -> tuple[date, date]:
    """The earliest and the latest local day that it is somewhere in ``country`` at ``instant``."""
    days = [instant.astimezone(zone).date() for zone in _zones(country)]
    return min(days), max(days)


def turns_of_day(right: Right) -> frozenset[datetime]:
    """Every midnight of these centuries, in any zone of its country, at which its dates could change anything."""
    days = {right.effective_on, right.replaced_from, right.expires_on and right.expires_on + timedelta(days=1)}
    return frozenset(
        datetime.combine(day, time.min, zone).astimezone(UTC)
        for day in days
        if day and _CENTURIES[0] <= day <= _CENTURIES[1]
        for zone in _zones(right.country)
    )


def _rights(events: Iterable[Event]) -> dict[Key, Right]:
    """The rights by key, those replaced marked; supersede events count beside what follows from the dates."""
    found: dict[Key, Right] = {}
    told: dict[Key, Mapping[str, Any]] = {}
    for event in events:
        key = (event.document_number, event.version, event.country)
        if event.type in ("approve", "amend"):
            withdrawn = found[key].withdrawn_at if key in found else None
            found[key] = _right(event.payload, withdrawn)
        elif event.type == "withdraw":
            found[key] = replace(found[key], withdrawn_at=datetime.fromisoformat(event.at))
        elif event.type == "reinstate":
            found[key] = replace(found[key], withdrawn_at=None)
        else:
            told[key] = event.payload
    return {key: _replaced(right, found.values(), told.get(key, {})) for key, right in found.items()}


def _right(payload: Mapping[str, Any], withdrawn: datetime | None) -> Right:
    expires = payload["expires_on"]
    return Right(
        document=payload["document_number"],
        version=payload["version"],
        country=payload["country"],
        source=payload["source_sha256"],
        title=payload["title"],
        type=payload["document_type"],
        owner=payload["owner"],
        product=payload["product"],
        roles=tuple(payload["roles"]),
        specialties=tuple(payload["specialties"]),
        approval=payload["approval_id"],
        approved_on=payload["approved_on"],
        effective_on=date.fromisoformat(payload["effective_on"]),
        # A last day that no calendar goes beyond is how catalogues write "never".
        expires_on=date.fromisoformat(expires) if expires and expires != date.max.isoformat() else None,
        assumed=bool(payload.get("assumed", False)),
        withdrawn_at=withdrawn,
    )


def _replaced(right: Right, all_rights: Iterable[Right], told: Mapping[str, Any]) -> Right:
    """``right`` with the version that replaces it first: what an event says, or what the dates say, whatever is sooner.

    A version that was withdrawn before its own day replaces nothing; one withdrawn later has replaced what was before.
    """
    line = [one for one in all_rights if (one.document, one.country) == (right.document, right.country)]
    order = (right.effective_on, right.approved_on)
    days = [
        (one.effective_on, one.version)
        for one in line
        if (one.effective_on, one.approved_on) > order and not _withdrawn_before_its_day(one)
    ]
    if told.get("from"):
        days.append((date.fromisoformat(told["from"]), str(told.get("by") or "")))
    if not days:
        return right
    day, version = min(days)
    return replace(right, replaced_from=day, replaced_by=version)


def _withdrawn_before_its_day(right: Right) -> bool:
    return right.withdrawn_at is not None and days_in(right.country, right.withdrawn_at)[0] < right.effective_on


@functools.lru_cache(maxsize=300)
def _zones(country: str) -> tuple[ZoneInfo, ...]:
    """The time zones of a country in the tz database's ``zone.tab``, which is where the product looks them up too."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(ZoneInfo(row[2]) for row in rows if row[0] == country)
