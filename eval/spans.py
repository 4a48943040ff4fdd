"""Answer spans: questions whose answers are marked in whole documents, as in extractive question answering.

A folder holds ``documents.jsonl`` ({"_id", "title", "text"}) and ``questions.jsonl``
({"_id", "text", "doc", "answers": [{"text", "start", "end"}]}), the offsets in code points of the document's text:
SQuAD's form (Rajpurkar et al. 2016, arXiv 1606.05250), one question a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.errors import InvalidInput
from corpus.model import Span
from eval.beir import CollectionDocument
from eval.lines import read_rows, text_of
from eval.sets import digest
from eval.shape import misfit

_FILES = ("documents.jsonl", "questions.jsonl")
_WANTED = f"name a folder with {' and '.join(_FILES)}"
_ANSWERS = {"doc": str, "answers": [{"text": str, "start": int, "end": int}]}


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question and where its answers stand."""

    id: str
    text: str
    document: str  # id of the one that is asked about
    answers: tuple[Span, ...]  # in that document's text; at least one, and none without a visible character


@dataclass(frozen=True, slots=True)
class SpanSet:
    """What is searched and what is asked."""

    name: str
    documents: Mapping[str, CollectionDocument]  # by id
    questions: tuple[SpanQuestion, ...]  # about these documents
    data: Mapping[str, str] = field(default_factory=dict)  # digests of the files read, by name


def read_span_set(folder: Path) -> SpanSet:
    """The documents and questions of a folder.

    Raises ``InvalidInput`` with the file, the line and the way out; also for an answer that doesn't stand at its
    offsets, because such a set was made for another text.
    """
    documents, questions = (folder / name for name in _FILES)
    read = {
        id_: CollectionDocument(id_, text_of(row, "title", where), text_of(row, "text", where))
        for id_, row, where in read_rows(documents, _WANTED)
    }
    return SpanSet(
        name=folder.resolve().name,
        documents=read,
        questions=tuple(_question(id_, row, where, read) for id_, row, where in read_rows(questions, _WANTED)),
        data={path.name: digest(path) for path in (documents, questions)},
    )


def _question(id_: str, row: dict[str, Any], where: str, documents: Mapping[str, CollectionDocument]) -> SpanQuestion:
    text = text_of(row, "text", where)
    if not text.strip():
        raise InvalidInput(f"{where}: 'text' is empty; write the question")
    wrong = misfit(row, _ANSWERS)
    if wrong:
        raise InvalidInput(f'{where}: {wrong}; write "doc": "…", "answers": [{{"text": "…", "start": 0, "end": 1}}]')
    document = documents.get(row["doc"])
    if document is None:
        raise InvalidInput(f"{where}: no document is called {row['doc']!r}; name one of {_FILES[0]}")
    if not row["answers"]:
        raise InvalidInput(f"{where}: no answer; give at least one, or leave the question out")
    return SpanQuestion(id_, text, document.id, tuple(_answers(row["answers"], document, where)))


def _answers(rows: list[dict[str, Any]], document: CollectionDocument, where: str) -> Iterator[Span]:
    for number, row in enumerate(rows, 1):
        start, end, text = row["start"], row["end"], row["text"]
        if not text.strip():
            raise InvalidInput(f"{where}: answer {number} is empty; copy it from the document")
        if not 0 <= start < end or document.text[start:end] != text:
            raise InvalidInput(
                f"{where}: answer {number} doesn't stand at {start} to {end} of {document.id}; "
                "give offsets in code points of the document's text, the end exclusive"
            )
        yield Span(start, end)
