"""Whom a reader turns to in their country: the public numbers and schemes, and the company's own desks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PUBLIC = Path(__file__).with_name("contacts.toml")

Fields = Mapping[str, str | tuple[str, ...]]  # of Contacts, by name


@dataclass(frozen=True, slots=True)
class Contacts:
    """The ways out for a reader of one country; a text is empty where there is none or none is known."""

    emergency: tuple[str, ...]  # telephone numbers for an ambulance, the first to call first
    crisis: str  # telephone number of somebody to talk to, day and night
    line_24h: str  # the company's safety line
    safety_url: str
    scheme_name: str  # national scheme for suspected adverse reactions
    scheme_url: str
    medical_information_url: str
    commercial_url: str


# Pages of the demo portal, until a portal names its own.
OWN_DESKS: Fields = {
    "line_24h": "",
    "safety_url": "/contact/safety",
    "medical_information_url": "/contact/medical-information",
    "commercial_url": "/contact/commercial",
}
_UNKNOWN: Fields = {"emergency": (), "crisis": "", "scheme_name": "", "scheme_url": ""}


def public_contacts() -> Mapping[str, Fields]:
    """By country, what this release knows: emergency numbers and reporting schemes, each with its source there."""
    countries = tomllib.loads(_PUBLIC.read_text(encoding="utf-8"))
    return {country: {**rows, "emergency": tuple(rows["emergency"])} for country, rows in countries.items()}


def contacts_of(country: str, public: Mapping[str, Fields], own: Mapping[str, Fields]) -> Contacts:
    """The contacts for a country: what the portal says of it goes first, then what is public, then its usual desks.

    ``own`` is by country, the usual desks under "". A country that nobody knows, or none, leaves the public ones empty.
    """
    known = {**_UNKNOWN, **OWN_DESKS, **own.get("", {}), **public.get(country, {}), **own.get(country, {})}
    return Contacts(**known)  # type: ignore[arg-type]  # names and kinds are checked where they are read


def telephone_url(number: str) -> str:
    """The ``tel:`` address (RFC 3966) of a number as people write it."""
    plus = "+" if number.strip().startswith("+") else ""
    return f"tel:{plus}{''.join(filter(str.isdigit, number))}"
