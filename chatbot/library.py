"""What replies are composed from, opened from a home: an edition, and the policy with the portal's own tables."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

from chatbot.answer.compose import Library
from chatbot.answer.ordinary import Ordinary, ordinary_words
from chatbot.answer.questions import bank_over
from chatbot.errors import Misconfigured
from chatbot.policy import Given, Policy, load_policy
from chatbot.routing.hearing import Ears, ears_of
from chatbot.routing.imported import in_force, kept_lists, lists_bytes
from chatbot.routing.names import known_names
from chatbot.routing.readings import Speller
from corpus.model import Document
from corpus.products import product_named, products_from
from index.edition import Edition, open_edition
from index.layout import EditionFiles, Home
from index.suggest import Suggester


def open_library(home: Home, edition_id: str, read: Callable[[str], Document], policy: Policy | None = None) -> Library:
    """Opens an edition with a policy, or with the one in force; ``read`` gives a stored document by its digest.

    Raises what opening an edition raises, ``Misconfigured`` or ``InvalidInput`` for the home's tables.
    """
    files = EditionFiles(home.edition(edition_id))
    edition = open_edition(files.root)
    policy = policy or policy_of(home)
    config = hashlib.sha256(policy.given.products).hexdigest()
    ears = _ears(edition, policy)
    suggester, counts = Suggester(files.topics), word_counts(edition, read)
    bank = bank_over(policy.questions, suggester)
    return Library(edition, suggester, read, policy, *words_of(home, edition, policy), ears, config, counts, bank)


def _ears(edition: Edition, policy: Policy) -> Ears:
    """What hears questions: with the edition's routing model, the product table, and products that only documents name.

    Raises ``Misconfigured`` for an edition whose model was fitted from other utterances than the policy's.
    """
    if edition.linear is None or edition.linear.examples != policy.examples:
        raise Misconfigured(
            f"{edition.id}: its routing model isn't the one that this release's utterances give; run `signpost publish`"
        )
    table = products_from(policy.given.products)
    known = {product.brand.casefold() for product in table}
    others = {document.names: document for document in edition.documents if document.names}
    only_named = (product_named(names) for names in sorted(others) if names[0].casefold() not in known)
    return ears_of((*table, *only_named), policy.medicines, policy.signs, edition.linear)


def policy_of(home: Home) -> Policy:
    """The policy in force: this release's, with what the home gives to it."""
    return policy_with(given_of(home))


def policy_with(given: Given) -> Policy:
    """This release's policy, with what a home gives or gave to it; raises ``Misconfigured``."""
    return load_policy(given.products, given.imported, given.portal)


def given_of(home: Home, products: bytes | None = None) -> Given:
    """The product table of a home, its portal's settings, and its imported terms but for those that are names by now.

    ``products`` is another table in its place. Raises ``Misconfigured`` or ``InvalidInput`` for a file that can't be
    read as what it is.
    """
    products = _bytes(home.products) if products is None else products
    return Given(products, _imported(home, products), _bytes(home.portal))


def words_of(home: Home, edition: Edition, policy: Policy) -> tuple[Ordinary, Speller]:
    """The ordinary words of an edition's encoder, and what reads misspelt ones."""
    ordinary = ordinary_words(EditionFiles(home.edition(edition.id)).encoder)
    return ordinary, Speller(edition, ordinary, policy.lexicon, policy.facets, policy.plain)


def word_counts(edition: Edition, read: Callable[[str], Document]) -> Callable[[str], int]:
    """How many words each document of an edition has, by its source; each is read once."""
    texts = {document.source_sha256: document.sha256 for document in edition.documents}
    return functools.cache(lambda source: read(texts[source]).words)


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def _imported(home: Home, products: bytes) -> bytes:
    lists = kept_lists(home.lexicon)
    if not lists:
        return b""
    release, table = load_policy(), products_from(products, str(home.products))
    return lists_bytes(in_force(lists, known_names(release.lexicon, release.medicines, table)))
