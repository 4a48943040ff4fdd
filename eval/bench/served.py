"""What was measured of the service, as a JSON value and as Markdown. No text of a passage or question is in either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from eval.model import Metric

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Served:
    """One number of passages. Each figure is the median over rounds; its interval is the smallest and largest."""

    documents: int
    passages: int
    processes: int  # that answered
    ready: Metric  # seconds from the start of the process to the first "ready"
    resident: Metric | None  # MiB of the largest process after its turns; None where the system doesn't say
    together: Metric | None  # MiB of all of them, a page that several have counted once
    p50: Metric  # milliseconds a turn, over one kept connection
    p99: Metric  # the same
    rate: Metric  # turns a second over several connections
    processor: Metric | None  # milliseconds of processor time a turn takes then; None where the system doesn't say
    kinds: Mapping[str, int]  # how many of the timed turns got which kind of reply


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """What a benchmark of the service found."""

    dataset: str
    served: tuple[Served, ...]  # by size
    questions: int
    rounds: int
    connections: int  # that turns a second were counted over
    data: Mapping[str, str]  # SHA-256 of the corpus and of the encoder
    versions: Mapping[str, str]  # of the packages that were measured
    machine: str  # processors and system, as far as they explain a time


def service_value(result: ServiceResult) -> dict[str, Any]:
    """The result as a JSON value."""
    return {"format": FORMAT, **asdict(result)}


def service_markdown(result: ServiceResult) -> str:
    """The result as a table, with what one must know to read it."""
    lines = [
        f"{result.questions} questions on {result.dataset}, {result.rounds} rounds, each with a service of its own; "
        f"{result.machine}.",
        "",
        "| passages | documents | processes | ready s | resident MiB | together MiB | turn p50 ms | turn p99 ms "
        f"| turns a second, {result.connections} connections | processor ms | replies |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_row(served) for served in result.served),
        "",
        "Medians over rounds, with the smallest and largest. A turn is a question over one kept connection until the "
        "last byte of its reply, which leaves only when its record is durable. Processor: what the service spends on a "
        "turn while several are asked at once. Ready: from the start of the process. Resident: the largest process; "
        "together: all of them, with the one that watches, each page once.",
        "",
        "Measured: " + ", ".join(f"{name} {made}" for name, made in result.versions.items()) + ".",
        "",
        *(f"- {name}: `{digest}`" for name, digest in result.data.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(served: Served) -> str:
    total = sum(served.kinds.values())
    cells = [
        f"{served.passages:,}",
        f"{served.documents:,}",
        str(served.processes),
        _spread(served.ready, 2),
        _if_known(served.resident, 0),
        _if_known(served.together, 0),
        _spread(served.p50, 2),
        _spread(served.p99, 1),
        _spread(served.rate, 0),
        _if_known(served.processor, 1),
        ", ".join(f"{kind} {count / total:.0%}" for kind, count in served.kinds.items()),
    ]
    return f"| {' | '.join(cells)} |"


def _if_known(metric: Metric | None, digits: int) -> str:
    return "not known" if metric is None else _spread(metric, digits)


def _spread(metric: Metric, digits: int) -> str:
    return f"{metric.value:.{digits}f} ({metric.low:.{digits}f} – {metric.high:.{digits}f})"
