"""``per_query.csv``: a row for each query and measure, to filter in a spreadsheet, and to compare runs with.

A cell that a spreadsheet would take for a formula (it begins with = + - @ or a tab) gets an apostrophe in front;
reading takes it away again. Cells end where a spreadsheet's do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.errors import InvalidInput
from eval.baseline import DIGITS
from eval.evaluation import Evaluation
from eval.model import DIMENSIONS, Case, Result
from eval.report.text import clean

_COLUMNS = ("suite", "dataset", "id", "text", "measure", "value", "failed", "why", "gate", "expected", "got")
_HEADER = (*_COLUMNS, *DIMENSIONS, "parts")
_LONGEST = 32_000  # characters in a cell; Excel and LibreOffice keep 32,767
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r]")
Values = dict[str, dict[str, float]]  # by query, then by measure


def per_query_csv(evaluation: Evaluation) -> str:
    """The file's text. A query without any value has one row without a measure."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(_HEADER)
    for result in evaluation.results:
        for case in result.cases:
            for name in [*case.values, *(name for name in case.failures if name not in case.values)] or [""]:
                writer.writerow(_cell(cell) for cell in _row(evaluation, result, case, name))
    return stream.getvalue()


def read_per_query(path: Path) -> dict[tuple[str, str], tuple[Values, dict[str, str]]]:
    """By suite and dataset: the values and the texts of the queries. Raises ``InvalidInput``."""
    found: dict[tuple[str, str], tuple[Values, dict[str, str]]] = {}
    csv.field_size_limit(max(csv.field_size_limit(), 4 * _LONGEST))
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, strict=True):
                cells = {name: _bare(row[name]) for name in _COLUMNS}
                values, texts = found.setdefault((cells["suite"], cells["dataset"]), ({}, {}))
                texts[cells["id"]] = cells["text"]
                of_query = values.setdefault(cells["id"], {})
                if cells["value"]:
                    of_query[cells["measure"]] = float(cells["value"])
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InvalidInput(f"{path}: no values as an evaluation writes them: {error!r}; make the run again") from error
    return found


def _row(evaluation: Evaluation, result: Result, case: Case, name: str) -> Iterator[str]:
    gates = evaluation.gates_of(result, name)
    yield from (result.suite, result.dataset, case.id, case.text, name)
    yield f"{round(case.values[name], DIGITS):.10g}" if name in case.values else ""
    yield "yes" if name in case.failures else ""
    yield case.failures.get(name, "")
    yield _state(row.passed for row in gates)
    yield from (case.expected, case.got)
    yield from ("; ".join(case.slices.get(dimension, ())) for dimension in DIMENSIONS)
    yield "; ".join(f"{part} {value:.4g}" for part, value in case.parts.items())


def _state(passed: Iterable[bool]) -> str:
    states = list(passed)
    return "" if not states else "passed" if all(states) else "failed"


def _cell(text: str) -> str:
    kept = clean(text)
    if len(kept) > _LONGEST:
        kept = kept[:_LONGEST] + "…"
    return f"'{kept}" if _FORMULA.match(kept) and not _is_number(kept) else kept


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _is_number(text: str) -> bool:
    """A figure below 0 is one in a spreadsheet too."""
    return re.fullmatch(r"-\d+(\.\d+)?(e-?\d+)?", text) is not None
