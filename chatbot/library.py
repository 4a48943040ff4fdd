"""What replies are composed from, opened from a home: an edition, and the policy with the portal's own tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from chatbot.answer.compose import Library
from chatbot.answer.ordinary import Ordinary, ordinary_words
from chatbot.policy import Policy, load_policy
from chatbot.routing.imported import in_force, kept_lists, lists_bytes
from chatbot.routing.names import known_names
from chatbot.routing.readings import Speller
from corpus.model import Document
from corpus.products import read_products
from index.edition import Edition, open_edition
from index.layout import EditionFiles, Home
from index.suggest import Suggester


def open_library(home: Home, edition_id: str, read: Callable[[str], Document]) -> Library:
    """Opens an edition with the policy in force; ``read`` gives a stored document by its digest.

    Raises what opening an edition raises, ``Misconfigured`` or ``InvalidInput`` for the home's tables.
    """
    files = EditionFiles(home.edition(edition_id))
    edition = open_edition(files.root)
    products = _products(home)
    policy = load_policy(products, _imported(home), _portal(home))
    config = hashlib.sha256(products).hexdigest()
    return Library(edition, Suggester(files.topics), read, policy, *words_of(home, edition, policy), config)


def policy_of(home: Home) -> Policy:
    """The policy with the product table of a home, its portal's settings and its imported terms, but for those that are
    names by now.
    """
    return load_policy(_products(home), _imported(home), _portal(home))


def words_of(home: Home, edition: Edition, policy: Policy) -> tuple[Ordinary, Speller]:
    """The ordinary words of an edition's encoder, and what reads misspelt ones."""
    ordinary = ordinary_words(EditionFiles(home.edition(edition.id)).encoder)
    return ordinary, Speller(edition, ordinary, policy.lexicon, policy.facets, policy.plain)


def _products(home: Home) -> bytes:
    return home.products.read_bytes() if home.products.exists() else b""


def _portal(home: Home) -> bytes:
    return home.portal.read_bytes() if home.portal.exists() else b""


def _imported(home: Home) -> bytes:
    lists = kept_lists(home.lexicon)
    if not lists:
        return b""
    products = read_products(home.products) if home.products.exists() else ()
    release = load_policy()
    return lists_bytes(in_force(lists, known_names(release.lexicon, release.medicines, products)))
