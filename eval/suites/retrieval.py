"""Retrieval: are the judged documents found, by the product's own index and search?

A collection's documents become an edition as any other's, one passage each, because they are judged whole. With a
home that ingested the same documents from files, its passages are ranked, and a document scores as its best passage.
Every eligible document takes its rank, judged or not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.ordinary import LANGUAGE
from chatbot.library import policy_of, words_of
from chatbot.routing.lexicon import NO_LEXICON, Query, query_of
from corpus.errors import InvalidInput
from corpus.model import Document, Passage, Sentence, Source
from eval.beir import Collection, CollectionDocument, Dataset, named
from eval.measuring.measures import RETRIEVAL
from eval.measuring.ranking import Run, per_query, untied
from eval.measuring.statistics import mean_metric
from eval.model import Case, Metric, Progress, Result
from eval.sets import digest
from index.build import Candidate, build_edition
from index.compile import compiled_encoder
from index.edition import Edition, open_edition
from index.layout import Home
from index.manifest import current_edition
from index.preference import question_language
from index.retrieve import Hit, retrieve

DEPTH = 100  # documents of each run: as deep as the deepest measure
_SHOWN = 10  # documents a case names
_LEADING = RETRIEVAL[0]
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s+[^a-z\s])|\n|\Z)", re.DOTALL)  # collections don't mark them


@dataclass(frozen=True, slots=True)
class Found:
    """One ranked document."""

    document: str  # its id in the judgements
    hit: Hit  # its best passage


@dataclass(frozen=True, slots=True)
class Ranker:
    """What is measured: a search over documents that the judgements know by id."""

    search: Callable[[str], Sequence[Found]]  # DEPTH documents at most, best first
    documents: frozenset[str]  # all that it can find
    data: Mapping[str, str] = field(default_factory=dict)  # digests of what it searches, by name


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the suite found, and the run that it was computed from."""

    result: Result
    run: Run  # equal scores are told apart, in the product's own order


def evaluate_retrieval(dataset: Dataset, ranker: Ranker, seed: int, progress: Progress) -> Retrieved:
    """Searches each judged query and measures the rankings; ``seed`` is the intervals'.

    With relevant documents that the ranker doesn't have, the figures are there, and the result says that they are
    invalid. Raises ``InvalidInput``.
    """
    found: dict[str, Sequence[Found]] = {}
    for done, (query, text) in enumerate(dataset.queries.items(), 1):
        found[query] = ranker.search(text)
        progress(done, len(dataset.queries))
    run = {query: untied((row.document, row.hit.score) for row in rows) for query, rows in found.items()}
    values = per_query(dataset.qrels, run, RETRIEVAL)
    result = Result(
        suite="retrieval",
        dataset=dataset.name,
        cases=tuple(_case(dataset, query, values[query], found[query]) for query in dataset.queries),
        metrics=_metrics(values, seed),
        data={**dataset.data, **ranker.data},
        invalid=_invalid(dataset, ranker),
    )
    return Retrieved(result, run)


def built(collection: Collection, home: Home, workers: int, progress: Progress) -> Ranker:
    """A ranker over an edition of the collection, built in ``home``, whose cache keeps the encodings.

    ``progress`` is told documents encoded. Raises ``EncoderUnavailable`` without the ingest extra.
    """
    candidates = [_candidate(document) for document in collection.documents]
    made = build_edition(candidates, home, compiled_encoder(home.encoders), workers, progress)
    edition = open_edition(home.edition(made.edition))
    return _ranker(edition, home, [document.file for document in edition.documents], collection.data)


def ingested(home: Home, mapping: Path) -> Ranker:
    """A ranker over the active edition of ``home``; ``mapping`` is JSON, [{"file": "a.pdf", "_id": "MED-1"}, …].

    A document without an id keeps its rank and counts as not judged. Raises ``InvalidInput`` for the mapping,
    ``NoEdition`` or ``DamagedEdition`` for the home.
    """
    ids = _read_mapping(mapping)
    edition = open_edition(home.edition(current_edition(home)))
    sources = sorted(document.source_sha256 for document in edition.documents)
    data = {
        mapping.name: digest(mapping),
        "ingested sources": f"sha256:{hashlib.sha256(chr(10).join(sources).encode()).hexdigest()}",
    }
    unmapped = "unmapped:{}".format
    named = [ids.get(row.file) or unmapped(row.source_sha256) for row in edition.documents]
    return _ranker(edition, home, named, data)


