"""One evaluation's replies over the sample, and the faults that are planted in them."""

from __future__ import annotations

import copy
import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chatbot.assistant import Assistant
from corpus.model import Audience
from eval.model import Case, Result
from eval.replies import Exchange
from eval.sets import Question
from index.layout import Home

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """Every question of the sample's set, answered by its own reader."""

    assistant: Assistant
    questions: tuple[Question, ...]
    exchanges: tuple[Exchange, ...]
    audience: Audience
    instant: datetime

    def first(self, fits: Callable[[Exchange], bool]) -> Exchange:
        """The first exchange that fits."""
        return next(exchange for exchange in self.exchanges if fits(exchange))

    def with_fault(self, exchange: Exchange, plant: Callable[[Reply], None], around: int = 12) -> list[Exchange]:
        """Some exchanges, in one of which ``plant`` has changed the reply."""
        reply = copy.deepcopy(dict(exchange.reply))
        plant(reply)
        others = [other for other in self.exchanges if other.id != exchange.id and other.reply["citations"]]
        return [*others[: around // 2], replace(exchange, reply=reply), *others[around // 2 : around]]

    def source(self, document: str, version: str) -> str:
        """The digest of a version's bytes."""
        entries = self.assistant.registry().entries.values()
        return next(e.approval.source_sha256 for e in entries if e.approval.key[:2] == (document, version))


def silent(done: int, total: int) -> None:
    """Shows no progress."""


def failing(result: Result) -> dict[str, dict[str, str]]:
    """The failures by case; every measure of them has the value 0, every other one 1."""
    for case in result.cases:
        assert {name for name, value in case.values.items() if value != 1.0} == set(case.failures), case
    return {case.id: dict(case.failures) for case in result.cases if case.failures}


def only_failure(result: Result, exchange: Exchange) -> dict[str, str]:
    """The failures of the one case that has any, which is that of ``exchange``."""
    found = failing(result)
    assert list(found) == [exchange.id]
    return found[exchange.id]


def cite(answered: Answered, document: str, version: str, number: int = 1, country: str = "GB") -> Reply:
    """A quote of the first sentence of a version, with its citation, as the wire has them and all of it true."""
    store = answered.assistant.store
    entry = answered.assistant.registry().entries[document, version, country]
    stored = store.document(store.digests_of_source(entry.approval.source_sha256)[-1])
    block = next(block for block in stored.blocks if block.sentences and block.sentences[0].confirmed)
    sentence = block.sentences[0]
    text = stored.text[sentence.start : sentence.end]
    page = stored.page_at(sentence.start)
    place = "" if page is None else f"page={page}&"
    citation = {
        "number": number,
        "document": document,
        "version": version,
        "title": entry.approval.title,
        "type": entry.approval.document_type,
        "owner": entry.approval.owner,
        "audience": ", ".join(entry.approval.roles) or "all healthcare professionals",
        "approval": entry.approval.approval_id,
        "approved_on": entry.approval.approved_on.isoformat(),
        "file": stored.source.name,
        "page": page,
        "anchor": block.anchor if page is None else None,
        "cues": [],
        "spans": [{"start": sentence.start, "end": sentence.end, "page": page}],
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "url": f"/api/v1/documents/{document}/{version}?{place}mark={sentence.start}-{sentence.end}"
        f"&text={stored.sha256[:16]}",
    }
    return {
        "quote": {"citation": number, "text": text, "heading": list(block.path), "table": None},
        "citation": citation,
    }


def instead(answered: Answered, document: str, version: str, country: str = "GB") -> Callable[[Reply], None]:
    """Plants an answer that quotes this version and nothing else."""
    made = cite(answered, document, version, country=country)

    def plant(reply: Reply) -> None:
        reply.update(kind="answer", headline="As said.", choices=[], safety_information=[])
        reply.update(quotes=[made["quote"]], citations=[made["citation"]], next_steps=[], suggestions=[])

    return plant


def tamper(home: Home, change: str, values: Mapping[str, object] | None = None) -> None:
    """Changes stored documents as someone with the file in their hands would."""
    with closing(sqlite3.connect(home.database)) as connection, connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER documents_no_{verb}")
        assert connection.execute(change, values or {}).rowcount


def by_id(cases: Sequence[Case]) -> dict[str, Case]:
    """The cases by their ids, which differ."""
    found = {case.id: case for case in cases}
    assert len(found) == len(cases)
    return found
