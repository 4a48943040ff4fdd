"""Writes an evaluation's five files, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from eval.baseline import write_whole
from eval.evaluation import Evaluation
from eval.report.junit import junit_xml
from eval.report.metrics import metrics_json
from eval.report.page import report_html
from eval.report.per_query import per_query_csv
from eval.report.summary import summary_md

REPORT = "report.html"
FILES = ("junit.xml", "metrics.json", "per_query.csv", "summary.md", REPORT)


def clear(folder: Path) -> None:
    """Takes an earlier run's files away, so that they don't stand as this one's when it dies half-way."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """The path of the page. All five texts are made before the first is written, so a failure leaves the old ones."""
    page = folder / REPORT
    texts = (
        junit_xml(evaluation),
        metrics_json(evaluation),
        per_query_csv(evaluation),
        summary_md(evaluation, page),
        report_html(evaluation),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(FILES, texts, strict=True):
        write_whole(folder / name, text)
    return page
