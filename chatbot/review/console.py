"""What the review pages read: the log, the registry and the stored documents. Only exports are written.

A reviewer sees what was shown then, whatever has become of its source since: approval is said, not enforced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from chatbot.assistant import Assistant
from chatbot.audit.checkpoints import prove
from chatbot.audit.citing import CitedBook
from chatbot.audit.export import Exporter, Wanted
from chatbot.audit.log import AuditRecord
from chatbot.audit.signer import Signer
from chatbot.errors import AuditDamaged, Erased
from chatbot.limits import CONVERSATION_TURNS, REVIEW_BATCH, REVIEW_BLOCKS, REVIEW_SCAN, REVIEW_TURNS
from chatbot.review.evidence import (
    CitedSource,
    LeafCitation,
    StandingNow,
    around_marks,
    checks,
    cited_pages,
    decision_rows,
    is_verbatim,
    leaf_citations,
    record_rows,
    scores,
    standing_now,
)
from chatbot.review.filters import Filters, Products, TurnFacts, offered, product_names, turn_facts
from chatbot.review.pages import Exchange, Line, Listing, Proved, Text, TurnPage
from chatbot.review.shown import shown_reply
from chatbot.source_view import source_page
from corpus.errors import NotFound
from corpus.model import Approval, Audience, Document
from corpus.registry import Registry


@dataclass(frozen=True)
class _Read:
    """A record whose leaf is parsed once."""

    record: AuditRecord

    @cached_property
    def leaf(self) -> dict[str, Any]:
        leaf: dict[str, Any] = json.loads(self.record.leaf)
        return leaf


class Console:
    """The review pages over an opened home."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._log = assistant.log
        self._cited = CitedBook(assistant.store.database)

    def listing(self, filters: Filters, before: int | None) -> Listing:
        """The turns that fit, newest first; raises ``InvalidFilter`` for values that nothing has."""
        registry = self._assistant.registry()
        products = product_names(registry)
        size = self._log.size()
        records = list(self._older(size if before is None else min(before, size), filters))
        turns = [facts for record in records if (facts := _facts(record, products)) is not None]
        policy = self._assistant.policy
        intents = [*(rule.id for rule in policy.intents.rules), policy.intents.fallback]
        choices = offered(turns, intents, products.brands.values(), (key[2] for key in registry.entries))
        if before is None:  # further down, a value may stand only in records that were passed already
            choices.check(filters)
        matching = [facts for facts in turns if filters.fit(facts)]
        shown = matching[:REVIEW_TURNS]
        lowest = records[-1].record.index if records else 0
        rest = lowest if next(self._older(lowest, filters), None) else None
        return Listing(
            filters=filters,
            lines=tuple(self._lines(shown)),
            matches=len(matching),
            read=len(records),
            size=size,
            before=before,
            older=shown[-1].index if len(matching) > len(shown) else rest,
            offered=choices,
        )

    def turn(self, index: int, filters: Filters) -> TurnPage:
        """The turn at ``index``; raises ``NotFound`` when no turn stands there."""
        chosen = self._turn(index)
        registry = self._assistant.registry()
        products = product_names(registry)
        conversation = self._log.exchanges(chosen.leaf["conversation"], CONVERSATION_TURNS)
        records = {record.index: record for record in [*conversation, chosen.record]}  # it stands there in any case
        exchanges = tuple(
            exchange
            for _, record in sorted(records.items())
            if (exchange := self._exchange(_Read(record), products, index)) is not None
        )
        exchange = next(found for found in exchanges if found.chosen)
        return TurnPage(
            chosen=exchange,
            exchanges=exchanges,
            feedback=tuple(self._assistant.feedback.of(index)),
            sources=tuple(
                self._source(cited, chosen.leaf, exchange, registry) for cited in leaf_citations(chosen.leaf)
            ),
            scores=scores(chosen.leaf),
            checks=checks(chosen.record, chosen.leaf, exchange.text.body),
            decision=decision_rows(chosen.leaf),
            record=record_rows(chosen.record, chosen.leaf, self._assistant.signatures.of(chosen.leaf["policy_sha256"])),
            proved=self._proved(index),
            edition_active=chosen.leaf["edition"]["id"] == self._assistant.edition().id,
            newer=self._neighbour(self._newer(index, filters), filters, products),
            older=self._neighbour(self._older(index, filters), filters, products),
        )

    def _proved(self, index: int) -> Proved:
        try:
            with self._assistant.store.database.snapshot() as connection:
                found = prove(connection, index)
        except (NotFound, AuditDamaged) as error:
            return Proved(0, 0, str(error))
        return Proved(found.checkpoint.size, len(found.proof), "")

    def export(self, index: int, actor: str) -> bytes:
        """The record at ``index`` with its proof and without its text, as a .zip; raises ``NotFound``."""
        self._turn(index)
        database, keys = self._assistant.store.database, self._assistant.keys
        return Exporter(database, self._log, Signer(database, keys)).as_zip(Wanted(actor, index, index))

    def page_picture(self, index: int, number: int, page: int | None) -> Path:
        """The picture of a page that citation ``number`` stands on; raises ``NotFound`` for any other."""
        found = [cited for cited in leaf_citations(self._turn(index).leaf) if cited.number == number]
        if not found:
            raise NotFound(f"turn {index} has no citation {number}")
        pages = cited_pages(found[0], self._assistant.document(found[0].text_sha256))
        wanted = pages[0] if page is None and pages else page
        if wanted not in pages or wanted is None:
            raise NotFound(f"citation {number} of turn {index} is not on page {page}")
        picture = self._assistant.home.page_picture(found[0].source_sha256, wanted)
        if not picture.is_file():
            raise NotFound(f"{picture} is missing")
        return picture

    def _turn(self, index: int) -> _Read:
        if index >= self._log.size():  # also what SQLite has no integer for
            raise NotFound(f"the log has no record {index}")
        found = _Read(self._log.record(index))
        if "decision" not in found.leaf:
            raise NotFound(f"record {index} is no turn")
        return found

    def _older(self, before: int, filters: Filters) -> Iterator[_Read]:
        """At most REVIEW_SCAN records below ``before``, downwards; of a document alone, those that cited it."""
        for _ in range(REVIEW_SCAN // REVIEW_BATCH):
            if filters.document:
                batch = self._cited.older(filters.document, filters.version or None, before, REVIEW_BATCH)
            else:
                batch = self._log.newest(before, REVIEW_BATCH)
            yield from map(_Read, batch)
            if len(batch) < REVIEW_BATCH:
                return
            before = batch[-1].index

    def _newer(self, after: int, filters: Filters) -> Iterator[_Read]:
        """At most REVIEW_SCAN records above ``after``, upwards: indexes are dense."""
        if filters.document:
            yield from map(_Read, self._cited.newer(filters.document, filters.version or None, after, REVIEW_BATCH))
            return
        for _ in range(REVIEW_SCAN // REVIEW_BATCH):
            batch = self._log.newest(after + REVIEW_BATCH + 1, REVIEW_BATCH)
            yield from (_Read(record) for record in reversed(batch) if record.index > after)
            after += REVIEW_BATCH

    def _neighbour(self, records: Iterator[_Read], filters: Filters, products: Products) -> int | None:
        found = (facts for record in records if (facts := _facts(record, products)) is not None)
        return next((facts.index for facts in found if filters.fit(facts)), None)

    def _lines(self, shown: Sequence[TurnFacts]) -> Iterator[Line]:
        bodies = self._log.bodies([facts.index for facts in shown])
        for facts in shown:
            body = bodies.get(facts.index)
            yield Line(facts, self._text(facts.index) if body is None else Text(body, ""))

    def _text(self, index: int) -> Text:
        try:
            return Text(self._log.body(index), "")
        except Erased as error:
            return Text(None, str(error))
        except NotFound:
            return Text(None, "its text is gone, or the key to it")
        except AuditDamaged:
            return Text(None, "its text is not what was sealed with this record")

    def _exchange(self, read: _Read, products: Products, chosen: int) -> Exchange | None:
        facts = _facts(read, products)
        if facts is None:
            return None
        text = self._text(facts.index)
        reply = shown_reply(json.loads(text.body.reply)) if text.body else None
        return Exchange(facts, text, reply, facts.index == chosen)

    def _source(self, cited: LeafCitation, leaf: dict[str, Any], exchange: Exchange, registry: Registry) -> CitedSource:
        told = leaf["audience"]
        audience = Audience(told["country"], told["role"], told["specialty"], told["language"])
        standing = standing_now(registry, cited, audience, datetime.now(UTC))
        quotes = exchange.reply.quotes + exchange.reply.safety if exchange.reply else ()
        heading = next((quote.heading for quote in quotes if quote.citation == cited.number), ())
        entry = registry.entries.get((cited.document, cited.version, audience.country))
        try:
            document = self._assistant.document(cited.text_sha256)
        except NotFound:
            return _unreadable(cited, standing, heading, "The text that was cited is not stored any more.")
        if entry is None:
            return _unreadable(cited, standing, heading, "The registry does not know this version.")
        return self._marked(cited, standing, heading, entry.approval, document)

    def _marked(
        self,
        cited: LeafCitation,
        standing: StandingNow,
        heading: tuple[str, ...],
        approval: Approval,
        document: Document,
    ) -> CitedSource:
        pages = cited_pages(cited, document) or (None,)
        shown = [source_page(self._assistant, approval, document, page, cited.spans) for page in pages]
        return CitedSource(
            citation=cited,
            title=approval.title,
            language=document.language,
            standing=standing,
            heading=heading or document.block_at(cited.spans[0].start).path,
            figures=tuple(page for page in shown if page.pages),
            blocks=around_marks(shown[0].blocks, REVIEW_BLOCKS),
            verbatim=is_verbatim(cited, document),
            in_edition=any(known.sha256 == cited.text_sha256 for known in self._assistant.edition().documents),
            missing="",
        )


def _unreadable(cited: LeafCitation, standing: StandingNow, heading: tuple[str, ...], why: str) -> CitedSource:
    return CitedSource(cited, cited.document, "", standing, heading, (), (), False, False, why)


def _facts(read: _Read, products: Products) -> TurnFacts | None:
    return turn_facts(read.record.index, read.leaf, products)
