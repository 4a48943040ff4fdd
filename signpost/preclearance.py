"""`signpost preclearance`: the whole answer space as one document that a reviewer reads and signs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from index.layout import Home
from signpost.arguments import Commands
from signpost.home import open_home
from signpost.terminal import PASSED, note, print_json

if TYPE_CHECKING:
    from chatbot.preclearance.figures import Measured
    from corpus.products import Product

_DETECTORS = ("routing", "intents")  # suites that say how well texts are recognised


def add_commands(commands: Commands) -> None:
    """`preclearance`."""
    command = commands.add("preclearance", run_preclearance, "All that can be said and when, as one HTML document.")
    command.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    command.add_argument(
        "--results", type=Path, metavar="FILE", help="metrics.json of an evaluation (the home's last `eval all`)"
    )


def run_preclearance(options: argparse.Namespace) -> int:
    """`signpost preclearance`"""
    from chatbot.library import policy_of
    from chatbot.preclearance.document import preclearance_html, read_release

    home = open_home(options)
    policy = policy_of(home)
    html = preclearance_html(policy, read_release(), _products(home), _measured(home, options.results))
    digest = f"sha256:{policy.sha256}"
    if options.out:
        _write(options.out, html)
        note(f"{options.out}: policy {digest}; sign it with `signpost policy sign {digest} --as NAME --role ROLE`")
    if options.json:
        print_json({"policy": digest, "file": str(options.out)} if options.out else {"policy": digest, "html": html})
    elif not options.out:
        print(html)
    return PASSED


def _products(home: Home) -> tuple[Product, ...]:
    from corpus.products import read_products

    return read_products(home.products) if home.products.exists() else ()


def _measured(home: Home, given: Path | None) -> Measured | None:
    """The figures on the detectors, or None where there is no evaluation."""
    from chatbot.preclearance.figures import Figure, Measured
    from eval.report.stored import read_figures

    if given is None and not home.figures.exists():
        return None
    stored = read_figures(given or home.figures)
    figures = tuple(
        Figure(row.suite, row.dataset, row.metric.name, *row.values, row.metric.n, row.gate)
        for row in stored.rows
        if row.suite in _DETECTORS
    )
    return Measured(stored.verdict, stored.provenance, figures)


def _write(path: Path, html: str) -> None:
    """Whole or not at all: half a document must not be signed for a whole one."""
    part = path.with_name(path.name + ".part")
    part.write_text(html + "\n", encoding="utf-8")
    part.replace(path)
