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


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """The path of the page. All five texts are made before the first is written, so a failure leaves the old ones."""
    page = folder / REPORT
    texts = {
        "junit.xml": junit_xml(evaluation),
        "metrics.json": metrics_json(evaluation),
        "per_query.csv": per_query_csv(evaluation),
        "summary.md": summary_md(evaluation, page),
        REPORT: report_html(evaluation),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_whole(folder / name, text)
    return page
