"""Speed against quality, drawn: latency on a log axis, better upwards, the rows that nothing beats joined by a step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from toolkit.core.measurement import Measurement
from toolkit.results import units
from toolkit.results.charts import (
    BACKEND_COLORS,
    COLORS,
    PRECISION_MARKERS,
    WRONG,
    Chart,
    add_title,
    fitted,
    log_ticks,
    look,
    new_chart,
)
from toolkit.results.direct_labels import Label, place
from toolkit.results.lines import Style, draw_interval
from toolkit.results.pareto import ParetoPoint, pareto_points
from toolkit.results.quality import AGREEMENT, Metric
from toolkit.results.rows import labels_of, title_of
from toolkit.results.summary import Summary

_LABEL_CHARACTERS = 16
_LARGEST_PT = 18.0
"""Diameter of the marker of the row with the most memory; the area is in proportion to the memory."""
_SMALLEST_PT = 5.0
_LEAST_RANGE = 0.02
"""Of the axis of quality, as a share of the largest: a thousandth of a decibel is no mountain."""
_EQUAL_ABOVE = 0.12
"""Where a picture that equals its reference is drawn: above the others by this share of their range."""


def pareto_plot(measurements: Iterable[Measurement], *, metric: str | None = None) -> Chart:
    """Latency against quality; area: peak memory, colour: backend, shape: precision, step: the Pareto front.

    Parameters
    ----------
    measurements : iterable of Measurement
        Answers to one question (the same pictures, the same scale); of several sizes the largest is drawn.
    metric : str, optional
        As `toolkit.results.pareto.pareto_points`: ``"psnr_y_db"``, ``"mad"``, ``"agreement_psnr_db"``, ...
    """
    chosen, points = pareto_points(measurements, metric=metric)
    rows = [p.summary for p in points]
    labels = labels_of(rows)
    title = title_of("Speed against quality", rows)
    scale, unit = units.time_unit(p.latency.value for p in points)
    heights = _heights(points, chosen)
    with look():
        chart = new_chart(5.4)
        axes = chart.subplots()
        for p, y in zip(points, heights, strict=True):
            _draw(axes, p, y, scale, _diameter_pt(p.summary, rows))
        corners = _draw_front(axes, points, heights, scale)
        _scales(axes, points, heights, scale, chosen)
        axes.set(xlabel=f"latency a picture, {unit} (95 % interval)", ylabel=_axis_text(chosen))
        add_title(chart, title)
        chart.legend(handles=_handles(points), loc="outside lower center", ncols=4, columnspacing=1.2)
        placed = [
            Label(
                x=p.latency.value / scale,
                y=y,
                text=fitted(label, _LABEL_CHARACTERS),
                radius_pt=_diameter_pt(p.summary, rows) / 2,
                is_bold=p.is_on_front,
            )
            for p, y, label in zip(points, heights, labels, strict=True)
        ]
        # What is on the front has the first choice of place.
        place(chart, axes, sorted(placed, key=lambda label: not label.is_bold), corners=corners)
    chart.alt = f"{title}. " + " ".join(
        f"{label}: {units.seconds(p.latency.value)}, {_quality_text(p, chosen)}"
        + f"{', on the Pareto front' if p.is_on_front else ''}{f', {WRONG}' if p.summary.is_failed else ''}."
        for p, label in zip(points, labels, strict=True)
    )
    return chart


def _heights(points: Sequence[ParetoPoint], metric: Metric) -> list[float]:
    """Where each point is drawn; what equals its reference has no finite place and stands above all others."""
    finite = [p.quality for p in points if math.isfinite(p.quality)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    above = high + _EQUAL_ABOVE * ((high - low) or 1.0)
    return [p.quality if math.isfinite(p.quality) else above for p in points]


def _draw(axes: Axes, p: ParetoPoint, y: float, scale: float, diameter_pt: float) -> None:
    color = _color(p.summary)
    at = (p.latency.value / scale, y)
    if not p.summary.is_failed:
        style = Style("", color, "o", "-")
        draw_interval(axes, at, p.latency, 1 / scale, style, lies=True)
    axes.plot(
        *at,
        marker=PRECISION_MARKERS.get(p.summary.precision, "o"),
        markersize=diameter_pt,
        color=color,
        markerfacecolor="white" if p.summary.is_failed else color,
        markeredgecolor=color if p.summary.is_failed else "white",
        markeredgewidth=1.6 if p.summary.is_failed else 0.8,
        linestyle="none",
        alpha=0.9,
        zorder=4 + 1 / diameter_pt,  # small ones on top
    )


def _draw_front(
    axes: Axes, points: Sequence[ParetoPoint], heights: Sequence[float], scale: float
) -> list[tuple[float, float]]:
    """The best that is to be had for each latency; returns the corners of the step."""
    front = sorted(
        (p.latency.value / scale, y) for p, y in zip(points, heights, strict=True) if p.is_on_front
    )
    corners: list[tuple[float, float]] = []
    for x, y in front:
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    across, up = [x for x, _ in corners], [y for _, y in corners]
    axes.plot(across, up, color="#444444", linewidth=1.2, linestyle="--", zorder=2)
    return corners


def _scales(
    axes: Axes, points: Sequence[ParetoPoint], heights: Sequence[float], scale: float, metric: Metric
) -> None:
    """A log axis of latency with plain numbers; better upwards; a tick for what equals its reference."""
    axes.set_xscale("log")
    times = [p.latency.value / scale for p in points] or [1.0]
    ends = min(times) / 1.8, max(times) * 1.8
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(*ends)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(y=0.14)
    finite = [p.quality for p in points if math.isfinite(p.quality)]
    low, high = axes.get_ylim()
    if high - low < (least := _LEAST_RANGE * max(map(abs, finite), default=0.0)):
        axes.set_ylim((low + high - least) / 2, (low + high + least) / 2)
    if len(finite) < len(points):
        ticks = [tick for tick in axes.get_yticks() if tick <= max(finite, default=-math.inf)]
        limits = axes.get_ylim()
        axes.set_yticks([*ticks, max(heights)], [*(f"{tick:g}" for tick in ticks), "equal"])
        axes.set_ylim(limits)
    if not metric.is_higher_better:
        axes.invert_yaxis()


def _axis_text(metric: Metric) -> str:
    if metric is AGREEMENT:
        return "agreement with the reference, dB (up: better)"
    return f"{metric.label} ({'up: better' if metric.is_higher_better else 'up: smaller, better'})"


def _quality_text(p: ParetoPoint, metric: Metric) -> str:
    return metric.text(p.quality) if math.isfinite(p.quality) else f"{metric.header} equal"


def _color(s: Summary) -> str:
    return BACKEND_COLORS.get(s.trial.backend, COLORS[-1])


def _diameter_pt(s: Summary, rows: Sequence[Summary]) -> float:
    most = max((row.peak_bytes or 0 for row in rows), default=0)
    if not s.peak_bytes or not most:
        return 8.0
    return max(_SMALLEST_PT, _LARGEST_PT * math.sqrt(s.peak_bytes / most))


def _handles(points: Sequence[ParetoPoint]) -> list[Line2D]:
    """Backends by colour, precisions by shape, two memories by size, the front, and what hollow means."""
    rows = [p.summary for p in points]
    colors = {s.trial.backend: _color(s) for s in sorted(rows, key=lambda s: s.trial.backend)}
    handles = [_mark("o", 9, color, name) for name, color in colors.items()]
    precisions = [name for name in PRECISION_MARKERS if any(s.precision == name for s in rows)]
    handles += [_mark(PRECISION_MARKERS[name], 8, "#777777", name) for name in precisions]
    sizes = {
        f"peak {units.byte_count(s.peak_bytes)}": _diameter_pt(s, rows)
        for s in sorted((s for s in rows if s.peak_bytes), key=lambda s: s.peak_bytes or 0)
    }
    shown = dict(list(sizes.items())[:: max(1, len(sizes) - 1)])  # the least and the most
    handles += [_mark("o", diameter_pt, "#bbbbbb", name) for name, diameter_pt in shown.items()]
    if any(p.is_on_front for p in points):
        handles.append(Line2D([], [], color="#444444", linestyle="--", lw=1.2, label="Pareto front (bold)"))
    if any(s.is_failed for s in rows):
        handles.append(
            Line2D(
                [], [], marker="o", ms=8, color="#555555", markerfacecolor="white", linestyle="", label=WRONG
            )
        )
    return handles


def _mark(marker: str, diameter_pt: float, color: str, label: str) -> Line2D:
    return Line2D(
        [], [], marker=marker, ms=diameter_pt, color=color, markeredgecolor="white", linestyle="", label=label
    )
