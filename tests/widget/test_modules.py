"""What the element's modules are, before any browser: small, typed, and without a way to run what a document says."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests.conftest import ROOT
from widget import ELEMENT

MODULES = sorted(ELEMENT.glob("*.js"))
STYLES = [ELEMENT / "style.js", ROOT / "chatbot/portal/portal.css", ROOT / "chatbot/review/review.css"]
GZIP_BYTES = 25 * 1024  # of all modules together, a fifth of it words: half a second at 400 kbit/s
TYPESCRIPT = "typescript@7.0.2"
FORBIDDEN = (
    *(r"innerHTML", r"outerHTML", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function"),
    *(r"cookie", r"localStorage", r"sessionStorage", r"indexedDB", r"createElementNS", r"\.style\b", r"https?://"),
)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_makes_no_markup_from_text_and_keeps_nothing_in_the_browser(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert [pattern for pattern in FORBIDDEN if re.search(pattern, text)] == []


def test_all_modules_together_stay_small() -> None:
    assert sum(len(gzip.compress(module.read_bytes(), 9)) for module in MODULES) <= GZIP_BYTES
    said = "plain modules without a build step, 25 KB gzipped at most"
    assert said in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert GZIP_BYTES == 25 * 1024


def test_nothing_moves_that_a_reader_may_have_asked_to_be_still() -> None:
    for style in STYLES:
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"animation|transition|@keyframes|(?<!over)scroll-behavior", text), style


def test_the_types_hold() -> None:
    npx = shutil.which("npx")
    if npx is None:
        skip_or_fail("needs npx for the TypeScript compiler: apt-get install nodejs npm")
    command = [npx, "--yes", "--package", TYPESCRIPT, "tsc"]
    present = subprocess.run([*command, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    if present.returncode != 0:
        skip_or_fail(f"npx can't get {TYPESCRIPT}: {present.stderr[-300:]}")
    done = subprocess.run(
        [*command, "-p", "widget/tsconfig.json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def skip_or_fail(message: str) -> NoReturn:
    """Where all must run, what is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
