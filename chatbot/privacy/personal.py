"""What personal data looks like: patterns and words as a reviewer reads them in personal.toml, compiled once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chatbot.privacy.checksums import CHECKS
from chatbot.privacy.words import Phrases, phrases_of

DATA = Path(__file__).parent / "personal.toml"
_MARKS = 0xE000  # private use: one code point a type stands for what is masked while the rest is read
_UPPER = "".join(chr(code) for code in range(0x41, 0x530) if chr(code).isupper() and chr(code) not in "[]\\^-")
CAPITAL = f"[{_UPPER}]"
_BEGINS, _ENDS = r"(?<!\w)", r"(?!\w)"
_MACRO = re.compile(r"<<(\w+)>>")


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern with what it finds."""

    id: str
    type: str  # a key of ``PersonalData.placeholders``; none for what is no personal data
    pattern: re.Pattern[str]
    check: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class NameWords:
    """The words that names are made of, and those that are none; all folded."""

    things: frozenset[str]
    links: frozenset[str]
    surely: frozenset[str]
    particles: frozenset[str]
    small_particles: frozenset[str]
    suffixes: frozenset[str]
    credentials: frozenset[str]
    calls: frozenset[str]
    joins: frozenset[str]
    german: frozenset[str]
    behind: frozenset[str]
    determiners: frozenset[str]
    eponyms: frozenset[str]
    endings: tuple[str, ...]
    ordinary: frozenset[str]
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The data in force."""

    placeholders: Mapping[str, str]  # by type, as it stands in a masked text, with its brackets
    marks: Mapping[str, str]  # by type, the code point that stands for it
    signs: tuple[tuple[str, Shape], ...]  # what the text must have, folded, and the pattern
    shapes: tuple[Shape, ...]
    values: Mapping[str, Shape]  # by kind of cue
    addresses: tuple[Shape, ...]
    town: re.Pattern[str]  # behind a street: a town with its postcode
    place: re.Pattern[str]  # behind a street: a town without
    lived: re.Pattern[str]  # behind "lives at"
    beside: tuple[Shape, ...]  # beside what is masked already
    phrases: Phrases
    names: NameWords


@cache
def personal_data() -> PersonalData:
    """The data of this release."""
    return personal_data_of(tomllib.loads(DATA.read_text(encoding="utf-8")))


def personal_data_of(table: Mapping[str, Any]) -> PersonalData:
    """The data of a table in the form of personal.toml; raises ``KeyError`` for an unknown check or macro."""
    macros = {"capital": CAPITAL, **table["macros"]}
    marks = {kind: chr(_MARKS + at) for at, kind in enumerate(table["placeholders"])}
    macros["marks"] = f"[{''.join(marks.values())}]"
    macros |= {"person": marks["PERSON"], "home": marks["ADDRESS"]}
    cues: dict[str, list[str]] = {}
    for kinds in table["cues"].values():
        for kind, phrases in kinds.items():
            cues.setdefault(kind, []).extend(phrases)
    names = {kind: frozenset(words) for kind, words in table["names"].items()}
    return PersonalData(
        placeholders={kind: f"[{said}]" for kind, said in table["placeholders"].items()},
        marks=marks,
        signs=tuple((row["needs"], _shape(row, macros)) for row in table["signs"]),
        shapes=tuple(_shape(row, macros, _ENDS) for row in table["shapes"]),
        values={row["cue"]: _shape(row, macros) for row in table["values"]},
        addresses=tuple(_shape({"type": "ADDRESS", **row}, macros, _ENDS, _BEGINS) for row in table["addresses"]),
        town=_compiled(table["macros"]["town"], macros),
        place=_compiled(table["macros"]["place"], macros),
        lived=_compiled(table["macros"]["lived"], macros),
        beside=tuple(_shape(row, macros) for row in table["beside"]),
        phrases=phrases_of(cues),
        names=NameWords(
            **{kind: words for kind, words in names.items() if kind not in ("endings", "given", "ordinary")},
            endings=tuple(sorted(names["endings"])),
            ordinary=names["ordinary"],
            given=names["given"] - names["ordinary"],
        ),
    )


def _shape(row: Mapping[str, str], macros: Mapping[str, str], end: str = "", begin: str = "") -> Shape:
    pattern = _compiled(f"{begin}(?:{row['pattern']}){end}", macros)
    return Shape(row["id"], row["type"], pattern, CHECKS[row.get("check", "")])


def _compiled(pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    while _MACRO.search(pattern):
        pattern = _MACRO.sub(lambda match: macros[match.group(1)], pattern)
    return re.compile(pattern)
