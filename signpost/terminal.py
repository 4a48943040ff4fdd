"""What every command prints with: one JSON value or words, notes on stderr, progress that suits where it goes."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

LINE_SECONDS = 5  # between two lines where no bar can be drawn
PACE_SECONDS = 30  # that a rate is taken over: what was cached goes by in no time, and says nothing of the rest
PASSED, FAILED, USAGE, INVALID = 0, 1, 2, 3


class UsageError(Exception):
    """The command line or a file it names is wrong: exit 2."""


class Pace:
    """How fast work goes of late, and how long the rest of it takes at that pace."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()
        self._seen: deque[tuple[float, int]] = deque()  # instants of the last PACE_SECONDS, and what was done by then

    def saw(self, done: int) -> None:
        """So much is done now."""
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - PACE_SECONDS:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """What is done in a second; 0 where nothing can be said yet."""
        (began, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - began) if now > began else 0.0

    def line(self, what: str, unit: str, done: int, total: int) -> str:
        """One line that says where the work stands."""
        said = f"{what}: {done:,} of {total:,}{unit and f' {unit}'}"
        if done >= total:
            seconds = self._clock() - self._began
            return f"{said} in {duration(seconds)}" + (f", {done / seconds:,.1f} a second" if seconds else "")
        if not self.rate:
            return said
        return f"{said}, {self.rate:,.1f} a second, {duration((total - done) / self.rate)} left"


class _Rate(ProgressColumn):
    """What is done in a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f} {task.fields['unit']}/s" if task.speed else "")


@contextmanager
def progress(what: str, quiet: bool, unit: str = "") -> Iterator[Callable[[int, int], None]]:
    """A bar with its rate and the time left on a terminal, a line every few seconds elsewhere, nothing with --json.

    ``unit`` is what is counted: "files", "passages".
    """
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        with Progress(*columns, console=console, speed_estimate_period=PACE_SECONDS) as bar:
            task = bar.add_task(what, total=None, unit=unit)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield lines(what, unit)


def lines(what: str, unit: str, clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Tells on stderr where the work stands, every LINE_SECONDS and at its end."""
    pace, last = Pace(clock), clock()

    def tell(done: int, total: int) -> None:
        nonlocal last
        pace.saw(done)
        if done == total or clock() - last > LINE_SECONDS:
            last = clock()
            note(pace.line(what, unit, done, total))

    return tell


def duration(seconds: float) -> str:
    """As someone would say it: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def console() -> Console:
    """Tables keep their words whole when they go to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def print_json(value: object) -> None:
    """One JSON value on one line."""
    print(json.dumps(value, ensure_ascii=False))


def counted(number: int, noun: str, several: str = "") -> str:
    """So many of something: 1 record, 2,000 records; ``several`` is its plural where an s doesn't make it."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def shown(value: object) -> str:
    """An approval's field as a person reads it."""
    if value in (None, "", ()):
        return "empty"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


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
