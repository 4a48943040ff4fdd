"""A stored text that someone changed: its questions fail by name, and the others are judged all the same."""

from __future__ import annotations

import hashlib
import zlib

import pytest

from chatbot.assistant import Assistant
from corpus.database import open_database
from corpus.model import document_bytes
from eval.replies import ask_all, asking
from eval.suites.grounding import VERBATIM, grounding
from index.layout import Home
from tests.builders import GB
from tests.eval.answered import Answered, failing, silent, tamper


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE documents SET content = :content WHERE sha256 = :sha256",
        "UPDATE documents SET content = x'00' WHERE sha256 = :sha256",
        "UPDATE documents SET content = :content, sha256 = :made WHERE sha256 = :sha256",
        "DELETE FROM documents WHERE sha256 = :sha256",
    ],
)
def test_a_stored_text_that_was_changed_fails_its_questions_by_name(
    answered: Answered, sample_copy: Home, change: str
) -> None:
    asked = answered.first(lambda exchange: bool(exchange.reply["citations"]))
    citation = asked.reply["citations"][0]
    store = answered.assistant.store
    sha256 = store.digests_of_source(answered.source(citation["document"], citation["version"]))[-1]
    altered = document_bytes(store.document(sha256)).replace(b" mg", b" kg")
    values = {
        "content": zlib.compress(altered),
        "made": hashlib.sha256(altered).hexdigest(),
        "sha256": sha256,
    }
    tamper(sample_copy, change, values)
    database = open_database(sample_copy.database)
    try:
        assistant = Assistant(sample_copy, database, trial=False)
        questions = [one for one in answered.questions if one.id in {asked.id, "none-01", "ner-01"}]
        exchanges = ask_all(asking(assistant), questions, GB, answered.instant, silent)
        result = grounding(
            exchanges, questions, assistant.store, sample_copy, dataset="sample.jsonl", data={}, progress=silent
        )
    finally:
        database.close()
    failures = failing(result)
    assert list(failures) == [asked.id]
    assert failures[asked.id][VERBATIM].startswith(f"no reply to '{asked.question}': {citation['file']}: ")
