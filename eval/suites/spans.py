"""Answer spans: does a passage that is found hold the answer whole?

Documents go through the product's own splitter, and all their passages are searched for each question. So a figure
falls when sentences of one answer part as much as when the ranking gets worse; ``answer whole`` tells the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.model import Document, Passage, Span
from eval.beir import CollectionDocument
from eval.judging.alignment import Alignment
from eval.judging.quoting import quoted
from eval.measuring.statistics import mean_metric, rate_metric
from eval.model import Case, Metric, Progress, Result
from eval.spans import SpanQuestion, SpanSet
from index.build import Candidate, build_edition
from index.compile import compiled_encoder
from index.edition import Edition, open_edition
from index.layout import Home
from index.retrieve import Hit, retrieve

DEPTH = 10  # passages looked at for ranks
MEASURES = ("hit@1", "hit@5", f"MRR@{DEPTH}", "answer whole")
_MEAN = f"MRR@{DEPTH}"  # the others are shares of questions
_NAMED = 20  # questions in a message

Read = Callable[[CollectionDocument], Candidate]  # the product's own reading and splitting


@dataclass(frozen=True, slots=True)
class Searched:
    """The documents of a set as the product has them."""

    edition: Edition  # its documents are called as in the set
    documents: Mapping[str, Document]  # by id
    passages: Mapping[str, Sequence[Passage]]  # by id of their document


def searched(asked: SpanSet, read: Read, home: Home, workers: int, progress: Progress) -> Searched:
    """An edition of the set's documents, built in ``home``, whose cache keeps the encodings.

    ``progress`` is told texts encoded. Raises ``EncoderUnavailable`` without the ingest extra.
    """
    candidates = {id_: read(document) for id_, document in asked.documents.items()}
    made = build_edition(list(candidates.values()), home, compiled_encoder(home.encoders), workers, progress)
    return Searched(
        edition=open_edition(home.edition(made.edition)),
        documents={id_: candidate.document for id_, candidate in candidates.items()},
        passages={id_: candidate.passages for id_, candidate in candidates.items()},
    )


def spans(asked: SpanSet, on: Searched, seed: int, progress: Progress) -> Result:
    """Searches each question and looks for its answers; ``seed`` is the intervals'.

    Every question counts. An answer that the product's reading changed can't be looked for: the result then names its
    question and says that the figures are invalid.
    """
    alignments = {id_: Alignment(given.text, on.documents[id_].text) for id_, given in asked.documents.items()}
    cases: list[Case] = []
    lost: list[str] = []
    for done, question in enumerate(asked.questions, 1):
        places = [alignments[question.document].place(answer) for answer in question.answers]
        if None in places:
            lost.append(question.id)
        cases.append(_case(question, [place for place in places if place], asked, on))
        progress(done, len(asked.questions))
    return Result(
        suite="spans",
        dataset=asked.name,
        cases=tuple(cases),
        metrics=tuple(_metric(name, [case.values[name] for case in cases], seed) for name in MEASURES),
        data=asked.data,
        invalid=_invalid(lost, asked),
    )


def _case(question: SpanQuestion, answers: Sequence[Span], asked: SpanSet, on: Searched) -> Case:
    hits = retrieve(on.edition, question.text, DEPTH, np.ones(len(on.edition.passages), dtype=bool)).hits
    rank = next((hit.rank for hit in hits if _answers(hit, question, answers, on.edition)), None)
    whole = any(_covers(passage, answer) for passage in on.passages[question.document] for answer in answers)
    values = {
        "hit@1": float(rank == 1),
        "hit@5": float(rank is not None and rank <= 5),
        _MEAN: 1 / rank if rank else 0.0,
        "answer whole": float(whole),
    }
    text = asked.documents[question.document].text
    wanted = " or ".join(quoted(answer.of(text)) for answer in question.answers)
    got = "; ".join(_shown(hit, on.edition) for hit in hits[:3]) or "nothing"
    return Case(
        id=question.id,
        text=question.text,
        values=values,
        failures={name: _failure(name, got, whole) for name, value in values.items() if not value},
        expected=f"{question.document}: {wanted}",
        got=got,
        parts={"score": hits[0].score, "bm25": hits[0].bm25, "cosine": hits[0].cosine} if hits else {},
    )


def _answers(hit: Hit, question: SpanQuestion, answers: Sequence[Span], edition: Edition) -> bool:
    passage = edition.passages[hit.passage]
    asked_about = edition.document_of(hit.passage).file == question.document
    return asked_about and any(_covers(passage, answer) for answer in answers)


def _covers(passage: Passage, answer: Span) -> bool:
    return passage.start <= answer.start and answer.end <= passage.end


def _failure(name: str, got: str, whole: bool) -> str:
    """Why a value is 0, for a person."""
    if name == "answer whole":
        return "no passage holds an answer whole"
    return f"found instead: {got}" if whole else f"no passage holds an answer whole; found: {got}"


def _metric(name: str, values: Sequence[float], seed: int) -> Metric:
    return mean_metric(name, values, seed) if name == _MEAN else rate_metric(name, int(sum(values)), len(values))


def _invalid(lost: list[str], asked: SpanSet) -> tuple[str, ...]:
    if not lost:
        return ()
    more = ", …" if len(lost) > _NAMED else ""
    return (
        f"{len(lost)} of {len(asked.questions)} questions have an answer that the product's reading of its document "
        f"changed, so it can't be looked for: {', '.join(lost[:_NAMED])}{more}; mend the documents, or leave these "
        "questions out",
    )


def _shown(hit: Hit, edition: Edition) -> str:
    return f"{edition.document_of(hit.passage).file}: {quoted(edition.passages[hit.passage].text)}"
