"""Products to choose from: those whose documents fit a question that names none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatbot.answer.reply import Choice, Ground
from chatbot.answer.select import Selected
from chatbot.answer.support import CLARIFY_MARGIN, OFFER_MARGIN, QUOTE_MARGIN
from chatbot.limits import CHOICES, QUESTION_CHARACTERS
from corpus.model import Approval
from index.documents import product_of
from index.edition import Edition
from index.retrieve import Hit


def product_choices(
    question: str, edition: Edition, hits: Sequence[Hit], selected: Sequence[Selected], ground: Ground
) -> tuple[Choice, ...]:
    """The products that fit nearly as well as the best one, or would be quoted beside it; empty when one stands out."""
    near = [edition.document_of(hit.passage) for hit in hits if hits[0].score - hit.score <= CLARIFY_MARGIN]
    beside = [item.document for item in selected if hits[0].score - item.hit.score <= QUOTE_MARGIN]
    fitting = {product_of(document) for document in [*near, *beside]}
    if len(fitting) < 2:
        return ()
    by_rank = dict.fromkeys(
        product_of(edition.document_of(hit.passage)) for hit in hits if hits[0].score - hit.score <= OFFER_MARGIN
    )
    products = sorted({**by_rank, **dict.fromkeys(sorted(fitting))}, key=lambda name: name not in fitting)
    choices = []
    for product in products:
        known = (edition.documents[int(number)] for number in edition.documents.of(product))
        documents = [document for document in known if document.source_sha256 in ground.approvals]
        label = next(iter(documents[0].names), documents[0].title)
        approvals = [ground.approvals[document.source_sha256] for document in documents]
        choices.append((label, approvals))
    return _offered(question, choices, ground)


def document_choices(question: str, approvals: Iterable[Approval], ground: Ground) -> tuple[Choice, ...]:
    """The products of documents that were asked for by their kind alone; empty when all are of one."""
    products: dict[str, list[Approval]] = {}
    for approval in approvals:
        if approval.product:
            products.setdefault(approval.product, []).append(approval)
    return _offered(question, sorted(products.items()), ground) if len(products) > 1 else ()


def _offered(question: str, products: Iterable[tuple[str, list[Approval]]], ground: Ground) -> tuple[Choice, ...]:
    """Those of the reader's specialty come first: it orders what is offered and hides nothing."""
    rows = sorted(products, key=lambda row: not any(ground.audience.specialty in each.specialties for each in row[1]))
    choices = [Choice(name, f"{name}: {question}"[:QUESTION_CHARACTERS], len(found)) for name, found in rows]
    return tuple(choices[:CHOICES])
