"""The report's pictures: each one a static drawing, and the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from eval.compare import Compared, Comparison
from eval.evaluation import Evaluation
from eval.measuring.curves import Point, curve, judged
from eval.model import Confusion, Result
from eval.report.text import clean, figure, interval, line, signed
from eval.svg import COLOURS, new_figure, svg

_ROWS = 20  # of a table beside a drawing
_CELLS = 25  # labels of a confusion that can still be drawn legibly
_DARK = 0.55  # share from which a cell's figure is white


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with its table."""

    title: str
    svg: str  # an <svg> element
    says: str  # how to read it
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first cell names the row
    more: str = ""  # what the table leaves out


def drawings(evaluation: Evaluation) -> tuple[Drawing, ...]:
    """Coverage against error, changes since the baseline, times, and what came as what."""
    return (
        *(drawn for result in evaluation.results for drawn in _coverage(result)),
        *_changes(evaluation.comparison),
        *(_times(result) for result in evaluation.results if result.timed and result.cases),
        *(drawn for result in evaluation.results for drawn in _confusion(result)),
    )


def _coverage(result: Result) -> Iterator[Drawing]:
    if not any("right" in case.values and "cosine" in case.parts for case in result.cases):
        return
    found = curve(judged(result.cases))
    if not found.points:
        return
    title = f"Coverage against error: {_named(result)}"
    says = (
        f"What would be wrong if only the surest questions were answered, by cosine of the best passage. "
        f"The mean risk over the coverage reached is {figure(found.area)}."
    )
    canvas, axes = new_figure(7, 3)
    risks = [point.risk for point in found.points]
    axes.plot([point.coverage for point in found.points], risks, marker=".", clip_on=False)
    axes.set(xlabel="answered, of all questions", ylabel="wrong, of the answered", xlim=(0, 1))
    axes.set_ylim(0, max(0.1, 1.15 * max(risks)))
    rows = [(figure(row.threshold), figure(row.coverage), figure(row.risk)) for row in _spread(found.points)]
    yield Drawing(title, svg(canvas, title, says), says, ("Cosine at least", "Answered", "Wrong"), tuple(rows))


def _changes(comparison: Comparison | None) -> Iterator[Drawing]:
    """Of each suite the first measure that changed."""
    drawn: set[tuple[str, str]] = set()
    for row in comparison.measures if comparison else ():
        if row.wins + row.losses and (row.suite, row.dataset) not in drawn:
            drawn.add((row.suite, row.dataset))
            yield _change(row)


def _change(row: Compared) -> Drawing:
    title = clean(f"Change for each query: {row.measure} of {row.suite} on {row.dataset}")
    counts = f"{row.wins} better, {row.ties} the same, {row.losses} worse"
    says = f"{counts} than the baseline. Each bar is a query; up is better."
    changed = [change for change in row.changes if change.gain]
    canvas, axes = new_figure(7, 2.6)
    gains = [change.gain for change in changed]
    colours = [COLOURS[0] if gain > 0 else COLOURS[1] for gain in gains]
    axes.bar(range(len(gains)), gains, color=colours, width=0.8)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set(xlabel="queries that changed, the worst first", ylabel="better by", xticks=[])
    rows = [
        (f"{change.id}: {line(change.text, 120)}", figure(change.before), figure(change.after), signed(change.gain))
        for change in changed[:_ROWS]
    ]
    more = f"{len(changed) - _ROWS} more are in metrics.json." if len(changed) > _ROWS else ""
    header = ("Query", "Before", "Now", "Better by")
    return Drawing(title, svg(canvas, title, says), says, header, tuple(rows), more)


def _times(result: Result) -> Drawing:
    title = f"Times: {_named(result)}"
    says = "The share of queries that took at most so long. Another machine, or a busy one, gives other times."
    canvas, axes = new_figure(7, 3)
    for name in dict.fromkeys(name for case in result.cases for name in case.values):
        values = sorted(case.values[name] for case in result.cases if name in case.values)
        axes.step([0, *values], [0, *((at + 1) / len(values) for at in range(len(values)))], where="post", label=name)
    axes.set(xlabel="milliseconds", ylabel="share of queries", ylim=(0, 1.02))
    axes.set_xlim(left=0)
    if axes.has_data():
        axes.legend(loc="lower right")
    rows = tuple(
        (metric.name, figure(metric.value), interval(metric.low, metric.high), str(metric.n))
        for metric in result.metrics
    )
    return Drawing(title, svg(canvas, title, says), says, ("Measure", "Value", "95 % interval", "Queries"), rows)


def _confusion(result: Result) -> Iterator[Drawing]:
    confusion = result.confusion
    if confusion is None or not 0 < len(confusion.labels) <= _CELLS:
        return
    title = f"What came as what: {_named(result)}"
    says = "A row is what was expected, a column what came; the darker, the larger its share of the row."
    size = len(confusion.labels)
    canvas, axes = new_figure(7, 1.6 + 0.32 * size)
    names = [line(label, 28).replace("$", r"\$") for label in confusion.labels]
    axes.pcolormesh(_shares(confusion), cmap="Blues", vmin=0, vmax=1, edgecolors="#ffffff", linewidth=1)
    axes.set(xlabel="came", ylabel="expected")
    axes.set_xticks([at + 0.5 for at in range(size)], names, rotation=40, ha="right")
    axes.set_yticks([at + 0.5 for at in range(size)], names)
    axes.invert_yaxis()
    _write_counts(axes, confusion)
    rows = [
        (label, *map(str, counts), str(sum(counts)))
        for label, counts in zip(confusion.labels, confusion.counts, strict=True)
    ]
    header = ("Expected", *confusion.labels, "All")
    yield Drawing(title, svg(canvas, title, says), says, header, tuple(rows))


def _shares(confusion: Confusion) -> list[list[float]]:
    return [[count / max(1, sum(counts)) for count in counts] for counts in confusion.counts]


def _write_counts(axes: Axes, confusion: Confusion) -> None:
    for y, (counts, shares) in enumerate(zip(confusion.counts, _shares(confusion), strict=True)):
        for x, (count, share) in enumerate(zip(counts, shares, strict=True)):
            if count:
                colour = "#ffffff" if share > _DARK else "#1b2430"
                axes.text(x + 0.5, y + 0.5, str(count), ha="center", va="center", color=colour, fontsize=8)


def _spread(points: Sequence[Point]) -> Iterable[Point]:
    """At most _ROWS of them, the first and the last among them."""
    if len(points) <= _ROWS:
        return points
    return [points[round(at * (len(points) - 1) / (_ROWS - 1))] for at in range(_ROWS)]


def _named(result: Result) -> str:
    return clean(f"{result.suite} on {result.dataset}")
