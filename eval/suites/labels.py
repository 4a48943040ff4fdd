"""Questions with known answers: is the right place found, the right sentence shown, the right kind of reply given?

An answerable question wants its sentence, an unanswerable one no answer, an ambiguous one a question back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chatbot.assistant import Assistant
from corpus.model import Audience
from eval.judging.matching import contains, holds, words
from eval.judging.quoting import quoted
from eval.measuring.statistics import mean_metric, rate_metric
from eval.model import Case, Confusion, Metric, Result
from eval.replies import NO_REPLY, Exchange
from eval.sets import Place, Question

DEPTH = 10  # hits looked at for ranks
MEASURES = (  # those that tell most first: of a style's questions a terminal shows no others
    "sentence shown",
    "hit@1",
    "hit@5",
    "right",
    "sentence shown first",
    "answered",
    "abstained",
    "clarified",
    f"MRR@{DEPTH}",
)
_MEANS = (f"MRR@{DEPTH}",)  # of values between 0 and 1; the others are shares of questions
_WANTED = {"answerable": "answer", "unanswerable": "no_answer", "ambiguous": "clarification"}
_FILE = re.compile(r".+\.(pdf|docx|html?|md)", re.IGNORECASE)  # one that can be ingested
_NAMED = 5  # missing documents, or wrong places told in full; one is enough to know what to do


@dataclass(frozen=True, slots=True)
class Found:
    """One hit as the ranks need it."""

    file: str
    page: int | None
    text: str
    score: float
    bm25: float
    cosine: float


Fault = Callable[[Place, Audience | None], str]  # why a place can't be found for a reader; empty when it can
Search = Callable[[str, Audience, datetime], Sequence[Found]]  # question, reader, instant -> the ranking, best first


def searching(assistant: Assistant) -> Search:
    """The ranking behind the assistant's replies."""

    def search(text: str, audience: Audience, instant: datetime) -> list[Found]:
        found = assistant.search(text, audience, DEPTH, instant)
        passages, document_of = found.edition.passages, found.edition.document_of
        return [
            Found(
                document_of(hit.passage).file,
                passages[hit.passage].page,
                passages[hit.passage].text,
                hit.score,
                hit.bm25,
                hit.cosine,
            )
            for hit in found.retrieval.hits
        ]

    return search


def labels(
    exchanges: Sequence[Exchange],
    questions: Sequence[Question],
    search: Search,
    files: Mapping[str, Sequence[str]],
    fault: Fault,
    *,
    dataset: str,
    data: Mapping[str, str],
    seed: int,
) -> Result:
    """Judges one exchange per question, matched by id; ``files`` are the edition's, each with what it may be called.

    Every question counts: one without an exchange or a reply, or with an empty ranking, scores zero. So does one with a
    place that isn't so, and the result is invalid.
    """
    by_id = {exchange.id: exchange for exchange in exchanges}
    cases = tuple(_case(question, by_id.get(question.id), search, files) for question in questions)
    return Result(
        suite="labels",
        dataset=dataset,
        cases=cases,
        metrics=_metrics(cases, seed),
        data=data,
        invalid=(*_missing(questions, files), *_misplaced(questions, by_id, fault)),
        confusion=_confusion(questions, by_id),
    )


def _case(question: Question, exchange: Exchange | None, search: Search, files: Mapping[str, Sequence[str]]) -> Case:
    answered = exchange is not None and not exchange.error
    hits = search(exchange.question, exchange.audience, exchange.instant) if exchange and answered else ()
    best = hits[0] if hits else None
    if question.kind == "answerable":
        values = _answerable(question, exchange, hits)
    else:
        values = _unanswerable(exchange) if question.kind == "unanswerable" else _ambiguous(question, exchange, files)
    got = _got(exchange)
    return Case(
        id=question.id,
        text=question.text,
        values=values,
        failures={name: _failure(name, got, hits) for name, value in values.items() if not value},
        expected=_expected(question),
        got=got,
        slices=question.slices,
        parts={"score": best.score, "bm25": best.bm25, "cosine": best.cosine} if best else {},
    )


def _answerable(question: Question, exchange: Exchange | None, hits: Sequence[Found]) -> dict[str, float]:
    wanted = [sentence for place in question.places if (sentence := words(place.quote))]
    shown = [holds(words(text), wanted) for text in exchange.shown] if exchange else []
    rank = _rank(question, hits)
    return {
        "sentence shown": float(any(shown)),
        "sentence shown first": float(shown[:1] == [True]),
        "right": float(any(shown)),
        "answered": float(exchange is not None and exchange.kind == "answer"),
        "hit@1": float(rank == 1),
        "hit@5": float(rank is not None and rank <= 5),
        f"MRR@{DEPTH}": 1 / rank if rank else 0.0,
    }


def _unanswerable(exchange: Exchange | None) -> dict[str, float]:
    # Handed over, or asked back, is not answered either.
    value = float(exchange is not None and exchange.kind not in ("answer", NO_REPLY))
    return {"abstained": value, "right": value}


