"""Plot the latency of every operation on every backend at one picture size, and the speed-up over a baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toolkit.analysis.ratios import ratio_of
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import Mark
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary


class Way(NamedTuple):
    """Backend and thread count of a measurement."""

    backend: str
    threads: int

    def __str__(self) -> str:
        return f"{self.backend}, {units.threads_text(self.threads)}"


def backend_plot(measurements: Iterable[Measured], *, baseline: str = "opencv") -> Chart | Nothing:
    """Plot the latency of each operation by backend and thread count, with its speed-up over `baseline`.

    Speed-ups compare equal thread counts. The plot shows only measurements of the largest picture size with one worker
    and one operation. A measurement with a wrong picture is a hollow point; a speed-up over it is marked "of a wrong
    picture".
    """
    rows = _timed_rows(measurements)
    if not rows:
        return Nothing("Latency of each operation on each backend")
    ways = sorted({way_of(s) for s in rows}, key=lambda way: (way.backend != baseline, way))
    colors, threads = marks.backend_colors(way.backend for way in ways), sorted({way.threads for way in ways})
    styles = {
        way: Mark(colors[way.backend], marks.MARKERS[threads.index(way.threads) % len(marks.MARKERS)])
        for way in ways
    }
    by_question = {(_name(s), way_of(s)): s for s in rows}
    names = list(dict.fromkeys(_name(s) for s in sorted(rows, key=lambda s: -s.latency.value)))
    scale, unit = units.time_unit(s.latency.value for s in rows)
    handles: list[Artist] = [mark.handle(str(way), linestyle="") for way, mark in styles.items()]
    handles += marks.hollow_handles(rows)
    is_busy = bool(busy_sentence(rows))
    title = f"Latency of each operation on each backend, {units.megapixels(rows[0].trial.megapixels)} MP"
    with charts.drawing(1.2 + 0.32 * len(names) * len(ways)) as (chart, axes):
        for (name, way), s in by_question.items():
            y = names.index(name) + (ways.index(way) - (len(ways) - 1) / 2) * 0.8 / len(ways)
            _draw(
                axes,
                s,
                y,
                styles[way],
                scale,
                None if is_busy else by_question.get((name, Way(baseline, way.threads))),
            )
        axes.margins(x=0.18)
        charts.log_axis(axes.xaxis)
        charts.name_rows(axes, names)
        beside = (
            "the machine was busy: no speed-ups"
            if is_busy
            else f"beside a point: times faster than {baseline}"
        )
        axes.set(xlabel=f"latency, {unit}   ({beside})", title=title)
        charts.add_legend(chart, handles)
    chart.alt = charts.described(title, (_text(s) for s in rows))
    return chart


def _timed_rows(measurements: Iterable[Measured]) -> list[Summary]:
    """The timed measurements of the largest picture size, with one worker and without earlier operations."""
    rows = [s for s in newest_rows(measurements) if s.trial.is_alone and not s.trial.steps]
    rows = [s for s in rows if math.isfinite(s.latency.value)]
    largest = max(((s.trial.width, s.trial.height) for s in rows), default=None)
    return [s for s in rows if (s.trial.width, s.trial.height) == largest]


def _draw(axes: Axes, s: Summary, y: float, mark: Mark, scale: float, base: Summary | None) -> None:
    """Draw the time of a measurement as a point, and write its speed-up over `base` beside the point."""
    latency = s.latency.scaled(1 / scale)
    marks.draw_point(axes, latency, y, mark, is_wrong=s.is_failed)
    if base is None or base is s or s.is_failed:
        return
    speedup = ratio_of(base.latency, s.latency)
    text = "no difference seen" if speedup.includes(1) else units.ratio(speedup.value)
    if not took_turns(base.measurement, s.measurement):
        text = "measured apart"
    if base.is_failed:
        text += " (of a wrong picture)"
    charts.write_beside(axes, text, (latency.high or latency.value, y), offset_pt=(9, 0))


def way_of(s: Summary) -> Way:
    """The backend and the thread count of a measurement."""
    return Way(s.trial.backend, s.trial.placement.threads)


def _name(s: Summary) -> str:
    return f"{s.trial.operation} {s.settings}".strip()


def _text(s: Summary) -> str:
    wrong = f" ({marks.WRONG_TIME})" if s.is_failed else ""
    return f"{_name(s)} on {way_of(s)}: {units.seconds(s.latency.value)}{wrong}"
