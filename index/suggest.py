"""Suggestions while typing: what the documents have headings for, as questions. Nothing a reader typed is kept."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass

from index.edition import Edition, EditionDocument

_NUMBER = re.compile(r"^[\d.]+\s+")
_HEADING_WORDS = 7  # a longer heading is a sentence
_TERMINAL = re.compile(r"[.!?。]\s*$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading of one document, with the name of its product."""

    text: str
    words: tuple[str, ...]  # folded
    heading: tuple[str, ...]  # those of the heading alone
    source: str  # SHA-256 of the document's source
    language: str
    passages: int  # that stand under it


class Suggester:
    """The topics of one edition."""

    def __init__(self, edition: Edition) -> None:
        counts: Counter[tuple[int, str]] = Counter()
        for owner, passage in zip(edition.owners.tolist(), edition.passages, strict=True):
            # A table's header heads rows, which are no sentences: it says what columns hold, not what text is about.
            path = passage.path if _TERMINAL.search(passage.text) else passage.path[:-1]
            counts.update((owner, heading) for heading in {_plain(text) for text in path} if _is_topic(heading))
        self._topics = [
            _topic(edition.documents[owner], heading, count) for (owner, heading), count in sorted(counts.items())
        ]

    def suggest(self, typed: str, sources: Set[str], language: str, count: int) -> list[str]:
        """Up to ``count`` topics of these sources in which every typed word starts a word, best first.

        Best: in the reader's language, then with most passages under it.
        """
        asked = _folded_words(typed)
        if not asked:
            return []
        found = [topic for topic in self._topics if topic.source in sources and _matches(asked, topic)]
        found.sort(key=lambda topic: (topic.language != language, -topic.passages, topic.text))
        best: dict[str, str] = {}
        for topic in found:
            best.setdefault(topic.text.casefold(), topic.text)
        return list(best.values())[:count]

    def follow_ups(self, source: str, asked: str, count: int) -> list[str]:
        """Up to ``count`` topics of one document that ``asked`` doesn't have the words of, most passages first."""
        words = set(_folded_words(asked))
        new = [topic for topic in self._topics if topic.source == source and not words.issuperset(topic.heading)]
        new.sort(key=lambda topic: (-topic.passages, topic.text))
        return [topic.text for topic in new[:count]]


def _topic(document: EditionDocument, heading: str, passages: int) -> Topic:
    name = document.names[0] if document.names else document.title
    text = f"{name}: {heading}"
    words, own = tuple(_folded_words(text)), tuple(_folded_words(heading))
    return Topic(text, words, own, document.source_sha256, document.language, passages)


def _plain(heading: str) -> str:
    """A heading without its number, in lower case where it shouts; one word in capitals may be an abbreviation."""
    text = _NUMBER.sub("", heading).strip()
    return text.capitalize() if text.isupper() and " " in text else text


def _is_topic(heading: str) -> bool:
    """Whether a heading says what its text is about: not a strength, a sentence or the name of the document."""
    words = heading.split()
    return 0 < len(words) <= _HEADING_WORDS and heading[0].isalpha() and not any(char.isdigit() for char in heading)


def _matches(asked: list[str], topic: Topic) -> bool:
    return all(any(word.startswith(part) for word in topic.words) for part in asked)


def _folded_words(text: str) -> list[str]:
    """Words without case and accents, so that "posologia" finds "Posología"."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return _WORD.findall(plain.casefold())
