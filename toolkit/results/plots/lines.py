"""Series of measurements as lines: which colour, marker and dash, what the legend says, points and their bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from toolkit.analysis.scaling import PowerLaw
from toolkit.analysis.stats import Estimate
from toolkit.core.units import threads_text, workers_text
from toolkit.results.plots.charts import COLORS, LINES, MARKERS, Chart
from toolkit.results.rows.summary import Series, Summary

Number = Callable[[Summary], float]


@dataclass(frozen=True)
class Style:
    """How one series is drawn: colour and marker by what runs, dash by threads and workers."""

    label: str
    color: Any
    marker: str
    line: Any

    def handle(self, label: str) -> Line2D:
        """Its line in the legend."""
        return Line2D([], [], color=self.color, marker=self.marker, linestyle=self.line, label=label)


def styles_of(series: Sequence[Series]) -> dict[Series, Style]:
    """A style for each series, labelled with what tells it from the others."""
    names = sorted({(key.name, key.settings, key.environment) for key in series})
    places = sorted({(key.threads, key.workers) for key in series})
    styles = {}
    for key in series:
        name = names.index((key.name, key.settings, key.environment))
        styles[key] = Style(
            _label(key, series),
            COLORS[name % len(COLORS)],
            # With more names than colours, the next round pairs each colour with another marker.
            MARKERS[(name + name // len(COLORS)) % len(MARKERS)],
            LINES[places.index((key.threads, key.workers)) % len(LINES)],
        )
    return styles


def title_of(noun: str, series: Sequence[Series]) -> str:
    """The noun and what all series share: backend, threads, workers."""
    backends = {key.backend for key in series}
    threads, workers = {key.threads for key in series}, {key.workers for key in series}
    parts = list(backends) * (len(backends) == 1)
    parts += [threads_text(count) for count in threads] * (len(threads) == 1)
    parts += [workers_text(count) for count in workers if count] * (len(workers) == 1)
    return f"{noun} ({', '.join(parts)})" if parts else noun


def draw_points(
    axes: Axes,
    rows: Iterable[Summary],
    x: Number,
    y: Callable[[Summary], Estimate],
    factor: float,
    style: Style,
) -> None:
    """Each row as a point with its interval; a failed one hollow and without interval, a suspect one with a ?."""
    for s in rows:
        wrong = s.is_failed
        at = (x(s), y(s).value * factor)
        if not wrong:
            draw_interval(axes, at, y(s), factor, style)
        face = "white" if wrong else style.color
        axes.plot(
            *at, marker=style.marker, color=style.color, markerfacecolor=face, linestyle="none", zorder=3
        )
        if s.measurement.suspect:
            place: dict[str, Any] = {"xytext": (5, 3), "textcoords": "offset points"}
            axes.annotate("?", at, **place, fontsize=9, color=style.color, fontweight="bold")


def draw_interval(
    axes: Axes,
    at: tuple[float, float],
    estimate: Estimate,
    factor: float,
    style: Style,
    *,
    lies: bool = False,
) -> None:
    """The interval of an estimate as a bar, upright unless it lies; nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return
    ends = [[(estimate.value - estimate.low) * factor], [(estimate.high - estimate.value) * factor]]
    bars: dict[str, Any] = {"xerr" if lies else "yerr": ends}
    axes.errorbar(*at, **bars, fmt="none", ecolor=style.color, elinewidth=1.2, capsize=3)


def draw_joined(axes: Axes, rows: Sequence[Summary], x: Number, y: Number, style: Style) -> None:
    """The rows joined by thin straight lines, where nothing is fitted."""
    axes.plot(
        [x(s) for s in rows], [y(s) for s in rows], color=style.color, linestyle=style.line, linewidth=1.2
    )


def draw_law(axes: Axes, sizes: Sequence[float], law: PowerLaw, factor: float, style: Style) -> None:
    """A fitted law over the sizes that it was fitted to, with its prediction band."""
    first, last = min(sizes), max(sizes)
    grid = [first * (last / first) ** (n / 40) for n in range(41)]
    middle, low, high = law.predict(grid)
    axes.plot(grid, middle * factor, color=style.color, linestyle=style.line)
    axes.fill_between(grid, low * factor, high * factor, color=style.color, alpha=0.13, linewidth=0)


def mark_handles(rows: Iterable[Summary], *, hollow: str) -> list[Line2D]:
    """The legend's lines for failed and for suspect rows, if there are any."""
    rows = list(rows)
    marks: dict[str, Any] = {"color": "#555555", "linestyle": "none"}
    handles = []
    if any(s.is_failed for s in rows):
        handles.append(
            Line2D([], [], **marks, marker="o", markerfacecolor="white", label=f"hollow: {hollow}")
        )
    if any(s.measurement.suspect for s in rows):
        handles.append(Line2D([], [], **marks, marker="$?$", label="suspect: the machine was not quiet"))
    return handles


def add_legend(chart: Chart, handles: Sequence[Line2D], *, title: str | None = None) -> None:
    """A legend below the axes, in two columns where they fit."""
    legend = chart.legend(
        handles=handles, loc="outside lower left", ncols=_columns(handles), columnspacing=1.4, title=title
    )
    legend.set_alignment("left")


def legend_height_in(handles: Sequence[Line2D]) -> float:
    """Height that `add_legend` will need, inches."""
    return 0.25 + 0.21 * math.ceil(len(handles) / _columns(handles))


def _columns(handles: Sequence[Line2D]) -> int:
    longest = sorted((len(str(handle.get_label())) for handle in handles), reverse=True)
    return 2 if sum(longest[:2]) <= 90 else 1


def _label(key: Series, series: Sequence[Series]) -> str:
    parts = [key.operation if len({k.backend for k in series}) == 1 else key.name]
    parts += [key.settings] * bool(key.settings)
    parts += [threads_text(key.threads)] * (len({k.threads for k in series}) > 1)
    parts += [workers_text(key.workers)] * (len({k.workers for k in series}) > 1)
    parts += [key.environment] * (len({k.environment for k in series}) > 1)
    return ", ".join(parts)
