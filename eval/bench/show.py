"""A benchmark's result as a JSON value, as Markdown and as charts. No text of a passage or query is in any of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eval.bench.engines import Absent, BenchResult, Timing
from eval.bench.ours import SIGNPOST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

FORMAT = 1


def bench_value(result: BenchResult) -> dict[str, Any]:
    """The result as a JSON value; times in milliseconds, to the microsecond that the clock is good for."""
    rounded: dict[str, Any] = _rounded({"format": FORMAT, **asdict(result)})
    return rounded


def bench_markdown(result: BenchResult) -> str:
    """The result as a table, with what one must know to read it."""
    lines = [
        f"{result.queries} queries on {result.dataset}, {result.rounds} rounds in which the engines took turns, "
        f"{result.threads} thread each; {result.machine}.",
        "",
        "| engine | passages | p50 ms (rounds) | p99 ms | times Signpost (95 %) | ms over the bare loop (95 %) "
        "| found alike |",
        "|---|---|---|---|---|---|---|",
        *(_row(timing) for timing in result.timings),
        "",
    ]
    if result.absent:
        lines += ["Not run:", "", *(f"- {_absence(row)}" for row in result.absent), ""]
    lines += [
        "p50 and p99 are over all times of an engine, beside p50 the smallest and largest of a round. The other two "
        "are medians over queries, with bootstrap intervals over queries. Found alike: the share of Signpost's first "
        "ten passages. Memory isn't measured: in one process, what one engine holds can't be told from what another "
        "loaded or freed.",
        "",
        *_profile(result),
        "Measured: " + ", ".join(f"{name} {made}" for name, made in result.versions.items()) + ".",
        "",
        *(f"- {name}: `{digest}`" for name, digest in result.data.items()),
    ]
    return "\n".join(lines) + "\n"


def bench_svgs(result: BenchResult) -> dict[str, str]:
    """The charts by file name: the engines side by side, and how they grow where there are several sizes.

    Needs the eval extra.
    """
    charts = {"bench-engines.svg": _engines_chart(result)}
    if len({timing.passages for timing in result.timings}) > 1:
        charts["bench-growth.svg"] = _growth_chart(result)
    return charts


def _row(timing: Timing) -> str:
    p50, ratio, over = timing.p50, timing.ratio, timing.over_bare
    alone = timing.engine == SIGNPOST.name
    cells = [
        timing.title,
        f"{timing.passages:,}",
        f"{_ms(p50.value)} ({_ms(p50.low)} – {_ms(p50.high)})",
        _ms(timing.p99.value),
        "1" if alone else f"{ratio.value:.2f} ({ratio.low:.2f} – {ratio.high:.2f})",
        "" if over is None else f"{over.value:.2f} ({over.low:.2f} – {over.high:.2f})",
        f"{timing.overlap:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _profile(result: BenchResult) -> list[str]:
    """Where Signpost's time goes, a row a size."""
    timed = [timing for timing in result.timings if timing.parts]
    if not timed:
        return []
    return [
        "Where Signpost's time goes: each part alone and again and again, the rest is what a whole search takes beside "
        "them (fusing, feedback, order, waiting for memory, a second search of the vectors where one is needed); "
        "milliseconds, medians over queries.",
        "",
        f"| passages | {' | '.join(timed[0].parts)} |",
        "|---" * (len(timed[0].parts) + 1) + "|",
        *(
            f"| {timing.passages:,} | {' | '.join(f'{value:.2f}' for value in timing.parts.values())} |"
            for timing in timed
        ),
        "",
    ]


def _absence(row: Absent) -> str:
    return f"{row.engine}{'' if row.passages is None else f' over {row.passages:,} passages'}: {row.reason}"


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _engines_chart(result: BenchResult) -> str:
    """Over the largest size at which the most engines ran."""
    from eval.svg import COLOURS, new_figure, svg

    by_size: dict[int, list[Timing]] = {}
    for timing in result.timings:
        by_size.setdefault(timing.passages, []).append(timing)
    size = max(by_size, key=lambda passages: (len(by_size[passages]), passages))
    rows = sorted(by_size[size], key=lambda timing: -timing.p50.value)
    figure, axes = new_figure(7, 0.6 + 0.4 * len(rows))
    for at, row in enumerate(rows):
        p50, colour = row.p50, COLOURS[1] if row.engine == SIGNPOST.name else COLOURS[0]
        axes.errorbar(
            [p50.value],
            [at],
            xerr=[[max(0.0, p50.value - p50.low)], [max(0.0, p50.high - p50.value)]],
            fmt="o",
            color=colour,
            capsize=3,
        )
        axes.annotate(f"{_ms(p50.value)} ms", (p50.value, at), (0, 6), textcoords="offset points", ha="center")
    axes.set_yticks(range(len(rows)), [row.title for row in rows])
    axes.set_ylim(-0.5, len(rows) - 0.3)
    axes.set_xlabel(f"milliseconds a query over {size:,} passages")
    axes.margins(x=0.1)
    _logarithmic(axes, "x")
    said = "; ".join(f"{row.title} {_ms(row.p50.value)} ms" for row in reversed(rows))
    return svg(
        figure,
        f"Time of a query over {size:,} passages",
        f"Median of all times, with a bar over the medians of the rounds. Fastest first: {said}.",
    )


def _growth_chart(result: BenchResult) -> str:
    from eval.svg import COLOURS, new_figure, svg

    lines: dict[str, list[Timing]] = {}
    for timing in sorted(result.timings, key=lambda timing: timing.passages):
        lines.setdefault(timing.title, []).append(timing)
    figure, axes = new_figure(7, 3.8)
    for at, (title, rows) in enumerate(lines.items()):
        sizes, times = [row.passages for row in rows], [row.p50.value for row in rows]
        dashes = ("-", "--")[at // len(COLOURS) % 2]
        axes.plot(
            sizes, times, marker="osD^v<>"[at % 7], linestyle=dashes, color=COLOURS[at % len(COLOURS)], label=title
        )
    axes.set_xlabel("passages")
    axes.set_ylabel("milliseconds a query, median")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the lines, where it hides none
    _logarithmic(axes, "x")
    _logarithmic(axes, "y")
    axes.set_xticks(sorted({timing.passages for timing in result.timings}))
    said = "; ".join(
        f"{title}: " + ", ".join(f"{_ms(row.p50.value)} ms over {row.passages:,}" for row in rows)
        for title, rows in lines.items()
    )
    return svg(figure, "Time of a query as the passages grow", f"{said}.")


def _logarithmic(axes: Axes, name: str) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axes.set_xscale if name == "x" else axes.set_yscale)("log")
    axis: Axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _at: f"{value:,.12g}"))
    axis.set_minor_formatter(NullFormatter())


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(held) for held in value]
    return value
