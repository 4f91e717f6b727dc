"""Plot throughput against workers with the fitted scaling law, its 95 % band, the peak and the physical cores.

`curves_of` computes the numbers from rows, and `draw_scaling` draws the chart from these numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from toolkit.analysis.scaling_laws import ScalingLaw
from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import COLORS, GREY, INK, LINES, MARKERS, Mark
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.rates import RatePoint, RateTable, rate_tables
from toolkit.results.rows.summarising import Measured, newest_rows

_PALE = 0.35
"""Colour strength of a pale point, whose workers share physical cores, as a fraction of the full colour."""


@dataclass(frozen=True)
class ScalingCurve:
    """Throughput over workers for one executor and one number of threads.

    Attributes
    ----------
    table : RateTable
        The table of throughputs to which the curve belongs.
    threads : int
        Number of threads of each worker.
    points : list of RatePoint
        Measured throughputs, one for each number of workers.
    law : ScalingLaw or None
        The fitted law; None with fewer than two points, or on a busy machine.
    """

    table: RateTable
    threads: int
    points: list[RatePoint]
    law: ScalingLaw | None

    @property
    def name(self) -> str:
        """Executor and threads, or the threads alone if the table names no executor."""
        return ", ".join(filter(None, (self.table.executor, units.threads_text(self.threads))))


def scaling_plot(measured: Iterable[Measured]) -> Chart | Nothing:
    """Plot throughput against workers for each operation and size, a curve for each executor and number of threads.

    Points have 95 % intervals over blocks; the line is the law of `toolkit.analysis.scaling_laws` and the shaded band
    its 95 % bootstrap band, drawn up to the number of physical cores. The workers of pale points share physical cores,
    and the law is not fitted to these points. On a busy machine no law is drawn.
    """
    rows = newest_rows(measured)
    return rates_plot(rate_tables(rows), busy=busy_sentence(rows))


def rates_plot(tables: Sequence[RateTable], *, busy: str = "") -> Chart | Nothing:
    """Draw `scaling_plot` from tables of throughput, for example from a CSV file."""
    curves = curves_of(tables, is_busy=bool(busy))
    if not curves:
        return Nothing("Throughput against workers", "no operation was measured with two numbers of workers")
    return draw_scaling(curves, busy=busy)


def curves_of(tables: Iterable[RateTable], *, is_busy: bool = False) -> list[ScalingCurve]:
    """A curve for each table and number of threads with at least two numbers of workers."""
    return [
        ScalingCurve(table, threads, points, None if is_busy else table.law(threads))
        for table in tables
        for threads in table.threads
        if len(points := table.of_threads(threads)) > 1
    ]


def draw_scaling(curves: Sequence[ScalingCurve], *, busy: str = "") -> Chart:
    """Draw a panel for each operation and size; if `busy` names a disturbance, the title says that no law is fitted."""
    panels: dict[tuple[object, ...], list[ScalingCurve]] = defaultdict(list)
    for curve in curves:
        panels[curve.table.job].append(curve)
    names = list(dict.fromkeys(curve.name for curve in curves))
    looks = {
        name: Mark(COLORS[n % len(COLORS)], MARKERS[n % len(MARKERS)], LINES[n // len(COLORS) % len(LINES)])
        for n, name in enumerate(names)
    }
    n_columns = min(2, len(panels))
    n_rows = -(-len(panels) // n_columns)
    title = "Throughput against workers, with the fitted law and its 95 % band"
    if busy:
        title = "Throughput against workers, no law fitted: the machine was busy"
    with charts.drawing(0.4 + 3.0 * n_rows, nrows=n_rows, ncols=n_columns, squeeze=False) as (chart, grid):
        for axes, members in zip(grid.flat, panels.values(), strict=False):
            _draw_panel(axes, members, looks)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        charts.add_title(chart, title)
        charts.add_legend(chart, _handles(curves, looks))
    chart.alt = charts.described(
        f"{title}. {busy}".strip(". "), [fact for curve in curves for fact in _facts(curve)]
    )
    return chart


def _draw_panel(axes: Axes, curves: Sequence[ScalingCurve], looks: dict[str, Mark]) -> None:
    top = 0.0
    for curve in curves:
        mark = looks[curve.name]
        for point in curve.points:
            shown = mark if curve.table.has_cores_for(point) else replace(mark, color=_pale(mark.color))
            marks.draw_point(axes, point.workers, point.rate, shown)
            if point.is_suspect:
                at = (point.workers, point.rate.value)
                charts.write_beside(axes, "?", at, fontsize=9, color=mark.color, fontweight="bold")
            top = max(top, point.rate.high or point.rate.value)
        if curve.law:
            top = max(top, _draw_law(axes, curve.law, mark))
    _draw_cores(axes, curves)
    table = curves[0].table
    size = "" if table.megapixels is None else f", {units.megapixels(table.megapixels)} MP"
    axes.set_title(charts.fitted(f"{table.name} {table.settings}".strip() + size, 38), fontsize=9)
    counts = sorted({point.workers for curve in curves for point in curve.points})
    axes.set_xticks(
        [n for n in counts if n == counts[0] or n - max(m for m in counts if m < n) > counts[-1] / 20]
    )
    axes.set_xlim(left=min(1, counts[0]) - 0.06 * counts[-1], right=1.1 * max(axes.get_xlim()[1], counts[-1]))
    axes.set_ylim(0, 1.18 * top)
    axes.set_xlabel("workers")
    axes.set_ylabel("throughput, images/s")


def _draw_law(axes: Axes, law: ScalingLaw, mark: Mark) -> float:
    """Draw the law and its band from one worker to the physical cores; returns the largest drawn value."""
    last = max(law.workers) if law.most_workers is None else min(law.most_workers, 2 * max(law.workers))
    workers = np.linspace(1, max(last, *law.workers), 60)
    middle, low, high = law.predict(workers)
    axes.plot(workers, middle, mark.line, color=mark.color, linewidth=1.4)
    if law.has_band:
        axes.fill_between(workers, low, high, color=mark.color, alpha=0.13, linewidth=0)
    if not law.why_no_peak:
        peak = law.peak
        at = float(law.predict([peak.value])[0][0])
        axes.plot(
            [peak.low, peak.high], [at, at], color=mark.color, linewidth=3, solid_capstyle="butt", alpha=0.6
        )
        axes.plot([peak.value, peak.value], [0, at], ":", color=mark.color, linewidth=1.2)
    # A very wide band would squeeze the points, so the axis ends at most at 1.5 times the largest value of the law.
    return float(max(middle.max(), min(high.max(), 1.5 * middle.max()) if law.has_band else 0.0))


def _draw_cores(axes: Axes, curves: Sequence[ScalingCurve]) -> None:
    """Draw a vertical line at the number of workers whose threads fill all cores, for the fewest threads per worker."""
    table, threads = curves[0].table, min(curve.threads for curve in curves)
    most, last = table.most_workers(threads), max(point.workers for curve in curves for point in curve.points)
    if most is None or most > 2 * last:
        return
    axes.axvline(most, color=GREY, linewidth=1, linestyle="--", zorder=0)
    each = "" if threads == 1 else f",\n{units.threads_text(threads)} each"
    text = f"{units.counted(table.cores or most, 'physical core')}{each}"
    side = -3 if 2 * most > last else 3
    look: dict[str, Any] = {"ha": "right" if side < 0 else "left", "va": "top", "fontsize": charts.SMALL_PT}
    look |= {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "color": INK}
    axes.annotate(text, (most, 1), xytext=(side, -3), **look)


def _handles(curves: Sequence[ScalingCurve], looks: dict[str, Mark]) -> list[Any]:
    handles: list[Any] = [mark.handle(name) for name, mark in looks.items()]
    if any(not curve.table.has_cores_for(point) for curve in curves for point in curve.points):
        handles.append(Mark(_pale(INK), line="").handle("pale: threads share physical cores"))
    if any(point.is_suspect for curve in curves for point in curve.points):
        handles.append(Mark(INK, "$?$", "").handle("suspect: the machine was busy"))
    if any(curve.law and not curve.law.why_no_peak for curve in curves):
        handles.append(Mark(INK, "", ":").handle("peak of the law with its interval"))
    return handles


def _facts(curve: ScalingCurve) -> list[str]:
    rates = ", ".join(
        f"{units.workers_text(point.workers)} {units.number(point.rate.value)} images/s"
        for point in curve.points
    )
    return [f"{curve.table.name}, {curve.name}: {rates}", *([_law_text(curve.law)] if curve.law else [])]


def _law_text(law: ScalingLaw) -> str:
    if law.why_no_peak:
        return f"{law.name}, the peak is not known: {law.why_no_peak}"
    peak = law.peak
    return f"{law.name}, peak at {peak.value:.0f} workers {units.interval(peak.low, peak.high)}"


def _pale(color: str) -> str:
    red, green, blue = (1 - _PALE * (1 - part) for part in to_rgb(color))
    return to_hex((red, green, blue))
