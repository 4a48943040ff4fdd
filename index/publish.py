"""Staged and approved documents -> the active edition, then the events that make them citable.

In this order, so that nothing is ever missing: the edition holds the new documents before a registry event lets them
be cited, and before an event supersedes the ones they replace.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from corpus.lifecycle import approval_events
from corpus.model import Approval, Document
from corpus.products import Product, read_products
from corpus.registry import Event, Registry, fold
from corpus.staging import Staging
from corpus.store import Store
from corpus.waiting import TRIAL, Waiting, carrying_events, waiting
from index.built import Built, built_from, inputs_digest, remember
from index.errors import DamagedEdition, NoEdition
from index.layout import BUILDING, Home
from index.manifest import building, make_current, verify_edition

if TYPE_CHECKING:
    from index.build import Candidate
    from index.encoder import EncoderFiles
    from index.encodings import Elsewhere
    from index.linear import Lesson


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the store, read when its turn comes."""

    sha256: str
    labels: tuple[str, ...]  # the product's brand and substance, as catalogue and product table have them
    store: Store = field(repr=False)

    def read(self) -> Candidate:
        """It with its passages, to be found by its labels and by the names it gives itself."""
        from index.build import Candidate

        document = self.store.document(self.sha256)
        return Candidate(document, self.store.passages(self.sha256), _named([*self.labels, *document.names]))


@dataclass(frozen=True, slots=True)
class Means:
    """What editions are built with."""

    encoder: Callable[[], EncoderFiles]  # compiles it, or finds it; asked when something is approved
    workers: int  # threads that encode
    progress: Callable[[int, int], None]  # is told passages done and passages in all
    lesson: Lesson | None = None  # what the routing model is fitted from; an edition without it only searches
    elsewhere: Callable[[EncoderFiles], Elsewhere | None] | None = None  # asked for other hardware to encode on


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did."""

    built: Built
    documents: int
    events: int
    registry_version: int
    waiting: tuple[Waiting, ...] = ()  # for a person: not published


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a publish would make live: an edition that is built, and the registry as it would be."""

    built: Built
    documents: int
    registry: Registry
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publish is going to do. Nothing is written yet."""

    candidates: tuple[Stored, ...]
    signed: tuple[Event, ...]  # sign-offs that come first
    registry: Registry  # once they have
    stagings: tuple[Staging, ...]
    approvals: tuple[Approval, ...]  # to be events once the edition is active
    waiting: tuple[Waiting, ...]


def publish(
    home: Home, store: Store, means: Means, actor: str, assume: Callable[[Document], Approval] | None = None
) -> Published:
    """Builds and activates the edition of everything approved, then appends the staged approvals as events.

    From the same documents, names, encoder and examples nothing is built again, if the last edition is whole. One
    publish at a time: another process waits.
    ``assume`` makes an approval for documents that were staged without metadata (trials only). Raises ``Conflict``
    before anything is built when the approvals contradict the registry, ``NoEdition`` when nothing is approved.
    """
    with building(home):
        now = _now()
        planned = plan(home, store, actor, now, assume)
        registry = store.append(planned.signed) if planned.signed else planned.registry
        built = _built(planned.candidates, home, means)
        make_current(home, built.edition)
        store.note_edition(built.edition, actor)
        # Decided on the registry as it is now: a withdrawal may have come while the edition was built.
        after = store.decide(lambda present: approval_events(present, planned.approvals, actor, now))
        store.clear_approvals(planned.stagings)
        events = after.version - registry.version
        return Published(built, len(planned.candidates), events, after.version, planned.waiting)


def prepare(
    home: Home,
    store: Store,
    means: Means,
    actor: str,
    assume: Callable[[Document], Approval] | None = None,
    products: Sequence[Product] | None = None,
) -> Prepared:
    """Builds what :func:`publish` would make live, and makes nothing live: no event, and CURRENT stays.

    A publish from the same inputs takes the edition that is built here. ``products`` stand in for the home's product
    table. Raises what :func:`publish` raises.
    """
    with building(home):
        now = _now()
        planned = plan(home, store, actor, now, assume, products)
        built = _built(planned.candidates, home, means)
        after = _with(planned.registry, approval_events(planned.registry, planned.approvals, actor, now))
        return Prepared(built, len(planned.candidates), after, planned.waiting)


def plan(
    home: Home,
    store: Store,
    actor: str,
    now: str,
    assume: Callable[[Document], Approval] | None = None,
    products: Sequence[Product] | None = None,
) -> Plan:
    """What a publish at ``now`` would do; raises ``Conflict`` and ``NoEdition``."""
    signed, registry = _signed_off(store, actor, now, trial=assume is not None)
    held = waiting(store, registry)
    stagings = _ready(store, held)
    approvals = [approval for staging in stagings for approval in staging.approvals]
    if assume is not None:
        approvals += _assumed(stagings, store, registry, assume)
    approval_events(registry, approvals, actor, now)  # a conflict is said before anything is built
    named = _by_brand(_products(home) if products is None else products)
    candidates = _candidates(stagings, approvals, store, registry, named, held)
    if not candidates:
        raise NoEdition(_nothing(home, held))
    return Plan(tuple(candidates), tuple(signed), registry, tuple(stagings), tuple(approvals), tuple(held))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _built(candidates: Sequence[Stored], home: Home, means: Means) -> Built:
    """The verified edition of ``candidates``: the last one if it was built from the same and is whole, or a new one."""
    compiled, lesson = means.encoder(), means.lesson
    inputs = inputs_digest(candidates, compiled.digest(), lesson.sha256 if lesson else None)
    built = built_from(home, inputs)
    if built is not None:
        with suppress(DamagedEdition, NoEdition):
            verify_edition(home.edition(built.edition))
            return built
    # Imported when there is something to build: what it brings takes longer than finding that there isn't.
    from index.build import build_edition
    from index.fit import fitted_linear

    for left in home.editions.glob(f"{BUILDING}*"):  # by a publish that was killed, for no other is at work
        shutil.rmtree(left)
    linear = fitted_linear(home.encoders, compiled, lesson, means.workers) if lesson else None
    elsewhere = means.elsewhere(compiled) if means.elsewhere else None
    built = build_edition(candidates, home, compiled, means.workers, means.progress, linear, elsewhere)
    verify_edition(home.edition(built.edition))
    remember(home, inputs, built)
    return built


def _nothing(home: Home, held: Sequence[Waiting]) -> str:
    way_out = "ingest documents with a catalogue or sidecars (or --assume-approved for a trial)"
    if held:
        way_out = f"{len(held)} wait for a person: `signpost documents` says why, `signpost preview` shows them"
    return f"{home.root}: nothing staged is approved; {way_out}"


def _signed_off(store: Store, actor: str, now: str, *, trial: bool) -> tuple[list[Event], Registry]:
    """The events by which marks go along to new readings and a trial takes what came without a review; the registry
    after them.
    """
    registry = store.registry()
    staged = (staging.document for staging in store.stagings() if staging.document)
    events = carrying_events(store, registry, staged, actor, now)
    for each in waiting(store, registry) if trial else ():
        known = registry.of_source(each.staging.source_sha256)
        assumed = each.staging.unapproved or any(entry.approval.assumed for entry in known)
        if assumed and each.document not in registry.signoff.decisions:
            events.append(Event("accept", "", "", "", {"sha256": each.document}, actor, now, TRIAL))
    return events, _with(registry, events)


def _with(registry: Registry, events: Iterable[Event]) -> Registry:
    """The registry once ``events`` stand behind it."""
    return fold([replace(event, sequence=at) for at, event in enumerate(events, registry.version + 1)], registry)


def _ready(store: Store, held: Iterable[Waiting]) -> list[Staging]:
    """What is staged and doesn't wait for a person."""
    wait = {each.document for each in held}
    return [staging for staging in store.stagings() if staging.document is not None and staging.document not in wait]


