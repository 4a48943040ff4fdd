"""The words of entities.toml and wording.toml, made ready to be found."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chatbot.routing.label.phrases import Phrases, folded, phrases_of

_ENTITIES = Path(__file__).parent.parent / "entities.toml"
_WORDING = Path(__file__).with_name("wording.toml")
# Tables of lists whose phrases are found as "table:name".
_MENDABLE = ("explicit", "against", "weighing", "licence", "happened")  # lists of wording.toml
_GROUPS = ("manipulations", "labels", "settings", "markers", "forms")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything but the conditions and the products."""

    cues: Phrases  # each means "kind:name", or the name of a list of wording.toml
    classes: Phrases  # each means a class
    medicines: frozenset[str]  # folded names of medicines that no stem tells
    stems: tuple[str, ...]  # endings of medicines' names
    not_stems: frozenset[str]  # words that only end like one
    plain: frozenset[str]  # words that are no slip of a name
    ages: Mapping[str, tuple[float, float]]  # of a population, in years
    class_parents: Mapping[str, str]
    class_areas: Mapping[str, str]
    mendable: frozenset[str]  # words of wording that a slip may be meant for
    told: Mapping[str, frozenset[str]]  # conditions that are hardly ever what is treated, by why
    weak: frozenset[str]  # phrases of "against" that need more than themselves
    faint: frozenset[str]  # of "weighing" likewise
    pairing: frozenset[str]  # of "weighing": what takes two medicines
    counting: Mapping[str, Any]
    refined: Mapping[str, str]  # by "markers:name", the condition it makes of the one it is said of
    ours: tuple[str, ...]  # words for "your"
    given: frozenset[str]
    numbered: frozenset[str]
    single: frozenset[str]

    def class_line(self, name: str) -> tuple[str, ...]:
        """A class and what includes it."""
        found = [name]
        while found[-1] in self.class_parents:
            found.append(self.class_parents[found[-1]])
        return tuple(found)


@cache
def words_of_release() -> Words:
    """The words of this release."""
    table = tomllib.loads(_ENTITIES.read_text(encoding="utf-8"))
    wording = tomllib.loads(_WORDING.read_text(encoding="utf-8"))
    weak, faint = _folded(wording.pop("weak")), _folded(wording.pop("faint"))
    pairing = _folded(wording.pop("pairing"))
    others, counting = table["others"], dict(table["counting"])
    counting["lists"] = {name: _folded(row) for name, row in counting.items() if isinstance(row, list)}
    return Words(
        cues=phrases_of([*_cues(table), *((said, name) for name, row in wording.items() for said in row)]),
        classes=phrases_of((said, name) for name, row in table["classes"].items() for said in (name, *row)),
        medicines=_folded(others["names"]),
        stems=tuple(sorted(others["stems"], key=len, reverse=True)),
        not_stems=frozenset(others["except"]),
        plain=frozenset(table["plain"]["words"]),
        ages={name: (row["from"], row["to"]) for name, row in table["populations"].items() if "from" in row},
        class_parents=table["class_parents"],
        class_areas={name: area for area, names in table["areas"].items() for name in names},
        mendable=frozenset(word for name in _MENDABLE for said in wording[name] for word in folded(said).split(" ")),
        told={name: frozenset(row) for name, row in table["told"].items()},
        weak=weak,
        faint=faint,
        pairing=pairing,
        counting=counting,
        refined={f"markers:{name}": condition for name, condition in table["refined"].items()},
        ours=tuple(table["ours"]["words"]),
        given=_folded(table["given"]["words"]),
        numbered=_folded(table["given"]["numbered"]),
        single=_folded(table["persons"]["single"]),
    )


def _cues(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in _GROUPS:
        for name, row in table[kind].items():
            yield from ((said, f"{kind}:{name}") for said in (*row, *([name] if kind == "forms" else [])))
    for name, row in table["populations"].items():
        yield from ((said, f"populations:{name}") for said in (name, *row["says"]))
    for name, row in table["routes"].items():
        yield from ((said, f"routes:{name}") for said in (name, *row["says"], *row["adverb"]))
        yield from ((said, f"adverbs:{name}") for said in row["adverb"])
    for days, row in table["frequencies"].items():
        yield from ((said, f"frequencies:{days}") for said in row)
    for area, row in table["fields"].items():
        yield from ((said, f"fields:{area}") for said in (area, *row))
    for name in ("someone",):
        yield from ((said, name) for said in table["persons"][name])
    for name, row in table["ours"].items():
        yield from ((said, {"words": "ours"}.get(name, name)) for said in row)


def _folded(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(map(folded, phrases))