def _ambiguous(question: Question, exchange: Exchange | None, files: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """A question back counts when it offers every product that could be meant, at least by name.

    A candidate that is a file of the edition is offered under any name of its document. One that is another file can't
    be told by a name, and asks for nothing but the question back.
    """
    offered = [words(choice["label"]) for choice in exchange.reply["choices"]] if exchange else []
    wanted = [files.get(name, (name,)) for name in question.candidates if name in files or not _FILE.fullmatch(name)]
    named = all(any(contains(label, words(name)) for label in offered for name in names) for names in wanted)
    value = float(exchange is not None and exchange.kind == "clarification" and named)
    return {"clarified": value, "right": value}


def _rank(question: Question, hits: Sequence[Found]) -> int | None:
    """The rank of the first passage at an acceptable place."""
    at = (rank for rank, hit in enumerate(hits, 1) if any(_is_at(hit, place) for place in question.places))
    return next(at, None)


def _is_at(hit: Found, place: Place) -> bool:
    """On one of its pages, or in formats without pages where its sentence stands."""
    if hit.file != place.document:
        return False
    return hit.page in place.pages or (hit.page is None and contains(words(hit.text), words(place.quote)))


def _metrics(cases: Sequence[Case], seed: int) -> tuple[Metric, ...]:
    """Only what the questions can tell: a set without unanswerable ones says nothing of abstaining."""
    found = []
    for name in MEASURES:
        values = [case.values[name] for case in cases if name in case.values]
        if values:
            mean = name in _MEANS
            found.append(mean_metric(name, values, seed) if mean else rate_metric(name, int(sum(values)), len(values)))
    return tuple(found)


def _missing(questions: Sequence[Question], files: Collection[str]) -> tuple[str, ...]:
    """A place that isn't there can't be found: what is then low is the corpus, not the product."""
    missing = {question.id: {place.document for place in question.places} - set(files) for question in questions}
    count = sum(bool(names) for names in missing.values())
    if not count:
        return ()
    names = sorted(set().union(*missing.values()))
    more = " …" if len(names) > _NAMED else ""
    return (
        f"{count} of {len(questions)} questions name documents that the edition lacks: "
        f"{', '.join(names[:_NAMED])}{more}; publish them, or give the questions of this home",
    )


def _misplaced(questions: Sequence[Question], by_id: Mapping[str, Exchange], fault: Fault) -> tuple[str, ...]:
    """A sentence that isn't where the set says, or not for its reader, is a miss of the set's own."""
    found = {}
    for question in questions:
        reader = by_id[question.id].audience if question.id in by_id else None
        faults = [why for place in question.places if (why := fault(place, reader))]
        if faults:
            found[question.id] = "; ".join(dict.fromkeys(faults))
    if not found:
        return ()
    told = "; ".join(f"{name}: {why}" for name, why in list(found.items())[:_NAMED])
    others = ", ".join(list(found)[_NAMED:])
    also = f"; and {others}" if others else ""
    return (f"{len(found)} of {len(questions)} questions name a place that isn't so: {told}{also}; mend the set",)


def _confusion(questions: Sequence[Question], by_id: Mapping[str, Exchange]) -> Confusion:
    """The kind of reply a question wants against the kind it got."""
    pairs = [
        (_WANTED[question.kind], by_id[question.id].kind if question.id in by_id else NO_REPLY)
        for question in questions
    ]
    others = sorted({got for _, got in pairs} - set(_WANTED.values()))
    names = (*_WANTED.values(), *others)
    return Confusion(names, tuple(tuple(pairs.count((row, column)) for column in names) for row in names))


def _expected(question: Question) -> str:
    if question.kind == "answerable":
        return " or ".join(f"{_place(place.document, place.pages)}: {quoted(place.quote)}" for place in question.places)
    if question.kind == "ambiguous":
        return f"a question back that offers {', '.join(question.candidates) or 'what could be meant'}"
    return "no answer"


def _got(exchange: Exchange | None) -> str:
    """What came, with its places."""
    if exchange is None or exchange.error:
        return f"{NO_REPLY}: {exchange.error}" if exchange else NO_REPLY
    if exchange.kind == "answer":
        shown = ((exchange.citations[int(row["citation"])], str(row["text"])) for row in exchange.reply["quotes"])
        return " | ".join(
            f"{_place(str(citation['file']), [citation['page']] if citation['page'] else [])}: {quoted(text)}"
            for citation, text in shown
        )
    offered = ", ".join(str(choice["label"]) for choice in exchange.reply["choices"])
    said = f"{exchange.kind}: {exchange.reply['headline']}"
    return f"{said} ({offered})" if offered else said


def _failure(name: str, got: str, hits: Sequence[Found]) -> str:
    """Why a value is 0, for a person."""
    if name.startswith(("hit@", "MRR@")):
        ranked = "; ".join(_place(hit.file, [hit.page] if hit.page else []) for hit in hits[:3])
        return f"found instead: {ranked or 'nothing'}"
    said = {"abstained": "answered with", "clarified": "no full question back", "answered": "not answered"}
    return f"{said.get(name, 'shown instead')}: {got}"


def _place(document: str, pages: Sequence[int]) -> str:
    if not pages:
        return document
    return f"{document} p. {', '.join(map(str, pages))}"