def _ranker(edition: Edition, home: Home, ids: Sequence[str], data: Mapping[str, str]) -> Ranker:
    """Searches as the assistant does, with its lexicon and spelling; ``ids`` are the documents', in their order."""
    policy = policy_of(home)
    _, speller = words_of(home, edition, policy)
    everything = np.ones(len(edition.passages), dtype=bool)

    def search(text: str) -> tuple[Found, ...]:
        language = question_language(edition, text, LANGUAGE)
        query = speller.read(query_of(text, policy.lexicon.get(language, NO_LEXICON)), language, everything)
        return _search(edition, ids, query, everything)

    return Ranker(search, frozenset(ids), data)


def _search(edition: Edition, ids: Sequence[str], query: Query, everything: NDArray[np.bool_]) -> tuple[Found, ...]:
    """The documents of the best passages; more passages are asked for until there are enough documents."""
    count = DEPTH
    while True:
        hits = retrieve(edition, query.read, count, everything, meanings=query.meanings).hits
        best: dict[str, Hit] = {}
        for hit in hits:
            best.setdefault(ids[int(edition.owners[hit.passage])], hit)
        if len(best) >= DEPTH or len(hits) < count:
            return tuple(Found(document, hit) for document, hit in list(best.items())[:DEPTH])
        count *= 4


def _candidate(given: CollectionDocument) -> Candidate:
    content = json.dumps([given.id, given.title, given.text], ensure_ascii=False).encode()
    document = Document(
        source=Source(given.id, hashlib.sha256(content).hexdigest(), "application/json"),
        reader="beir",
        title=given.title,
        language="en",  # BEIR doesn't say
        names=(),
        text=given.text,
        pages=(),
        blocks=(),
    )
    sentences = tuple(Sentence(*match.span(), True) for match in _SENTENCE.finditer(given.text))
    return Candidate(document, (Passage(document.sha256, 0, given.text, (), None, None, sentences),), ())


def _case(dataset: Dataset, query: str, values: Mapping[str, float], found: Sequence[Found]) -> Case:
    judged = dataset.qrels[query]
    relevant = sorted((-grade, document) for document, grade in judged.items() if grade > 0)
    more = f", and {len(relevant) - _SHOWN} more" if len(relevant) > _SHOWN else ""
    why = f"no relevant document among the first {_SHOWN}" if relevant else "no document was judged relevant"
    best = found[0].hit if found else None
    return Case(
        id=query,
        text=dataset.queries[query],
        values=values,
        failures={} if values[_LEADING] else {_LEADING: why},
        expected=", ".join(f"{document} ({-grade})" for grade, document in relevant[:_SHOWN]) + more,
        got=", ".join(row.document for row in found[:_SHOWN]),
        parts={} if best is None else {"score": best.score, "bm25": best.bm25, "cosine": best.cosine},
    )


def _metrics(values: Mapping[str, Mapping[str, float]], seed: int) -> tuple[Metric, ...]:
    return tuple(mean_metric(name, [row[name] for row in values.values()], seed) for name in RETRIEVAL)


def _invalid(dataset: Dataset, ranker: Ranker) -> tuple[str, ...]:
    """That relevant documents can't be found, because they aren't there."""
    relevant = {document for judged in dataset.qrels.values() for document, grade in judged.items() if grade > 0}
    missing = sorted(relevant - ranker.documents)
    if not missing:
        return ()
    return (f"{len(missing)} of {len(relevant)} relevant documents are not in the corpus: {named(missing)}",)


def _read_mapping(path: Path) -> dict[str, str]:
    wanted = 'write [{"file": "a.pdf", "_id": "MED-1"}, …]'
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path}: not readable as JSON: {error}; {wanted}") from error
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(f"{path}: no list of files; {wanted}")
    ids: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key] for key in ("file", "_id")):
            raise InvalidInput(f"{path}: entry {number} names no file and id; {wanted}")
        if ids.setdefault(row["file"], row["_id"]) != row["_id"]:
            raise InvalidInput(f"{path}: entry {number}: {row['file']!r} has another id already; keep one")
    return ids
