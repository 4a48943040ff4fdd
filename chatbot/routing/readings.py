"""What a question's unknown words may be slips of, by the words of the edition.

A word that no passage has and no list knows is read as the one plain word that it is a slip away from, and searched
as both. A name is never read as anything and nothing is read as a name: medicines that differ by two letters are other
medicines (Lidex and Videx). Such a word is a doubt: it is asked about, or nothing is answered for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.facets import MEDICINE, FacetKind
from chatbot.answer.ordinary import LANGUAGE, Ordinary
from chatbot.answer.spelling import LONG_ENOUGH, Vocabulary, contrary, slips
from chatbot.routing.lexicon import NAMES, READING, Doubt, Lexicon, Query, Term
from index.analysis import stop_words, tokens, words
from index.edition import Edition

NAME_SLIPS = 2  # that may lie between a typed word and the name it was meant for
MORE_FREQUENT = 10  # times: then the more frequent of two words as near is the one that was meant
_PARTS = re.compile(r"[/+,&]")  # between the substances of one product
INFLECTIONS = ("s", "es", "ing", "ly")  # of an ordinary word, that no name ends in by itself


@dataclass(frozen=True, slots=True)
class Plain:
    """What tells the plain words of a language from names; see readings.toml."""

    endings: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of the edition in one language."""

    plain: Vocabulary  # certainly no names
    names: Vocabulary  # all others


def plain_words(table: Mapping[str, Mapping[str, Iterable[str]]]) -> dict[str, Plain]:
    """By language, as the policy's file has them."""
    return {
        language: Plain(tuple(row["endings"]), frozenset(row["words"]), frozenset(row["names"]))
        for language, row in table.items()
    }


