"""Plot the times of series over months of runs: a panel for each series, with its changes and medians."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from matplotlib import dates as dates_of_axis
from matplotlib.axes import Axes

from toolkit.core import units
from toolkit.results.history.judged import History
from toolkit.results.history.runs import Runs
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing

_PANEL_IN = 1.75
_BESIDE_ONE_RUN = timedelta(days=1)


def history_plot(
    traced: Sequence[tuple[History, Runs]], *, title: str = "Latency of each run"
) -> Chart | Nothing:
    """Plot a panel for each series: points are runs, lines are medians between changes, bands show when a change began.

    Parameters
    ----------
    traced : sequence of (History, Runs)
        Series of runs with their histories, from `toolkit.results.history.with_runs`.
    """
    if not traced:
        return Nothing(title, "no run has been measured")
    with charts.drawing(0.7 + _PANEL_IN * len(traced), nrows=len(traced), squeeze=False) as (chart, panels):
        several = len({history.series.machine for history, _ in traced}) > 1
        for axes, (history, runs) in zip(panels[:, 0], traced, strict=True):
            _draw(axes, history, runs)
            machine = f"\n{history.series.machine_name}" if several else ""
            axes.set_title(f"{history.series.trial}{machine}", fontsize=9, loc="left")
        charts.add_title(chart, title)
        handles = [
            marks.Mark(marks.COLORS[0], line="").handle("run"),
            marks.Mark(marks.COLORS[0], line="").handle("the machine was busy", markerfacecolor="white"),
            marks.Mark(marks.INK, marker="").handle("level: median of the runs between changes"),
            marks.Mark(marks.COLORS[1], marker="").handle("a change, and when the change began (95 %)"),
        ]
        charts.add_legend(chart, handles)
    chart.alt = charts.described(title, (_sentence(history) for history, _ in traced))
    return chart


def _draw(axes: Axes, history: History, runs: Runs) -> None:
    timed = np.isfinite(runs.latency_s)
    scale, unit = units.time_unit(runs.latency_s[timed].tolist())
    dates: Any = [datetime.fromtimestamp(s, UTC) for s in runs.began_s]
    for is_busy in (False, True):
        chosen = [i for i in np.flatnonzero(timed) if bool(runs.is_suspect[i]) is is_busy]
        face = "white" if is_busy else marks.COLORS[0]
        look: dict[str, Any] = {
            "marker": "o",
            "markersize": 3.5,
            "linestyle": "none",
            "markerfacecolor": face,
        }
        axes.plot([dates[i] for i in chosen], runs.latency_s[chosen] / scale, color=marks.COLORS[0], **look)
    for begin, end in _levels(history, runs.ids.size):
        values = runs.latency_s[begin:end][timed[begin:end]]
        if values.size:
            level = float(np.median(values)) / scale
            axes.plot([dates[begin], dates[end - 1]], [level, level], color=marks.INK, linewidth=1.2)
    _draw_changes(axes, history, dates)
    locator: Any = dates_of_axis.AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates_of_axis.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_ylabel(unit)
    axes.margins(x=0.02, y=0.2)
    if dates[0] == dates[-1]:  # around a single run, Matplotlib would draw an axis of several years
        axes.set_xlim(dates[0] - _BESIDE_ONE_RUN, dates[0] + _BESIDE_ONE_RUN)


def _draw_changes(axes: Axes, history: History, dates: Any) -> None:
    """Draw each change as a line with its size, and a band over the dates at which the change may have begun."""
    for change in history.changes:
        point = change.point
        axes.axvspan(
            dates[point.earliest], dates[point.latest], color=marks.COLORS[1], alpha=0.2, linewidth=0
        )
        axes.axvline(dates[point.at], color=marks.COLORS[1], linewidth=1.2)
        text = f"{100 * (point.ratio - 1):+.0f} %"
        axes.annotate(
            text,
            (dates[point.at], 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=charts.SMALL_PT,
        )


def _levels(history: History, n_runs: int) -> Iterator[tuple[int, int]]:
    """For each level (the runs between two changes), the index of its first run and the index after its last run."""
    return itertools.pairwise([0, *(change.point.at for change in history.changes), n_runs])


def _sentence(history: History) -> str:
    changes = [f"{100 * (c.point.ratio - 1):+.0f} % on {c.date[:10]}" for c in history.changes]
    said = f"changes: {', '.join(changes)}" if changes else "no change"
    return f"{history.series.trial}: {history.n_timed} runs, level {units.seconds(history.level_s)}, {said}"
