"""Retrieval collections in BEIR's form (Thakur et al. 2021, arXiv 2104.08663), and runs in TREC's.

A folder holds ``corpus.jsonl`` ({"_id", "title", "text"}), ``queries.jsonl`` ({"_id", "text"}) and ``qrels.tsv``
(query, document and grade between tabs, under the header ``query-id  corpus-id  score``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import InvalidInput
from eval.lines import read_lines, read_rows, text_of
from eval.measuring.ranking import Qrels, Run, ranked
from eval.sets import digest

_HEADER = ["query-id", "corpus-id", "score"]
_SYSTEM = "signpost"  # the last column of a run
_WANTED = "a BEIR folder has it, or name the file"
_NAMED = 3  # of many, how many a message names


@dataclass(frozen=True, slots=True)
class CollectionDocument:
    """One document of a collection; it is judged whole."""

    id: str
    title: str  # may be empty
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched."""

    documents: tuple[CollectionDocument, ...]  # their ids differ
    data: Mapping[str, str] = field(default_factory=dict)  # digests of the files read, by name


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is asked, and what was judged."""

    name: str
    queries: Mapping[str, str]  # text by id, of the judged ones alone, in the order of the file
    qrels: Qrels  # exactly these queries
    data: Mapping[str, str] = field(default_factory=dict)  # digests of the files read, by name


def read_dataset(folder: Path, qrels: Path | None = None, queries: Path | None = None) -> Dataset:
    """The judged queries of a BEIR folder; ``qrels`` and ``queries`` stand in for its own files.

    Raises ``InvalidInput`` with the file, the line and the way out.
    """
    qrels, queries = qrels or folder / "qrels.tsv", queries or folder / "queries.jsonl"
    judged, texts = _read_qrels(qrels), _read_queries(queries)
    unknown = [query for query in judged if query not in texts]
    if unknown:
        raise InvalidInput(
            f"{qrels}: judges {len(unknown)} queries that {queries} doesn't have: {named(unknown)}; "
            "give the queries that belong to these judgements with --queries"
        )
    return Dataset(
        name=folder.resolve().name,
        queries={query: text for query, text in texts.items() if query in judged},
        qrels={query: judged[query] for query in texts if query in judged},
        data={queries.name: digest(queries), qrels.name: digest(qrels)},
    )


def read_collection(folder: Path) -> Collection:
    """The documents of a BEIR folder; raises ``InvalidInput`` with the file, the line and the way out."""
    path = folder / "corpus.jsonl"
    documents = {id_: _document(id_, row, where) for id_, row, where in read_rows(path, _WANTED)}
    return Collection(tuple(documents.values()), {path.name: digest(path)})


def write_run(path: Path, run: Run) -> None:
    """Writes ``query Q0 document rank score signpost`` lines, in trec_eval's order.

    Raises ``InvalidInput`` when the file can't be written, or an id holds white space, which the form has no way for.
    """
    lines = []
    for query, scores in run.items():
        for rank, document in enumerate(ranked(scores), 1):
            if len(f"{query} {document}".split()) != 2:
                raise InvalidInput(f"{path}: a TREC run can't name {query!r} or {document!r}; ids hold no white space")
            lines.append(f"{query} Q0 {document} {rank} {scores[document]!r} {_SYSTEM}\n")
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path}: not writable: {error}; give another file with --run") from error


def named(ids: list[str]) -> str:
    """The first few of many."""
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")


def _read_queries(path: Path) -> dict[str, str]:
    return {id_: text_of(row, "text", where) for id_, row, where in read_rows(path, _WANTED)}


def _document(id_: str, row: Mapping[str, object], where: str) -> CollectionDocument:
    title = text_of(row, "title", where) if row.get("title") is not None else ""
    return CollectionDocument(id_, title, text_of(row, "text", where))


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for number, line in read_lines(path, _WANTED):
        cells = line.split("\t")
        if number == 1 and cells == _HEADER:
            continue
        query, document, grade = _judgement(cells, f"{path}: line {number}")
        before = judged.setdefault(query, {}).setdefault(document, grade)
        if before != grade:
            raise InvalidInput(
                f"{path}: line {number}: {document!r} is judged {before} for {query!r} already; keep one"
            )
    if not judged:
        raise InvalidInput(f"{path}: no judgement in it; write query, document and grade between tabs")
    return judged


def _judgement(cells: list[str], where: str) -> tuple[str, str, int]:
    wanted = "query, document and a whole number between tabs"
    if len(cells) != len(_HEADER) or not all(cells):
        raise InvalidInput(f"{where}: {len(cells)} columns; write {wanted}")
    query, document, grade = cells
    try:
        return query, document, int(grade)
    except ValueError as error:
        raise InvalidInput(f"{where}: the grade {grade!r} is no whole number; write {wanted}") from error