class Speller:
    """Reads questions against one edition; immutable but for the vocabularies, each made when it is first needed."""

    def __init__(
        self,
        edition: Edition,
        ordinary: Ordinary,
        lexicons: Mapping[str, Lexicon],
        facets: Sequence[FacetKind],
        plain: Mapping[str, Plain],
    ) -> None:
        self._edition, self._ordinary, self._plain = edition, ordinary, plain
        self._medicines = [kind for kind in facets if kind.id == MEDICINE]
        named = (term for lexicon in lexicons.values() for term in lexicon.terms if term.kind in NAMES)
        listed = (word for term in named for word in words(term.phrase))  # substances are phrases themselves
        self._listed_names = frozenset(listed)
        self._names = frozenset(self._names_of_documents())
        self._near_names = Vocabulary(dict.fromkeys(self._names, 1))
        languages = edition.bm25.languages
        self._stems = frozenset(token for name in self._names for each in languages for token in tokens(name, each))
        self._vocabularies: dict[str, _Words] = {}

    def read(self, query: Query, language: str, mask: NDArray[np.bool_]) -> Query:
        """The query with what its terms mean in this edition, and with the readings and doubts of its other words.

        ``language`` is the question's; ``mask`` (passages,) are those the reader may see: no word is read as one that
        only others have. Whether a word is known at all, and what it might be meant for, is asked of the whole edition.
        """
        meant = (term for term in query.terms if self._meant(term, query.question))
        terms = tuple(replace(term, means=tuple(filter(self._stands, term.means))) for term in meant)
        told = {word for term in terms for word in words(term.phrase)}
        readings: list[Term] = []
        doubts: list[Doubt] = []
        for word in dict.fromkeys(words(query.question)):
            if word in told or not self._unknown(word, language):
                continue
            doubt = self._doubt(word, language)
            if doubt.names or doubt.mentioned:
                doubts.append(doubt)
            elif not self._may_be_name(word, query.question, language):
                readings += [Term(word, (read,), READING) for read in self._readings(word, language, mask)]
        searched = tuple(term for term in terms if term.means or term.kind in NAMES)
        return replace(query, terms=searched, readings=tuple(readings), doubts=tuple(doubts))

    def _meant(self, term: Term, question: str) -> bool:
        """Whether a term is meant: none for a name of ours, which all its passages have, nor for ordinary words."""
        if term.kind in NAMES and term.phrase in self._names:
            return False
        if not term.written or term.phrase not in self._ordinary.listed:
            return True
        return bool(term.means) and term.is_written(question)

    def _stands(self, meaning: str) -> bool:
        """Whether passages have all words of a meaning: what none has would only blur the question."""
        said = [word for word in words(meaning) if not self._stops(word)]
        return all(self._known(word) for word in said)

    def _unknown(self, word: str, language: str) -> bool:
        """Whether nobody here wrote a word, and it is no ordinary one of the question's language either."""
        if len(word) < LONG_ENOUGH or not word.isalpha() or self._stops(word):
            return False
        if self._is_disguised(word):
            return True
        if self._known(word):
            return False
        listed = language == LANGUAGE and word in self._ordinary.listed
        return not listed or word in self._plain.get(language, Plain()).names

    def _is_disguised(self, word: str) -> bool:
        """Whether a word is only by its stem a name of ours: the index would take it for that ("Velmarine")."""
        if word in self._names or word.removesuffix("s") in self._names:
            return False
        return any(token in self._stems for each in self._edition.bm25.languages for token in tokens(word, each))

    def _known(self, word: str) -> bool:
        bm25 = self._edition.bm25
        return any(bm25.document_frequency(token) for each in bm25.languages for token in tokens(word, each))

    def _stops(self, word: str) -> bool:
        return any(word in stop_words(language) for language in self._edition.bm25.languages)

    def _doubt(self, word: str, language: str) -> Doubt:
        """The names that a word may be a slip of; none for what is a known name itself."""
        if any(word in kind.groups for kind in self._medicines):
            return Doubt(word, ())
        own = self._near_names.near(word, NAME_SLIPS, begin_alike=False)
        mentioned = self._vocabulary(language).names.near(word, NAME_SLIPS, begin_alike=False)
        names = tuple(near.word for near in own)
        return Doubt(word, names, tuple(near.word for near in mentioned if near.word not in names))

    def _may_be_name(self, word: str, question: str, language: str) -> bool:
        if word in self._listed_names or any(kind.phrases(word) for kind in self._medicines):
            return True
        if language == LANGUAGE and self._ordinary.makes(word):
            return True  # a word that the list makes up of others is spelt as it was meant
        written = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", question, re.IGNORECASE)
        return written is not None and language != "de" and _capital(question, written.start(), written[0])

    def _readings(self, word: str, language: str, mask: NDArray[np.bool_]) -> tuple[str, ...]:
        """The one plain word that a typed one is a slip of; none when there are several as good."""
        found = self._vocabulary(language).plain.near(word, slips(word))
        good = [near for near in found if len(near.word) >= LONG_ENOUGH and not contrary(word, near.word)]
        good = [near for near in good if (self._edition.bm25.scores(near.word) > 0)[mask].any()]
        nearest = [near for near in good if near.edits == good[0].edits]
        if not nearest:
            return ()
        others = [near for near in nearest[1:] if tokens(near.word, language) != tokens(nearest[0].word, language)]
        clear = all(nearest[0].count >= MORE_FREQUENT * near.count for near in others)
        return (nearest[0].word,) if clear else ()

    def _is_plain(self, word: str, language: str) -> bool:
        """Whether a word of the edition is certainly no name."""
        plain = self._plain.get(language, Plain())
        if word in self._names or word in plain.names or any(kind.named(word) for kind in self._medicines):
            return False
        stems = (word, *(word.removesuffix(ending) for ending in INFLECTIONS if word.endswith(ending)))
        if word in plain.words or (language == LANGUAGE and any(stem in self._ordinary.listed for stem in stems)):
            return True  # whatever a list of names says: longer names have such words, too
        return word not in self._listed_names and word.endswith(plain.endings)

    def _names_of_documents(self) -> Iterator[str]:
        """The first word of each name, and of each part of one that names several substances."""
        for name in dict.fromkeys(name for document in self._edition.documents for name in document.names):
            for part in _PARTS.split(name):
                first = next(iter(words(part)), "")
                if len(first) >= LONG_ENOUGH and not self._stops(first):
                    yield first

    def _vocabulary(self, language: str) -> _Words:
        """The words of the edition's passages and headings in a language, by the number of passages that have them."""
        known = self._vocabularies.get(language)
        if known is None:
            counts: Counter[str] = Counter()
            edition = self._edition
            for passage, owner in zip(edition.passages, edition.owners, strict=True):
                if edition.documents[owner].language == language:
                    counts.update(set(words(" ".join((passage.text, *passage.path)))))
            plain = {word for word in counts if self._is_plain(word, language)}
            known = self._vocabularies[language] = _Words(
                Vocabulary({word: counts[word] for word in plain}),
                Vocabulary({word: count for word, count in counts.items() if word not in plain}),
            )
        return known


def _capital(question: str, at: int, written: str) -> bool:
    """Whether a word is written like a name: with a capital where none begins a sentence, or inside."""
    if written[1:] != written[1:].lower() and written != written.upper():
        return True
    begins = not question[:at].strip() or question[:at].rstrip()[-1] in ".?!:"
    rest = question[:at] + question[at + len(written) :]
    return written[0].isupper() and not written.isupper() and not begins and any(sign.islower() for sign in rest)
