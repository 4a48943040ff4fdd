"""What a reader may be shown now: worked out once for a registry and an audience, not at each question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from corpus.model import Approval, Audience, Span
from corpus.registry import Registry
from corpus.signoff import SignOff
from index.edition import Edition


@dataclass(frozen=True, slots=True)
class Eligible:
    """What an audience may see, and from when to when that holds without an event."""

    approvals: Mapping[str, Approval]  # by source
    mask: NDArray[np.bool_]  # (passages,)
    by_product: Mapping[str, tuple[Approval, ...]]  # those of documents in the edition, in its order
    since: datetime
    until: datetime | None

    def holds(self, instant: datetime) -> bool:
        """Whether no date has changed a standing between ``since`` and ``instant``."""
        return self.since <= instant and (self.until is None or instant < self.until)

    def about(self, edition: Edition, products: tuple[str, ...]) -> NDArray[np.bool_]:
        """The passages that may be quoted, shape (passages,): of these products, or of all when none is named."""
        return self.mask & edition.documents.about(products)[edition.owners] if products else self.mask


def eligible_for(
    edition: Edition, registry: Registry, audience: Audience, instant: datetime, counts: Callable[[Approval], bool]
) -> Eligible:
    """What ``audience`` may see at ``instant`` of the approvals that count."""
    citable = registry.citable(audience, instant)
    approvals = {source: approval for source, approval in citable.items() if counts(approval)}
    by_product: dict[str, list[Approval]] = {}
    for document in edition.documents:
        approval = approvals.get(document.source_sha256)
        if approval is not None:
            by_product.setdefault(approval.product, []).append(approval)
    return Eligible(
        approvals,
        edition.mask(set(approvals)) & _quotable(edition, registry.signoff),
        {product: tuple(found) for product, found in by_product.items()},
        instant,
        registry.next_change(instant),
    )


def _quotable(edition: Edition, signoff: SignOff) -> NDArray[np.bool_]:
    """All passages, shape (passages,), but those of which people have marked every sentence as not to be cited."""
    mask = np.ones(len(edition.owners), bool)
    for number, document in enumerate(edition.documents):
        if any(mark.kind == "do_not_cite" for mark in signoff.marks.get(document.sha256, ())):
            for at in np.flatnonzero(edition.owners == number):
                places = (Span(each.start, each.end) for each in edition.passages[int(at)].sentences)
                mask[at] = not all(signoff.forbids(document.sha256, place) for place in places)
    return mask


@dataclass(slots=True)
class Eligibility:
    """What audiences may see, worked out once for the edition and registry that were last asked about."""

    counts: Callable[[Approval], bool]
    _kept: tuple[tuple[str, int], dict[tuple[str, str], Eligible]] = field(
        default_factory=lambda: (("", -1), {}), init=False
    )

    def of(self, edition: Edition, registry: Registry, audience: Audience, instant: datetime) -> Eligible:
        """What ``audience`` may see at ``instant``. Threads may ask about different states at the same time."""
        state, kept = (edition.id, registry.version), self._kept
        if kept[0] != state:
            kept = self._kept = (state, {})  # as one value, so that nothing is kept for another state
        reader = (audience.country, audience.role)
        known = kept[1].get(reader)
        if known is None or not known.holds(instant):
            known = kept[1][reader] = eligible_for(edition, registry, audience, instant, self.counts)
        return known
