"""Suggestions while typing: what the documents have headings for, as questions. Nothing a reader typed is kept."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from corpus.model import Passage
from index.documents import EditionDocument

_NUMBER = re.compile(r"^[\d.]+\s+")
_HEADING_WORDS = 7  # a longer heading is a sentence
_TERMINAL = re.compile(r"[.!?。]\s*$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading of one document, with the name of its product."""

    text: str
    words: str  # folded, each after a space, those of the heading last
    heading: int  # how many of them are the heading's
    source: str  # SHA-256 of the document's source
    language: str
    passages: int  # that stand under it


def build_topics(documents: Iterable[tuple[EditionDocument, Iterable[Passage]]], path: Path) -> None:
    """Writes the topics of documents with their passages, one line a document that has any.

    So opening an edition reads no passage.
    """
    with path.open("w", encoding="utf-8") as stream:
        for document, passages in documents:
            rows = [_row(document, heading, count) for heading, count in sorted(_headings(passages).items())]
            if rows:
                line = [document.source_sha256, document.language, rows]
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")


class Suggester:
    """The topics of one edition."""

    def __init__(self, path: Path) -> None:
        self._topics: dict[str, tuple[Topic, ...]] = {}  # by source
        with path.open(encoding="utf-8") as stream:
            for source, language, rows in map(json.loads, stream):
                self._topics[source] = tuple(
                    Topic(text, words, heading, source, language, passages) for text, words, heading, passages in rows
                )

    def suggest(self, typed: str, sources: Set[str], language: str, count: int) -> list[str]:
        """Up to ``count`` topics of these sources in which every typed word starts a word, best first.

        Best: in the reader's language, then with most passages under it.
        """
        asked = [f" {word}" for word in folded_words(typed)]
        if not asked:
            return []
        found = [topic for topic in self._of(sources) if all(start in topic.words for start in asked)]
        found.sort(key=lambda topic: (topic.language != language, -topic.passages, topic.text))
        best: dict[str, str] = {}
        for topic in found:
            best.setdefault(topic.text.casefold(), topic.text)
        return list(best.values())[:count]

    def follow_ups(self, source: str, asked: str, count: int) -> list[str]:
        """Up to ``count`` topics of one document that ``asked`` doesn't have the words of, most passages first."""
        words = set(folded_words(asked))
        new = [topic for topic in self._topics.get(source, ()) if not words.issuperset(_heading_words(topic))]
        new.sort(key=lambda topic: (-topic.passages, topic.text))
        return [topic.text for topic in new[:count]]

    def headings(self, source: str) -> Iterator[str]:
        """The topics of one document without its product's name, folded, one space between words."""
        return (" ".join(_heading_words(topic)) for topic in self._topics.get(source, ()))

    def _of(self, sources: Set[str]) -> Iterator[Topic]:
        for source, topics in self._topics.items():
            if source in sources:
                yield from topics


def _headings(passages: Iterable[Passage]) -> Counter[str]:
    """The headings that are topics, with how many passages stand under each."""
    counts: Counter[str] = Counter()
    for passage in passages:
        # A table's header heads rows, which are no sentences: it says what columns hold, not what text is about.
        path = passage.path if _TERMINAL.search(passage.text) else passage.path[:-1]
        counts.update(heading for heading in {_plain(text) for text in path} if _is_topic(heading))
    return counts


def _row(document: EditionDocument, heading: str, passages: int) -> list[object]:
    name = document.names[0] if document.names else document.title
    text = f"{name}: {heading}"
    words = "".join(f" {word}" for word in folded_words(text))
    return [text, words, len(folded_words(heading)), passages]


def _heading_words(topic: Topic) -> list[str]:
    words = topic.words.split()
    return words[len(words) - topic.heading :]


def _plain(heading: str) -> str:
    """A heading without its number, in lower case where it shouts; one word in capitals may be an abbreviation."""
    text = _NUMBER.sub("", heading).strip()
    return text.capitalize() if text.isupper() and " " in text else text


def _is_topic(heading: str) -> bool:
    """Whether a heading says what its text is about: not a strength, a sentence or the name of the document."""
    words = heading.split()
    return 0 < len(words) <= _HEADING_WORDS and heading[0].isalpha() and not any(char.isdigit() for char in heading)


def starts_in(typed: Iterable[str], words: Iterable[str]) -> bool:
    """Whether each of the folded words ``typed`` starts one of ``words``, in any order."""
    said = tuple(words)
    return all(any(word.startswith(start) for word in said) for start in typed)


def folded_words(text: str) -> list[str]:
    """Words without case and accents, so that "posologia" finds "Posología"."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return _WORD.findall(plain.casefold())
