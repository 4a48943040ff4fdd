"""`signpost eval`."""

from __future__ import annotations

import argparse
from pathlib import Path

from signpost.arguments import Commands
from signpost.home import audience_of, open_assistant
from signpost.terminal import PASSED, now, print_json


def add_commands(commands: Commands) -> None:
    """`eval`."""
    evaluation = commands.add("eval", run_eval, "Evaluate.", reads=True)
    evaluation.add_argument("suite", choices=["labels"])
    evaluation.add_argument("questions", type=Path, metavar="FILE")
    evaluation.add_argument("--report", type=Path, metavar="HTML", help="also write the result as one HTML file")


def run_eval(options: argparse.Namespace) -> int:
    """`signpost eval labels`"""
    from eval.labels import evaluate_labels, label_report
    from eval.labels_page import html_report

    assistant = open_assistant(options)
    # Before the questions: a report that a withdrawal overtakes must not say that it knows of it.
    about = {"Edition": assistant.edition().id, "Registry version": str(assistant.registry().version)}
    about |= {"Policy": f"sha256:{assistant.policy.sha256}", "Made": now()}
    result = evaluate_labels(assistant, options.questions, audience_of(options))
    if options.report:
        options.report.write_text(html_report(result, about), encoding="utf-8")
    if options.json:
        print_json(result)
    else:
        print(label_report(result))
    return PASSED
