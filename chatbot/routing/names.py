"""Names of medicines that are known, and whether an imported term takes one of them for another.

Known are those of this release, of the product table, then of each list, in this order: what is said later of a name
that is known already counts for nothing, so no list can make two substances one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chatbot.answer.spelling import LONG_ENOUGH, distance
from chatbot.routing.lexicon import NAMES, Lexicon, Term
from corpus.products import Product
from index.analysis import tokens, words

_EXPLAINED = 6  # words of what this release explains with
LOOKALIKE = 2  # edits: names as near as this are told apart, not explained by each other


def folded(text: str) -> str:
    """Its words, one space between: how names are compared."""
    return " ".join(words(text))


@dataclass(frozen=True)
class Names:
    """Names of medicines, folded. Without slots: what is derived is derived once."""

    substances: Mapping[str, frozenset[str]]  # by name, what it is a name of; a substance is a name of itself
    brands: frozenset[str]
    sure: frozenset[str] = frozenset()  # of them, not from public lists: those found with any ending
    words: frozenset[str] = frozenset()  # what this release explains, or explains with: no list makes a name of it

    def same(self, one: str, other: str) -> bool:
        """Whether two names are known to be of one substance."""
        return bool(self.substances.get(one, frozenset()) & self.substances.get(other, frozenset()))

    def within(self, text: str, language: str) -> frozenset[str]:
        """The names that a search for ``text`` looks for: those that stand in it as whole words, whatever their
        endings.
        """
        if (text, language) in self._read:
            return self._read[text, language]
        stems = self._stemmed(language)
        said = (run for run in _runs(words(text), self._longest) if run in self.substances)
        meant = (stems[run] for run in _runs(tokens(text, language), self._longest) if run in stems)
        found = self._read[text, language] = frozenset((*said, *meant))
        return found

    def and_those_of(self, terms: Iterable[Term], *, sure: bool) -> Names:
        """With the names of a list; what is known already stays as it is."""
        named = [term for term in terms if term.kind in NAMES and folded(term.phrase) not in self.words]
        brands = [term for term in named if term.kind == "brand"]
        added = {folded(meaning) for term in brands for meaning in term.means} - self.words
        added |= {folded(term.phrase) for term in named if term.kind == "class"}
        substances = {name: frozenset((name,)) for name in added} | dict(self.substances)
        known, kept = frozenset(substances), set(self.brands)
        for term in brands:
            if folded(term.phrase) not in known:
                means = frozenset(map(folded, term.means))
                substances[folded(term.phrase)] = substances.get(folded(term.phrase), frozenset()) | means
                kept.add(folded(term.phrase))
        added_surely = substances.keys() - self.substances.keys() if sure else frozenset()
        return Names(substances, frozenset(kept), self.sure | added_surely, self.words)

    @cached_property
    def _read(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}  # public lists name one substance many times

    @cached_property
    def _longest(self) -> int:
        return max((name.count(" ") + 1 for name in self.substances), default=0)

    def _stemmed(self, language: str) -> Mapping[str, str]:
        """The sure names as the index of a language has them."""
        found = self._stems.setdefault(language, {})
        if not found:
            found.update((" ".join(tokens(name, language)), name) for name in self.sure)
        return found

    @cached_property
    def _stems(self) -> dict[str, dict[str, str]]:
        return {}


def known_names(release: Mapping[str, Lexicon], medicines: Iterable[str], products: Iterable[Product]) -> Names:
    """The names of this release and of the product table, which no list changes."""
    terms = [term for lexicon in release.values() for term in lexicon.terms]
    table = [Term(product.brand.casefold(), (product.generic,), "brand") for product in products]
    names = Names({}, frozenset()).and_those_of([*table, *terms], sure=True)
    listed = {folded(name): frozenset((folded(name),)) for name in medicines}
    substances = {**listed, **names.substances}
    rest = [term for term in terms if term.kind not in NAMES]
    for one, other in ((folded(term.phrase), folded(meaning)) for term in rest for meaning in term.means):
        if one in substances and other in substances:  # ciclosporin, cyclosporine: read by hand
            substances[one] = substances[one] | substances[other]
    texts = [term.phrase for term in rest] + [text for term in terms if term.kind != "brand" for text in term.means]
    explained = frozenset(run for text in texts for run in _runs(words(text), _EXPLAINED))
    return Names(substances, names.brands, frozenset(substances), explained - substances.keys())


def exchanged(term: Term, language: str, names: Names, *, own: bool) -> str | None:
    """The meaning by which a term takes one name for another, or hides a brand; none where it doesn't.

    A customer's ``own`` term is held against all names, and only a brand of theirs has a substance for its meaning.
    One of a public list is held against those that are sure: other public lists call calcium a medicine.
    """
    return next((each for each in term.means if _exchanges(term, each, language, names, own)), None)


def _runs(parts: Sequence[str], longest: int) -> Iterator[str]:
    """What stands in a text: every row of up to ``longest`` neighbours."""
    for start in range(len(parts)):
        for end in range(start + 1, min(len(parts), start + longest) + 1):
            yield " ".join(parts[start:end])


def _exchanges(term: Term, meaning: str, language: str, names: Names, own: bool) -> bool:
    phrase, said = folded(term.phrase), folded(meaning)
    known = phrase in (names.substances if own else names.sure)
    found = [name for name in names.within(meaning, language) if name != phrase and (own or name in names.sure)]
    if any(name in names.brands and not (term.kind == "brand" and names.same(phrase, name)) for name in found):
        return True
    if term.kind == "brand":
        return known and said not in names.substances[phrase] and not names.same(phrase, said)
    if (known and phrase in names.brands) or _lookalike(term, meaning):
        return True
    return any(not names.same(phrase, name) for name in found) and (own or known)


def _lookalike(term: Term, meaning: str) -> bool:
    near = len(term.phrase) >= LONG_ENOUGH and 0 < distance(term.phrase, meaning.casefold(), LOOKALIKE) <= LOOKALIKE
    return near and term.kind in ("lay", "class")
