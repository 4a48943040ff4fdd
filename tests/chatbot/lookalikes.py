"""A library over one short document, made in memory: for names of which hundreds must be tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.compose import Asked, Composed, Library, compose
from chatbot.answer.eligible import eligible_for
from chatbot.answer.ordinary import Ordinary
from chatbot.answer.questions import bank_over
from chatbot.answer.reply import Ground
from chatbot.policy import Policy
from chatbot.routing.lexicon import Query, query_of
from chatbot.routing.readings import Speller
from corpus.model import Document, Passage
from index.bm25 import Bm25, build_bm25
from index.documents import Documents, EditionDocument
from index.edition import Edition
from index.passages import build_passages, open_passages
from index.preference import prefer
from index.reading import search_text, search_tokens
from index.retrieve import Retrieval, retrieve
from index.sentences import Sentences, build_sentences
from index.suggest import Suggester, build_topics
from index.vectors import Vectors, build_vectors
from tests.builders import GB, NOON, approval, registry

DIMENSIONS = 8


class Everything:
    """An encoder to which all texts mean the same, so that likeness never keeps an answer back."""

    def encode(self, _text: str) -> NDArray[np.float32]:
        return np.full(DIMENSIONS, DIMENSIONS**-0.5, np.float32)


class Asking:
    """What is asked of one document that is approved for everybody."""

    def __init__(self, document: Document, folder: Path, policy: Policy, ordinary: Ordinary) -> None:
        edition = _edition(document, folder)
        approved = approval(document, product=document.names[0])
        self._ground = Ground(registry(approved), GB, NOON, {document.source.sha256: approved})
        speller = Speller(edition, ordinary, policy.lexicon, policy.facets, policy.plain)
        build_topics([(edition.documents[0], edition.passages)], folder / "topics")
        suggester = Suggester(folder / "topics")
        unheard: Any = None  # what a question names is asked here, not where it leads
        self._library = Library(
            edition,
            suggester,
            lambda _: document,
            policy,
            ordinary,
            speller,
            unheard,
            "test",
            lambda _: 1,
            bank_over((), suggester),
        )
        self._eligible = eligible_for(edition, self._ground.registry, GB, NOON, lambda _: True)

    def read(self, question: str) -> Query:
        """How a question is read."""
        every = np.ones(len(self._library.edition.passages), bool)
        lexicon = self._library.policy.lexicon["en"]
        return self._library.speller.read(query_of(question, lexicon), "en", every)

    def searched(self, query: Query) -> Retrieval:
        """What is found for it."""
        edition = self._library.edition
        preference = prefer(edition, query.question, "en")
        every = np.ones(len(edition.passages), bool)
        return retrieve(edition, query.question, 10, every, preference.scores, query.meanings)

    def reply(self, query: Query) -> Composed:
        """What is replied."""
        intent = self._library.policy.intents.of(query.question, {})
        asked = Asked(query, intent, prefer(self._library.edition, query.question, "en"))
        return compose(asked, self.searched(query), self._library, self._ground, self._eligible)


def _edition(document: Document, folder: Path) -> Edition:
    passages = tuple(
        Passage(
            document.sha256, block.start, document.text[block.start : block.end], block.path, 1, None, block.sentences
        )
        for block in document.blocks
    )
    count = len(passages)
    texts = [search_text(passage, document.title, document.names) for passage in passages]
    folder.mkdir(parents=True)
    build_bm25([search_tokens(text, "en") for text in texts], folder / "bm25")
    encoder: Any = Everything()
    same = np.tile(encoder.encode(""), (count, 1))
    build_vectors(same, folder / "vectors")
    build_sentences(same, [1] * count, folder / "sentences")
    row = EditionDocument(
        document.sha256, document.source.sha256, document.source.name, document.title, "en", document.names
    )
    opened = (Bm25(folder / "bm25", count), Vectors(folder / "vectors", count), Sentences(folder / "sentences", count))
    build_passages(passages, [document.sha256], folder / "passages", folder / "table.npy")
    stored = open_passages(folder / "passages", folder / "table.npy", count)
    return Edition("sha256:test", Documents([row]), stored, stored.owners, *opened, encoder, None)
