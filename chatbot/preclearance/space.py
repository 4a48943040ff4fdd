"""The answer space, gathered: all that a policy can say and is decided by, in the order of the document. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

from chatbot.answer.contacts import Contacts
from chatbot.answer.language import LANGUAGES
from chatbot.policy import Policy
from chatbot.preclearance.examples import Example, Tones, tones_of
from chatbot.preclearance.tables import Grid, TableFile, grids
from chatbot.preclearance.turn import LEADS
from chatbot.routing.decision import ACTS
from chatbot.routing.lexicon import KINDS, Term
from chatbot.routing.utterances import Utterance

SIGNS, RULES, BOOK = "routing/signs.toml", "routing/rules.toml", "preclearance/rulebook.toml"
UTTERANCES, PERSONAL = "routing/utterances/", "/privacy/"
_NAMES = "names.toml"  # stands among the utterances and has none


@dataclass(frozen=True, slots=True)
class SignRow:
    """The words of one sign."""

    name: str
    remark: str
    words: tuple[tuple[str, tuple[str, ...]], ...]  # by language


@dataclass(frozen=True, slots=True)
class Kind:
    """The utterances of one kind of a route in one language; their ids are ``id/1``, ``id/2`` …"""

    id: str  # route/language/kind
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """The utterances of a route."""

    name: str
    remark: str  # what its file says of what leads here
    kinds: tuple[Kind, ...]

    @property
    def count(self) -> int:
        """Of its utterances."""
        return sum(len(kind.texts) for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Text:
    """One fixed text in one language."""

    id: str  # language/name
    language: str
    sha256: str
    source: str
    own: bool  # worded by the portal
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Whom the readers of a country turn to."""

    country: str  # empty: of every country that isn't known
    contacts: Contacts
    own: tuple[str, ...]  # fields that the portal set for it


def sign_rows(table: TableFile) -> tuple[SignRow, ...]:
    """The signs of signs.toml."""
    return tuple(
        SignRow(name, table.remarks.get(name, ""), tuple((lang, tuple(words)) for lang, words in by_language.items()))
        for name, by_language in table.data.items()
    )


def routes(utterances: Sequence[Utterance], tables: Sequence[TableFile]) -> tuple[Route, ...]:
    """The utterances by route, in the order in which one outweighs another."""
    remarks = {str(table.data.get("route", "")): table.remark for table in tables}
    places = [lead.route for lead in LEADS]
    kinds: dict[str, list[Kind]] = {}
    for identity, rows in groupby(utterances, key=lambda utterance: utterance.id.rpartition("/")[0]):
        kinds.setdefault(identity.partition("/")[0], []).append(Kind(identity, tuple(row.text for row in rows)))
    ordered = sorted(kinds, key=lambda route: (places.index(route) if route in places else len(places), route))
    return tuple(Route(route, remarks.get(route, ""), tuple(kinds[route])) for route in ordered)


def undescribed(policy: Policy, found: Sequence[Route]) -> tuple[str, ...]:
    """Routes of the data that nothing here says of where they lead; a test keeps it empty."""
    known = {lead.route for lead in LEADS}
    named = {route.name for route in found}
    named |= {rule.route for rule in policy.rules.rows if rule.route not in policy.rules.thresholds}
    return tuple(sorted(named - known - set(ACTS)))


def texts_by_name(policy: Policy) -> Iterator[tuple[str, tuple[Text, ...]]]:
    """Every fixed text by name, then by language, English first."""
    tones = tones_of(policy)
    names = sorted({identity.partition("/")[2] for identity in policy.templates})
    for name in names:
        written = [language for language in LANGUAGES if f"{language}/{name}" in policy.templates]
        yield name, tuple(_text(policy, tones, name, language) for language in written)


def contact_rows(policy: Policy) -> tuple[ContactRow, ...]:
    """Every country that is known, by code, then what holds for all others."""
    countries = sorted({*policy.public, *policy.portal.contacts} - {""})
    return tuple(
        ContactRow(country, policy.contacts_for(country), tuple(sorted(policy.portal.contacts.get(country, ()))))
        for country in (*countries, "")
    )


def contact_fields() -> tuple[str, ...]:
    """What a country's contacts are made of."""
    return tuple(field.name for field in fields(Contacts))


def terms_by_kind(policy: Policy) -> Iterator[tuple[str, str, str, tuple[Term, ...]]]:
    """The lexicon: kind, what its meanings are, language, terms."""
    for kind, meaning in KINDS.items():
        for language, lexicon in sorted(policy.lexicon.items()):
            terms = tuple(term for term in lexicon.terms if term.kind == kind)
            if terms:
                yield kind, meaning, language, terms


def other_tables(tables: Sequence[TableFile]) -> Iterator[tuple[TableFile, tuple[Grid, ...]]]:
    """The files that have no section of their own."""
    for table in tables:
        own = table.name.endswith((SIGNS, RULES, BOOK)) or PERSONAL in table.name
        if not own and (UTTERANCES not in table.name or table.name.endswith(_NAMES)):
            yield table, tuple(grids(table.data))


def personal_tables(tables: Sequence[TableFile]) -> Iterator[tuple[TableFile, tuple[Grid, ...]]]:
    """The files on personal data."""
    return ((table, tuple(grids(table.data))) for table in tables if PERSONAL in table.name)


def table_named(tables: Sequence[TableFile], name: str) -> TableFile:
    """The file that ends in ``name``."""
    return next(table for table in tables if table.name.endswith(name))


def _text(policy: Policy, tones: Tones, name: str, language: str) -> Text:
    identity = f"{language}/{name}"
    source = policy.templates[identity]
    digest = hashlib.sha256(source.encode()).hexdigest()
    return Text(identity, language, digest, source, identity in policy.portal.texts, tones.examples(name, language))
