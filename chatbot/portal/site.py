"""The registry's approvals -> what the portal says of itself, and whom one can read it as. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chatbot.portal.shelves import Reader
from corpus.model import Approval

# What the switch calls them; another country or language stands there by its code.
COUNTRY_NAMES = {
    "AT": "Austria",
    "BE": "Belgium",
    "CA": "Canada",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IE": "Ireland",
    "IT": "Italy",
    "NL": "Netherlands",
    "PL": "Poland",
    "PT": "Portugal",
    "SE": "Sweden",
    "US": "United States",
}
LANGUAGE_NAMES = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "sv": "Svenska",
}
# Who a visitor is unless they say otherwise, where the registry has approvals for such a reader.
_USUAL = Reader("GB", "cardiology", "physician", "en")
_GENERALIST = "general practice"
_SAMPLE_NUMBER = re.compile(r"HP-(VEL|LUM|QUO|NER)-\d{3}")
_LANGUAGE = re.compile(r"[a-z]{2}")  # as the API takes it


@dataclass(frozen=True, slots=True)
class Site:
    """One home's portal: whose documents it shows, and the readers to choose from."""

    fictional: bool  # every approval there ever was is one of corpus/sample
    countries: Mapping[str, str]  # code -> name
    specialties: tuple[str, ...]
    roles: tuple[str, ...]
    languages: Mapping[str, str]  # code -> name

    def reader(self, country: str = "", specialty: str = "", role: str = "", language: str = "") -> Reader:
        """The reader of a request; what it leaves open is the usual one's, or the first that is offered."""
        return Reader(
            country or _usual(_USUAL.country, self.countries),
            specialty.casefold() or _usual(_USUAL.specialty, self.specialties),
            role.casefold() or _usual(_USUAL.role, self.roles),
            language or _usual(_USUAL.language, self.languages),
        )

    def with_reader(self, reader: Reader) -> Site:
        """The same, with what this reader is among the choices."""
        return replace(
            self,
            countries=_named({*self.countries, reader.country}, COUNTRY_NAMES),
            specialties=tuple(sorted({*self.specialties, reader.specialty})),
            roles=tuple(sorted({*self.roles, reader.role})),
            languages=_named({*self.languages, reader.language}, LANGUAGE_NAMES),
        )


def site_of(approvals: Iterable[Approval]) -> Site:
    """The portal of a home with these approvals, in force or not."""
    known = list(approvals)
    return Site(
        fictional=bool(known) and all(_SAMPLE_NUMBER.fullmatch(one.document_number) for one in known),
        countries=_named({one.country for one in known}, COUNTRY_NAMES),
        specialties=tuple(sorted({_GENERALIST, *(name for one in known for name in one.specialties)})),
        roles=tuple(sorted({name for one in known for name in one.roles})),
        languages=_named({one.language for one in known if _LANGUAGE.fullmatch(one.language)}, LANGUAGE_NAMES),
    )


def _usual(value: str, offered: Iterable[str]) -> str:
    choices = list(offered)
    return value if value in choices or not choices else choices[0]


def _named(codes: set[str], names: Mapping[str, str]) -> dict[str, str]:
    """By name."""
    return dict(sorted(((code, names.get(code, code)) for code in codes), key=lambda item: item[1]))
