"""A misspelt name -> the choice to offer: nothing is answered for a name that the reader didn't type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from chatbot.answer.evidence import Evidence
from chatbot.answer.reply import Choice, Ground
from chatbot.limits import CHOICES, QUESTION_CHARACTERS
from chatbot.routing.lexicon import Doubt, Query
from index.analysis import words
from index.documents import product_of
from index.edition import Edition

_WORD = re.compile(r"[^\W_]+")


def names_meant(query: Query, edition: Edition, ground: Ground) -> tuple[Choice, ...]:
    """The products of ours that the first doubtful word may be a slip for, as this reader's documents name them.

    Each choice asks the same question with that name; empty when no word is near one.
    """
    found = []
    for doubt, name in ((each, name) for each in query.doubts for name in each.names):
        products: dict[str, list[str]] = {}
        labels: dict[str, str] = {}
        named = (edition.documents[int(at)] for at in np.flatnonzero(edition.documents.naming(name)))
        for document in (each for each in named if each.source_sha256 in ground.approvals):
            for written in _written(document.names, name):
                products.setdefault(product_of(document), []).append(written)
                labels.setdefault(product_of(document), next(iter(document.names), document.title))
        found += [(doubt, labels[product], written) for product, written in products.items()]
    return _choices(query, found)


def mentions_meant(query: Query, evidence: Evidence) -> tuple[Choice, ...]:
    """Likewise of other names, that only stand in the passages an answer could be quoted from."""
    edition = evidence.edition
    found = []
    for doubt, name in ((each, name) for each in query.doubts for name in each.mentioned):
        at = np.flatnonzero((edition.bm25.scores(name) > 0) & evidence.own)
        first = {int(edition.owners[passage]): edition.passages[passage].text for passage in at[::-1]}
        found.append((doubt, "", [written for text in first.values() for written in _written([text], name)]))
    return _choices(query, found)


def _choices(query: Query, found: Iterable[tuple[Doubt, str, list[str]]]) -> tuple[Choice, ...]:
    """The choices for the first doubt that has any.

    ``found`` are a doubt, the label of a choice, and the name as each document behind it writes it, which is the label
    where there is none.
    """
    choices: dict[str, dict[str, Choice]] = {}
    for doubt, label, written in found:
        typed = re.compile(rf"(?<!\w){re.escape(doubt.typed)}(?!\w)", re.IGNORECASE)
        if written and typed.search(query.question):
            text = typed.sub(written[0], query.question)[:QUESTION_CHARACTERS]
            choice = Choice(label or written[0], text, len(written))
            choices.setdefault(doubt.typed, {}).setdefault(choice.label, choice)
    return tuple(next(iter(choices.values()), {}).values())[:CHOICES]


def _written(texts: Iterable[str], name: str) -> Iterator[str]:
    """A folded word as the first of some texts writes it, if any does."""
    parts = (part for text in texts for part in _WORD.findall(text))
    found = next((part for part in parts if words(part) == [name]), None)
    if found is not None:
        yield found