def _assumed(
    stagings: Iterable[Staging], store: Store, registry: Registry, assume: Callable[[Document], Approval]
) -> list[Approval]:
    """Only for what was staged without metadata and isn't known yet; a withdrawn trial document stays withdrawn."""
    return [
        assume(store.document(staging.document))
        for staging in stagings
        if staging.unapproved and staging.document and not registry.of_source(staging.source_sha256)
    ]


def _candidates(
    stagings: Iterable[Staging],
    approvals: Iterable[Approval],
    store: Store,
    registry: Registry,
    products: Mapping[str, Product],
    held: Iterable[Waiting],
) -> list[Stored]:
    """One document a source that any approval is about, whatever its dates: eligibility is asked per question.

    Of a source whose newest reading is ``held``, the one before it.
    """
    wait = {each.document for each in held}
    staged = {staging.source_sha256: staging.document for staging in stagings if staging.document}
    known = [entry.approval for _, entry in sorted(registry.entries.items())]
    by_source: dict[str, Approval] = {}
    for approval in [*known, *approvals]:
        by_source[approval.source_sha256] = approval
    found = []
    for source, approval in sorted(by_source.items()):
        sha256 = staged.get(source) or next(
            (d for d in reversed(store.digests_of_source(source)) if d not in wait), None
        )
        if sha256 is not None:
            product = products.get(approval.product.casefold())
            labels = [approval.product, *([product.generic] if product else [])]
            found.append(Stored(sha256, _named(labels), store))
    return sorted(found, key=lambda each: each.sha256)


def _named(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, whatever its case, in the order of their coming."""
    first: dict[str, str] = {}
    for name in names:
        if name:
            first.setdefault(name.casefold(), name)
    return tuple(first.values())


def _products(home: Home) -> tuple[Product, ...]:
    return read_products(home.products) if home.products.exists() else ()


def _by_brand(products: Iterable[Product]) -> dict[str, Product]:
    return {product.brand.casefold(): product for product in products}
