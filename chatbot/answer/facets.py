"""What a question names that its answer must be about: facets, from the policy's table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chatbot.answer.spelling import LONG_ENOUGH, one_edit
from chatbot.routing.lexicon import NAMES, Query, Term
from index.analysis import words

MEDICINE = "medicine"  # the kind of facet
PHRASE_WORDS = 4  # of the longest phrase in the table


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that a question names, and the phrases of which a document must have one to speak of it."""

    kind: str
    asked: str  # folded, as it was typed
    says: tuple[str, ...]  # itself, others of its group, and what the lexicon has for it
    names: tuple[str, ...]  # those of ``says`` that are the thing itself, and not its class
    section: bool  # whether what is quoted must stand in a section that has it


@dataclass(frozen=True)
class FacetKind:
    """One kind of facet: how it is noticed. Without slots, so that what is derived is derived once."""

    id: str
    section: bool
    groups: Mapping[str, tuple[str, ...]]  # a folded phrase -> all of its meaning
    endings: tuple[str, ...]
    letters: int  # before an ending
    exceptions: frozenset[str]
    misspelt: bool  # whether a word one slip away from one of ``groups`` is of this kind, too

    def phrases(self, said: str) -> tuple[str, ...]:
        """What stands for ``said`` in documents; empty when it is nothing of this kind."""
        found = self.named(said)
        if not found and any(one_edit(said, each) for each in self._near(said)):
            return (said,)  # a name of this kind, but none is taken for another
        return found

    def named(self, said: str) -> tuple[str, ...]:
        """Likewise of what is spelt right."""
        found = self.groups.get(said)
        if found is None and said.endswith("s"):  # "crohn's" folds to "crohn s"
            found = self.groups.get(said.removesuffix(" s")) or self.groups.get(said[:-1])
        if found is not None:
            return found
        if not said.endswith(self.endings):
            return ()
        ending = next((each for each in self.endings if said.endswith(each)), None)
        known = ending is None or said in self.exceptions or len(said) < len(ending) + self.letters or " " in said
        return () if known else (said,)

    def _near(self, said: str) -> tuple[str, ...]:
        return self._alike.get((said[:1], len(said)), ()) if self.misspelt and len(said) >= LONG_ENOUGH else ()

    @cached_property
    def _alike(self) -> dict[tuple[str, int], tuple[str, ...]]:
        """The phrases that one slip can make of a word, by its first letter and how many it has."""
        found: dict[tuple[str, int], list[str]] = {}
        for phrase in sorted(self.groups):
            for size in range(len(phrase) - 1, len(phrase) + 2):
                found.setdefault((phrase[:1], size), []).append(phrase)
        return {key: tuple(phrases) for key, phrases in found.items()}


def facet_kinds(table: Mapping[str, Mapping[str, object]]) -> tuple[FacetKind, ...]:
    """The kinds as the policy's file has them."""
    return tuple(_kind(name, row) for name, row in table.items())


def facets_of(query: Query, kinds: Sequence[FacetKind]) -> tuple[Facet, ...]:
    """The facets a question names, in its order; a longer phrase hides the shorter ones inside it."""
    asked = words(query.question)
    found: list[Facet] = []
    at = 0
    while at < len(asked):
        size, facet = next(_longest(asked, at, query, kinds), (1, None))
        if facet is not None:
            found.append(facet)
        at += size
    return tuple(found)


def _longest(
    asked: Sequence[str], at: int, query: Query, kinds: Sequence[FacetKind]
) -> Iterator[tuple[int, Facet | None]]:
    for size in range(min(PHRASE_WORDS, len(asked) - at), 0, -1):
        said = " ".join(asked[at : at + size])
        yield from (
            (size, _medicine(said, term)) for term in query.terms if term.kind in NAMES and term.stands_in(said)
        )
        for kind in kinds:
            phrases = kind.phrases(said)
            if phrases:
                meant = (meaning for term in query.terms if said in _folded(term.phrase) for meaning in term.means)
                says = tuple(dict.fromkeys((said, *phrases, *meant)))
                yield size, Facet(kind.id, said, says, tuple(dict.fromkeys((said, *phrases))), kind.section)


def _medicine(said: str, term: Term) -> Facet:
    """A name that the lexicon knows: what is said of its substance or class is said of it, but a class is no name."""
    says = tuple(dict.fromkeys((said, *(" ".join(words(meaning)) for meaning in term.means))))
    return Facet(MEDICINE, said, says, says if term.kind == "brand" else (said,), False)


def _folded(phrase: str) -> tuple[str, str]:
    folded = " ".join(words(phrase))
    return folded, folded.removesuffix("s")


def _kind(name: str, row: Mapping[str, object]) -> FacetKind:
    groups = [tuple(" ".join(words(phrase)) for phrase in group) for group in _lists(row.get("groups", []))]
    letters = row.get("letters", 0)
    return FacetKind(
        id=name,
        section=bool(row["section"]),
        groups={phrase: group for group in groups for phrase in group},
        endings=tuple(sorted(_strings(row.get("endings", [])), key=len, reverse=True)),
        letters=letters if isinstance(letters, int) else 0,
        exceptions=frozenset(_strings(row.get("except", []))),
        misspelt=bool(row.get("misspelt", False)),
    )


def _lists(value: object) -> list[list[str]]:
    return [_strings(item) for item in value] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Iterable) else []
