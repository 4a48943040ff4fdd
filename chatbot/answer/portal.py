"""What a portal sets in ``portal.toml``: its desks, how it addresses readers, its own wordings, who must sign."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.answer.contacts import Fields
from chatbot.errors import Misconfigured
from corpus.calendar import zones
from corpus.errors import InvalidInput

_ADDRESS = re.compile(r"(https://[^\s/]|mailto:[^\s@]+@|/(?!/))\S*")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{1,30}")
_DESKS = ("safety_url", "medical_information_url", "commercial_url")
_LINE = "safety_phone_24h"
SIGNING_ROLES = ("medical", "legal", "regulatory")  # in which a policy is approved
_PUBLIC = ("emergency", "crisis", "scheme_name", "scheme_url")  # only of a country


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal's settings, as checked."""

    contacts: Mapping[str, Fields]  # by country, the usual ones under ""
    texts: Mapping[str, str]  # "de/act_greeting" -> template
    formal: bool  # Sie, usted, vous, Lei
    signatures: tuple[str, ...] = ()  # roles that must have signed the policy, in the order of SIGNING_ROLES


NO_PORTAL = Portal(contacts={}, texts={}, formal=True)


def read_portal(content: bytes) -> Portal:
    """The settings in the bytes of a ``portal.toml``; none are the defaults. Raises ``Misconfigured``.

    Whether a template may stand where it is put is checked by ``texts.with_overrides``.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _error("the file", f"not readable as TOML: {error}; mend it") from error
    _known(tables, ("contacts", "texts", "tone", "policy"), "the file")
    tone = _table(tables, "tone", "tone")
    _known(tone, ("formal",), "tone")
    formal = tone.get("formal", NO_PORTAL.formal)
    if not isinstance(formal, bool):
        raise _error("tone.formal", "write true or false")
    return Portal(_contacts(tables), _texts(tables), formal, _signatures(tables))


def _contacts(tables: dict[str, Any]) -> dict[str, Fields]:
    if "contacts" not in tables:
        return {}
    rows = _table(tables, "contacts", "contacts")
    countries = {key: row for key, row in rows.items() if isinstance(row, dict)}
    usual = {key: row for key, row in rows.items() if key not in countries}
    _known(usual, (*_DESKS, _LINE), "contacts")
    for key in _DESKS:
        if key not in usual:  # its default leads to a page of the demo, which this portal doesn't have
            raise _error(f"contacts.{key}", "is missing; give the address of that desk")
    found: dict[str, Fields] = {"": _fields(usual, "contacts")}
    for country, row in countries.items():
        where = f"contacts.{country}"
        try:
            zones(country)
        except InvalidInput as error:
            raise _error(where, str(error)) from error
        _known(row, (*_DESKS, _LINE, *_PUBLIC), where)
        found[country] = _fields(row, where)
    return found


def _fields(row: dict[str, Any], where: str) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    for key, value in row.items():
        place = f"{where}.{key}"
        if key == "emergency":
            if not isinstance(value, list) or not value:
                raise _error(place, 'write a list of telephone numbers, such as ["112"]')
            found[key] = tuple(_matching(item, _TELEPHONE, place) for item in value)
        elif key in (_LINE, "crisis"):
            found["line_24h" if key == _LINE else key] = _matching(value, _TELEPHONE, place)
        elif key == "scheme_name":
            found[key] = _matching(value, re.compile(r"\S.{0,99}"), place)
        else:
            found[key] = _matching(value, _ADDRESS, place)
    return found


def _matching(value: Any, form: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        wanted = {
            _TELEPHONE.pattern: 'a telephone number, such as "+44 20 7946 0000"',
            _ADDRESS.pattern: 'an address that starts with "https://", "mailto:" or "/"',
        }.get(form.pattern, "a name in one line")
        raise _error(where, f"write {wanted}")
    return value


def _texts(tables: dict[str, Any]) -> dict[str, str]:
    found = {}
    for language, row in _table(tables, "texts", "texts").items():
        if not isinstance(row, dict):
            raise _error(f"texts.{language}", "write a table a language, such as [texts.en]")
        for name, source in row.items():
            if not isinstance(source, str):
                raise _error(f"texts.{language}.{name}", "write a text")
            found[f"{language}/{name}"] = source
    return found


def _signatures(tables: dict[str, Any]) -> tuple[str, ...]:
    """None asked for where the table isn't there; an empty list could be meant either way."""
    if "policy" not in tables:
        return ()
    table = _table(tables, "policy", "policy")
    _known(table, ("signatures",), "policy")
    named = table.get("signatures")
    if not isinstance(named, list) or not named or any(role not in SIGNING_ROLES for role in named):
        choices = ", ".join(f'"{role}"' for role in SIGNING_ROLES)
        raise _error("policy.signatures", f"write a list of one or more of {choices}, or take [policy] out")
    if len(set(named)) < len(named):
        raise _error("policy.signatures", "names a role twice; name each once")
    return tuple(role for role in SIGNING_ROLES if role in named)


def _table(tables: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    value = tables.get(key, {})
    if not isinstance(value, dict):
        raise _error(where, f"write a table, [{key}]")
    return value


def _known(row: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(row) - set(keys))
    if unknown:
        raise _error(where, f"unknown {', '.join(unknown)}; write {', '.join(keys)} only")


def _error(where: str, message: str) -> Misconfigured:
    return Misconfigured(f"portal.toml: {where}: {message}")
