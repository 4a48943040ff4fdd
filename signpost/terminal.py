"""What every command prints with: one JSON value or words, notes on stderr, progress that suits where it goes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PASSED, FAILED, USAGE, INVALID = 0, 1, 2, 3


class UsageError(Exception):
    """The command line or a file it names is wrong: exit 2."""


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every ten seconds elsewhere, nothing with --json."""
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if done == total or time.monotonic() - last > 10:
                last = time.monotonic()
                note(f"{what}: {done} of {total}")

        yield tell


def console() -> Console:
    """Tables keep their words whole when they go to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def print_json(value: object) -> None:
    """One JSON value on one line."""
    print(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """A line on stderr."""
    print(text, file=sys.stderr)


def complain(error: Exception, code: int) -> int:
    """One line on stderr; returns ``code``."""
    print(f"signpost: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def now() -> str:
    """The instant, UTC, as events and records have it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
